/**
 * What an image's last test found, kept beside its record in `.hubwright/verdicts`: `build explain` shows it.
 * Whether an image passed, the record's tags say; that the deep tier refused it, this alone.
 */
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseJson } from '../../registry/parse-json.ts';
import { verdictFile } from '../plan/memory.ts';
import { refuses, type Verdict } from '../smoke/verdict.ts';
import type { KeptVerdict, Refusal } from './schema-verdict.ts';

/**
 * Keeps a verdict in the place of the image's earlier one. That the deep tier refused the same content is not forgotten
 * for a test that asks less.
 */
export async function keepVerdict(
  directory: string,
  keys: { readonly key: string; readonly verdictKey: string },
  verdict: Verdict,
): Promise<void> {
  const { default: writeFileAtomic } = await import('write-file-atomic');
  const file = verdictFile(directory, verdict.image);
  await mkdir(path.dirname(file), { recursive: true });
  const earlier = verdict.tier === 'deep' ? undefined : await readVerdict(directory, verdict.image);
  const refusal = earlier?.key === keys.key ? deepRefusal(earlier) : undefined;
  const own = { version: 1, ...keys, judgedAt: Date.now(), verdict } as const;
  const kept: KeptVerdict = refusal === undefined ? own : { ...own, refusal };
  await writeFileAtomic(file, `${JSON.stringify(kept)}\n`, { fsync: false });
}

/** The deep tier's word, where the last time that it was asked of this content it refused it. */
export function deepRefusal({ verdict, verdictKey, judgedAt, refusal }: KeptVerdict): Refusal | undefined {
  if (verdict.tier !== 'deep') return refusal;
  if (verdict.passed) return undefined;
  const clauses = verdict.clauses.filter(refuses);
  return { verdictKey, judgedAt, clauses };
}

/** The last verdict of an image; undefined where there is none that can be read. */
export async function readVerdict(directory: string, image: string): Promise<KeptVerdict | undefined> {
  const text = await readFile(verdictFile(directory, image), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { keptVerdictSchema } = await import('./schema-verdict.ts');
  return parseJson(keptVerdictSchema, text);
}
