import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { ContextEntry } from '../../../src/engine/engine.ts';
import { listContexts } from '../../../src/plan/list-contexts.ts';
import { imageOf } from '../../rig/image-set.ts';
import { temporaryFolder, type TemporaryFolder } from '../../rig/temporary-folder.ts';

const images = [imageOf('course', { context: 'courses' })];

async function listing(folder: TemporaryFolder, caches: string): Promise<readonly ContextEntry[]> {
  const listed = await listContexts(
    path.join(folder.path, 'repository'),
    images,
    new AbortController().signal,
    caches,
  );
  if (!listed.ok) throw new Error(listed.error[0]?.message);
  return listed.value.get('course') ?? [];
}

function file(text: string): ContextEntry {
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { kind: 'file', path: 'notes', mode: 0o644, size: text.length, sha256 };
}

test('what lies still is remembered in the cache folder, and an edit is seen all the same', async () => {
  await using folder = await temporaryFolder({ 'repository/courses/notes': 'first' });
  const caches = path.join(folder.path, 'caches');
  expect(await listing(folder, caches)).toEqual([file('first')]);
  // Just written: not to be trusted yet.
  expect(await readdir(folder.path)).toEqual(['repository']);
  await sleep(2700);
  expect(await listing(folder, caches)).toEqual([file('first')]);
  expect((await readdir(path.join(caches, 'files'))).length).toBe(1);
  await folder.write('repository/courses/notes', 'third');
  expect(await listing(folder, caches)).toEqual([file('third')]);
  expect(await listing(folder, caches)).toEqual([file('third')]);
});

test('a cache folder within the repository is not used: it would be part of a context', async () => {
  await using folder = await temporaryFolder({ 'repository/courses/notes': 'first' });
  await sleep(2700);
  expect(await listing(folder, path.join(folder.path, 'repository/courses/.cache/hubwright'))).toEqual([
    file('first'),
  ]);
  expect(await readdir(path.join(folder.path, 'repository/courses'))).toEqual(['notes']);
});

test('a text in the place of a file is listed as that text, and the file stays as it is', async () => {
  await using folder = await temporaryFolder({
    'courses/notes': 'first',
    'courses/other': 'other',
    'courses/ignored': 'ignored',
    'courses/.dockerignore': 'ignored',
  });
  const edits = new Map([
    ['courses/notes', 'wörld'],
    ['courses/ignored', 'edited'],
    ['notes', 'of another folder'],
  ]);
  const { signal } = new AbortController();
  const listed = await listContexts(folder.path, images, signal, undefined, edits);
  if (!listed.ok) throw new Error(listed.error[0]?.message);
  const content = Buffer.from('wörld');
  expect(listed.value.get('course')).toEqual([
    { ...file('wörld'), size: content.length, content },
    { ...file('other'), path: 'other' },
  ]);
  expect(await readFile(path.join(folder.path, 'courses/notes'), 'utf8')).toBe('first');
});
