/** Which revision a family was built from: a real git repository, and the addresses that people write. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { publicAddress, readSource, uncommittedOf } from '../../../src/run/source.ts';
import { imageOf } from '../../rig/image-set.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

const signal = new AbortController().signal;

test.each([
  ['https://user:token@git.example.org/a/b.git', 'https://git.example.org/a/b.git'],
  ['https://git.example.org/a/b.git?access_token=x#y', 'https://git.example.org/a/b.git'],
  ['git@git.example.org:a/b.git', 'ssh://git.example.org/a/b.git'],
  ['ssh://me:secret@git.example.org:2222/a.git', 'ssh://git.example.org:2222/a.git'],
  ['/srv/git/a.git', undefined],
  ['file:///srv/git/a.git', undefined],
  ['', undefined],
])('%s is told as %s', (address, told) => {
  expect(publicAddress(address)).toBe(told);
});

test('tells the revision and what is not committed, by paths from the family’s folder', async () => {
  await using folder = await temporaryFolder();
  const family = path.join(folder.path, 'family');
  const env = { PATH: process.env['PATH'], HOME: folder.path };
  const git = (...args: readonly string[]) =>
    execa('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: folder.path });
  await mkdir(path.join(family, 'a'), { recursive: true });
  await writeFile(path.join(family, 'a', 'Dockerfile'), 'FROM x\n');
  expect(await readSource(family, env, signal)).toBeUndefined();
  await git('init', '--quiet');
  await git('add', '.');
  await git('commit', '--quiet', '--message', 'one');
  await git('remote', 'add', 'origin', 'https://me:secret@git.example.org/f.git');
  const clean = await readSource(family, env, signal);
  expect(clean).toMatchObject({ origin: 'https://git.example.org/f.git', changed: [] });
  expect(clean?.commit).toMatch(/^[0-9a-f]{40}$/);

  await writeFile(path.join(family, 'a', 'Dockerfile'), 'FROM y\n');
  await mkdir(path.join(family, '.hubwright', 'runs'), { recursive: true });
  await writeFile(path.join(family, '.hubwright', 'runs', 'process'), '');
  await writeFile(path.join(family, 'release.json'), '{}');
  await mkdir(path.join(family, 'b c'));
  await writeFile(path.join(family, 'b c', 'new'), '');
  const dirty = await readSource(family, env, signal);
  expect(dirty?.changed.toSorted()).toEqual(['a/Dockerfile', 'b c/']);
});

test('an image is built from edits where they are its own, or nobody else’s', () => {
  const a = imageOf('a', { context: 'a', dockerfile: 'a/Dockerfile' });
  const b = imageOf('b', { context: 'b/inner', dockerfile: 'shared/Dockerfile' });
  const dirty = (changed: string): readonly boolean[] => {
    const source = { commit: '', origin: undefined, changed: [changed] };
    return [uncommittedOf(source, a, [b]), uncommittedOf(source, b, [a])].map((files) => files.length > 0);
  };
  expect(dirty('a/apt.txt')).toEqual([true, false]);
  expect(dirty('b/')).toEqual([true, true]);
  expect(dirty('shared/Dockerfile')).toEqual([false, true]);
  expect(dirty('courses.yaml')).toEqual([true, true]);
  expect(dirty('ab/x')).toEqual([true, true]);
  const changed = ['matrix.lock', 'a/apt.txt', 'b/inner/x'];
  expect(uncommittedOf({ commit: '', origin: undefined, changed }, a, [b])).toEqual([
    'matrix.lock',
    'a/apt.txt',
  ]);
});
