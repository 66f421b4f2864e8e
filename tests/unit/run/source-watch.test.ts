/** What wakes a watch, on the real file system: saves, and folders that come, go and come again. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readFamily } from '../../../src/plan/draw-plan.ts';
import { outermost, sourceFolders, SourceWatch } from '../../../src/run/source-watch.ts';
import { patience } from '../../rig/engine.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

/** The first of what changes after a deed. */
async function changesBy(
  root: string,
  folders: readonly string[],
  deed: () => Promise<unknown>,
): Promise<readonly string[] | undefined> {
  using watch = new SourceWatch(root, folders);
  const changes = watch.changes(patience());
  await deed();
  return await changes;
}

test('a folder that is not there is waited for in the nearest one above it', async () => {
  await using folder = await temporaryFolder({ 'images/a/Dockerfile': '', 'matrix.yaml': '' });
  const at = (name: string): string => path.join(folder.path, name);
  const folders = ['images/a', 'images/new/deep'];
  using first = new SourceWatch(folder.path, folders);
  expect(first.absent).toEqual(['images/new/deep']);
  expect(await changesBy(folder.path, folders, () => mkdir(at('images/new')))).toEqual(['images/new']);
  expect(await changesBy(folder.path, folders, () => mkdir(at('images/new/deep')))).toEqual([
    'images/new/deep',
  ]);
  using last = new SourceWatch(folder.path, folders);
  expect(last.absent).toEqual([]);
  expect(await changesBy(folder.path, folders, () => folder.write('images/new/deep/f', ''))).toEqual([
    'images/new/deep/f',
  ]);
});

test('where all on the way is absent, the root is watched for its first step alone', async () => {
  await using folder = await temporaryFolder({ 'matrix.yaml': '' });
  const changed = await changesBy(folder.path, ['images/new'], async () => {
    await writeFile(path.join(folder.path, 'other'), '');
    await mkdir(path.join(folder.path, 'images/new'), { recursive: true });
  });
  expect(changed).toEqual(['images']);
});

test('what comes while nobody asks is not lost', async () => {
  await using folder = await temporaryFolder({ 'matrix.yaml': '', 'a/f': '' });
  using watch = new SourceWatch(folder.path, ['a', 'b']);
  await mkdir(path.join(folder.path, 'b'));
  expect(await watch.changes(patience())).toEqual(['b']);
});

test('a folder that is removed, or moved away, and made again wakes each time', async () => {
  await using folder = await temporaryFolder({ 'matrix.yaml': '', 'images/a/f': '' });
  const at = (name: string): string => path.join(folder.path, name);
  const folders = ['images/a'];
  const removed = await changesBy(folder.path, folders, () => rm(at('images/a'), { recursive: true }));
  expect(removed).toContain('images/a');
  expect(await changesBy(folder.path, folders, () => folder.write('images/a/f', ''))).toContain('images/a');
  expect(await changesBy(folder.path, folders, () => rename(at('images'), at('old')))).toContain('images');
  expect(await changesBy(folder.path, folders, () => rename(at('old'), at('images')))).toContain('images');
  expect(await changesBy(folder.path, folders, () => folder.write('images/a/f', '2'))).toEqual([
    'images/a/f',
  ]);
});

test('a save of the matrix, of its lock and of a list of courses wakes; of anything else in the root not', async () => {
  await using folder = await temporaryFolder({ 'matrix.yaml': '', 'a/f': '' });
  const changed = await changesBy(folder.path, ['a'], async () => {
    for (const name of ['README.md', 'b', 'courses.yaml', 'matrix.lock', 'a/.f.swp', 'a/f~'])
      await folder.write(name, '');
  });
  expect(changed).toEqual(['courses.yaml', 'matrix.lock']);
});

test('a course whose folder is not there yet has one to wait for, and missing contexts are told with their path', async () => {
  await using folder = await temporaryFolder({
    'images/course/Dockerfile': 'FROM debian:13\n',
    'courses.yaml': '- { name: physics, repo: "https://example.org/p.git" }\n',
    'matrix.yaml': `images:
  course:
    dockerfile: images/course/Dockerfile
    context: courses/{course.name}
    kind: singleuser
    axes: { course: { from: courses.yaml } }
    name: "course-{course.name}"
`,
  });
  const family = await readFamily(folder.path, { XDG_CACHE_HOME: folder.path }, patience());
  if (!family.ok) throw new Error(family.error[0]?.message);
  expect(family.value.set.images[0]?.context).toBeUndefined();
  expect(sourceFolders(family.value, ['course-physics'])).toEqual(['courses/physics', 'images/course']);
  await folder.write('matrix.yaml', 'images: { a: { context: b/c, kind: custom, dockerfile: d/e } }\n');
  const broken = await readFamily(folder.path, { XDG_CACHE_HOME: folder.path }, patience());
  expect(broken.ok ? [] : broken.error.map(({ missing }) => missing)).toEqual(['b/c', 'd/e']);
});

test('a folder within another is watched once', () => {
  expect(outermost(['a/b', 'a', 'ab', 'c/d', 'a'])).toEqual(['a', 'ab', 'c/d']);
  expect(outermost(['a', '.'])).toEqual(['.']);
});
