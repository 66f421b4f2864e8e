import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { KeyedLimit } from '../../../registry/keyed-limit.ts';

const signal = new AbortController().signal;
const never = (): string => 'aborted';

test('so many go on for a key at a time, first come, first served; other keys do not wait', async () => {
  const limit = new KeyedLimit(2);
  const begun: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<string>>();
  const start = (key: string, name: string): Promise<string> => {
    const gate = Promise.withResolvers<string>();
    gates.set(name, gate);
    const work = (): Promise<string> => {
      begun.push(name);
      return gate.promise;
    };
    return limit.run(key, work, never, signal);
  };
  const all = [start('a', 'a1'), start('a', 'a2'), start('a', 'a3'), start('a', 'a4'), start('b', 'b1')];
  await turn();
  expect(begun).toEqual(['a1', 'a2', 'b1']);
  gates.get('a2')?.resolve('second');
  await turn();
  expect(begun).toEqual(['a1', 'a2', 'b1', 'a3']);
  for (const gate of gates.values()) gate.resolve('done');
  expect(await Promise.all(all)).toEqual(['done', 'second', 'done', 'done', 'done']);
});

test('who waits leaves at once with the signal, is never begun, and holds up nobody', async () => {
  const limit = new KeyedLimit(1);
  const gate = Promise.withResolvers<string>();
  const controller = new AbortController();
  const first = limit.run('a', () => gate.promise, never, signal);
  let begun = false;
  const begin = async (): Promise<string> => {
    begun = true;
    return 'begun';
  };
  const waiting = limit.run('a', begin, never, controller.signal);
  controller.abort();
  expect(await waiting).toBe('aborted');
  const last = limit.run('a', async () => 'last', never, signal);
  gate.resolve('first');
  expect([await first, await last, begun]).toEqual(['first', 'last', false]);
});
