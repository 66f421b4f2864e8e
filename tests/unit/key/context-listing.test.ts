import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, symlink, utimes } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { ContextEntry } from '../../../src/engine/engine.ts';
import { listContext } from '../../../src/key/context-listing.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

const never = new AbortController().signal;

const list = async (directory: string, dockerfile = path.join(directory, 'Dockerfile')) =>
  await listContext(directory, dockerfile, never);

async function entriesOf(directory: string, dockerfile?: string): Promise<readonly ContextEntry[]> {
  const result = await list(directory, dockerfile);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

const pathsOf = async (directory: string, dockerfile?: string): Promise<readonly string[]> =>
  (await entriesOf(directory, dockerfile)).map((entry) => entry.path);

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('what is listed', () => {
  test('files with size, hash and normal mode, folders, and links as they are', async () => {
    await using folder = await temporaryFolder({ 'b/run.sh': 'echo', 'b/secret': '' });
    await chmod(path.join(folder.path, 'b/run.sh'), 0o700);
    await chmod(path.join(folder.path, 'b/secret'), 0o600);
    await mkdir(path.join(folder.path, 'empty'), { mode: 0o700 });
    await symlink('../outside', path.join(folder.path, 'link'));
    expect(await entriesOf(folder.path)).toEqual([
      { kind: 'directory', path: 'b', mode: 0o755 },
      { kind: 'file', path: 'b/run.sh', mode: 0o755, size: 4, sha256: hash('echo') },
      { kind: 'file', path: 'b/secret', mode: 0o644, size: 0, sha256: hash('') },
      { kind: 'directory', path: 'empty', mode: 0o755 },
      { kind: 'symlink', path: 'link', target: '../outside' },
    ]);
  });

  test('a file larger than one piece has the hash of all of it', async () => {
    const text = 'x'.repeat(300_000);
    await using folder = await temporaryFolder({ large: text });
    const [entry] = await entriesOf(folder.path);
    expect(entry).toMatchObject({ size: 300_000, sha256: hash(text) });
  });

  test('order is by code unit, in whatever order the disk gives them', async () => {
    await using folder = await temporaryFolder({ ä: '', b: '', B: '', 'a/x': '', 'a-b': '', a_b: '' });
    expect(await pathsOf(folder.path)).toEqual(['B', 'a', 'a-b', 'a/x', 'a_b', 'b', 'ä']);
  });

  test('time, folder and owner-only bits leave no trace', async () => {
    await using one = await temporaryFolder({ 'd/a': 'text' });
    await using other = await temporaryFolder({ 'd/a': 'text' });
    await utimes(path.join(other.path, 'd/a'), 1, 1);
    await chmod(path.join(other.path, 'd/a'), 0o666);
    expect(await entriesOf(other.path)).toEqual(await entriesOf(one.path));
  });

  test('links in a circle as links, and names that differ by case alone as two', async () => {
    await using folder = await temporaryFolder({ 'd/README': 'one', 'd/readme': 'two' });
    await symlink('loop', path.join(folder.path, 'loop'));
    await symlink('..', path.join(folder.path, 'd/up'));
    expect(await entriesOf(folder.path)).toMatchObject([
      { kind: 'directory', path: 'd' },
      { kind: 'file', path: 'd/README', sha256: hash('one') },
      { kind: 'file', path: 'd/readme', sha256: hash('two') },
      { kind: 'symlink', path: 'd/up', target: '..' },
      { kind: 'symlink', path: 'loop', target: 'loop' },
    ]);
  });

  test('the context may be reached through a link', async () => {
    await using folder = await temporaryFolder({ 'real/a': '' });
    await symlink('real', path.join(folder.path, 'link'));
    expect(await pathsOf(path.join(folder.path, 'link'))).toEqual(['a']);
  });
});

describe('what is left out', () => {
  test('the Dockerfile and the ignore files, but no other of their kind', async () => {
    const files = {
      Dockerfile: '',
      'Dockerfile.dockerignore': '',
      '.dockerignore': '',
      'x/Dockerfile': '',
      'x/.dockerignore': '',
    };
    await using folder = await temporaryFolder(files);
    expect(await pathsOf(folder.path)).toEqual(['x', 'x/.dockerignore', 'x/Dockerfile']);
  });

  test("the Dockerfile's own ignore file takes the place of the context's, wherever it lies", async () => {
    const files = {
      'context/.dockerignore': 'a',
      'context/a': '',
      'context/b': '',
      'shared/Dockerfile.dockerignore': 'b',
    };
    await using folder = await temporaryFolder(files);
    const context = path.join(folder.path, 'context');
    expect(await pathsOf(context, path.join(folder.path, 'shared/Dockerfile'))).toEqual(['a']);
    expect(await pathsOf(context)).toEqual(['b']);
  });

  test('an ignored folder is listed only for what is taken in below it', async () => {
    const files = {
      '.dockerignore': 'd\ne\n!d/in/x\n',
      'd/in/x': '',
      'd/in/y': '',
      'd/out/x': '',
      'e/x': '',
    };
    await using folder = await temporaryFolder(files);
    expect(await pathsOf(folder.path)).toEqual(['d', 'd/in', 'd/in/x']);
  });

  test('an ignored pipe does no harm', async () => {
    await using folder = await temporaryFolder({ '.dockerignore': 'pipe', a: '' });
    await promisify(execFile)('mkfifo', [path.join(folder.path, 'pipe')]);
    expect(await pathsOf(folder.path)).toEqual(['a']);
  });
});

describe('trouble', () => {
  test('a pipe is told, and not waited for', async () => {
    await using folder = await temporaryFolder();
    await promisify(execFile)('mkfifo', [path.join(folder.path, 'pipe')]);
    expect(await list(folder.path)).toMatchObject({ ok: false, error: { code: 'special-file' } });
  });

  test('a socket is told', async () => {
    await using folder = await temporaryFolder();
    const server = createServer().listen(path.join(folder.path, 'agent'));
    await once(server, 'listening');
    const result = await listContext(folder.path, '/Dockerfile', never, { shownFrom: folder.path });
    server.close();
    expect(result).toEqual({
      ok: false,
      error: {
        category: 'usage',
        severity: 'error',
        code: 'special-file',
        message: '`agent` is a socket, pipe or device, which no context can hold',
        help: 'remove it, or leave it out with a line in .dockerignore',
      },
    });
  });

  test('a file that nobody may read is told', async () => {
    await using folder = await temporaryFolder({ 'deep/secret': '' });
    await chmod(path.join(folder.path, 'deep/secret'), 0o000);
    await chmod(folder.path, 0o755);
    // Nothing is unreadable for root.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.('nobody');
    try {
      expect(await listContext(folder.path, '/Dockerfile', never, { shownFrom: folder.path })).toMatchObject({
        error: {
          message: '`deep/secret` cannot be read: EACCES',
          help: 'make it readable, or leave it out with a line in .dockerignore',
        },
      });
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  test('an ignore file of 50 MB is told, and not held against every file', async () => {
    await using folder = await temporaryFolder({ '.dockerignore': 'a.txt\n'.repeat(8_400_000) });
    expect(await listContext(folder.path, '/Dockerfile', never, { shownFrom: folder.path })).toMatchObject({
      error: {
        message: '`.dockerignore` is too large: 50.4 MB',
        help: 'at most 256 KiB are read; ignore folders instead of each file in them',
      },
    });
  });

  test('a missing folder is told', async () => {
    await using folder = await temporaryFolder();
    expect(await list(path.join(folder.path, 'gone'))).toMatchObject({
      ok: false,
      error: { code: 'unreadable-context', message: expect.stringContaining('ENOENT') },
    });
  });

  test('a bad pattern is told with its line', async () => {
    await using folder = await temporaryFolder({ '.dockerignore': 'ok\n  [a\n' });
    expect(await list(folder.path)).toMatchObject({
      ok: false,
      error: { code: 'invalid-ignore-pattern', span: { line: 2, column: 3, length: 2, text: '  [a' } },
    });
  });

  test('it is named from where the user stands', async () => {
    await using folder = await temporaryFolder();
    await promisify(execFile)('mkfifo', [path.join(folder.path, 'pipe')]);
    const shownFrom = path.dirname(folder.path);
    const result = await listContext(folder.path, '/Dockerfile', never, { shownFrom });
    const message = `\`${path.basename(folder.path)}/pipe\` is a socket, pipe or device, which no context can hold`;
    expect(result).toMatchObject({ ok: false, error: { message } });
  });

  test('a signal ends it', async () => {
    await using folder = await temporaryFolder({ a: '' });
    await expect(listContext(folder.path, '/Dockerfile', AbortSignal.abort())).rejects.toThrow('aborted');
  });
});
