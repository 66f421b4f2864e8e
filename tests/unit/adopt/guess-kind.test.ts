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
}

function guess({ name = 'x', text = '', parent, root, copied = false }: Clues): string {
  const dockerfile = parseDockerfile(`FROM debian:13\n${text}\n`, 'Dockerfile');
  if (!dockerfile.ok) throw new Error('not a Dockerfile');
  const { kind, why } = guessKind({
    name,
    dockerfile: dockerfile.value,
    parent: parent && { name: 'parent', guess: parent },
    root,
    onlyCopiedFrom: copied,
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
    ['github-runner', 'custom: nothing tells what it is started as'],
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

  it('by what it stands on', () => {
    expect(guess({ parent: { kind: 'singleuser', why: '' } })).toBe('singleuser: it is built on parent');
    expect(guess({ parent: { kind: 'custom', why: '' } })).toBe(
      'custom: nothing tells what it is started as',
    );
    expect(guess({ root: 'quay.io/jupyter/scipy-notebook:latest' })).toBe(
      'singleuser: it is built on quay.io/jupyter/scipy-notebook:latest',
    );
    expect(guess({ root: 'postgres:17' })).toBe('database: it is built on postgres:17');
  });

  it('as a builder where others copy from it alone and it starts nothing', () => {
    expect(guess({ copied: true })).toBe('builder: others copy from it alone');
    expect(guess({ copied: true, text: 'CMD ["serve"]' })).toBe(
      'custom: nothing tells what it is started as',
    );
  });
});
