import { expect, test } from 'vitest';
import type { RunEvent } from '../../../src/core/event.ts';
import { remarkLines } from '../../../src/report/remarks.ts';
import { applyEvent, emptyView } from '../../../src/report/run-view.ts';
import { styleOf } from '../../../src/report/style.ts';

function linesAfter(events: readonly RunEvent[]): readonly string[] {
  const view = emptyView();
  for (const event of events) applyEvent(view, event);
  return remarkLines(view, styleOf(false));
}

function clause(image: string, severity: 'must' | 'should', result: 'pass' | 'fail'): RunEvent {
  const facts = { id: 'S1', title: 'it answers', durationMs: 1, evidence: ['seen'], time: 0 };
  return { kind: 'clause', image, severity, result, ...facts };
}

test('the same words for several images are one line, and those for none stand alone', () => {
  const remark = { kind: 'remark', time: 0 } as const;
  expect(
    linesAfter([
      { ...remark, image: 'base', message: 'slow' },
      { ...remark, message: 'removed 1 thing' },
      { ...remark, image: 'hub', message: 'slow' },
      { ...remark, image: 'base', message: 'other' },
    ]),
  ).toEqual(['remark: base, hub: slow', 'remark: removed 1 thing', 'remark: base: other']);
});

test('a clause that many images should meet and do not is told once; what refuses an image is no remark', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  expect(
    linesAfter([
      ...names.map((name) => clause(name, 'should', 'fail')),
      clause('g', 'should', 'pass'),
      clause('h', 'must', 'fail'),
    ]),
  ).toEqual(['remark: S1 it answers: not so in a, b, c and 3 others']);
  expect(linesAfter(names.slice(0, 4).map((name) => clause(name, 'should', 'fail')))).toEqual([
    'remark: S1 it answers: not so in a, b, c, d',
  ]);
});

test('a run without any says nothing', () => {
  expect(linesAfter([])).toEqual([]);
});
