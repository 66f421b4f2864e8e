/**
 * Builds that a GitHub workflow makes: steps with an action that builds, and `docker build` in `run:`. Of its
 * expressions the values of a matrix and of `env:` are filled in where they are written out. Pure.
 */
import { actionBuilds } from './action-builds.ts';
import { buildCommands } from './build-command.ts';
import { list, readBuildYaml, record, scalar } from './build-yaml.ts';
import type { WrittenBuild } from './given-build.ts';
import { Veil, type Written } from './written-text.ts';

/** More combinations than a person writes down. */
const mostCombinations = 256;

/** All builds; none where the file is no YAML. Workflows start in the repository's root. */
export function workflowBuilds(text: string, file: string): readonly WrittenBuild[] {
  const yaml = readBuildYaml(text);
  if (yaml === undefined) return [];
  const workflow = yaml.root;
  return Object.entries(record(workflow['jobs'])).flatMap(([name, value]) => {
    const job = record(value);
    const steps = list(job['steps']);
    return combinations(record(job['strategy'])['matrix']).flatMap((matrix) =>
      steps.flatMap((each, index) => {
        const step = record(each);
        const key = step['run'] === undefined ? 'uses' : 'run';
        const line = yaml.lineOf(['jobs', name, 'steps', index, key]);
        const known = new Map([...matrix, ...environment([workflow, job, step], matrix)]);
        return stepBuilds(step, { file, line, known, folder: workingFolder([workflow, job, step]) });
      }),
    );
  });
}

interface StepPlace {
  readonly file: string;
  readonly line: number;
  /** Values of expressions: `matrix.image`, `env.TAG`. */
  readonly known: ReadonlyMap<string, string>;
  readonly folder: string;
}

function stepBuilds(step: Readonly<Record<string, unknown>>, place: StepPlace): readonly WrittenBuild[] {
  const { file, line, known, folder } = place;
  if (typeof step['run'] === 'string') {
    const veil = new Veil();
    const text = step['run'].replace(
      expression,
      (all, inner: string) => known.get(inner.trim()) ?? veil.hide(all),
    );
    const variables = new Map(
      [...known].flatMap(([name, value]): [string, string][] =>
        name.startsWith('env.') ? [[name.slice(4), value]] : [],
      ),
    );
    // A block of text begins in the line below its key.
    const first = step['run'].includes('\n') ? line + 1 : line;
    return buildCommands({ text, file, line: first, folder, variables, isEnvironment: true, veil });
  }
  return actionBuilds(step, { place: `${file}:${line}`, fill: (text) => filledIn(text, known) });
}

const expression = /\$\{\{(.*?)\}\}/gs;

function filledIn(text: string, known: ReadonlyMap<string, string>): Written {
  const value = text.replace(expression, (all, inner: string) => known.get(inner.trim()) ?? all);
  return { text, value: value.includes('${{') ? undefined : value };
}

/** `env:` of workflow, job and step, the nearest first. */
function environment(
  levels: readonly Readonly<Record<string, unknown>>[],
  matrix: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const known = new Map(matrix);
  for (const level of levels) {
    for (const [name, value] of Object.entries(record(level['env']))) {
      const written = filledIn(scalar(value), known).value;
      if (written === undefined) known.delete(`env.${name}`);
      else known.set(`env.${name}`, written);
    }
  }
  return known;
}

function workingFolder(levels: readonly Readonly<Record<string, unknown>>[]): string {
  const folders = levels.flatMap((level) => {
    const usual = record(record(level['defaults'])['run'])['working-directory'];
    return [usual, level['working-directory']].filter((each) => typeof each === 'string');
  });
  return folders.at(-1) ?? '.';
}

type Combination = ReadonlyMap<string, string>;

/** The combinations of a matrix that is written out; one that knows nothing where there is none, or it is computed. */
function combinations(matrix: unknown): readonly Combination[] {
  const { include, exclude, ...axes } = record(matrix);
  let all: readonly Combination[] = [new Map()];
  for (const [name, values] of Object.entries(axes)) {
    if (!Array.isArray(values)) continue;
    all = all.flatMap((each) =>
      values.map((value) => new Map([...each, ...fields(`matrix.${name}`, value)])),
    );
    if (all.length > mostCombinations) return [new Map()];
  }
  const left = list(exclude).map((each) => fields('matrix', each));
  all = all.filter((each) => !left.some((one) => [...one].every(([key, value]) => each.get(key) === value)));
  return included(
    all,
    list(include).map((each) => fields('matrix', each)),
    Object.keys(axes),
  );
}

/** An entry of `include` adds to the combinations that it agrees with; where it agrees with none, it is one more. */
function included(
  all: readonly Combination[],
  entries: readonly Combination[],
  axes: readonly string[],
): readonly Combination[] {
  const names = new Set(axes.map((axis) => `matrix.${axis}`));
  const isAlone = axes.length === 0;
  const extra: Combination[] = [];
  let extended = all;
  for (const entry of entries) {
    const agrees = (each: Combination): boolean =>
      !isAlone && [...entry].every(([key, value]) => !names.has(key) || each.get(key) === value);
    if (extended.some(agrees))
      extended = extended.map((each) => (agrees(each) ? new Map([...each, ...entry]) : each));
    else extra.push(entry);
  }
  return isAlone && extra.length > 0 ? extra : [...extended, ...extra];
}

/** `matrix.image`, or of a map `matrix.image.name` and its like. */
function fields(name: string, value: unknown): Combination {
  if (typeof value !== 'object' || value === null) return new Map([[name, scalar(value)]]);
  return new Map(
    Object.entries(record(value)).flatMap(([key, inner]) => [...fields(`${name}.${key}`, inner)]),
  );
}
