/** Which moves a night keeps, in families whose builds and checks end as a table says. */
import { describe, expect, test } from 'vitest';
import type { ImageOutcome } from '../../../src/core/event.ts';
import { ok } from '../../../src/core/result.ts';
import { computeKeys } from '../../../src/key/content-key.ts';
import type { Image } from '../../../src/matrix/image-set.ts';
import type { LockAnswer, TrialLocks } from '../../../src/nightly/lock-answer.ts';
import type { Move } from '../../../src/nightly/moves.ts';
import { tryMoves, type Trials, type TrialTools } from '../../../src/nightly/trials.ts';
import type { DrawnPlan } from '../../../src/plan/draw-plan.ts';
import type { RunReport } from '../../../src/run/execute-plan.ts';
import { graphOf } from '../../rig/image-set.ts';

/** `unchecked`: equal to what is published, which has not passed what is asked today; its check ends as told. */
type End =
  | 'equal'
  | 'unchecked passes'
  | 'unchecked fails'
  | 'changed'
  | 'build fails'
  | 'check fails'
  | 'engine goes';

interface World {
  readonly dockerfiles: Readonly<Record<string, string>>;
  readonly kinds?: Readonly<Record<string, Image['kind']>>;
  /** How each image ends with these moves; `changed` unless told otherwise. */
  readonly ends: (image: string, moves: ReadonlySet<string>) => End | undefined;
  /** By image that a Python lock is computed in: its text with these moves; '' is what it was, undefined: uv finds none. */
  readonly locks?: Readonly<Record<string, (moves: ReadonlySet<string>) => string | undefined>>;
  /** Images that share the lock of another one. */
  readonly sharers?: Readonly<Record<string, readonly string[]>>;
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

const lockOf = (image: string): string => `${image}/requirements.lock`;

/** Python locks as the world tells them; the same question gets the same object. */
function locksOf({ locks = {}, sharers = {} }: World): TrialLocks {
  const known = new Map<string, LockAnswer>();
  return {
    fileOf: (name) => (name in locks ? lockOf(name) : undefined),
    ask: async (moves, drawn, name) => {
      const feltBy = new Set([name, ...drawn.graph.ancestors([name])]);
      const felt = [...moves].filter(
        ({ key, section, users }) =>
          (section !== 'python' || key !== lockOf(name)) && users.some((user) => feltBy.has(user)),
      );
      const text = locks[name]?.(new Set(felt.map(({ key }) => key)));
      if (text === '') return ok({ kind: 'same' });
      if (text === undefined) return ok({ kind: 'failed', why: 'no solution' });
      const id = `${name} ${felt.map(({ key }) => key).join()} ${text}`;
      const users = [name, ...(sharers[name] ?? [])];
      const move = {
        section: 'python' as const,
        key: lockOf(name),
        value: text,
        from: undefined,
        to: text,
        users,
      };
      const answer = known.get(id) ?? { kind: 'moved', move };
      known.set(id, answer);
      return ok(answer);
    },
  };
}

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
    const list = [...active];
    const keys = new Set(list.map(({ key }) => key));
    const textIn = (name: string): string =>
      list.flatMap(({ section, users, to }) =>
        section === 'python' && users.includes(name) ? [to] : [],
      )[0] ?? '';
    const parts = Object.fromEntries(
      Object.keys(world.dockerfiles).map((name): [string, Partial<Image>] => [
        name,
        {
          // Of a lock's text the key is all that the trials see; here the day carries it.
          epoch: `${keys.has(name) ? '2026-11-02' : '2026-11-01'}${textIn(name)}`,
          kind: world.kinds?.[name] ?? 'custom',
        },
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
      const failsUnchecked = end === 'unchecked fails' && stage === 'smoke';
      const fails = end === failing || failsUnchecked || end === 'engine goes';
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
    compare: async (drawn, name) => {
      const end = endOf(drawn, name);
      if (end === 'equal') return ok({ kind: 'equal' });
      if (end.startsWith('unchecked')) return ok({ kind: 'equal', unchecked: true });
      return ok({ kind: 'changed', difference: undefined, verified: false });
    },
    ...(world.locks === undefined ? {} : { locks: locksOf(world) }),
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

  test('an equal image that has not passed what is asked today is checked where its key moves', async () => {
    const ends = (end: End): World => ({
      dockerfiles: two,
      ends: (name) => (name === 'one' ? 'changed' : name === 'other' ? end : 'equal'),
    });
    const passed = await night(ends('unchecked passes'), [both]);
    expect(passed.checked.toSorted()).toEqual(['one', 'other']);
    expect(valueOf(passed).verdicts.get('other')).toEqual({ kind: 'equal' });
    const failed = valueOf(await night(ends('unchecked fails'), [both]));
    expect(told(failed)).toMatchObject({ heldBack: ['other'] });
    const alone = await night({ dockerfiles: two, ends: () => 'unchecked passes' }, [both]);
    expect(alone.checked).toEqual([]);
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

const always = (text: string) => (): string => text;

/** A builder with a lock, whose users end so. */
function kitWorld(end: End): World {
  return {
    dockerfiles: { kit: 'FROM debian:13\n', app: 'FROM debian:13\nCOPY --from=kit / /\n' },
    kinds: { kit: 'builder' },
    ends: (name) => (name === 'kit' ? 'changed' : end),
    locks: { kit: always('nbgrader 1 → 2') },
  };
}

describe('a Python lock', () => {
  const one = { base: 'FROM debian:13\nARG EPOCH\n', child: 'FROM base\n' };

  test('moves without a day that changes nothing, and what stands on it is built once', async () => {
    const world: World = {
      dockerfiles: one,
      ends: (name, moves) => (moves.has(lockOf('base')) ? 'changed' : 'equal'),
      locks: { base: always('numpy 1 → 2') },
    };
    const result = await night(world, [dayMove('base')]);
    expect(told(valueOf(result))).toEqual({
      moves: ['base/requirements.lock'],
      verdicts: { base: 'changed', child: 'changed' },
      heldBack: [],
    });
    expect(result.built).toEqual(['base', 'base', 'child']);
  });

  test('that changes nothing is thrown away, and the day stays', async () => {
    const world: World = {
      dockerfiles: one,
      ends: (_, moves) => (moves.has('base') ? 'changed' : 'equal'),
      locks: { base: always('numpy 1 → 2') },
    };
    const alone = await night(world, []);
    expect(told(valueOf(alone))).toEqual({ moves: [], verdicts: {}, heldBack: [] });
    expect(alone.built).toEqual(['base']);
  });

  test('that breaks the image stays as it was, and the day moves', async () => {
    const world: World = {
      dockerfiles: one,
      ends: (name, moves) => (name === 'base' && moves.has(lockOf('base')) ? 'check fails' : 'changed'),
      locks: { base: always('numpy 1 → 9') },
    };
    const result = valueOf(await night(world, [dayMove('base')]));
    expect(told(result)).toEqual({
      moves: ['base'],
      verdicts: { base: 'changed', child: 'changed' },
      heldBack: [],
    });
    expect([...result.heldLocks]).toEqual([
      ['base', 'its Python packages stay: with numpy 1 → 9, smoke failed: as told'],
    ]);
  });

  test('is tried again without the day where the day is what broke the image', async () => {
    const world: World = {
      dockerfiles: one,
      ends: (name, moves) => (name === 'base' && moves.has('base') ? 'check fails' : 'changed'),
      locks: { base: always('numpy 1 → 2') },
    };
    const result = valueOf(await night(world, [dayMove('base')]));
    expect(told(result)).toEqual({
      moves: ['base/requirements.lock'],
      verdicts: { base: 'changed', child: 'changed' },
      heldBack: ['base'],
    });
    expect([...result.heldLocks]).toEqual([]);
  });

  const inside = {
    base: always('numpy 1 → 2'),
    child: (moves: ReadonlySet<string>) => (moves.has(lockOf('base')) ? 'inside new' : 'inside old'),
  };

  test('is computed in the parent as it will be', async () => {
    const result = await night({ dockerfiles: one, ends: () => 'changed', locks: inside }, []);
    expect(valueOf(result).moves.map(({ value }) => value)).toEqual(['numpy 1 → 2', 'inside new']);
    expect(result.built).toEqual(['base', 'child']);
  });

  test('is computed in the parent as it was where the parent is held back', async () => {
    const world: World = {
      dockerfiles: one,
      ends: (_, moves) => (moves.has(lockOf('base')) ? 'check fails' : 'changed'),
      locks: inside,
    };
    const result = valueOf(await night(world, []));
    expect(result.moves.map(({ value }) => value)).toEqual(['inside old']);
    expect([...result.heldLocks.keys()]).toEqual(['base']);
  });

  const roles = { student: 'FROM debian:13\n', instructor: 'FROM debian:13\n' };
  const shared = { locks: { student: always('numpy 1 → 2') }, sharers: { student: ['instructor'] } };

  test('that two images share is taken back where it breaks one', async () => {
    const world: World = {
      dockerfiles: roles,
      ends: (name) => (name === 'instructor' ? 'check fails' : 'changed'),
      ...shared,
    };
    const result = valueOf(await night(world, []));
    expect(told(result)).toEqual({ moves: [], verdicts: {}, heldBack: [] });
    expect([...result.heldLocks.keys()]).toEqual(['instructor']);
  });

  test('that two images share and that broke one is told no more once it moves in another parent', async () => {
    const world: World = {
      dockerfiles: { base: one.base, student: 'FROM base\n', instructor: 'FROM base\n' },
      ends: (name, moves) => {
        if (!moves.has('base')) return 'changed';
        return name === 'instructor' || name === 'base' ? 'check fails' : 'changed';
      },
      ...shared,
    };
    const result = valueOf(await night(world, [dayMove('base')]));
    expect(told(result)).toMatchObject({ moves: ['student/requirements.lock'], heldBack: ['base'] });
    expect([...result.heldLocks]).toEqual([]);
  });

  test('that two images share moves where one differs', async () => {
    const world: World = {
      dockerfiles: roles,
      ends: (name) => (name === 'instructor' ? 'changed' : 'equal'),
      ...shared,
    };
    const result = valueOf(await night(world, []));
    expect(told(result)).toEqual({
      moves: ['student/requirements.lock'],
      verdicts: { student: 'equal', instructor: 'changed' },
      heldBack: [],
    });
  });

  test('that nothing fits stays, and says so; the others move', async () => {
    const world: World = {
      dockerfiles: { ...one, other: 'FROM debian:13\n' },
      ends: () => 'changed',
      locks: { base: () => undefined, other: always('six 1 → 2') },
    };
    const result = valueOf(await night(world, []));
    expect(told(result)).toEqual({
      moves: ['other/requirements.lock'],
      verdicts: { other: 'changed' },
      heldBack: [],
    });
    expect([...result.heldLocks]).toEqual([['base', 'its Python packages stay: no solution']]);
  });

  test('of a builder moves where those who build with it differ, and is held back by those who break', async () => {
    expect(valueOf(await night(kitWorld('equal'), [])).moves).toEqual([]);
    expect(valueOf(await night(kitWorld('changed'), [])).moves).toHaveLength(1);
    const broken = valueOf(await night(kitWorld('check fails'), []));
    expect(told(broken)).toEqual({ moves: [], verdicts: {}, heldBack: ['app'] });
  });
});
