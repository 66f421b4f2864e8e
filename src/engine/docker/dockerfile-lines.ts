/**
 * Finds the instruction that a step of BuildKit's trace stands for. The build endpoint tells no
 * lines, but each step's name carries its stage and its number within it, counted as BuildKit's
 * Dockerfile frontend counts (`dockerfile2llb`): the base image unless it is `scratch` or another
 * stage, then every RUN, COPY, ADD and WORKDIR. Loaded only after a failure.
 */
import { DockerfileParser } from 'dockerfile-ast';
import type { Dockerfile, From, Instruction } from 'dockerfile-ast';

export interface Located {
  /** Counts from 1. */
  readonly line: number;
  readonly keyword: string;
  /** The instruction as written. */
  readonly text: string;
}

const counted: ReadonlySet<string> = new Set(['RUN', 'COPY', 'ADD', 'WORKDIR']);

/**
 * The instruction behind `[stage 2/4] RUN …`, or behind `[internal] load metadata for IMAGE`; undefined
 * where the count and the Dockerfile do not agree (instructions added by a base's ONBUILD).
 */
export function locateStep(dockerfile: string, fullName: string): Located | undefined {
  const parsed = DockerfileParser.parse(dockerfile);
  const image = /^\[internal\] load metadata for (\S+)/.exec(fullName)?.[1];
  if (image !== undefined) return locateImage(parsed, dockerfile, image);
  const step = /^\[(?:(\S+) +)?(\d+)\/\d+\] ([A-Z]+)/.exec(fullName.replace(/^\[ +/, '['));
  if (step === null) return undefined;
  const [, stage, number, keyword] = step;
  const instruction = stepsOfStage(parsed, stage)[Number(number) - 1];
  if (instruction === undefined || instruction.getKeyword() !== keyword) return undefined;
  return located(dockerfile, instruction);
}

function stepsOfStage(parsed: Dockerfile, stage: string | undefined): readonly Instruction[] {
  const froms = parsed.getFROMs();
  const index = stage === undefined ? 0 : stageIndex(froms, stage);
  const from = froms[index];
  if (from === undefined) return [];
  const start = startLine(from);
  const next = froms[index + 1];
  const end = next === undefined ? Number.POSITIVE_INFINITY : startLine(next);
  const own = parsed
    .getInstructions()
    .filter((instruction) => startLine(instruction) > start && startLine(instruction) < end)
    .filter((instruction) => counted.has(instruction.getKeyword()));
  return startsFromImage(from, froms.slice(0, index)) ? [from, ...own] : own;
}

function stageIndex(froms: readonly From[], stage: string): number {
  const named = froms.findIndex((from) => from.getBuildStage()?.toLowerCase() === stage.toLowerCase());
  return named === -1 ? Number(/^stage-(\d+)$/.exec(stage)?.[1] ?? Number.NaN) : named;
}

function startsFromImage(from: From, before: readonly From[]): boolean {
  const base = from.getImage()?.toLowerCase();
  return base !== 'scratch' && !before.some((stage) => stage.getBuildStage()?.toLowerCase() === base);
}

/** BuildKit names an image in full: `docker.io/library/debian:latest` for `debian`. */
function locateImage(parsed: Dockerfile, dockerfile: string, image: string): Located | undefined {
  const short = image.replace(/^docker\.io\/(library\/)?/, '');
  const spellings = [image, short, short.replace(/:latest$/, '')];
  return parsed
    .getInstructions()
    .map((instruction) => located(dockerfile, instruction))
    .find(({ text }) => text.split(/\s+/).some((word) => spellings.some((name) => names(word, name))));
}

/** True for the image itself and for `--from=IMAGE` and `--mount=…,from=IMAGE`. */
function names(word: string, image: string): boolean {
  return word === image || word.endsWith(`from=${image}`) || word.includes(`from=${image},`);
}

function located(dockerfile: string, instruction: Instruction): Located {
  const { start, end } = instruction.getRange();
  const lines = dockerfile.split('\n').slice(start.line, end.line + 1);
  return { line: start.line + 1, keyword: instruction.getKeyword(), text: lines.join('\n').trim() };
}

function startLine(instruction: Instruction): number {
  return instruction.getRange().start.line;
}
