/** The record of the long test files names files that are there. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { longest } from '../rig/longest-first.ts';

const folder = path.resolve(import.meta.dirname, '../full');

it('names each long file once, and none that is gone', async () => {
  const files = (await readdir(folder, { recursive: true })).flatMap(
    (name) => /^(.*)\.test\.ts$/.exec(name)?.[1] ?? [],
  );
  expect(longest.filter((name) => !files.includes(name))).toEqual([]);
  expect(new Set(longest).size).toBe(longest.length);
});
