/**
 * The ready queue alone, on a clock that only counts: how long 10,000 images of random durations take, against the
 * least that any order could take: the longest way through them, or all work shared by the slots.
 */
import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { BuildQueue, type QueueNode } from '../../src/graph/build-queue.ts';
import { tabled } from './benchmark-table.ts';

const count = 10_000;
const slotCounts = [2, 6, 16, 64, 256];

/** Numbers from 0 to 1, the same in each run. */
function randomSource(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

type Shape = (index: number, random: () => number) => readonly number[];

/** Whom an image stands on, by index; the first stands on nothing. */
const shapes: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  [
    'a university: twelve bases, courses on them',
    (index, random) => [Math.floor(random() * Math.min(12, index))],
  ],
  ['a random tree', (index, random) => [Math.floor(random() * index)]],
  ['long chains beside one another', (index) => [Math.max(0, index - 40)]],
  [
    'two parents each',
    (index, random) => [
      index - 1 - Math.floor(random() * Math.min(index, 200)),
      Math.floor(random() * index),
    ],
  ],
]);

/** Durations as builds have them: most are short, a few very long. */
function family(shape: Shape, seed: number): readonly QueueNode[] {
  const random = randomSource(seed);
  return Array.from({ length: count }, (_, index) => ({
    name: `image${index}`,
    parents: index === 0 ? [] : shape(index, random).map((parent) => `image${parent}`),
    cost: 1000 - Math.log(1 - random()) * 60_000,
  }));
}

/** When the last image ends, in the order that the queue says. */
function simulate(nodes: readonly QueueNode[], slots: number): number {
  const queue = new BuildQueue(nodes);
  const costs = new Map(nodes.map(({ name, cost }) => [name, cost]));
  const running: { readonly name: string; readonly ends: number }[] = [];
  let now = 0;
  for (;;) {
    for (let name; running.length < slots && (name = queue.take()) !== undefined;) {
      const ends = now + (costs.get(name) ?? 0);
      const at = running.findIndex((other) => other.ends < ends);
      running.splice(at === -1 ? running.length : at, 0, { name, ends });
    }
    const next = running.pop();
    if (next === undefined) break;
    now = next.ends;
    queue.finish(next.name);
  }
  expect(queue.isDone).toBe(true);
  return now;
}

/** The longest way: parents have smaller indexes. */
function criticalPath(nodes: readonly QueueNode[]): number {
  const ends = new Map<string, number>();
  for (const { name, parents, cost } of nodes)
    ends.set(name, cost + Math.max(0, ...parents.map((parent) => ends.get(parent) ?? 0)));
  return Math.max(...ends.values());
}

test('10,000 images of random durations end within 5 % of the least', { timeout: 120_000 }, () => {
  let worst = 0;
  const started = performance.now();
  for (const [seed, shape] of [...shapes.values()].entries()) {
    const nodes = family(shape, seed + 1);
    const work = nodes.reduce((sum, { cost }) => sum + cost, 0);
    for (const slots of slotCounts)
      worst = Math.max(worst, simulate(nodes, slots) / Math.max(criticalPath(nodes), work / slots));
  }
  const perFamily = (performance.now() - started) / (shapes.size * slotCounts.length);
  tabled({
    what: `the ready queue alone, simulated, ${count.toLocaleString('en')} images of random durations, ${shapes.size} shapes, ${slotCounts.join('/')} slots`,
    measured: `at most ${((worst - 1) * 100).toFixed(1)} % above the least; ${perFamily.toFixed(0)} ms of queue for each family`,
    limit: '≤ 5 %',
    met: worst <= 1.05,
  });
  expect(worst).toBeLessThanOrEqual(1.05);
});
