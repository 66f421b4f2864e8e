/**
 * The environment that the hub gives a user's server: JupyterHub's `Spawner.get_env` of 5.5 and what
 * KubeSpawner adds. Pure.
 */
import type { EmulatedUser } from './hub-emulator.ts';

export const serverPort = 8888;

/** z2jh's `singleuser.memory.guarantee`. */
const memoryGuarantee = 1024 ** 3;

const hubApi = 'http://hub:8081/hub/api';

/** Every variable that the hub sets, each time the same set. */
export function podEnvironment(options: {
  readonly user: EmulatedUser;
  readonly servicePrefix: string;
  readonly port: number;
  readonly image: string;
  readonly memory: number;
  readonly cpu: number;
}): Record<string, string> {
  const { user, servicePrefix, port, image, memory, cpu } = options;
  const accessScopes = JSON.stringify([
    `access:servers!server=${user.name}/`,
    `access:servers!user=${user.name}`,
  ]);
  return {
    JUPYTERHUB_API_TOKEN: user.serverToken,
    JPY_API_TOKEN: user.serverToken,
    JUPYTERHUB_CLIENT_ID: user.clientId,
    JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED: '0',
    JUPYTERHUB_HOST: '',
    JUPYTERHUB_OAUTH_CALLBACK_URL: user.callbackPath,
    JUPYTERHUB_OAUTH_SCOPES: accessScopes,
    JUPYTERHUB_OAUTH_ACCESS_SCOPES: accessScopes,
    JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES: '[]',
    JUPYTERHUB_USER: user.name,
    JUPYTERHUB_SERVER_NAME: '',
    JUPYTERHUB_API_URL: hubApi,
    JUPYTERHUB_ACTIVITY_URL: `${hubApi}/users/${user.name}/activity`,
    JUPYTERHUB_BASE_URL: '/',
    JUPYTERHUB_SERVICE_PREFIX: servicePrefix,
    JUPYTERHUB_SERVICE_URL: `http://0.0.0.0:${port}${servicePrefix}`,
    JUPYTERHUB_PUBLIC_URL: '',
    JUPYTERHUB_PUBLIC_HUB_URL: '',
    MEM_LIMIT: String(memory),
    MEM_GUARANTEE: String(Math.min(memory, memoryGuarantee)),
    CPU_LIMIT: String(cpu),
    JUPYTER_IMAGE_SPEC: image,
    JUPYTER_IMAGE: image,
  };
}
