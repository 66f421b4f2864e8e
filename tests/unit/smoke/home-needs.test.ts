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
    labels: {},
    hasShell: true,
    readFile: async () => ({ ok: true, value: undefined }),
  };
}

describe('what a home holds and something needs', () => {
  it.each([
    ['a kernel', '.local/share/jupyter/kernels/course/kernel.json', {}],
    ['a package', '.local/lib/python3.13/site-packages/nbgrader-0.9.6.dist-info/METADATA', {}],
    ['a module', '.local/lib/python3.13/site-packages/lesson.py', {}],
    ['a package without an installer', '.local/lib/python3.13/site-packages/lesson/__init__.py', {}],
    [
      'what leads to a package elsewhere',
      '.local/lib/python3.13/site-packages/__editable__.lesson-1.0.pth',
      {},
    ],
    ["a start-up file of IPython's", '.ipython/profile_default/startup/00-lesson.py', {}],
    ["an extension of JupyterLab's", '.local/share/jupyter/labextensions/@site/theme/package.json', {}],
    ['an R package', 'R/x86_64-pc-linux-gnu-library/4.4/sf/DESCRIPTION', {}],
    ['a Julia environment', '.julia/environments/v1.11/Project.toml', {}],
    ['an environment', 'venv/pyvenv.cfg', {}],
    ['a program on PATH', 'bin/start', { PATH: '/usr/bin:/home/jovyan/bin' }],
    ['what a variable names', 'data/stars.csv', { DATA: '/home/jovyan/data' }],
  ])('is %s', (_, path, env) => {
    expect(neededInHome(look([path], env))).toHaveLength(1);
  });

  it('is an installed package once, whatever modules it has', () => {
    const site = '.local/lib/python3.13/site-packages';
    expect(
      neededInHome(
        look([`${site}/six.py`, `${site}/six-1.17.dist-info/METADATA`, `${site}/yaml/__init__.py`]),
      ),
    ).toEqual([`a Python package: /home/jovyan/${site}/six-1.17.dist-info/METADATA`]);
  });

  it('is first the program that the hub starts, and no script that a shell only reads', () => {
    const programs = ['activate', 'Activate.ps1', 'activate.fish', 'aaa', 'jupyterhub-singleuser'];
    const found = neededInHome(
      look(
        programs.map((name) => `venv/bin/${name}`),
        { PATH: '/home/jovyan/venv/bin' },
      ),
    );
    expect(found.map((line) => line.replace(/.*\//, ''))).toEqual(['jupyterhub-singleuser', 'aaa']);
  });

  it('is neither what a shell leaves there nor a folder that a variable names', () => {
    const files = [
      '.bashrc',
      '.profile',
      '.cache/pip/x',
      '.jupyter/jupyter_lab_config.py',
      '.ipython/profile_default/startup/README',
      '.local/lib/python3.13/site-packages/usercustomize.py',
      '.ipython/profile_default/history.sqlite',
      'work/',
      'README.md',
    ];
    const env = { HOME: '/home/jovyan', WORK: '/home/jovyan/work', XDG_CACHE_HOME: '/home/jovyan/.cache' };
    expect(neededInHome(look(files, { ...env, PATH: '/usr/bin:/home/jovyan/.local/bin' }))).toEqual([]);
  });
});
