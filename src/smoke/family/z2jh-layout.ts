/**
 * What a zero-to-jupyterhub chart mounts into its hub, for this test: files under /usr/local/etc/jupyterhub and the
 * values that an operator would write. The spawner is exchanged through `hub.extraConfig`, the chart's own way.
 */
import { readFile } from 'node:fs/promises';
import { patient } from '../../hub/patience.ts';
import { bindTemplate, groupName } from './people.ts';
import { directoryHost } from './directory.ts';
import type { FamilyRequest } from './family-request.ts';

export const hubConfigFolder = '/usr/local/etc/jupyterhub';
const probeService = 'probe';
export const homePath = '/home/jovyan';
export const exchangePath = '/srv/nbgrader/exchange';

/** What the sidecar is given, and the notebook beside it. */
export interface HubSecrets {
  readonly probeToken: string;
  readonly databasePassword: string;
}

/** Profiles as users read them; KubeSpawner makes the ids of them. */
export const profileNames = { student: 'Student', instructor: 'Instructor' } as const;

/** Path below `hubConfigFolder` → text. */
export async function hubFiles(
  request: FamilyRequest,
  secrets: HubSecrets,
  caFile: string,
): Promise<ReadonlyMap<string, string>> {
  const values = chartValues(request, secrets, caFile, await readOwn('posting_spawner.py'));
  return new Map([
    ['jupyterhub_config.py', await readOwn('z2jh/jupyterhub_config.py')],
    ['z2jh.py', await readOwn('z2jh/z2jh.py')],
    ['config/hub', 'hub'],
    ['config/proxy-api', 'proxy-api'],
    ['config/proxy-public', 'proxy-public'],
    // JSON is YAML.
    ['secret/values.yaml', JSON.stringify(values, undefined, 2)],
  ]);
}

function chartValues(
  { images }: FamilyRequest,
  { probeToken, databasePassword }: HubSecrets,
  caFile: string,
  spawner: string,
): object {
  return {
    hub: {
      config: {
        JupyterHub: { authenticator_class: 'ldap' },
        Authenticator: { allow_all: false },
        // Whether an image is ready in time is judged on its own; here a busy machine shall not end the story.
        KubeSpawner: { http_timeout: Math.ceil(patient(60)) },
        LDAPAuthenticator: {
          server_address: directoryHost,
          bind_dn_template: [bindTemplate],
          allowed_groups: [groupName('course')],
          // 2: ssl.CERT_REQUIRED. Without it ldap3 takes any certificate.
          tls_kwargs: { ca_certs_file: caFile, validate: 2 },
        },
      },
      services: { [probeService]: { apiToken: probeToken } },
      loadRoles: {
        [probeService]: {
          services: [probeService],
          scopes: ['admin:users', 'admin:servers', 'access:servers', 'read:hub'],
        },
      },
      extraConfig: { spawner },
    },
    singleuser: {
      cmd: 'jupyterhub-singleuser',
      defaultUrl: '/lab',
      uid: 1000,
      fsGid: 100,
      startTimeout: Math.ceil(patient(120)),
      memory: { limit: '1G', guarantee: '512M' },
      cpu: { limit: 1 },
      extraEnv: { MYSQL_ROOT_PASSWORD: databasePassword },
      profileList: [
        profileOf(profileNames.student, images.student),
        profileOf(profileNames.instructor, images.instructor),
      ],
      storage: {
        homeMountPath: homePath,
        extraVolumes: [{ name: 'exchange', nfs: { server: 'nfs', path: '/exchange' } }],
        extraVolumeMounts: [{ name: 'exchange', mountPath: exchangePath }],
      },
      extraContainers: [
        {
          name: 'database',
          image: images.database,
          env: [{ name: 'MYSQL_ROOT_PASSWORD', value: databasePassword }],
          resources: { limits: { memory: '512Mi' } },
        },
      ],
    },
  };
}

function profileOf(name: string, image: string): object {
  return { display_name: name, kubespawner_override: { image } };
}

function readOwn(name: string): Promise<string> {
  return readFile(new URL(`./files/${name}`, import.meta.url), 'utf8');
}
