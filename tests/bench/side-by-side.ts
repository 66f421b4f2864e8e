/** Times two commands in turn (A B B A …), so that a machine's changing speed falls on both, and gives the ratios. */
import { performance } from 'node:perf_hooks';
import { engineAtRest } from './engine-rest.ts';

export interface Comparison {
  /** Milliseconds of each round. */
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  /** Median of the rounds' ratios, ours / theirs. */
  readonly ratio: number;
}

/** One round that is not counted, then `rounds` that are. `tidy` runs after each, and is not timed. */
export async function compare(
  rounds: number,
  ours: () => Promise<void>,
  theirs: () => Promise<void>,
  tidy: () => Promise<void> = nothing,
): Promise<Comparison> {
  await ours();
  await theirs();
  await tidy();
  return await compareOnce(rounds, ours, theirs, tidy);
}

/** The same without the round that is not counted, for what takes minutes. Every other round begins with theirs. */
export async function compareOnce(
  rounds: number,
  ours: () => Promise<void>,
  theirs: () => Promise<void>,
  tidy: () => Promise<void> = nothing,
): Promise<Comparison> {
  const times: { ours: number; theirs: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) {
      times.push({ ours: await timeOf(ours), theirs: await timeOf(theirs) });
    } else {
      const first = await timeOf(theirs);
      times.push({ ours: await timeOf(ours), theirs: first });
    }
    await tidy();
  }
  const ratios = times.map((time) => time.ours / time.theirs).toSorted((a, b) => a - b);
  return {
    ours: times.map((time) => Math.round(time.ours)),
    theirs: times.map((time) => Math.round(time.theirs)),
    ratio: ratios[Math.floor(ratios.length / 2)] ?? Number.NaN,
  };
}

async function nothing(): Promise<void> {}

async function timeOf(work: () => Promise<void>): Promise<number> {
  await engineAtRest();
  const started = performance.now();
  await work();
  return performance.now() - started;
}
