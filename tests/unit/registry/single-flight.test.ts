import { expect, test } from 'vitest';
import { SingleFlight } from '../../../registry/single-flight.ts';

const idle = new AbortController().signal;

async function boom(): Promise<string> {
  throw new Error('boom');
}

interface Work {
  readonly run: (signal: AbortSignal) => Promise<string>;
  readonly signals: readonly AbortSignal[];
  finish(value: string): void;
}

function makeWork(): Work {
  const { promise, resolve } = Promise.withResolvers<string>();
  const signals: AbortSignal[] = [];
  return {
    run: (signal) => {
      signals.push(signal);
      return promise;
    },
    signals,
    finish: resolve,
  };
}

test('those who ask for the same at the same time share one piece of work', async () => {
  const flights = new SingleFlight<string>();
  const work = makeWork();
  const first = flights.run('key', work.run, () => 'aborted', idle);
  const second = flights.run('key', work.run, () => 'aborted', idle);
  work.finish('done');
  expect(await Promise.all([first, second])).toEqual(['done', 'done']);
  expect(work.signals.length).toBe(1);
  await flights.run('key', work.run, () => 'aborted', idle);
  expect(work.signals.length).toBe(2);
});

test('one who leaves does not disturb the others', async () => {
  const flights = new SingleFlight<string>();
  const work = makeWork();
  const leaver = new AbortController();
  const first = flights.run('key', work.run, () => 'aborted', leaver.signal);
  const second = flights.run('key', work.run, () => 'aborted', idle);
  leaver.abort();
  expect(await first).toBe('aborted');
  expect(work.signals[0]?.aborted).toBe(false);
  work.finish('done');
  expect(await second).toBe('done');
});

test('the work ends when the last one has left, and a newcomer starts afresh', async () => {
  const flights = new SingleFlight<string>();
  const work = makeWork();
  const leaver = new AbortController();
  const first = flights.run('key', work.run, () => 'aborted', leaver.signal);
  leaver.abort();
  expect(await first).toBe('aborted');
  expect(work.signals[0]?.aborted).toBe(true);
  const next = makeWork();
  const second = flights.run('key', next.run, () => 'aborted', idle);
  next.finish('fresh');
  expect(await second).toBe('fresh');
});

test('work that throws throws for all, and is not kept', async () => {
  const flights = new SingleFlight<string>();
  const both = [flights.run('key', boom, () => '', idle), flights.run('key', boom, () => '', idle)];
  expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(
    await flights.run(
      'key',
      async () => 'fine',
      () => '',
      idle,
    ),
  ).toBe('fine');
});
