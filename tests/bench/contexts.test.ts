/**
 * Listing a context with the stat cache beside listing it without: many small files, a few large ones, and the
 * small case, which must not become slower.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { listContexts } from '../../src/plan/list-contexts.ts';
import { imageOf } from '../rig/image-set.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';
import { compare } from './side-by-side.ts';

const rounds = 21;
const { signal } = new AbortController();

/** Medians of both, in milliseconds; `each` listings make a round, so that short ones can be measured. */
async function measure(count: number, bytes: number, each: number) {
  await using folder = await temporaryFolder();
  const repository = path.join(folder.path, 'repository');
  const content = 'x'.repeat(bytes);
  for (let index = 0; index < count; index += 1) {
    const file = path.join(repository, 'context', `folder${index % 40}`, `file${index}`);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  const images = [imageOf('image', { context: 'context' })];
  const list = async (cacheFolder?: string): Promise<void> => {
    for (let index = 0; index < each; index += 1) await listContexts(repository, images, signal, cacheFolder);
  };
  const cache = path.join(folder.path, 'cache');
  // What was written just now is not believed, and so not remembered.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const { ours, theirs, ratio } = await compare(
    rounds,
    () => list(cache),
    () => list(),
  );
  process.stdout.write(
    `${count} files of ${bytes} bytes, ${each} times: with ${ours.join(' ')} ms; without ${theirs.join(' ')} ms; ratio ${ratio.toFixed(2)}\n`,
  );
  return ratio;
}

test('2,000 small files', async () => {
  expect(await measure(2000, 2000, 1)).toBeLessThan(0.8);
});

test('20 files of ten megabytes', async () => {
  expect(await measure(20, 10_000_000, 1)).toBeLessThan(0.1);
});

test('twelve small files, as a hub’s context has them: no slower', async () => {
  expect(await measure(12, 2000, 100)).toBeLessThan(1.05);
});
