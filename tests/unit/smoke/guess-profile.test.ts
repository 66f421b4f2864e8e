import { describe, expect, it } from 'vitest';
import type { ImageDetails } from '../../../src/engine/engine.ts';
import { guessProfile } from '../../../src/smoke/guess-profile.ts';

type Config = ImageDetails['config'];

function guess(config: Partial<Config>): string {
  const empty = { entrypoint: [], cmd: [], user: '', workingDir: '', env: [], exposedPorts: [], volumes: [] };
  const { profile, because } = guessProfile({ config: { ...empty, ...config } });
  return `${profile}: ${because}`;
}

describe('what an image is', () => {
  it.each<readonly [string, Partial<Config>, string]>([
    [
      'docker-stacks',
      { entrypoint: ['tini', '-g', '--', 'start.sh'], cmd: ['start-notebook.py'] },
      'singleuser: it starts `start-notebook.py`',
    ],
    [
      'a plain Jupyter server',
      { cmd: ['jupyter', 'lab', '--ip=0.0.0.0'] },
      'singleuser: it starts `jupyter`',
    ],
    [
      'a command in one word',
      { cmd: ['/bin/sh', '-c', 'exec /opt/bin/jupyter-lab --no-browser'] },
      'singleuser: it starts `jupyter-lab`',
    ],
    [
      'z2jh’s hub',
      { entrypoint: ['tini', '--'], cmd: ['jupyterhub', '--config', '/x'] },
      'hub: it starts `jupyterhub`',
    ],
    [
      'a proxy',
      { entrypoint: ['/srv/cmd/configurable-http-proxy'] },
      'proxy: it starts `configurable-http-proxy`',
    ],
    ['MySQL', { entrypoint: ['docker-entrypoint.sh'], cmd: ['mysqld'] }, 'database: it starts `mysqld`'],
    [
      'a database that tells by a variable',
      { entrypoint: ['docker-entrypoint.sh'], env: ['MARIADB_VERSION=1:11'] },
      'database: it sets MARIADB_VERSION',
    ],
    [
      'NVIDIA’s PyTorch',
      { cmd: ['/bin/bash'], env: ['PYTORCH_VERSION=2.9'], exposedPorts: ['8888/tcp', '6006/tcp'] },
      'pytorch: it sets PYTORCH_VERSION',
    ],
    ['a port alone', { exposedPorts: ['8888/tcp'] }, 'singleuser: it exposes port 8888'],
    ['Debian', { cmd: ['bash'] }, 'singleuser: nothing in it tells what it is'],
  ])('%s', (_, config, expected) => {
    expect(guess(config)).toBe(expected);
  });
});
