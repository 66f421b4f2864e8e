/** The tests of a corpus table: one for each image, on the machine's engine. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectDocker } from '../../src/engine/docker/docker-engine.ts';
import { Corpus, disagreements } from './corpus.ts';
import type { CorpusRow } from './corpus-table.ts';
import { coldFamilyMs, realImages } from './family.ts';
import { leftovers } from './judge.ts';

/** A suite that judges every row; `family` names the images of the reference family that the rows stand on. */
export function corpusSuite(
  title: string,
  rows: readonly CorpusRow[],
  family: readonly string[] = ['base'],
): void {
  // A test's clock runs while it waits for its turn among the others of its file.
  vi.setConfig({ testTimeout: 900_000, hookTimeout: coldFamilyMs });

  describe.concurrent(title, () => {
    const engine = connectDocker();
    let corpus: Corpus | undefined;

    beforeAll(async () => {
      corpus = new Corpus(engine, await realImages(family), title);
    });

    afterAll(async () => {
      const left = await leftovers(engine);
      await corpus?.[Symbol.asyncDispose]();
      await engine.close();
      expect(left, 'containers, volumes and networks left behind').toBe(0);
    });

    it.each(rows.map((row) => [row.name, row.about, row] as const))('%s: %s', async (_name, _about, row) => {
      const verdict = await corpus?.judge(row);
      if (verdict === undefined) throw new Error('the family is not at hand');
      expect(disagreements(row, verdict)).toEqual([]);
    });
  });
}
