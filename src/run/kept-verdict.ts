/**
 * What an image's last test found, kept beside its record in `.hubwright/verdicts`: `build explain` shows it.
 * It decides nothing: whether an image passed, the record's tags say.
 */
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { verdictFile } from '../plan/memory.ts';
import type { Verdict } from '../smoke/verdict.ts';
import type { KeptVerdict } from './schema-verdict.ts';

/** Keeps a verdict in the place of the image's earlier one. */
export async function keepVerdict(
  directory: string,
  keys: { readonly key: string; readonly verdictKey: string },
  verdict: Verdict,
): Promise<void> {
  const { default: writeFileAtomic } = await import('write-file-atomic');
  const file = verdictFile(directory, verdict.image);
  await mkdir(path.dirname(file), { recursive: true });
  const kept: KeptVerdict = { version: 1, ...keys, judgedAt: Date.now(), verdict };
  await writeFileAtomic(file, `${JSON.stringify(kept)}\n`, { fsync: false });
}

/** The last verdict of an image; undefined where there is none that can be read. */
export async function readVerdict(directory: string, image: string): Promise<KeptVerdict | undefined> {
  try {
    const text = await readFile(verdictFile(directory, image), 'utf8');
    const { keptVerdictSchema } = await import('./schema-verdict.ts');
    return keptVerdictSchema.safeParse(JSON.parse(text)).data;
  } catch {
    // None was kept, or it was cut off: there is nothing to tell.
    return undefined;
  }
}
