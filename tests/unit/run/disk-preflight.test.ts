import { expect, test } from 'vitest';
import type { EngineInfo } from '../../../src/engine/engine.ts';
import type { PlanEntry } from '../../../src/plan/plan.ts';
import type { Memory } from '../../../src/plan/schema.ts';
import { estimateBytes, lackOfSpace } from '../../../src/run/disk-preflight.ts';

function entry(name: string, action: PlanEntry['action'], parents: readonly string[] = []): PlanEntry {
  return {
    name,
    definition: name,
    kind: 'custom',
    parents,
    key: '',
    verdictKey: '',
    action,
    reasons: [],
    selected: true,
    local: undefined,
    published: undefined,
  };
}

const info: EngineInfo = {
  version: '',
  store: 'classic',
  architecture: 'amd64',
  cpus: 1,
  memoryBytes: 1e9,
  dataRoot: '/engine',
};

const memories = new Map<string, Memory>(
  Object.entries({ base: 3e9, course: 3.5e9, hub: 0.5e9 }).map(([image, size]) => [
    image,
    { version: 2, builtAt: 0, image, key: '', imageId: '', buildMs: 0, smokeMs: 0, size },
  ]),
);

const course = [entry('base', 'reuse'), entry('course', 'build', ['base']), entry('new', 'build')];

test('a child’s share is what it adds to its parent; what is not built takes nothing', () => {
  expect(estimateBytes(course, memories)).toBe(1.5e9);
  expect(estimateBytes([entry('base', 'build'), entry('course', 'build', ['base'])], memories)).toBe(4.5e9);
  expect(estimateBytes([entry('base', 'reuse')], memories)).toBe(1e9);
});

test('too little room is told with both numbers, and with what frees some', async () => {
  const told = await lackOfSpace({ plan: { entries: course }, memories, info }, async () => 1.2e9);
  expect(told).toMatchObject({
    category: 'environment',
    code: 'disk-space',
    message: '`/engine` has 1.2 GB free, but these builds need about 1.5 GB',
  });
  expect(told?.help).toContain('docker builder prune');
});

test('nothing is told where there is room, and of another machine’s disk', async () => {
  expect(await lackOfSpace({ plan: { entries: course }, memories, info }, async () => 2e9)).toBeUndefined();
  const elsewhere = { ...info, dataRoot: undefined };
  expect(
    await lackOfSpace({ plan: { entries: course }, memories, info: elsewhere }, async () => 0),
  ).toBeUndefined();
  const absent = { ...info, dataRoot: '/no/such/folder/at/all' };
  expect(await lackOfSpace({ plan: { entries: course }, memories, info: absent })).toBeUndefined();
});
