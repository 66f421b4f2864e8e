import { describe, expect, it } from 'vitest';
import type { FolderEntry } from '../../../src/engine/container.ts';
import { neededInHome } from '../../../src/smoke/contract/singleuser/home-needs.ts';
import type { ImageLook } from '../../../src/smoke/image-look.ts';

function look(files: readonly string[], env: Record<string, string> = {}): ImageLook {
  return {
    entrypoint: [],
    cmd: [],
    env: new Map(Object.entries(env)),
    user: '1000',
    stopSignal: '',
    home: '/home/jovyan',
    homeEntries: files.map((path): FolderEntry => ({
      path,
      kind: path.endsWith('/') ? 'directory' : 'file',
    })),
    hasShell: true,
    readFile: async () => ({ ok: true, value: undefined }),
  };
}

describe('what a home holds and something needs', () => {
  it.each([
    ['a kernel', '.local/share/jupyter/kernels/course/kernel.json', {}],
    ['a package', '.local/lib/python3.13/site-packages/nbgrader-0.9.6.dist-info/METADATA', {}],
    ['an environment', 'venv/pyvenv.cfg', {}],
    ['a program on PATH', 'bin/start', { PATH: '/usr/bin:/home/jovyan/bin' }],
    ['what a variable names', 'data/stars.csv', { DATA: '/home/jovyan/data' }],
  ])('is %s', (_, path, env) => {
    expect(neededInHome(look([path], env))).toHaveLength(1);
  });

  it('is neither what a shell leaves there nor a folder that a variable names', () => {
    const files = [
      '.bashrc',
      '.profile',
      '.cache/pip/x',
      '.jupyter/jupyter_lab_config.py',
      'work/',
      'README.md',
    ];
    const env = { HOME: '/home/jovyan', WORK: '/home/jovyan/work', XDG_CACHE_HOME: '/home/jovyan/.cache' };
    expect(neededInHome(look(files, { ...env, PATH: '/usr/bin:/home/jovyan/.local/bin' }))).toEqual([]);
  });
});
