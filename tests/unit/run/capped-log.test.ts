import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { CappedLog } from '../../../src/run/capped-log.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

const small = { headBytes: 10, tailBytes: 6 };

async function logged(pieces: readonly string[]): Promise<string> {
  await using folder = await temporaryFolder();
  const file = path.join(folder.path, 'image.log');
  const log = new CappedLog(file, small);
  for (const piece of pieces) log.append(piece);
  log.end();
  return await readFile(file, 'utf8');
}

test('what fits is kept whole, in one piece', async () => {
  expect(await logged(['0123', '456789'])).toBe('0123456789');
  expect(await logged(['0123456789abcdef'])).toBe('0123456789abcdef');
  expect(await logged(['0123456789', 'abc', 'def'])).toBe('0123456789abcdef');
});

test('of what does not fit, the beginning and the end are kept, and the rest is counted', async () => {
  const bulk = Array.from({ length: 100 }, () => 'xxxxx');
  expect(await logged(['0123456789', ...bulk, 'the end'])).toBe(
    '0123456789\n# … 501 bytes are left out here …\nhe end',
  );
  expect(await logged([`0123456789${'x'.repeat(500)}the end`])).toBe(
    '0123456789\n# … 501 bytes are left out here …\nhe end',
  );
});

test('a build that prints without end fills neither the disk nor the memory', async () => {
  await using folder = await temporaryFolder();
  const file = path.join(folder.path, 'image.log');
  const log = new CappedLog(file);
  const piece = 'a line that says nothing\n'.repeat(20_000);
  const before = process.memoryUsage().rss;
  let most = 0;
  for (let index = 0; index < 400; index += 1) {
    log.append(piece);
    most = Math.max(most, process.memoryUsage().rss - before);
  }
  log.append('the end\n');
  log.end();
  const { size } = await stat(file);
  expect(size).toBeGreaterThan(60 * 2 ** 20);
  expect(size).toBeLessThanOrEqual(64 * 2 ** 20 + 100);
  expect((await readFile(file, 'utf8')).endsWith('nothing\nthe end\n')).toBe(true);
  expect(most).toBeLessThan(150 * 2 ** 20);
});
