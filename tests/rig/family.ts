/**
 * Real images of the reference family, for tests that need one as it is: built and checked by the real command on
 * this very repository, so that a second run of tests finds them made.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { keyTag, recordReference } from '../../src/core/labels.ts';
import type { PlanDocument } from '../../src/plan/plan.ts';

export const repository = path.resolve(import.meta.dirname, '../..');
export const command = [
  process.execPath,
  '--disable-warning=ExperimentalWarning',
  path.join(repository, 'build.ts'),
] as const;

/** How long a test may have to wait for an image on a machine that has nothing yet: for hooks that ask for one. */
export const coldFamilyMs = 600_000;

/** The local reference of the family's `base`: the singleuser image that all others start from. */
export async function realBase(): Promise<string> {
  return referenceIn(await realImages(['base']), 'base');
}

/**
 * Brings these images (names, definitions or groups) and all that they are built on up to date; answers the local
 * references that name exactly their bytes.
 */
export async function realImages(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  // Base first and alone: whoever needs nothing else shall not wait for what the others build on it.
  await bringUpToDate(['base']);
  const rest = names.filter((name) => name !== 'base');
  if (rest.length > 0) await bringUpToDate(rest);
  const { images } = await planOf(repository, names, familyEnvironment());
  return new Map(images.map(({ name, key }) => [name, recordReference(name, keyTag(key))]));
}

/** The reference of one image among those that `realImages` answered. */
export function referenceIn(references: ReadonlyMap<string, string>, name: string): string {
  const reference = references.get(name);
  if (reference === undefined) throw new Error(`the family has no image ${name}`);
  return reference;
}

/** What `build plan` says of a repository. */
export async function planOf(
  directory: string,
  names: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<PlanDocument> {
  const [node, ...script] = command;
  const args = [...script, 'plan', ...names, '--format', 'json', '--directory', directory];
  const { stdout } = await execa(node, args, { env, extendEnv: false });
  // Our own document, from our own process.
  return JSON.parse(stdout) as PlanDocument;
}

/** This process's environment without what the family's matrix.yaml reads from it. */
export function familyEnvironment(): NodeJS.ProcessEnv {
  const read = new Set(['DOCKER_REGISTRY', 'IMG_VERSION', 'GCLOUD_DATA', 'COURSES_TOKEN']);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !read.has(name)));
}

/** One at a time: two that start from nothing would do all of the work twice, on half of the machine each. */
async function bringUpToDate(names: readonly string[]): Promise<void> {
  const state = path.join(repository, '.hubwright');
  await mkdir(state, { recursive: true });
  // The kernel lets go of this lock however the command ends.
  const lock = ['--no-fork', path.join(state, 'tests-family.lock')];
  const args = [...lock, ...command, 'images', ...names, '--changed', '--setup', '--yes'];
  await execa('flock', args, { cwd: repository, env: familyEnvironment(), extendEnv: false });
}
