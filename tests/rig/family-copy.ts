/**
 * The reference family in a temporary copy, for tests that edit it: the same files, so the same keys, and what is
 * built already is found. Its images get tags of their own, and what the copy alone has built is removed with it.
 */
import { randomUUID } from 'node:crypto';
import { appendFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { RunEvent } from '../../src/core/event.ts';
import { keyTag, recordReference } from '../../src/core/labels.ts';
import { connectDocker } from '../../src/engine/docker/docker-engine.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { readMemories } from '../../src/plan/memory.ts';
import type { PlanDocument } from '../../src/plan/plan.ts';
import type { Release, ReleasedImage } from '../../src/run/schema.ts';
import { patience, valueOf } from './engine.ts';
import { command, familyEnvironment, planOf, repository } from './family.ts';

const familyFiles = ['matrix.yaml', 'matrix.lock', 'courses.yaml', 'courses', 'images'];

export interface FamilyRun {
  readonly exitCode: number | undefined;
  readonly stderr: string;
  readonly events: readonly RunEvent[];
}

export interface FamilyCopy extends AsyncDisposable {
  readonly directory: string;
  readonly engine: Engine;
  /** The moving tag of what this copy builds. */
  readonly version: string;
  read(file: string): Promise<string>;
  write(file: string, text: string): Promise<void>;
  append(file: string, text: string): Promise<void>;
  plan(names: readonly string[]): Promise<PlanDocument>;
  /** What the newest release says of an image. */
  released(name: string): Promise<ReleasedImage>;
  /** `build images --json` with these arguments. */
  images(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<FamilyRun>;
}

export async function familyCopy(): Promise<FamilyCopy> {
  const directory = await mkdtemp(path.join(tmpdir(), 'hubwright-family-'));
  for (const file of familyFiles)
    await cp(path.join(repository, file), path.join(directory, file), {
      recursive: true,
      verbatimSymlinks: true,
    });
  const engine = connectDocker();
  const before = new Set(valueOf(await engine.images.list({}, patience())).map(({ id }) => id));
  const version = `test-${randomUUID().slice(0, 8)}`;
  const environment = { ...familyEnvironment(), IMG_VERSION: version };
  const at = (file: string): string => path.join(directory, file);
  return {
    directory,
    engine,
    version,
    read: (file) => readFile(at(file), 'utf8'),
    async write(file, text) {
      await mkdir(path.dirname(at(file)), { recursive: true });
      await writeFile(at(file), text);
    },
    async append(file, text) {
      await mkdir(path.dirname(at(file)), { recursive: true });
      await appendFile(at(file), text);
    },
    plan: (names) => planOf(directory, names, environment),
    async released(name) {
      const release = JSON.parse(await readFile(at('release.json'), 'utf8')) as Release; // our own file
      const image = release.images.find((each) => each.name === name);
      if (image === undefined) throw new Error(`the release has no ${name}`);
      return image;
    },
    images: (args, env = {}) => runImages(directory, args, { ...environment, ...env }),
    async [Symbol.asyncDispose]() {
      await removeBuilt(engine, directory, before, (tag) => tag.endsWith(`:${version}`));
      await engine.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** `build images --json` on a repository, and the events that it told. */
export async function runImages(
  directory: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<FamilyRun> {
  const [node, ...script] = command;
  const options = { env, extendEnv: false, reject: false, stdin: 'ignore' } as const;
  const all = [...script, 'images', ...args, '--json', '--directory', directory];
  const { exitCode, stdout, stderr } = await execa(node, all, options);
  return { exitCode, stderr, events: eventsOf(stdout) };
}

/** Our own events, from our own process, one a line. */
export function eventsOf(text: string): readonly RunEvent[] {
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as RunEvent]));
}

/** `physics-student done`: how each image ended, those that had nothing to do left out. */
export function changesOf(events: readonly RunEvent[]): readonly string[] {
  return events
    .flatMap((event) =>
      event.kind === 'image-finished' && event.outcome.kind !== 'reused'
        ? [`${event.image} ${event.outcome.kind}`]
        : [],
    )
    .toSorted();
}

/**
 * Every tag of images that were not there before and that the repository at `directory` remembers to have built. What
 * is the family's own under its unedited files stays: another test may have begun to use it. Of all others, the tags
 * that `isOfCopy` says are the copy's.
 */
export async function removeBuilt(
  engine: Engine,
  directory: string,
  before: ReadonlySet<string>,
  isOfCopy: (tag: string) => boolean,
): Promise<void> {
  const built = new Set([...(await readMemories(directory)).values()].map(({ imageId }) => imageId));
  const { images } = await planOf(repository, ['default', 'pytorch', 'hub-dev'], familyEnvironment());
  const shared = new Set(images.map(({ name, key }) => recordReference(name, keyTag(key))));
  for (const { id, tags } of valueOf(await engine.images.list({}, patience()))) {
    const isOwn = built.has(id) && !before.has(id) && !tags.some((tag) => shared.has(tag));
    const doomed = isOwn ? (tags.length === 0 ? [id] : tags) : tags.filter(isOfCopy);
    for (const reference of doomed) await engine.images.remove(reference, patience());
  }
}
