import { expect, test } from 'vitest';
import { Solitude } from '../../../src/smoke/solitude.ts';

/** An action that ends when it is told to, and says when it begins and ends. */
function held(name: string, said: string[]) {
  const { promise, resolve: end } = Promise.withResolvers<void>();
  const action = async (): Promise<string> => {
    said.push(`${name} begins`);
    await promise;
    said.push(`${name} ends`);
    return name;
  };
  return { action, end };
}

/** Lets everything go on that can. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

const { signal } = new AbortController();

test('a second try has the machine to itself, and nobody overtakes it', async () => {
  const said: string[] = [];
  const solitude = new Solitude();
  const [first, second, alone, late] = ['first', 'second', 'alone', 'late'].map((name) => held(name, said));
  const all = [
    solitude.beside(first!.action, signal),
    solitude.beside(second!.action, signal),
    solitude.alone(alone!.action, signal),
    solitude.beside(late!.action, signal),
  ];
  await settle();
  expect(said).toEqual(['first begins', 'second begins']);
  second!.end();
  await settle();
  expect(said.at(-1)).toBe('second ends');
  first!.end();
  await settle();
  expect(said.at(-1)).toBe('alone begins');
  alone!.end();
  late!.end();
  expect(await Promise.all(all)).toEqual(
    ['first', 'second', 'alone', 'late'].map((value) => ({ ok: true, value })),
  );
  expect(said.slice(-4)).toEqual(['alone begins', 'alone ends', 'late begins', 'late ends']);
});

test('who gives up waiting holds nobody up, and a throw leaves the place free', async () => {
  const said: string[] = [];
  const solitude = new Solitude();
  const [first, late] = ['first', 'late'].map((name) => held(name, said));
  const running = solitude.beside(first!.action, signal);
  const abort = new AbortController();
  const given = solitude.alone(async () => said.push('never'), abort.signal);
  const behind = solitude.beside(late!.action, signal);
  await settle();
  abort.abort();
  await settle();
  expect(said).toEqual(['first begins', 'late begins']);
  expect(await given).toEqual({ ok: false, error: 'cancelled' });
  first!.end();
  late!.end();
  await Promise.all([running, behind]);
  await expect(
    solitude.alone(async () => {
      throw new Error('bug');
    }, signal),
  ).rejects.toThrow('bug');
  expect(await solitude.alone(async () => 'free', signal)).toEqual({ ok: true, value: 'free' });
});
