import { expect, it } from 'vitest';
import { podEnvironment } from '../../../src/smoke/pod-environment.ts';

/** The names that JupyterHub 5.5's `Spawner.get_env` always sets, and those that KubeSpawner adds. */
const alwaysSet = [
  'JPY_API_TOKEN',
  'JUPYTERHUB_ACTIVITY_URL',
  'JUPYTERHUB_API_TOKEN',
  'JUPYTERHUB_API_URL',
  'JUPYTERHUB_BASE_URL',
  'JUPYTERHUB_CLIENT_ID',
  'JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED',
  'JUPYTERHUB_HOST',
  'JUPYTERHUB_OAUTH_ACCESS_SCOPES',
  'JUPYTERHUB_OAUTH_CALLBACK_URL',
  'JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES',
  'JUPYTERHUB_OAUTH_SCOPES',
  'JUPYTERHUB_PUBLIC_HUB_URL',
  'JUPYTERHUB_PUBLIC_URL',
  'JUPYTERHUB_SERVER_NAME',
  'JUPYTERHUB_SERVICE_PREFIX',
  'JUPYTERHUB_SERVICE_URL',
  'JUPYTERHUB_USER',
  'JUPYTER_IMAGE',
  'JUPYTER_IMAGE_SPEC',
];

it('gives a server the environment that the hub gives it, under the limits that it will run with', () => {
  const user = {
    name: 'ada',
    serverToken: 'server-token',
    userToken: 'user-token',
    clientId: 'jupyterhub-user-ada',
    callbackPath: '/user/ada/oauth_callback',
  };
  const env = podEnvironment({
    user,
    servicePrefix: '/user/ada/',
    port: 8888,
    image: 'base:1',
    memory: 2 * 1024 ** 3,
    cpu: 0.5,
  });
  expect(Object.keys(env)).toEqual(expect.arrayContaining(alwaysSet));
  expect(env).toMatchObject({
    JUPYTERHUB_API_TOKEN: 'server-token',
    JUPYTERHUB_SERVICE_URL: 'http://0.0.0.0:8888/user/ada/',
    JUPYTERHUB_OAUTH_ACCESS_SCOPES: '["access:servers!server=ada/","access:servers!user=ada"]',
    MEM_LIMIT: '2147483648',
    CPU_LIMIT: '0.5',
  });
  expect(Object.values(env)).not.toContain('user-token');
});
