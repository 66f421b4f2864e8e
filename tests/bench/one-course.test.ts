/** What an edit of one course costs, against building all fifty of them. */
import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { workspace } from '../rig/workspace.ts';
import { benchEngine } from './bench-engine.ts';
import { runLauncher } from './launcher.ts';
import { median, seconds, tabled } from './benchmark-table.ts';

const courses = Array.from({ length: 50 }, (_, index) => `course${index}`);
const limit = 0.1;
const rounds = 3;

/** Some tenths of a second of work, where a real course installs packages for ten to sixty seconds. */
const dockerfile = `ARG BASE
FROM $BASE
COPY . /data/
RUN head -c 50000000 /dev/zero | sha256sum > /data/sum
`;

test('one course of fifty edited', { timeout: 1_800_000 }, async () => {
  await using family = await workspace(
    {
      'matrix.yaml': `roots:
  "{p}root": { from: "rig.example/{p}root:1", bootstrap: { debian: trixie } }
images:
  {p}base: { context: base, kind: builder }
  course:
    dockerfile: course.Dockerfile
    context: courses/{course.name}
    kind: builder
    axes: { course: { from: courses.yaml } }
    name: "{p}{course.name}"
    args: { BASE: "{course.base}" }
`,
      'courses.yaml': courses
        .map((name) => `- { name: ${name}, base: "{p}base", repo: "https://git.example/${name}" }\n`)
        .join(''),
      'base/Dockerfile': 'FROM rig.example/{p}root:1\nCOPY . /data/\n',
      'course.Dockerfile': dockerfile,
      ...Object.fromEntries(courses.map((name) => [`courses/${name}/requirements.lock`, `${name}\n`])),
    },
    benchEngine.where,
  );
  const timed = async (args: readonly string[]): Promise<number> => {
    const started = performance.now();
    await runLauncher(family, ['images', `${family.prefix}base`, 'course', ...args]);
    return performance.now() - started;
  };
  const all: number[] = [];
  const one: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    all.push(await timed(['--force', '--no-cache']));
    await family.write('courses/course7/requirements.lock', `edited ${round}\n`);
    one.push(await timed(['--changed']));
  }
  const ratio = median(one.map((time, round) => time / (all[round] ?? Number.NaN)));
  tabled({
    what: 'one course of fifty edited, without checks',
    measured: `${seconds(median(one))}; all fifty ${seconds(median(all))}; ratio ${ratio.toFixed(3)} (median of ${rounds} pairs)`,
    limit: `≤ ${limit} × building all`,
    met: ratio <= limit,
  });
  expect(ratio).toBeLessThanOrEqual(limit);
});
