/** What a registry said once for all images of a run: who asks, who waits, and what is not kept. */
import { expect, test } from 'vitest';
import { cancelled, done, failed, type StageResult } from '../../../src/run/run-context.ts';
import { AskOnce } from '../../../src/run/shared-answers.ts';

const { signal } = new AbortController();
const trouble = failed({ message: 'gone', blame: 'environment', tail: [] });

/** Answers from the list, one after the other, and counts. */
function asker(...answers: readonly StageResult<string | undefined>[]) {
  const asked: AbortSignal[] = [];
  const ask = async (shared: AbortSignal): Promise<StageResult<string | undefined>> => {
    asked.push(shared);
    await Promise.resolve();
    return answers[asked.length - 1] ?? trouble;
  };
  return { asked, ask };
}

test('what twenty want at the same moment, and one later, is asked once', async () => {
  const { asked, ask } = asker(done('layers'));
  const once = new AskOnce<string>();
  const all = Array.from({ length: 20 }, () => once.get('base', ask, signal));
  expect(new Set((await Promise.all(all)).map((each) => JSON.stringify(each))).size).toBe(1);
  expect(await once.get('base', ask, signal)).toEqual(done('layers'));
  expect(asked).toHaveLength(1);
  expect(await once.get('other', ask, signal)).toBe(trouble);
});

test('neither trouble nor an absence is kept', async () => {
  const { asked, ask } = asker(trouble, done(undefined), done('layers'));
  const once = new AskOnce<string>();
  expect(await once.get('base', ask, signal)).toBe(trouble);
  expect(await once.get('base', ask, signal)).toEqual(done(undefined));
  expect(await once.get('base', ask, signal)).toEqual(done('layers'));
  expect(asked).toHaveLength(3);
});

test('an image that is blocked meanwhile takes the answer from no other', async () => {
  const { promise, resolve } = Promise.withResolvers<StageResult<string>>();
  const once = new AskOnce<string>();
  const blocked = new AbortController();
  const first = once.get('base', () => promise, blocked.signal);
  const second = once.get('base', () => Promise.reject(new Error('asked twice')), signal);
  blocked.abort();
  expect(await first).toBe(cancelled);
  resolve(done('layers'));
  expect(await second).toEqual(done('layers'));
});
