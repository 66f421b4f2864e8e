import { readdir, utimes } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { forgetImages, forgettableImages } from '../../../src/plan/forget-images.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

test('of images that are gone for long all is forgotten; of those that exist, or went lately, nothing', async () => {
  await using folder = await temporaryFolder({
    '.hubwright/record/base.json': '{}',
    '.hubwright/record/base/a.json': '{}',
    '.hubwright/record/gone.json': '{}',
    '.hubwright/record/gone/a.json': '{}',
    '.hubwright/record/half/a.json': '{}',
    '.hubwright/record/lately.json': '{}',
    '.hubwright/record/lately/a.json': '{}',
  });
  const record = path.join(folder.path, '.hubwright/record');
  const now = Date.now();
  for (const file of ['base.json', 'base', 'gone.json', 'gone', 'half', 'lately'])
    await utimes(path.join(record, file), 0, (now - 10_000) / 1000);
  const names = await forgettableImages(folder.path, new Set(['base']), now, 5000);
  expect(names).toEqual(['gone', 'half']);
  await forgetImages(folder.path, [...names, 'never']);
  expect((await readdir(record)).toSorted()).toEqual(['base', 'base.json', 'lately', 'lately.json']);
});

test('a repository that remembers nothing has nothing to forget', async () => {
  await using folder = await temporaryFolder();
  expect(await forgettableImages(folder.path, new Set(), Date.now(), 0)).toEqual([]);
});
