import { describe, expect, it } from 'vitest';
import { err, ok } from '../../../src/core/result.ts';
import { connectDocker } from '../../../src/engine/docker/docker-engine.ts';
import { Bench } from '../../../src/smoke/bench.ts';
import { playFairly, scene } from '../../../src/smoke/contract/clause.ts';
import type { Clause, ClauseText, Finding, Specimen } from '../../../src/smoke/contract/clause.ts';
import { scenes } from '../../../src/smoke/contract/profiles.ts';
import type { SmokeRequest } from '../../../src/smoke/request.ts';
import { profileOf } from '../../../src/smoke/profile.ts';
import { Solitude } from '../../../src/smoke/solitude.ts';
import { smokeImage } from '../../../src/smoke/smoke-image.ts';
import { profiles } from '../../../src/smoke/verdict.ts';

const { signal } = new AbortController();
// Opens no connection until it is asked something, and here it never is.
const engine = connectDocker({ socket: '/nonexistent/docker.sock' });
const request: SmokeRequest = {
  name: 'x',
  reference: 'x',
  imageId: 'sha256:x',
  profile: 'none',
  resources: {},
  runId: 'unit',
};
const specimen: Specimen = { log: async () => ok('last words') };
const passing: Finding = { result: 'pass', evidence: ['seen'] };
const failing: Finding = { result: 'fail', evidence: ['seen'], hint: 'mend it' };

function clause(id: string, finding: Finding, more: Partial<Clause<Specimen>> = {}): Clause<Specimen> {
  return {
    id,
    title: id,
    why: 'because',
    met: [],
    severity: 'must',
    tier: 'gate',
    tested: 'by asking',
    remedy: 'mend it',
    test: async () => ok(finding),
    ...more,
  };
}

function play(clauses: readonly Clause<Specimen>[], wants: (clause: ClauseText) => boolean = () => true) {
  const bench = new Bench(engine, { runId: 'unit', image: 'x', keep: false });
  return scene('a scene', async () => ok(specimen), clauses).play(
    request,
    bench,
    { wants, onClause: () => {} },
    signal,
  );
}

/** Plays with the findings of the first try, then those of the second; answers how often, and the last results. */
async function fairly(...tries: readonly (readonly Clause<Specimen>[])[]) {
  let count = 0;
  const played = await playFairly(
    tries[0] ?? [],
    (wants) => play(tries[count++] ?? [], wants),
    new Solitude(),
    signal,
  );
  return {
    count,
    results: played.ok ? played.value.clauses.map(({ id, result }) => `${id} ${result}`) : [],
  };
}

describe('a scene', () => {
  it('judges no clause whose ground has failed, nor those that stand on it in turn', async () => {
    const played = await play([
      clause('A', failing),
      clause('B', passing, { needs: ['A'] }),
      clause('C', passing, { needs: ['B'] }),
      clause('D', passing),
    ]);
    const results = played.ok ? played.value.clauses.map(({ id, result }) => `${id} ${result}`) : [];
    expect(results).toEqual(['A fail', 'B not-run', 'C not-run', 'D pass']);
  });

  it('brings the log’s end where a `must` failed, and not for a remark', async () => {
    const refused = await play([clause('A', failing)]);
    const remarked = await play([clause('A', failing, { severity: 'should' })]);
    expect([refused, remarked]).toMatchObject([{ value: { log: 'last words' } }, { value: { log: '' } }]);
  });

  it('ends with the engine’s trouble, which is no finding', async () => {
    const trouble = { kind: 'unreachable', message: 'gone' } as const;
    const played = await play([clause('A', passing, { test: async () => err(trouble) })]);
    expect(played).toEqual(err(trouble));
  });
});

describe('a waiver', () => {
  const waivers = [{ clause: 'A', reason: 'known', until: '2026-12-31' }];

  it('turns a failure into one that is seen and refuses nothing; what needs it is still not judged', async () => {
    const bench = new Bench(engine, { runId: 'unit', image: 'x', keep: false });
    const clauses = [clause('A', failing), clause('B', passing, { needs: ['A'] })];
    const cue = { wants: () => true, onClause: () => {} };
    const played = await scene('a scene', async () => ok(specimen), clauses).play(
      { ...request, waivers },
      bench,
      cue,
      signal,
    );
    expect(played).toMatchObject({
      value: {
        log: '',
        clauses: [
          { id: 'A', result: 'waived', hint: 'mend it', waiver: { reason: 'known', until: '2026-12-31' } },
          { id: 'B', result: 'not-run', evidence: ['A did not pass'] },
        ],
      },
    });
  });

  it('changes nothing where the clause holds', async () => {
    const bench = new Bench(engine, { runId: 'unit', image: 'x', keep: false });
    const cue = { wants: () => true, onClause: () => {} };
    const held = scene('a scene', async () => ok(specimen), [clause('A', passing)]);
    const played = await held.play({ ...request, waivers }, bench, cue, signal);
    expect(played.ok && played.value.clauses[0]).not.toHaveProperty('waiver');
  });
});

describe('a busy machine', () => {
  const slow = clause('T', failing, { timed: true });

  it('gets a second try where the clock alone refuses the image', async () => {
    expect(await fairly([clause('A', passing), slow], [clause('A', passing), clause('T', passing)])).toEqual({
      count: 2,
      results: ['A pass', 'T pass'],
    });
  });

  it('gets none where the clock did not decide', async () => {
    const certain = clause(
      'T',
      { result: 'fail', evidence: ['seen'], hint: 'mend it', certain: true },
      { timed: true },
    );
    expect(await fairly([clause('A', passing), certain])).toEqual({
      count: 1,
      results: ['A pass', 'T fail'],
    });
    const played = await play([certain]);
    expect(played.ok && played.value.clauses[0]).not.toHaveProperty('certain');
  });

  it('has all asked again that led there or hangs on it, and nothing that came after', async () => {
    const asked: string[] = [];
    const heard = (id: string, finding: Finding, more: Partial<Clause<Specimen>> = {}): Clause<Specimen> =>
      clause(id, finding, { ...more, test: async () => (asked.push(id), ok(finding)) });
    const first = [
      heard('A', passing),
      heard('T', failing, { timed: true }),
      heard('B', passing),
      heard('U', passing, { needs: ['T'], severity: 'should' }),
      heard('C', passing),
    ];
    const second = [
      heard('A', passing),
      heard('T', passing, { timed: true }),
      heard('B', failing),
      heard('U', passing, { needs: ['T'], severity: 'should' }),
      heard('C', failing),
    ];
    expect(await fairly(first, second)).toEqual({
      count: 2,
      results: ['A pass', 'T pass', 'B fail', 'U pass', 'C pass'],
    });
    expect(asked.join('')).toBe('ATBCATBU');
  });

  it('is no excuse twice, nor for what no clock judges', async () => {
    expect(await fairly([slow], [slow])).toEqual({ count: 2, results: ['T fail'] });
    expect(await fairly([clause('A', failing), slow])).toEqual({ count: 1, results: ['A fail', 'T fail'] });
    expect(await fairly([clause('A', passing)])).toEqual({ count: 1, results: ['A pass'] });
  });
});

describe('the contract', () => {
  it.each(profiles)('has clauses of different names, each needing earlier ones alone: %s', (profile) => {
    for (const { clauses } of scenes[profile]) {
      const ids = clauses.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const [index, { needs = [] }] of clauses.entries()) {
        expect(ids.slice(0, index)).toEqual(expect.arrayContaining([...needs]));
      }
    }
  });

  it('holds every kind of image to a profile', () => {
    expect([profileOf('pytorch'), profileOf('nfs'), profileOf('builder')]).toEqual([
      'pytorch',
      'nfs',
      'none',
    ]);
  });

  it('passes a builder without starting it', async () => {
    const judged = await smokeImage(engine, request, () => {}, signal);
    expect(judged).toMatchObject({
      ok: true,
      value: { passed: true, clauses: [], contract: expect.any(Number) },
    });
  });
});
