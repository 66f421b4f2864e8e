import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { writeAll } from '../../../src/cli/nightly-files.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

test('of several locks all are written, or none: what was written before a refusal is taken back', async () => {
  const files = { 'matrix.lock': 'old', 'a/requirements.lock': 'old', 'plain file': '' };
  await using folder = await temporaryFolder(files);
  const writing = (name: string) => ({ name, file: path.join(folder.path, name), text: 'new' });
  const good = [writing('matrix.lock'), writing('a/requirements.lock'), writing('a/new.lock')];
  const refused = await writeAll([...good, writing('plain file/requirements.lock')]);
  expect(refused).toMatchObject({
    ok: false,
    error: [{ code: 'cannot-write', message: expect.stringContaining('plain file/requirements.lock') }],
  });
  const textOf = (name: string) => readFile(path.join(folder.path, name), 'utf8');
  expect([await textOf('matrix.lock'), await textOf('a/requirements.lock')]).toEqual(['old', 'old']);
  expect(await readdir(path.join(folder.path, 'a'))).toEqual(['requirements.lock']);

  expect(await writeAll(good)).toMatchObject({ ok: true });
  expect(await Promise.all(good.map(({ name }) => textOf(name)))).toEqual(['new', 'new', 'new']);
});
