/** What an image is guessed to be started as. */
import { describe, expect, it } from 'vitest';
import { guessKind, type Guess } from '../../../src/adopt/guess-kind.ts';
import { parseDockerfile } from '../../../src/graph/dockerfile.ts';

interface Clues {
  readonly name?: string;
  readonly text?: string;
  readonly parent?: Guess;
  readonly root?: string;
  readonly copied?: boolean;
  readonly last?: boolean;
}

function guess({ name = 'x', text = '', parent, root, copied = false, last = false }: Clues): string {
  const dockerfile = parseDockerfile(`FROM debian:13\n${text}\n`, 'Dockerfile');
  if (!dockerfile.ok) throw new Error('not a Dockerfile');
  const { kind, why } = guessKind({
    name,
    dockerfile: dockerfile.value,
    parent: parent && { name: 'parent', guess: parent },
    root,
    onlyCopiedFrom: copied,
    isLast: last,
  });
  return `${kind}: ${why}`;
}

describe('the kind of an image is guessed', () => {
  it.each([
    ['minimal-notebook', 'singleuser: its name'],
    ['k8s-hub', 'hub: its name'],
    ['hub-db', 'database: its name'],
    ['jupyterhub-proxy', 'proxy: its name'],
    ['nfs-server', 'nfs: its name'],
    ['registry', 'registry: its name'],
    ['lab-1-2-0-cuda12', 'singleuser: its name'],
    ['notebook-student', 'singleuser: its name'],
    ['github-runner', 'custom: nothing tells what it is started as'],
    ['hub-token-renewer', 'custom: nothing tells what it is started as'],
    ['user-import', 'custom: nothing tells what it is started as'],
    ['db-dump', 'custom: nothing tells what it is started as'],
    ['rstudio-1-2-0', 'custom: nothing tells what it is started as'],
  ])('by the name %s', (name, expected) => {
    expect(guess({ name })).toBe(expected);
  });

  it.each([
    ['CMD ["jupyterhub-singleuser"]', 'singleuser: the command that it starts'],
    ['CMD ["jupyter", "lab"]', 'singleuser: the command that it starts'],
    ['ENTRYPOINT ["tini", "--"]\nCMD jupyterhub -f /x', 'hub: the command that it starts'],
    ['CMD ["configurable-http-proxy"]', 'proxy: the command that it starts'],
    ['CMD ["bash"]\nCMD ["mariadbd"]', 'database: the command that it starts'],
    ["RUN pip install 'jupyterlab[x]>=4' numpy", 'singleuser: it installs jupyterlab'],
    ['RUN true && mamba install -y jupyter_server', 'singleuser: it installs jupyter-server'],
    ['RUN pip install jupyterhub jupyterhub-kubespawner', 'hub: it installs jupyterhub-kubespawner'],
    ['RUN npm install -g configurable-http-proxy@5.0.0', 'proxy: it installs configurable-http-proxy'],
    ['RUN mkdir /usr/local/bin/start-notebook.d notebook', 'custom: nothing tells what it is started as'],
  ])('by its contents: %s', (text, expected) => {
    expect(guess({ text })).toBe(expected);
  });

  it.each([
    ['lab', 'CMD python3 /srv/app.py', 'custom: nothing tells what it is started as'],
    ['front-proxy', 'CMD ["nginx", "-g", "daemon off;"]', 'custom: nothing tells what it is started as'],
    ['notebook', 'CMD ["/init"]', 'custom: nothing tells what it is started as'],
    ['lab', 'CMD ["node", "main.js"]\nRUN pip install jupyterlab', 'singleuser: it installs jupyterlab'],
    ['x', 'CMD ["python3", "/srv/jupyterhub/renew.py"]', 'custom: nothing tells what it is started as'],
    ['lab', 'ENTRYPOINT ["tini", "--"]\nCMD ["start.sh"]', 'singleuser: its name'],
  ])('not by the name %s where it starts another program: %s', (name, text, expected) => {
    expect(guess({ name, text })).toBe(expected);
  });

  it('not by its name where it stands on another program, nor by a parent whose command it replaces', () => {
    expect(guess({ name: 'front-proxy', root: 'nginx:1.29' })).toBe(
      'custom: nothing tells what it is started as',
    );
    const parent: Guess = { kind: 'singleuser', why: '' };
    expect(guess({ parent, text: 'CMD ["python", "app.py"]' })).toBe(
      'custom: nothing tells what it is started as',
    );
  });

  it('by what it stands on', () => {
    expect(guess({ root: 'r.io/lab/kit:hub-2' })).toBe('hub: it is built on r.io/lab/kit:hub-2');
    expect(guess({ parent: { kind: 'singleuser', why: '' } })).toBe('singleuser: it is built on parent');
    expect(guess({ parent: { kind: 'custom', why: '' } })).toBe(
      'custom: nothing tells what it is started as',
    );
    expect(guess({ root: 'quay.io/jupyter/scipy-notebook:latest' })).toBe(
      'singleuser: it is built on quay.io/jupyter/scipy-notebook:latest',
    );
    expect(guess({ root: 'postgres:17' })).toBe('database: it is built on postgres:17');
  });

  it.each([
    ['one that the last stage stands on', 'FROM a AS b\nCMD ["jupyterhub"]\nFROM b AS c', 'hub'],
    [
      'the nearest of them',
      'FROM a AS b\nCMD ["jupyterhub"]\nFROM b AS c\nCMD ["mariadbd"]\nFROM c',
      'database',
    ],
    ['none that it does not stand on', 'FROM a AS b\nCMD ["jupyterhub"]\nFROM a AS c', 'custom'],
  ])('by the command of a stage: %s', (_, text, kind) => {
    expect(guess({ text })).toMatch(`${kind}: `);
  });

  it('as a builder where others copy from it alone and it starts nothing', () => {
    expect(guess({ copied: true })).toBe('builder: others copy from it alone');
    expect(guess({ copied: true, text: 'CMD ["serve"]' })).toBe(
      'custom: nothing tells what it is started as',
    );
  });
});

describe('the notebooks’ user', () => {
  const singleuser = 'singleuser: it sets NB_USER, and nothing is built on it';
  const open = 'custom: nothing tells what it is started as';
  it.each([
    ['ENV NB_USER jovyan', singleuser],
    ['ENV LANG=C NB_USER=jovyan', singleuser],
    ['ARG NB_USER', singleuser],
    ['ENV HOME=/home/${NB_USER}', open],
    ['ENV HOME=/home/$NB_USER', open],
    ['RUN echo NB_USER', open],
    ['ENV NB_USER=x\nCMD ["nginx"]', open],
  ])('of `%s`', (text, expected) => {
    expect(guess({ text, last: true })).toBe(expected);
  });

  it('says nothing of what others stand on', () => {
    expect(guess({ text: 'ENV NB_USER=jovyan' })).toBe(open);
  });
});
