import { readdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { KeyInputs } from '../../../src/key/content-key.ts';
import {
  builtKeys,
  forgetBuilds,
  readRememberedInputs,
  rememberedKeys,
  rememberInputs,
} from '../../../src/plan/remembered-inputs.ts';
import { matrixFolder } from '../../rig/matrix-folder.ts';

const inputs: KeyInputs = {
  schema: 1,
  platform: 'linux/amd64',
  target: null,
  epoch: '2026-01-01',
  args: { COLOUR: 'red' },
  instructions: [{ line: 1, text: 'FROM root:0' }],
  parents: [{ name: 'base', key: 'k' }],
  roots: [{ root: 'debian', identity: 'sha256:1' }],
  context: [
    { kind: 'file', path: 'a', mode: 0o644, sha256: '1' },
    { kind: 'directory', path: 'd' },
    { kind: 'symlink', path: 'l', target: 'a' },
  ],
};

const keyOf = (number: number): string => number.toString(16).padStart(64, '0');

/** Remembers builds of `base`, one a second. */
async function rememberBuilds(directory: string, numbers: readonly number[]): Promise<void> {
  for (const number of numbers) {
    await rememberInputs(directory, 'base', keyOf(number), { ...inputs, schema: number });
    await utimes(path.join(directory, '.hubwright/record/base', `${keyOf(number)}.json`), number, number);
  }
}

test('what is remembered comes back as it was, the last build first', async () => {
  await using folder = await matrixFolder({});
  await rememberBuilds(folder.directory, [2, 1, 3]);
  await utimes(path.join(folder.directory, '.hubwright/record/base', `${keyOf(1)}.json`), 9, 9);
  expect(rememberedKeys(folder.directory, 'base')).toEqual([1, 3, 2].map(keyOf));
  expect(rememberedKeys(folder.directory, 'other')).toEqual([]);
  expect(await readRememberedInputs(folder.directory, 'base', keyOf(2))).toEqual({
    key: keyOf(2),
    inputs: { ...inputs, schema: 2 },
  });
  expect(await readRememberedInputs(folder.directory, 'base', keyOf(4))).toBeUndefined();
});

test('of the oldest no more than their keys are kept, until they are forgotten', async () => {
  await using folder = await matrixFolder({});
  const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  await rememberBuilds(folder.directory, all);
  const record = path.join(folder.directory, '.hubwright/record/base');
  expect((await readdir(record)).toSorted()).toEqual(
    all.map((number) => `${keyOf(number)}.${number <= 2 ? 'built' : 'json'}`),
  );
  expect(rememberedKeys(folder.directory, 'base')).toHaveLength(8);
  expect([...builtKeys(folder.directory, 'base')].toSorted()).toEqual(all.map(keyOf));
  forgetBuilds(folder.directory, 'base', [keyOf(1), keyOf(3)]);
  expect([...builtKeys(folder.directory, 'base')].toSorted()).toEqual(all.slice(1).map(keyOf));
});

test('what is cut off, of another shape, or not ours is as good as nothing', async () => {
  await using folder = await matrixFolder({});
  await rememberBuilds(folder.directory, [1]);
  const record = path.join(folder.directory, '.hubwright/record/base');
  await writeFile(path.join(record, `${keyOf(2)}.json`), '{"schema": 1, "platf');
  await writeFile(path.join(record, `${keyOf(3)}.json`), '{"schema": 1, "context": "all"}');
  await writeFile(path.join(record, 'notes.json'), JSON.stringify(inputs));
  expect(rememberedKeys(folder.directory, 'base').toSorted()).toEqual([1, 2, 3].map(keyOf));
  expect(await readRememberedInputs(folder.directory, 'base', keyOf(2))).toBeUndefined();
  expect(await readRememberedInputs(folder.directory, 'base', keyOf(3))).toBeUndefined();
});
