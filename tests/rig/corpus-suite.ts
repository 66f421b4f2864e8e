/** The tests of a corpus table: one for each image, on the machine's engine. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectDocker } from '../../src/engine/docker/docker-engine.ts';
import { scenes } from '../../src/smoke/contract/profiles.ts';
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
  // All rows are begun at once, and a test's clock runs while it waits for its turn: how many are judged at a time is
  // the corpus' to say, which knows those that wait.
  vi.setConfig({ testTimeout: 1_800_000, hookTimeout: coldFamilyMs, maxConcurrency: rows.length + 1 });

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

    it.each(inOrder(rows).map((row) => [row.name, row.about, row] as const))(
      '%s: %s',
      async (_name, _about, row) => {
        const verdict = await corpus?.judge(row);
        if (verdict === undefined) throw new Error('the family is not at hand');
        expect(disagreements(row, verdict)).toEqual([]);
      },
    );
  });
}

/**
 * Rows that wait come first, so that their time passes while the others are judged; those that the clock alone
 * refuses come last, for they are judged once more while nothing else is.
 */
function inOrder(rows: readonly CorpusRow[]): readonly CorpusRow[] {
  return rows.toSorted((a, b) => rank(a) - rank(b));
}

function rank(row: CorpusRow): number {
  if (row.waits) return 0;
  return isRefusedByTime(row) ? 2 : 1;
}

function isRefusedByTime({ profile, fails }: CorpusRow): boolean {
  const clauses = scenes[profile].flatMap((scene) => scene.clauses);
  const timed = new Set(clauses.filter((clause) => clause.timed === true).map(({ id }) => id));
  return fails.length > 0 && fails.every((id) => timed.has(id));
}
