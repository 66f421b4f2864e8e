/** Whole archives as they stream by, made by a real tar in each of its formats. */
import { link, mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { tarEntries } from '../../../src/engine/docker/tar-stream.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

const deep = `${'long-folder-name/'.repeat(14)}file`;

async function archive(format: string): Promise<Buffer> {
  await using folder = await temporaryFolder({ 'a/file': 'content of a', empty: '', [deep]: 'deep' });
  const at = (name: string): string => path.join(folder.path, name);
  await symlink('../somewhere', at('a/symlink'));
  await symlink('x'.repeat(200), at('a/long-symlink'));
  await link(at('a/file'), at('b'));
  await mkdir(at('sticky'), { mode: 0o1777 });
  await writeFile(at('large'), '');
  await truncate(at('large'), 100_000);
  const owner = ['--owner=7', '--group=9', '--numeric-owner', '--sort=name', '--mode=u=rwx,go=rx'];
  const { stdout } = await execa(
    'tar',
    [`--format=${format}`, ...owner, '-C', folder.path, '-cf', '-', '.'],
    {
      encoding: 'buffer',
    },
  );
  return Buffer.from(stdout);
}

async function* chunksOf(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += length) yield bytes.subarray(start, start + length);
}

describe.each(['posix', 'gnu'])('an archive of format %s', async (format) => {
  const bytes = await archive(format);

  test.each([100, 512, 700, 1_000_000])('comes apart whatever the chunks (%i bytes)', async (length) => {
    const seen = new Map<string, string>();
    for await (const { path: name, kind, uid, gid, mode, target, size, content } of tarEntries(
      chunksOf(bytes, length),
    )) {
      const held =
        name === 'a/file' || name === deep ? Buffer.concat(await Array.fromAsync(content)).toString() : size;
      seen.set(name, `${kind} ${mode.toString(8)} ${uid}:${gid} ${target} ${held}`);
    }
    expect(Object.fromEntries([...seen].filter(([name]) => !name.endsWith('long-folder-name')))).toEqual({
      '': 'directory 755 7:9  0',
      a: 'directory 755 7:9  0',
      'a/file': 'file 755 7:9  content of a',
      'a/long-symlink': `symlink 755 7:9 ${'x'.repeat(200)} 0`,
      'a/symlink': 'symlink 755 7:9 ../somewhere 0',
      b: 'link 755 7:9 ./a/file 0',
      empty: 'file 755 7:9  0',
      large: 'file 755 7:9  100000',
      [deep]: 'file 755 7:9  deep',
      sticky: 'directory 755 7:9  0',
    });
  });

  test('that breaks off throws', async () => {
    const cut = bytes.subarray(0, bytes.length - 12_000);
    await expect(Array.fromAsync(tarEntries(chunksOf(cut, 512)))).rejects.toThrow('ends too early');
  });
});
