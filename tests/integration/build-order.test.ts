/** Which builds run at once, and which first, on a real engine. */
import { expect, test } from 'vitest';
import type { RunEvent } from '../../src/core/event.ts';
import { buildsOf } from '../rig/events.ts';
import { matrixOf, workspace } from '../rig/workspace.ts';

function slow(seconds: number): string {
  return `FROM rig.example/{p}root:1\nCOPY . /data/\nRUN sleep ${seconds}\nCMD ["true"]\n`;
}

/** The most builds that were under way at once, with this image among them. */
function company(events: readonly RunEvent[], image: string): number {
  const running = new Set<string>();
  let most = 0;
  for (const event of events) {
    if (event.kind === 'stage-started' && event.stage === 'build') running.add(event.image);
    if (event.kind === 'stage-finished' && event.stage === 'build') running.delete(event.image);
    if (running.has(image)) most = Math.max(most, running.size);
  }
  return most;
}

test('an image of weight 2 takes two of the slots', async () => {
  await using family = await workspace({
    'matrix.yaml': matrixOf(['a', 'b', 'c']).replace('context: b,', 'context: b, weight: 2,'),
    'a/Dockerfile': slow(1),
    'b/Dockerfile': slow(1),
    'c/Dockerfile': slow(1),
  });
  const run = await family.events(['--jobs', '2']);
  expect(run.exitCode, run.stderr).toBe(0);
  expect(company(run.events, `${family.prefix}b`)).toBe(1);
});

test('what took long the last time begins first', async () => {
  await using family = await workspace({
    'matrix.yaml': matrixOf(['a', 'b']),
    'a/Dockerfile': slow(0),
    'a/file': 'first',
    'b/Dockerfile': slow(3),
    'b/file': 'first',
  });
  const first = await family.events(['--jobs', '1']);
  expect(buildsOf(first.events, family.prefix)).toEqual(['a', 'b']);
  const memory = JSON.parse(await family.read('.hubwright/record/{p}b.json'));
  expect(memory.buildMs).toBeGreaterThan(2900);
  expect(memory.smokeMs).toBeGreaterThan(0);
  await family.write('a/file', 'second');
  await family.write('b/file', 'second');
  const second = await family.events(['--changed', '--jobs', '1']);
  expect(buildsOf(second.events, family.prefix)).toEqual(['b', 'a']);
});
