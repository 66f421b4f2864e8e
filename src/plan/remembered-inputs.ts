/**
 * The inputs of the last builds of each image on this machine (`.hubwright/record/<image>/<key>.json`), from which
 * a change is explained. Read only for images that are to be explained: a plan with nothing to do reads none.
 */
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseJson } from '../../registry/parse-json.ts';
import type { KeyInputs } from '../key/content-key.ts';
import type { RememberedBuild } from '../key/reason-chain.ts';

/** So many builds back a child that lagged behind finds the parent that it stood on. */
const kept = 8;

const keyFile = /^(?<key>[0-9a-f]{64})\.json$/;
/** Stands for a build of which no more than the key is remembered. */
const builtFile = /^(?<key>[0-9a-f]{64})\.(?:json|built)$/;

function folderOf(directory: string, image: string): string {
  return path.join(directory, '.hubwright', 'record', image);
}

/** The keys of an image's remembered builds, the last one first. */
export function rememberedKeys(directory: string, image: string): readonly string[] {
  return newestFirst(folderOf(directory, image));
}

/** The keys of all builds of an image that this checkout made, in no order: others in the same engine are not its own. */
export function builtKeys(directory: string, image: string): ReadonlySet<string> {
  return new Set(
    filesIn(folderOf(directory, image)).flatMap((file) => builtFile.exec(file)?.groups?.['key'] ?? []),
  );
}

/** Lets go of the mere keys of builds that nothing is left of. */
export function forgetBuilds(directory: string, image: string, keys: Iterable<string>): void {
  for (const key of keys) rmSync(path.join(folderOf(directory, image), `${key}.built`), { force: true });
}

/** What one build of an image was made from; undefined where this machine does not remember it. */
export async function readRememberedInputs(
  directory: string,
  image: string,
  key: string,
): Promise<RememberedBuild | undefined> {
  const text = await readFile(path.join(folderOf(directory, image), `${key}.json`), 'utf8').catch(
    () => undefined,
  );
  if (text === undefined) return undefined;
  const { keyInputsSchema } = await import('./inputs-schema.ts');
  // A file that is cut off or not JSON is as good as none: it only explains.
  const inputs = parseJson(keyInputsSchema, text);
  return inputs === undefined ? undefined : { key, inputs };
}

/**
 * Keeps what an image's build was made from, as its last one, and forgets what the oldest was, but for its key. Synchronously, since the
 * builds that stand on this image wait for it.
 */
export async function rememberInputs(
  directory: string,
  image: string,
  key: string,
  inputs: KeyInputs,
): Promise<void> {
  const { default: writeFileAtomic } = await import('write-file-atomic');
  const folder = folderOf(directory, image);
  mkdirSync(folder, { recursive: true });
  // Losing it in a power cut costs an explanation; waiting for the disk would cost each build.
  writeFileAtomic.sync(path.join(folder, `${key}.json`), JSON.stringify(inputs), { fsync: false });
  const old = newestFirst(folder).slice(kept);
  for (const each of old) {
    writeFileSync(path.join(folder, `${each}.built`), '');
    rmSync(path.join(folder, `${each}.json`), { force: true });
  }
}

/** Keys by when they were built last; a rebuild of the same content writes its file anew. */
function newestFirst(folder: string): readonly string[] {
  const keys = filesIn(folder).flatMap((file) => keyFile.exec(file)?.groups?.['key'] ?? []);
  if (keys.length < 2) return keys;
  const dated = keys.map((key) => ({
    key,
    written: statSync(path.join(folder, `${key}.json`), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  }));
  return dated.toSorted((a, b) => b.written - a.written || (a.key < b.key ? -1 : 1)).map(({ key }) => key);
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Nothing was ever built here, or nobody may look: nothing is remembered.
    return [];
  }
}
