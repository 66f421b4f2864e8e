/** Clause L2: the server answers where `-p 8888:8888` leads. */
import { serverPort } from '../../pod-environment.ts';
import { healthClause } from '../common/port-finding.ts';
import { localApi } from './local-server.ts';

export const localAnswers = healthClause({
  id: 'L2',
  port: serverPort,
  path: localApi,
  why: 'Docker forwards the port all the same, and the browser says that the connection was reset.',
  needs: ['L1'],
  explain: ({ status }) =>
    status === 404
      ? `it answers, and has no \`${localApi}\`: it lives under another \`base_url\`, which has to go from the command and the configuration, or it is no Jupyter server`
      : undefined,
});
