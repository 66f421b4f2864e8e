import { expect, test } from 'vitest';
import { readMemories, rememberChecks, writeMemory } from '../../../src/plan/memory.ts';
import { memoryVersion, type Memory } from '../../../src/plan/schema.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

const memory: Memory = {
  version: memoryVersion,
  builtAt: 1,
  image: 'base',
  key: 'k',
  imageId: 'i',
  buildMs: 2,
  smokeMs: 0,
  size: 3,
};

const checks = { smokeMs: 4, versions: { python: '3.13.5', jupyterhub: '5.5.1' } };

test('what the checks brought is added to what is remembered of the build', async () => {
  await using folder = await temporaryFolder();
  await writeMemory(folder.path, memory);
  await rememberChecks(folder.path, 'base', checks);
  expect([...(await readMemories(folder.path)).values()]).toEqual([{ ...memory, ...checks }]);
});

test('checks of an image that was built elsewhere are not remembered alone', async () => {
  await using folder = await temporaryFolder();
  await rememberChecks(folder.path, 'base', checks);
  expect((await readMemories(folder.path)).size).toBe(0);
});

test('a file that is cut off, or of another version, is as good as none', async () => {
  await using folder = await temporaryFolder({
    '.hubwright/record/a.json': JSON.stringify(memory).slice(0, 20),
    '.hubwright/record/b.json': JSON.stringify({ ...memory, version: 0 }),
    '.hubwright/record/c.json': JSON.stringify(memory),
  });
  expect([...(await readMemories(folder.path)).keys()]).toEqual(['base']);
});
