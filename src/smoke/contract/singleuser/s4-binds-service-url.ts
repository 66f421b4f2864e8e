/** Clause S4: the server listens where JUPYTERHUB_SERVICE_URL says. */
import { ok } from '../../../core/result.ts';
import type { Pod } from '../../pod.ts';
import type { ListeningSocket } from '../../inside.ts';
import { seconds } from '../../evidence.ts';
import { serverPort } from '../../pod-environment.ts';
import type { Clause, Finding } from '../clause.ts';
import { deafFinding } from '../common/port-finding.ts';

const asked = `JUPYTERHUB_SERVICE_URL asks for 0.0.0.0:${serverPort}`;

export const bindsServiceUrl: Clause<Pod> = {
  id: 'S4',
  title: `listens on the host and port of JUPYTERHUB_SERVICE_URL (0.0.0.0:${serverPort})`,
  why: 'The hub knocks at that port alone. A `--port` on the command line, or in the entry point, beats the environment and leaves it dead.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested:
    'JUPYTERHUB_SERVICE_URL asks for a port, and a connection is tried there for as long as a start may take; where it is refused, the ports that the container does listen on are told.',
  remedy:
    "Take `--ip` and `--port` out of ENTRYPOINT, its script, CMD and the image's configuration: the environment says where to listen.",
  async test({ outcome }) {
    switch (outcome.kind) {
      case 'ready':
        return ok({ result: 'pass', evidence: [asked, `answered there after ${seconds(outcome.afterMs)}`] });
      case 'elsewhere':
        return ok(deaf(outcome.listening, outcome.port));
      case 'not-ready':
        if (!outcome.last.ok && outcome.last.error.kind !== 'mute' && outcome.last.error.kind !== 'garbled') {
          return ok(deaf(outcome.listening, undefined));
        }
        return ok({ result: 'pass', evidence: [asked, 'something listens there'] });
      case 'ended':
      case 'refused':
        return ok({ result: 'not-run', evidence: ['nothing runs that could listen'] });
      default:
        return outcome satisfies never;
    }
  },
};

function deaf(listening: readonly ListeningSocket[] | undefined, serverAt: number | undefined): Finding {
  const { evidence, hint } = deafFinding(serverPort, listening, serverAt);
  const advice = 'a flag on the command line, such as `--port` or `--ip`, beats JUPYTERHUB_SERVICE_URL';
  return { result: 'fail', evidence: [asked, ...evidence], hint: `${hint}; ${advice}` };
}
