/** Which moves a night keeps, in families whose builds and checks end as a table says. */
import { describe, expect, test } from 'vitest';
import type { ImageOutcome } from '../../../src/core/event.ts';
import { ok } from '../../../src/core/result.ts';
import { computeKeys } from '../../../src/key/content-key.ts';
import type { Image } from '../../../src/matrix/image-set.ts';
import type { Move } from '../../../src/nightly/moves.ts';
import { tryMoves, type Trials, type TrialTools } from '../../../src/nightly/trials.ts';
import type { DrawnPlan } from '../../../src/plan/draw-plan.ts';
import type { RunReport } from '../../../src/run/execute-plan.ts';
import { graphOf } from '../../rig/image-set.ts';

type End = 'equal' | 'changed' | 'build fails' | 'check fails' | 'engine goes';

interface World {
  readonly dockerfiles: Readonly<Record<string, string>>;
  readonly kinds?: Readonly<Record<string, Image['kind']>>;
  /** How each image ends with these moves; `changed` unless told otherwise. */
  readonly ends: (image: string, moves: ReadonlySet<string>) => End | undefined;
}

const rootMove = (users: readonly string[]): Move => ({
  section: 'roots',
  key: 'debian:13',
  value: { from: 'debian:13', digest: 'new' },
  from: 'old',
  to: 'new',
  users,
});
const dayMove = (image: string): Move => ({
  section: 'epochs',
  key: image,
  value: '2026-11-02',
  from: '2026-11-01',
  to: '2026-11-02',
  users: [image],
});

interface Night {
  readonly trials: Awaited<ReturnType<typeof tryMoves>>;
  readonly built: readonly string[];
  readonly checked: readonly string[];
}

async function night(world: World, moves: readonly Move[]): Promise<Night> {
  const built: string[] = [];
  const checked: string[] = [];
  const movesOf = new WeakMap<DrawnPlan, ReadonlySet<string>>();
  const draw = (active: Iterable<Move>, names: readonly string[]): DrawnPlan => {
    const keys = new Set([...active].map(({ key }) => key));
    const parts = Object.fromEntries(
      Object.keys(world.dockerfiles).map((name): [string, Partial<Image>] => [
        name,
        { epoch: keys.has(name) ? '2026-11-02' : '2026-11-01', kind: world.kinds?.[name] ?? 'custom' },
      ]),
    );
    const { graph } = graphOf(world.dockerfiles, parts);
    const identity = keys.has('debian:13') ? 'new' : 'old';
    const sources = {
      platform: 'linux/amd64',
      roots: new Map([['debian:13', identity]]),
      contexts: new Map(),
    };
    const needed = new Set([...names, ...graph.ancestors(names)]);
    const entries = graph.order
      .filter((name) => needed.has(name))
      .map((name) => ({
        name,
        parents: graph.nodes.get(name)?.parents ?? [],
        kind: graph.nodes.get(name)?.image.kind,
        selected: names.includes(name),
      }));
    // Of a plan the trials look at nothing else.
    const drawn = { graph, keys: computeKeys(graph, sources), plan: { entries } } as unknown as DrawnPlan;
    movesOf.set(drawn, keys);
    return drawn;
  };
  const endOf = (drawn: DrawnPlan, name: string): End =>
    world.ends(name, movesOf.get(drawn) ?? new Set()) ?? 'changed';
  const run = (drawn: DrawnPlan, seen: string[], failing: End, stage: 'build' | 'smoke'): RunReport => {
    const outcomes = new Map<string, ImageOutcome>();
    for (const { name, selected } of drawn.plan.entries) {
      if (!selected) continue;
      seen.push(name);
      const end = endOf(drawn, name);
      const blame = end === 'engine goes' ? 'environment' : 'image';
      const fails = end === failing || end === 'engine goes';
      outcomes.set(
        name,
        fails
          ? { kind: 'failed', stage, failure: { message: 'as told', blame, tail: [] } }
          : { kind: 'done', published: false },
      );
    }
    return {
      result: 'success',
      outcomes,
      counts: { reused: 0, done: 0, failed: 0, blocked: 0, cancelled: 0 },
      published: new Map(),
      bytes: new Map(),
    };
  };
  const tools: TrialTools = {
    draw: async (active, names) => ok(draw(active, names)),
    build: async (drawn) => run(drawn, built, 'build fails', 'build'),
    check: async (drawn) => run(drawn, checked, 'check fails', 'smoke'),
    compare: async (drawn, name) =>
      ok(
        endOf(drawn, name) === 'equal'
          ? { kind: 'equal' }
          : { kind: 'changed', difference: undefined, verified: false },
      ),
  };
  const trials = await tryMoves(tools, draw([], Object.keys(world.dockerfiles)), new Set(), moves);
  return { trials, built, checked };
}

function valueOf({ trials }: Night): Trials {
  if (!trials.ok) throw new Error(JSON.stringify(trials.error));
  return trials.value;
}

function told(value: Trials): Readonly<Record<string, unknown>> {
  return {
    moves: value.moves.map(({ key }) => key),
    verdicts: Object.fromEntries([...value.verdicts].map(([name, { kind }]) => [name, kind])),
    heldBack: [...value.heldBack.keys()],
  };
}

const chain = {
  base: 'FROM debian:13\nARG EPOCH\n',
  child: 'FROM base\n',
  grandchild: 'FROM child\nARG EPOCH\n',
};

describe('a day of an image’s own', () => {
  test('is taken back where nobody could tell, and what stands on it is not even built', async () => {
    const result = await night({ dockerfiles: chain, ends: () => 'equal' }, [dayMove('base')]);
    expect(told(valueOf(result))).toEqual({ moves: [], verdicts: {}, heldBack: [] });
    expect(result).toMatchObject({ built: ['base'], checked: [] });
  });

  test('stays where something differs, and then all that stands on it is built and checked', async () => {
    const result = await night({ dockerfiles: chain, ends: () => 'changed' }, [
      dayMove('base'),
      dayMove('grandchild'),
    ]);
    expect(told(valueOf(result))).toEqual({
      moves: ['base', 'grandchild'],
      verdicts: { base: 'changed', child: 'changed', grandchild: 'changed' },
      heldBack: [],
    });
    expect(result).toMatchObject({
      built: ['base', 'child', 'grandchild'],
      checked: ['base', 'child', 'grandchild'],
    });
  });

  test('of an image whose parent is thrown away is tried on the parent that is kept', async () => {
    const world = {
      dockerfiles: chain,
      ends: (name: string): End => (name === 'base' ? 'equal' : 'changed'),
    };
    const result = await night(world, [dayMove('base'), dayMove('grandchild')]);
    expect(told(valueOf(result))).toEqual({
      moves: ['grandchild'],
      verdicts: { grandchild: 'changed' },
      heldBack: [],
    });
    expect(result.built).toEqual(['base', 'grandchild']);
  });

  test.each(['build fails', 'check fails'] as const)('is taken back where its %s', async (end) => {
    const world = {
      dockerfiles: { ...chain, other: 'FROM debian:13\nARG EPOCH\n' },
      ends: (name: string): End => (name === 'base' ? end : 'changed'),
    };
    const result = valueOf(await night(world, [dayMove('base'), dayMove('other')]));
    expect(told(result)).toEqual({ moves: ['other'], verdicts: { other: 'changed' }, heldBack: ['base'] });
    expect(result.heldBack.get('base')).toContain('as told');
  });
});

test('what fails on a broken parent is tried again on the one that is kept', async () => {
  const world: World = {
    dockerfiles: chain,
    ends: (name, moves) => (name === 'base' || moves.has('base') ? 'check fails' : 'changed'),
  };
  const result = await night(world, [dayMove('base'), dayMove('grandchild')]);
  expect(told(valueOf(result))).toEqual({
    moves: ['grandchild'],
    verdicts: { grandchild: 'changed' },
    heldBack: ['base'],
  });
});

describe('a root that several images start from', () => {
  const two = { one: 'FROM debian:13\n', other: 'FROM debian:13\n', child: 'FROM other\n' };
  const both = rootMove(['one', 'other']);

  test('stays as it was where it makes no difference to any', async () => {
    const result = await night({ dockerfiles: two, ends: () => 'equal' }, [both]);
    expect(told(valueOf(result))).toEqual({ moves: [], verdicts: {}, heldBack: [] });
  });

  test('moves where one differs; the other keeps its bytes, and its child stands on those', async () => {
    const world: World = { dockerfiles: two, ends: (name) => (name === 'one' ? 'changed' : 'equal') };
    const result = await night(world, [both]);
    expect(told(valueOf(result))).toEqual({
      moves: ['debian:13'],
      verdicts: { one: 'changed', other: 'equal', child: 'equal' },
      heldBack: [],
    });
    expect(result.checked).toEqual(['one']);
  });

  test('moves where one passes; the other is held back, and what stands on it', async () => {
    const world: World = {
      dockerfiles: two,
      ends: (name) => (name === 'other' ? 'check fails' : 'changed'),
    };
    expect(told(valueOf(await night(world, [both])))).toEqual({
      moves: ['debian:13'],
      verdicts: { one: 'changed', other: 'failed', child: 'blocked' },
      heldBack: ['other', 'child'],
    });
  });

  test('stays as it was where nothing passes on it', async () => {
    const result = valueOf(
      await night({ dockerfiles: two, ends: (name) => (name === 'child' ? 'changed' : 'build fails') }, [
        both,
      ]),
    );
    expect(told(result)).toEqual({ moves: [], verdicts: {}, heldBack: ['one', 'other'] });
  });
});

test('a builder moves only where those who build with it differ', async () => {
  const world: World = {
    dockerfiles: { kit: 'FROM debian:13\nARG EPOCH\n', app: 'FROM debian:13\nCOPY --from=kit / /\n' },
    kinds: { kit: 'builder' },
    ends: (name) => (name === 'kit' ? 'changed' : 'equal'),
  };
  expect(told(valueOf(await night(world, [dayMove('kit')])))).toEqual({
    moves: [],
    verdicts: {},
    heldBack: [],
  });
  const other = { ...world, ends: () => 'changed' as const };
  expect(told(valueOf(await night(other, [dayMove('kit')])))).toMatchObject({ moves: ['kit'] });
});

test('what lies outside ends the night', async () => {
  const { trials } = await night({ dockerfiles: chain, ends: () => 'engine goes' }, [dayMove('base')]);
  expect(trials).toMatchObject({ ok: false, error: [{ category: 'environment', code: 'night-ended' }] });
});
