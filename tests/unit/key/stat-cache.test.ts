import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { chmod, lstat, mkdir, readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { listContext } from '../../../src/key/context-listing.ts';
import { keepStatCache, readStatCache } from '../../../src/key/stat-cache-file.ts';
import { StatCache } from '../../../src/key/stat-cache.ts';
import { cacheFolderOf } from '../../../src/matrix/cache-folder.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

const wrong = 'f'.repeat(64);
/** Late enough that every file of a test has been still for long. */
const muchLater = Date.now() + 3_600_000;

function statOf(file: string) {
  return lstatSync(file, { bigint: true });
}

/** A cache that holds a wrong hash of this file in its present state: what it answers shows that the file was not read. */
function poisoned(file: string): StatCache {
  const cache = new StatCache();
  cache.learn(file, statOf(file), muchLater, wrong);
  return cache;
}

async function listedHash(folder: string, cache: StatCache): Promise<string | undefined> {
  const listing = await listContext(folder, '/Dockerfile', new AbortController().signal, { cache });
  if (!listing.ok) throw new Error(listing.error.message);
  const [entry] = listing.value;
  return entry?.kind === 'file' ? entry.sha256 : undefined;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

describe('what is taken for unchanged', () => {
  test('a file in the very state in which it was hashed is not read', async () => {
    await using folder = await temporaryFolder({ file: 'text' });
    expect(await listedHash(folder.path, poisoned(path.join(folder.path, 'file')))).toBe(wrong);
  });

  test.each<[string, (file: string) => Promise<void>]>([
    ['written again with as many bytes', (file) => writeFile(file, 'TEXT')],
    [
      'written again, and given its old times back',
      async (file) => {
        const { atime, mtime } = await lstat(file);
        await writeFile(file, 'TEXT');
        await utimes(file, atime, mtime);
      },
    ],
    [
      'replaced by another of the same size and time',
      async (file) => {
        const { atime, mtime } = await lstat(file);
        await writeFile(`${file}.new`, 'TEXT');
        await utimes(`${file}.new`, atime, mtime);
        await rename(`${file}.new`, file);
      },
    ],
  ])('a file is read that was %s', async (_how, change) => {
    await using folder = await temporaryFolder({ file: 'text' });
    const file = path.join(folder.path, 'file');
    const cache = poisoned(file);
    // The file system's clock ticks every few milliseconds.
    await sleep(20);
    await change(file);
    expect(await listedHash(folder.path, cache)).toBe(hash('TEXT'));
  });

  test('a file that can be run now is listed as such', async () => {
    await using folder = await temporaryFolder({ file: 'text' });
    const file = path.join(folder.path, 'file');
    const cache = poisoned(file);
    await sleep(20);
    await chmod(file, 0o755);
    const listing = await listContext(folder.path, '/Dockerfile', new AbortController().signal, { cache });
    expect(listing.ok && listing.value).toMatchObject([{ mode: 0o755, sha256: hash('text') }]);
  });

  test('a file that was touched just before it was hashed is not believed the next time', async () => {
    await using folder = await temporaryFolder({ file: 'text' });
    const file = path.join(folder.path, 'file');
    const cache = new StatCache();
    const stat = statOf(file);
    cache.learn(file, stat, Number(stat.mtimeNs / 1_000_000n) + 1000, wrong);
    expect(cache.text()).toBeUndefined();
    // Nor one whose time lies ahead, whoever set it.
    await utimes(file, new Date(muchLater), new Date(muchLater));
    cache.learn(file, statOf(file), Date.now() + 60_000, wrong);
    expect(cache.text()).toBeUndefined();
  });

  test('a file that was changed long ago, but arrived just now, is young as well', async () => {
    await using folder = await temporaryFolder({ file: 'text' });
    const file = path.join(folder.path, 'file');
    await utimes(file, new Date(0), new Date(0));
    const cache = new StatCache();
    cache.learn(file, statOf(file), Date.now(), wrong);
    expect(cache.text()).toBeUndefined();
  });
});

describe('the text that is kept', () => {
  test('is read as it was written, paths with blanks included', async () => {
    await using folder = await temporaryFolder({ 'a file': 'text' });
    const file = path.join(folder.path, 'a file');
    const text = poisoned(file).text();
    expect(new StatCache(text).hashOf(file, statOf(file))).toBe(wrong);
    expect(new StatCache(text).text()).toBeUndefined();
  });

  test.each<[string, (text: string) => string]>([
    ['empty', () => ''],
    ['cut off', (text) => text.slice(0, -10)],
    ['changed in one digit', (text) => text.replace(wrong, `0${wrong.slice(1)}`)],
    ['of another version', (text) => text.replace('hashes 1', 'hashes 9')],
    ['no text of ours', () => '{"a": 1}\n'],
    ['binary', () => '\u0000\uFFFD\n\n\n'],
  ])('counts for nothing where it is %s', async (_how, damage) => {
    await using folder = await temporaryFolder({ file: 'text' });
    const file = path.join(folder.path, 'file');
    const text = poisoned(file).text() ?? '';
    expect(new StatCache(text).knows(file)).toBe(true);
    expect(new StatCache(damage(text)).knows(file)).toBe(false);
  });

  test('holds no more than it may, and rather what was asked for', async () => {
    await using folder = await temporaryFolder({ file: 'text' });
    const stat = statOf(path.join(folder.path, 'file'));
    const old = new StatCache();
    for (let index = 0; index < 50_000; index += 1) old.learn(`/old/${index}`, stat, muchLater, wrong);
    const cache = new StatCache(old.text());
    cache.learn('/new', stat, muchLater, wrong);
    cache.hashOf('/old/7', stat);
    const kept = new StatCache(cache.text());
    expect([kept.knows('/new'), kept.knows('/old/7'), kept.knows('/old/8')]).toEqual([true, true, false]);
  });
});

describe('where it is kept', () => {
  test('in the folder that the XDG specification names', () => {
    expect(cacheFolderOf({ XDG_CACHE_HOME: '/cache', HOME: '/home/me' })).toBe('/cache/hubwright');
    expect(cacheFolderOf({ XDG_CACHE_HOME: 'relative', HOME: '/home/me' })).toBe('/home/me/.cache/hubwright');
    expect(cacheFolderOf({ XDG_CACHE_HOME: '' })).toBeUndefined();
  });

  test('one file for each repository, readable by its owner alone, and no temporary file stays', async () => {
    await using folder = await temporaryFolder({ 'repository/file': 'text' });
    const file = path.join(folder.path, 'repository/file');
    const cache = path.join(folder.path, 'cache');
    await keepStatCache(cache, '/one', poisoned(file));
    await keepStatCache(cache, '/two', poisoned(file));
    expect(readStatCache(cache, '/one').knows(file)).toBe(true);
    expect(readStatCache(cache, '/three').knows(file)).toBe(false);
    const files = await readdir(path.join(cache, 'files'));
    expect(files.length).toBe(2);
    expect((await lstat(path.join(cache, 'files', files[0] ?? ''))).mode & 0o777).toBe(0o600);
  });

  test('repositories beyond a number are forgotten, the oldest first', async () => {
    await using folder = await temporaryFolder({ file: 'text' });
    const file = path.join(folder.path, 'file');
    for (let index = 0; index < 66; index += 1) {
      await keepStatCache(folder.path, `/repository/${index}`, poisoned(file));
      await sleep(5);
    }
    expect((await readdir(path.join(folder.path, 'files'))).length).toBe(64);
    expect(readStatCache(folder.path, '/repository/1').knows(file)).toBe(false);
    expect(readStatCache(folder.path, '/repository/65').knows(file)).toBe(true);
  });

  test('a folder that cannot be made, and a cache that is a folder, harm nothing', async () => {
    await using folder = await temporaryFolder({ file: 'text' });
    const file = path.join(folder.path, 'file');
    await keepStatCache(path.join(file, 'below'), '/one', poisoned(file));
    expect(readStatCache(path.join(file, 'below'), '/one').knows(file)).toBe(false);
    await keepStatCache(folder.path, '/one', poisoned(file));
    const [name = ''] = await readdir(path.join(folder.path, 'files'));
    expect(await readFile(path.join(folder.path, 'files', name), 'utf8')).toContain(file);
    await mkdir(path.join(folder.path, 'files', 'folder'));
    expect(readStatCache(folder.path, '/one').knows(file)).toBe(true);
  });
});
