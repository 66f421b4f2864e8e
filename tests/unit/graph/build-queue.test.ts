import { describe, expect, test } from 'vitest';
import { BuildQueue, type QueueNode } from '../../../src/graph/build-queue.ts';

const node = (name: string, parents: readonly string[] = [], cost = 1): QueueNode => ({
  name,
  parents,
  cost,
});

describe('what may start', () => {
  test('what the longest way waits for goes first, then the smaller name', () => {
    const queue = new BuildQueue([
      node('z'),
      node('a'),
      node('long', [], 2),
      node('base'),
      node('x', ['base'], 5),
    ]);
    expect(queue.ready()).toEqual(['base', 'long', 'a', 'z']);
  });

  test('many that wait for one are no longer way than one of them', () => {
    const fan = [node('top'), ...['l', 'm', 'r'].map((name) => node(name, ['top'], 2))];
    expect(new BuildQueue([...fan, node('other', [], 4)]).ready()).toEqual(['other', 'top']);
    expect(new BuildQueue([...fan, node('other', [], 2)]).ready()).toEqual(['top', 'other']);
  });

  test('what becomes ready later takes its place among those that wait for a slot', () => {
    const queue = new BuildQueue([
      node('first', [], 9),
      node('mid', [], 3),
      node('low', [], 1),
      node('child', ['first'], 2),
      node('urgent', ['first'], 4),
    ]);
    expect(queue.take()).toBe('first');
    queue.finish('first');
    expect(queue.ready()).toEqual(['urgent', 'mid', 'child', 'low']);
  });

  test('parents that are not in the queue count as finished', () => {
    expect(new BuildQueue([node('a', ['elsewhere'])]).take()).toBe('a');
  });

  test('a child starts when its last parent has finished', () => {
    const queue = new BuildQueue([node('a'), node('b'), node('c', ['a', 'b', 'a'])]);
    expect([queue.take(), queue.take(), queue.take()]).toEqual(['a', 'b', undefined]);
    queue.finish('a');
    expect(queue.take()).toBeUndefined();
    queue.finish('b');
    expect(queue.take()).toBe('c');
  });
});

describe('what ends', () => {
  test('misuse throws', () => {
    const queue = new BuildQueue([node('a')]);
    expect(() => queue.finish('a')).toThrow('does not run');
    expect(() => new BuildQueue([node('a'), node('a')])).toThrow('twice');
    expect(() => new BuildQueue([node('a', ['b']), node('b', ['a'])])).toThrow('waits for itself');
  });
});

/** A small generator with a seed, so that a failing case can be had again. */
function randomSource(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Parents have smaller indexes, names do not follow them. */
function randomGraph(random: (below: number) => number): readonly QueueNode[] {
  const names = Array.from({ length: 1 + random(25) }, (_, index) => `${random(90) + 10}-${index}`);
  return names.map((name, index) =>
    node(
      name,
      Array.from({ length: random(4) }, () => names[random(Math.max(1, index))] ?? '').filter(
        (parent) => parent !== name && names.indexOf(parent) < index,
      ),
      random(20),
    ),
  );
}

function ancestorsOf(name: string, nodes: readonly QueueNode[]): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [name];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const parent of nodes.find((other) => other.name === at)?.parents ?? []) {
      if (!found.has(parent)) open.push(parent);
      found.add(parent);
    }
  }
  return found;
}

test.each(Array.from({ length: 200 }, (_, seed) => [seed]))('random walk %i keeps the rules', (seed) => {
  const random = randomSource(seed);
  const nodes = randomGraph(random);
  const queue = new BuildQueue(nodes);
  const running: string[] = [];
  const finished = new Set<string>();
  while (!queue.isDone) {
    const next = random(3) > 0 ? queue.take() : undefined;
    if (next !== undefined) {
      expect(running.includes(next) || finished.has(next)).toBe(false);
      for (const parent of ancestorsOf(next, nodes)) expect(finished).toContain(parent);
      running.push(next);
    } else if (running.length > 0) {
      const [ended = ''] = running.splice(random(running.length), 1);
      queue.finish(ended);
      finished.add(ended);
    }
  }
  expect(running).toEqual([]);
  expect(finished.size).toBe(nodes.length);
});
