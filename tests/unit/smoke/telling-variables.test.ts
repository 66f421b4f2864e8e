import { expect, test } from 'vitest';
import { tellingVariables } from '../../../src/smoke/contract/singleuser/s1-starts-through-entrypoint.ts';

test('of an image’s variables those are named that change a start, and that the hub does not set over them', () => {
  const env = new Map([
    ['PATH', '/usr/bin'],
    ['PYTHONPATH', '/opt/course'],
    ['JUPYTERHUB_SINGLEUSER_APP', 'jupyterlab.labapp.LabApp'],
    ['JUPYTERHUB_API_URL', 'http://old-hub/hub/api'],
    ['JUPYTER_TOKEN', 'secret'],
    ['LANG', 'C.UTF-8'],
  ]);
  expect(tellingVariables(env)).toEqual(['JUPYTERHUB_SINGLEUSER_APP', 'JUPYTER_TOKEN', 'PYTHONPATH']);
});
