/** One run told from beginning to end, for the displays' tests. */
import type { RunEvent, RunEventBody } from '../../../src/core/event.ts';

const start = Date.UTC(2026, 10, 20, 8, 0, 0);

/** Events a second apart, the first at 8:00. */
export function told(...bodies: readonly RunEventBody[]): readonly RunEvent[] {
  return bodies.map((body, index) => ({ ...body, time: start + index * 1000 }));
}

export const begin: readonly RunEventBody[] = [
  { kind: 'run-started', run: '20261120-080000-abcd', command: ['images'], version: '0.1.0' },
  {
    kind: 'plan-made',
    images: [
      { name: 'base', action: 'build', reasons: ['never built'] },
      { name: 'hub', action: 'build', reasons: ['hub.py edited', 'argument X added'] },
      { name: 'course', action: 'build', reasons: ['base changed'] },
      { name: 'proxy', action: 'reuse', reasons: [] },
    ],
  },
  { kind: 'image-finished', image: 'proxy', durationMs: 0, outcome: { kind: 'reused' } },
  { kind: 'stage-started', image: 'base', stage: 'build' },
  {
    kind: 'build-step',
    image: 'base',
    step: '1',
    name: 'RUN --mount=type=secret,id=ca   pip install x',
    state: 'started',
  },
];

export const end: readonly RunEventBody[] = [
  { kind: 'stage-finished', image: 'base', stage: 'build', durationMs: 21_900, size: 569_000_000 },
  { kind: 'stage-started', image: 'base', stage: 'smoke' },
  {
    kind: 'image-finished',
    image: 'base',
    durationMs: 30_000,
    outcome: {
      kind: 'failed',
      stage: 'smoke',
      failure: {
        message: 'S4 it listens where the hub looks',
        blame: 'image',
        clauses: [
          {
            id: 'S4',
            title: 'it listens where the hub looks',
            evidence: ['GET :8888 → refused', 'listens on 9999\u001b[2J'],
            hint: 'an option in the entry point',
          },
        ],
        tail: ['last words'],
      },
    },
  },
  { kind: 'image-finished', image: 'course', durationMs: 0, outcome: { kind: 'blocked', culprit: 'base' } },
  { kind: 'stage-started', image: 'hub', stage: 'build' },
  {
    kind: 'stage-finished',
    image: 'hub',
    stage: 'build',
    durationMs: 500,
    size: 1_000_000,
    remembered: true,
  },
  { kind: 'image-finished', image: 'hub', durationMs: 500, outcome: { kind: 'done', published: false } },
  { kind: 'remark', image: 'hub', message: 'slow' },
  {
    kind: 'run-finished',
    result: 'failure',
    durationMs: 61_000,
    counts: { reused: 1, done: 1, failed: 1, blocked: 1, cancelled: 0 },
  },
];
