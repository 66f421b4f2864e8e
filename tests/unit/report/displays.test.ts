import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { jsonReporter } from '../../../src/report/json.ts';
import { renderFrame, rowsOf } from '../../../src/report/live-frame.ts';
import { plainReporter } from '../../../src/report/plain.ts';
import { applyEvent, emptyView, type RunView } from '../../../src/report/run-view.ts';
import { renderSummary } from '../../../src/report/summary.ts';
import { begin, end, told } from './run-events.ts';

const events = told(...begin, ...end);

function viewAfter(count: number): RunView {
  const view = emptyView();
  for (const event of events.slice(0, count)) applyEvent(view, event);
  return view;
}

test('plain lines tell the plan, each stage and each end, then failures with their evidence', () => {
  let text = '';
  const reporter = plainReporter((piece) => (text += piece), { colour: false, width: 80, verbose: false });
  for (const event of events) reporter.event(event);
  expect(text).toBe(`[  0.0s] run 20261120-080000-abcd
[  1.0s] 4 images, 3 with something to do
[  1.0s]   build base: never built
[  1.0s]   build hub: hub.py edited
[  1.0s]   build course: base changed
[  3.0s] base: build …
[  6.0s] base: smoke …
[  7.0s] ✗ base  smoke failed: S4 it listens where the hub looks
[  8.0s] – course  blocked by base
[  9.0s] hub: build …
[ 11.0s] ✓ hub     1 MB  the same as before

base: smoke failed: S4 it listens where the hub looks
  S4 it listens where the hub looks
     GET :8888 → refused
     listens on 9999
     likely cause: an option in the entry point
  the last line of its output:
  │ last words

remark: hub: slow

Some images failed: 1 done, 1 unchanged, 1 failed, 1 blocked in 1m01s
`);
});

test('a failure fits the terminal, painted or not, and is broken at the same words', () => {
  const view = viewAfter(events.length);
  const words =
    'words that go on and on until they are wider than any terminal of eighty columns may well be';
  const failure = {
    message: `S1 ${words}`,
    blame: 'image',
    clauses: [{ id: 'S1', title: words, evidence: [words], hint: words }],
    tail: [words],
  } as const;
  view.images.set('base', {
    ...view.images.get('base'),
    name: 'base',
    outcome: { kind: 'failed', stage: 'smoke', failure },
  } as Parameters<typeof view.images.set>[1]);
  const plain = renderSummary(view, { colour: false, width: 80 });
  expect(plain.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(plain).toContain('     likely cause: words that');
  expect(plain.split('\n')[0]?.length).toBeGreaterThan(70);
  const painted = renderSummary(view, { colour: true, width: 80 });
  expect(stripVTControlCharacters(painted)).toBe(plain);
});

test('the live frame shows what runs with its step, what waits, and how far it is', () => {
  const now = (events[4]?.time ?? 0) + 500;
  expect(renderFrame(viewAfter(5), { colour: false, width: 60, height: 24, now })).toBe(
    `● base  build   1.5s  RUN pip install x
○ waiting: hub, course
  1 of 4 · 4.5s`,
  );
});

test('the live frame knows about how long it takes, until that proves wrong', () => {
  const view = viewAfter(10);
  view.estimateMs = 90_000;
  const options = { colour: false, width: 80, height: 24 };
  const footer = (now: number): string =>
    renderFrame(view, { ...options, now })
      .split('\n')
      .at(-1) ?? '';
  expect(footer(view.started + 30_000)).toContain(' · 30.0s of about 1m30s');
  expect(footer(view.started + 95_000)).toMatch(/ · 1m35s$/);
});

test('rows of a frame on a terminal that became narrower', () => {
  expect(rowsOf('', 10)).toBe(0);
  expect(rowsOf('12345\n1234567890\n\u001B[31m12345678901\u001B[39m', 10)).toBe(4);
});

test('the live frame says when a build has been silent for long', () => {
  const view = viewAfter(5);
  const step = events[4]?.time ?? 0;
  const frame = (now: number): string | undefined =>
    renderFrame(view, { colour: false, width: 80, height: 24, now }).split('\n')[0];
  expect(frame(step + 59_000)).toBe('● base  build  1m00s  RUN pip install x');
  expect(frame(step + 90_000)).toBe('● base  build  1m31s  silent for 1m30s  RUN pip install x');
  applyEvent(view, { kind: 'output', image: 'base', stage: 'build', text: '.', time: step + 90_000 });
  expect(frame(step + 92_000)).toBe('● base  build  1m33s  RUN pip install x');
});

test('no line of the frame is wider than the terminal, and the frame is never higher', () => {
  const view = viewAfter(2);
  for (const image of view.images.values()) {
    image.stage = 'build';
    image.activity = '漢字 '.repeat(80);
  }
  const frame = renderFrame(view, { colour: false, width: 40, height: 6, now: 0 }).split('\n');
  expect(frame.length).toBeLessThan(6);
  expect(frame.some((line) => line.includes('… and 2 more'))).toBe(true);
  // A Chinese character takes two columns.
  for (const line of frame)
    expect([...line].reduce((sum, char) => sum + (char > '\u2e80' ? 2 : 1), 0)).toBeLessThanOrEqual(40);
});

test('JSON is one event a line, as it was', () => {
  const lines: string[] = [];
  const reporter = jsonReporter((text) => void lines.push(text));
  for (const event of events) reporter.event(event);
  expect(lines.map((line) => JSON.parse(line))).toEqual(events);
  expect(lines.every((line) => line.endsWith('\n') && line.indexOf('\n') === line.length - 1)).toBe(true);
});

test('a failure whose message is what a tool printed moves nothing on the terminal', () => {
  const message =
    'the network failed its build twice: \u001b[2J\u001b]0;title\u0007curl: (28) timed out\u0008';
  const failure = { message, blame: 'environment', tail: [] } as const;
  let text = '';
  const reporter = plainReporter((piece) => (text += piece), { colour: false, width: 80, verbose: false });
  const failed = { kind: 'failed', stage: 'build', failure } as const;
  const counts = { reused: 0, done: 0, failed: 1, blocked: 0, cancelled: 0 };
  for (const event of told(
    ...begin,
    { kind: 'image-finished', image: 'base', durationMs: 1, outcome: failed },
    { kind: 'run-finished', result: 'environment', durationMs: 1, counts },
  ))
    reporter.event(event);
  expect(text.split('the network failed its build twice: curl: (28) timed out\n').length).toBe(3);
});

test('what fails several images in the same way is told once in the end, and fits the terminal', () => {
  const message =
    'there is no vulnerability database: nobody answers; `scan: { databases: [REFERENCE] }` names another';
  const failure = { message, blame: 'environment', tail: [] } as const;
  const failed = { kind: 'failed', stage: 'scan', failure } as const;
  const other = { ...failed, failure: { ...failure, message: 'another trouble' } };
  const counts = { reused: 0, done: 0, failed: 3, blocked: 0, cancelled: 0 };
  const view = emptyView();
  for (const event of told(
    ...begin,
    { kind: 'image-finished', image: 'base', durationMs: 1, outcome: failed },
    { kind: 'image-finished', image: 'hub', durationMs: 1, outcome: other },
    { kind: 'image-finished', image: 'course', durationMs: 1, outcome: failed },
    { kind: 'run-finished', result: 'environment', durationMs: 1, counts },
  ))
    applyEvent(view, event);
  expect(renderSummary(view, { colour: false, width: 60 }))
    .toBe(`base, course: scan failed: there is no vulnerability
  database: nobody answers;
  \`scan: { databases: [REFERENCE] }\` names another

hub: scan failed: another trouble

Something outside is missing or unreachable: 3 failed in 0.0s
`);
});
