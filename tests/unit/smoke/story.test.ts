import { expect, test } from 'vitest';
import { err } from '../../../src/core/result.ts';
import { renderStep, renderStory } from '../../../src/report/story-report.ts';
import { fail, pass, Story } from '../../../src/smoke/story.ts';
import type { Step, StepResult } from '../../../src/smoke/story.ts';

const calm = new AbortController().signal;

function step(id: string, needs: readonly string[], play: Step['play']): Step {
  return { id, title: `${id} holds`, needs, play };
}

async function tellAll(steps: readonly Step[]): Promise<{ story: Story; heard: readonly StepResult[] }> {
  const heard: StepResult[] = [];
  const story = new Story((result) => heard.push(result));
  for (const each of steps) await story.tell(each, calm);
  return { story, heard };
}

test('what stands on a failed step is not run, and everything else is', async () => {
  const { story, heard } = await tellAll([
    step('a', [], async () => pass('fine')),
    step('b', ['a'], async () => fail('red \u001b[31mwords')),
    step('c', ['b'], async () => pass()),
    step('d', ['c'], async () => pass()),
    step('e', ['a'], async () => pass()),
  ]);
  expect(heard.map(({ id, result, evidence }) => [id, result, evidence])).toEqual([
    ['a', 'pass', ['fine']],
    ['b', 'fail', ['red words']],
    ['c', 'not-run', ['needs b']],
    ['d', 'not-run', ['needs c']],
    ['e', 'pass', []],
  ]);
  expect(story.passed).toBe(false);
  const text = heard.map((each) => renderStep(each, { colour: false })).join('');
  expect(text).toContain('✗ b               b holds');
  expect(text).toContain('      │ red words\n');
  expect(text).not.toContain('fine');
  expect(renderStory(story.told, { colour: false })).toMatch(/^failed at b; 2 not run, after /);
});

test('a story in which every step held has passed', async () => {
  const { story } = await tellAll([step('a', [], async () => pass()), step('b', ['a'], async () => pass())]);
  expect(story.passed).toBe(true);
  expect(renderStory(story.told, { colour: false })).toMatch(/^2 steps passed in /);
});

test('trouble of the engine ends the story and is no step’s fault', async () => {
  const story = new Story(() => {});
  const gone = { kind: 'unreachable', message: 'gone' } as const;
  expect(
    await story.tell(
      step('a', [], async () => err(gone)),
      calm,
    ),
  ).toEqual(err(gone));
  expect(story.steps).toEqual([]);
});

test('a step that was cut short is told as cancelled', async () => {
  const cut = new AbortController();
  const story = new Story(() => {});
  const played = story.tell(
    step('a', [], async () => {
      cut.abort();
      return fail('torn off');
    }),
    cut.signal,
  );
  expect(await played).toMatchObject({ ok: false, error: { kind: 'cancelled' } });
});
