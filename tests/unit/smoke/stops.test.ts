import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { ok } from '../../../src/core/result.ts';
import { diedOf, stopsClause, whySlow } from '../../../src/smoke/contract/common/stops.ts';
import type { LiveContainer } from '../../../src/smoke/live-container.ts';

test('a server that loses a signal while it still logs our last question is not failed for that', async () => {
  const answered = performance.now();
  const busyMs = 300;
  const server = {
    stop: async () => ok({ durationMs: 100, exitCode: performance.now() - answered < busyMs ? 137 : 0 }),
  };
  const clause = stopsClause({ id: 'S20', severity: 'must', why: '' });
  // The clause uses nothing else of a container.
  const judged = await clause.test(server as unknown as LiveContainer<unknown>, AbortSignal.timeout(5000));
  expect(judged).toMatchObject({ ok: true, value: { result: 'pass' } });
});

test.each([
  ['did nothing in all of its time', { exitCode: 137, rested: true as const }, '', true],
  ['worked until it was killed', { exitCode: 137 }, '', undefined],
  ['died of its stop signal', { exitCode: 131 }, 'SIGQUIT', true],
])('what %s is failed, for certain or not', async (_what, ending, stopSignal, certain) => {
  const server = {
    engine: { inspectContainer: async () => ok({ config: { stopSignal } }) },
    log: async () => ok(''),
    stop: async () => ok({ durationMs: 10_000, ...ending }),
  };
  const clause = stopsClause({ id: 'S20', severity: 'must', why: '' });
  // The clause uses nothing else of a container.
  const judged = await clause.test(server as unknown as LiveContainer<unknown>, AbortSignal.timeout(5000));
  expect(judged.ok && judged.value).toMatchObject({ result: 'fail' });
  expect(judged.ok && judged.value.result === 'fail' && judged.value.certain).toBe(certain);
});

test.each([
  ['SIGWINCH', '', 'STOPSIGNAL asks for SIGWINCH'],
  ['9', 'received signal 15, stopping', 'STOPSIGNAL asks for 9'],
  ['', '[C 2026-11-26 ServerApp] received signal 15, stopping', 'on the way out'],
  [
    '',
    '[C ServerApp] received signal 15, stopping\nrestarting\n[I ServerApp] Serving notebooks from local directory: /x',
    'was started again',
  ],
  ['SIGTERM', 'ready', 'does not pass SIGTERM on'],
])(
  'what took too long to end with STOPSIGNAL %j and the log %j is told as it is',
  (stopSignal, log, words) => {
    expect(whySlow(stopSignal, log)).toContain(words);
  },
);

test.each([
  ['SIGQUIT', 131, true],
  ['quit', 131, true],
  ['3', 131, true],
  ['SIGHUP', 129, true],
  ['SIGQUIT', 0, false],
  ['SIGQUIT', 134, false],
  ['', 143, false],
  ['SIGTERM', 143, false],
  ['SIGINT', 130, false],
  ['15', 143, false],
  ['nonsense', 131, false],
])(
  'with STOPSIGNAL %j an exit code of %i means that the signal killed it: %j',
  (stopSignal, code, expected) => {
    expect(diedOf(stopSignal, code)).toBe(expected);
  },
);
