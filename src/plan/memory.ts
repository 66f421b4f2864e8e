/**
 * What this machine remembers of each image's last build (`.hubwright/record/<image>.json`): when it was, and the
 * durations, to order the next run by; what it was built from lies beside it, see remembered-inputs.ts. Losing it
 * loses explanations, never truth: the record itself lies in the engine's store and in the registry.
 */
import { mkdirSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { parseJson } from '../../registry/parse-json.ts';
import { memoryShape, type Memory } from './schema.ts';

/** Where the repository at `directory` keeps what an image's last test found; beside the memories, where any name may be an image's. */
export function verdictFile(directory: string, image: string): string {
  return path.join(directory, '.hubwright', 'verdicts', `${image}.json`);
}

/** Where the repository at `directory` keeps what is remembered of its images. */
export function memoryDirectory(directory: string): string {
  return path.join(directory, '.hubwright', 'record');
}

/** Everything remembered in the repository at `directory`, by image name. Files that cannot be read are left out. */
export async function readMemories(directory: string): Promise<ReadonlyMap<string, Memory>> {
  const folder = memoryDirectory(directory);
  const files = await readdir(folder).catch(() => []);
  const memories = new Map<string, Memory>();
  await Promise.all(
    files
      .filter((file) => file.endsWith('.json'))
      .map(async (file) => {
        const memory = await readMemory(path.join(folder, file));
        if (memory !== undefined) memories.set(memory.image, memory);
      }),
  );
  return memories;
}

async function readMemory(file: string): Promise<Memory | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  // A file that is cut off or not JSON is as good as none: it only explains.
  return text === undefined ? undefined : parseJson(memoryShape, text);
}

/** Adds to an image's memory what its checks brought; where nothing is remembered of its build, nothing is added. */
export async function rememberChecks(
  directory: string,
  image: string,
  checks: Required<Pick<Memory, 'smokeMs' | 'versions'>>,
): Promise<void> {
  const memory = await readMemory(path.join(memoryDirectory(directory), `${image}.json`));
  if (memory !== undefined) await writeMemory(directory, { ...memory, ...checks });
}

/**
 * Writes one image's memory under a temporary name and renames it, so that a reader never sees half of it.
 * Synchronously, since the builds that stand on this image wait for it.
 */
export async function writeMemory(directory: string, memory: Memory): Promise<void> {
  const folder = memoryDirectory(directory);
  // Loaded by runs that build something; most only read.
  const { default: writeFileAtomic } = await import('write-file-atomic');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${memory.image}.json`);
  // Losing the last of it in a power cut costs an explanation; waiting for the disk would cost each build.
  writeFileAtomic.sync(file, `${JSON.stringify(memory)}\n`, { fsync: false });
}
