/** How long `build plan` takes as a whole process, and how much memory, for families of growing size; nothing is built. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { workspace, type Files } from '../rig/workspace.ts';
import { median, seconds, tabled } from './benchmark-table.ts';
import { benchEngine } from './bench-engine.ts';
import { runLauncher } from './launcher.ts';

const peakMemory = path.join(import.meta.dirname, 'peak-memory.ts');
const megabyte = 1e6;
const root = 'roots:\n  "{p}root": { from: "rig.example/{p}root:1", bootstrap: { debian: trixie } }\n';

function parentOf(index: number): string {
  return index === 0 ? 'rig.example/{p}root:1' : `{p}image${Math.floor((index - 1) / 10)}`;
}

function contextOf(index: number): string {
  return index % 2 === 1 ? 'shared' : `images/image${index}`;
}

/** Each image with a definition and a Dockerfile of its own, ten on each; every other one has the shared context. */
function definedFamily(count: number): Files {
  const indexes = Array.from({ length: count }, (_, index) => index);
  const definitions = indexes.map(
    (index) =>
      `  {p}image${index}: { context: ${contextOf(index)}, dockerfile: images/image${index}/Dockerfile, kind: custom, args: { NAME: image${index} } }`,
  );
  const files = indexes.flatMap((index) => [
    [`images/image${index}/Dockerfile`, `FROM ${parentOf(index)}\nARG NAME\nRUN echo $NAME\nCOPY . /data/\n`],
    ...[0, 1, 2].map((file) => [`images/image${index}/file${file}`, `${index} ${file}\n`.repeat(20)]),
  ]);
  return {
    ...Object.fromEntries(files),
    'shared/data': 'x'.repeat(2000),
    'matrix.yaml': `${root}images:\n${definitions.join('\n')}\n`,
  };
}

/** One definition for all courses, as the reference family has it: student and instructor share the course's context. */
function university(count: number): Files {
  const courses = Array.from({ length: count / 2 }, (_, index) => `course${index}`);
  const entries = courses.map(
    (name) => `- { name: ${name}, base: "{p}base", repo: "https://git.example/courses/${name}" }`,
  );
  return {
    'matrix.yaml': `${root}images:
  {p}base: { context: images/base, kind: custom }
  course:
    dockerfile: images/course/Dockerfile
    context: courses/{course.name}
    kind: custom
    axes: { course: { from: courses.yaml }, role: [student, instructor] }
    name: "{p}{course.name}-{role}"
    args: { BASE: "{course.base}", COURSE_NAME: "{course.name}", COURSE_REPO: "{course.repo}", ROLE: "{role}" }
`,
    'courses.yaml': `${entries.join('\n')}\n`,
    'images/base/Dockerfile': 'FROM rig.example/{p}root:1\nRUN echo base\n',
    'images/course/Dockerfile':
      'ARG BASE\nFROM $BASE\nARG COURSE_NAME\nARG COURSE_REPO\nARG ROLE\nRUN echo $COURSE_NAME $COURSE_REPO $ROLE\nCOPY . /data/\n',
    ...Object.fromEntries(
      courses.flatMap((name) => [
        [`courses/${name}/apt.txt`, `# ${name}\ngraphviz\n`],
        [`courses/${name}/requirements.lock`, `${name}==1.0\n`.repeat(20)],
      ]),
    ),
  };
}

interface Measure {
  readonly what: string;
  readonly files: Files;
  readonly images: number;
  readonly rounds: number;
  readonly limitMs: number;
  readonly limitBytes: number;
}

async function measure({ what, files, images, rounds, limitMs, limitBytes }: Measure): Promise<void> {
  await using family = await workspace(files, benchEngine.where);
  const plan = async (options: Readonly<Record<string, string>> = {}): Promise<number> => {
    const started = performance.now();
    const stdout = await runLauncher(family, ['plan'], options);
    const ms = performance.now() - started;
    expect(stdout).toContain(`${images} images with something to do`);
    return ms;
  };
  // What was written just now is not believed, and so not remembered: the second run is the first warm one.
  await sleep(3000);
  await plan();
  await plan();
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) times.push(await plan());
  const time = median(times);
  // Apart from the others: loading what measures it takes time as well.
  const peakFile = path.join(family.directory, '.hubwright-peak');
  const peaks: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    await plan({ NODE_OPTIONS: `--import ${peakMemory}`, BENCH_PEAK_MEMORY: peakFile });
    peaks.push(Number(await readFile(peakFile, 'utf8')));
  }
  const bytes = median(peaks);
  const met = time <= limitMs && bytes <= limitBytes;
  tabled({
    what,
    measured: `${seconds(time)} (${seconds(Math.min(...times))} the quickest of ${rounds}), ${Math.round(bytes / megabyte)} MB`,
    limit: `≤ ${seconds(limitMs)}, ≤ ${limitBytes / megabyte} MB`,
    met,
  });
  expect(time).toBeLessThanOrEqual(limitMs);
  expect(bytes).toBeLessThanOrEqual(limitBytes);
}

const patient = { timeout: 900_000 };

test('a plan of 100 images', patient, async () => {
  await measure({
    what: 'plan of 100 images, half of them sharing contexts, warm',
    files: definedFamily(100),
    images: 100,
    rounds: 15,
    limitMs: 250,
    limitBytes: 200 * megabyte,
  });
});

test('a plan of 1,000 images', patient, async () => {
  await measure({
    what: 'plan of 1,000 images, half of them sharing contexts, warm',
    files: definedFamily(1000),
    images: 1000,
    rounds: 11,
    limitMs: 600,
    limitBytes: 200 * megabyte,
  });
});

test('a plan of a whole university', patient, async () => {
  await measure({
    what: 'plan of 10,001 images (5,000 courses, two roles, one base), warm',
    files: university(10_000),
    images: 10_001,
    rounds: 5,
    limitMs: 2500,
    limitBytes: 300 * megabyte,
  });
});
