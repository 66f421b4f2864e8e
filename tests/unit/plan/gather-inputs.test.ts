import { utimes } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { ContextEntry } from '../../../src/engine/engine.ts';
import { computeKeys, type ImageKey } from '../../../src/key/content-key.ts';
import { gatherInputs } from '../../../src/plan/gather-inputs.ts';
import { rememberInputs } from '../../../src/plan/remembered-inputs.ts';
import { graphOf, setOf } from '../../rig/image-set.ts';
import { matrixFolder } from '../../rig/matrix-folder.ts';

const { signal } = new AbortController();
const { graph } = graphOf(
  { base: 'FROM scratch\nCOPY . /\n', mid: 'FROM base\n', course: 'FROM mid\n', other: 'FROM base\n' },
  { base: { context: 'base' } },
);

function keysOf(sha256: string): ReadonlyMap<string, ImageKey> {
  const entry: ContextEntry = { kind: 'file', path: 'file', mode: 0o644, size: 1, sha256 };
  return computeKeys(graph, {
    platform: 'linux/amd64',
    roots: new Map(),
    contexts: new Map([['base', [entry]]]),
  });
}

/** Remembers a build of these images at a second since 1970. */
async function built(
  directory: string,
  keys: ReadonlyMap<string, ImageKey>,
  names: readonly string[],
  second: number,
): Promise<void> {
  for (const name of names) {
    const { key, inputs } = keys.get(name)!;
    await rememberInputs(directory, name, key, inputs);
    await utimes(path.join(directory, '.hubwright/record', name, `${key}.json`), second, second);
  }
}

const all = ['base', 'mid', 'course', 'other'];

/** `base 1 0`: which builds are gathered for these images, the last one first, by the content of their base. */
async function gathered(
  directory: string,
  today: string,
  names: readonly string[],
  contents: readonly string[],
  lastKey: (name: string) => string | undefined = () => undefined,
): Promise<readonly string[]> {
  const sources = {
    set: setOf([], { directory }),
    keys: keysOf(today),
    local: { lastKey },
    registry: undefined,
  };
  const known = await gatherInputs(sources, names, signal);
  const named = contents.map((content) => ({ content, keys: keysOf(content) }));
  return [...known]
    .map(([name, builds]) => {
      const told = builds.map(({ key, inputs, maybeOthers }) => {
        const content = named.find(({ keys }) => keys.get(name)?.key === key)?.content;
        return inputs === undefined ? `(${content})${maybeOthers === true ? '?' : ''}` : content;
      });
      return [name, ...told].join(' ');
    })
    .toSorted();
}

test('an image’s last build, and the builds that it stood on, older ones among them', async () => {
  await using folder = await matrixFolder({});
  await built(folder.directory, keysOf('0'), all, 10);
  await built(folder.directory, keysOf('1'), ['base', 'mid'], 20);
  const contents = ['0', '1', '2'];
  // `course` lags behind: what it stood on was built again since.
  expect(await gathered(folder.directory, '2', ['course'], contents)).toEqual([
    'base 0',
    'course 0',
    'mid 0',
  ]);
  expect(await gathered(folder.directory, '2', all, contents)).toEqual([
    'base 1 0',
    'course 0',
    'mid 1 0',
    'other 0',
  ]);
});

test('nothing of parents that are as they were', async () => {
  await using folder = await matrixFolder({});
  await built(folder.directory, keysOf('0'), all, 10);
  expect(await gathered(folder.directory, '0', ['other'], ['0'])).toEqual(['other 0']);
});

test('an older build of today’s content is found', async () => {
  await using folder = await matrixFolder({});
  await built(folder.directory, keysOf('0'), ['base'], 10);
  await built(folder.directory, keysOf('1'), ['base'], 20);
  expect(await gathered(folder.directory, '0', ['base'], ['0', '1'])).toEqual(['base 1 0']);
});

test('what only the engine has under an image’s name is marked, since it may be another family’s', async () => {
  await using folder = await matrixFolder({});
  await built(folder.directory, keysOf('0'), ['base'], 10);
  const lastKey = (name: string) => keysOf('1').get(name)?.key;
  expect(await gathered(folder.directory, '2', ['base', 'mid'], ['0', '1'], lastKey)).toEqual([
    'base 0',
    'mid (1)?',
  ]);
});
