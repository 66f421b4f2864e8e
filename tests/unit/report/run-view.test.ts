import { expect, test } from 'vitest';
import type { RunEventBody } from '../../../src/core/event.ts';
import { applyEvent, emptyView } from '../../../src/report/run-view.ts';

/** What the image is shown to be at after these events. */
function activityAfter(...events: readonly RunEventBody[]): string | undefined {
  const view = emptyView();
  const planned: RunEventBody = {
    kind: 'plan-made',
    images: [{ name: 'base', action: 'publish', reasons: [] }],
  };
  for (const event of [planned, ...events]) applyEvent(view, { ...event, time: 0 });
  return view.images.get('base')?.activity;
}

const waits = { kind: 'remark', image: 'base', message: 'the engine tries that again' } as const;

test('a push that waits shows what for: by its clock alone it looks like one that goes on', () => {
  const pushing = { kind: 'stage-started', image: 'base', stage: 'push' } as const;
  expect(activityAfter(pushing, waits)).toBe('the engine tries that again');
  expect(activityAfter(pushing, waits, { ...pushing, stage: 'tag' })).toBe('');
});

test('other remarks are told at the end alone', () => {
  expect(activityAfter({ kind: 'stage-started', image: 'base', stage: 'build' }, waits)).toBe('');
  expect(activityAfter({ ...waits, message: 'of the run' })).toBe('');
});
