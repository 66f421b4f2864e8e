/**
 * Guesses from an image's description what it is: for images of which no matrix.yaml says it. Pure.
 * A wrong guess is told with its reason, so that a person can set it right.
 */
import { basename } from 'node:path/posix';
import type { ImageDetails } from '../engine/engine.ts';
import type { Profile } from './verdict.ts';

export interface Guess {
  readonly profile: Profile;
  /** Half a sentence: what it was guessed from. */
  readonly because: string;
}

interface Sign {
  readonly profile: Profile;
  /** Program names (without folder) in ENTRYPOINT and CMD. */
  readonly programs?: RegExp;
  /** Names of environment variables. */
  readonly variables?: RegExp;
  readonly port?: string;
}

/** The first that fits counts: what the image starts says more than a variable, and that more than a port. */
const signs: readonly Sign[] = [
  { profile: 'proxy', programs: /^configurable-http-proxy$/ },
  { profile: 'hub', programs: /^jupyterhub$/ },
  { profile: 'database', programs: /^(mysqld|mariadbd)(_safe)?$|^(mysql|mariadb)d?-entrypoint(\.sh)?$/ },
  { profile: 'registry', programs: /^(docker-)?registry$/ },
  { profile: 'nfs', programs: /^(ganesha\.nfsd|unfsd|rpc\.nfsd)$/ },
  { profile: 'pytorch', variables: /^(PYTORCH_VERSION|TORCH_VERSION|PYTORCH_BUILD_VERSION)$/ },
  {
    profile: 'singleuser',
    programs:
      /^(start-(notebook|singleuser)(\.(sh|py))?|jupyterhub-singleuser|jupyter(-lab|-notebook|-server)?)$/,
  },
  { profile: 'database', variables: /^(MYSQL|MARIADB)_(VERSION|MAJOR|ROOT_PASSWORD)$/ },
  { profile: 'singleuser', variables: /^(NB_USER|NB_UID|JUPYTER_PORT)$/ },
  { profile: 'database', port: '3306' },
  { profile: 'nfs', port: '2049' },
  { profile: 'proxy', port: '8000' },
  { profile: 'hub', port: '8081' },
  { profile: 'registry', port: '5000' },
  { profile: 'singleuser', port: '8888' },
];

/** What the image most likely is; a user's server where nothing tells, as that is what people bring. */
export function guessProfile({ config }: Pick<ImageDetails, 'config'>): Guess {
  // A command may be one word to a shell: `sh -c "start-notebook.py --x"`.
  const programs = [...config.entrypoint, ...config.cmd]
    .flatMap((words) => words.split(/\s+/))
    .map((word) => basename(word));
  const variables = config.env.map((line) => line.split('=')[0] ?? '');
  const ports = config.exposedPorts.map((port) => port.split('/')[0] ?? '');
  for (const sign of signs) {
    const program = programs.find((word) => sign.programs?.test(word) === true);
    if (program !== undefined) return { profile: sign.profile, because: `it starts \`${program}\`` };
    const variable = variables.find((name) => sign.variables?.test(name) === true);
    if (variable !== undefined) return { profile: sign.profile, because: `it sets ${variable}` };
    if (sign.port !== undefined && ports.includes(sign.port)) {
      return { profile: sign.profile, because: `it exposes port ${sign.port}` };
    }
  }
  return { profile: 'singleuser', because: 'nothing in it tells what it is' };
}
