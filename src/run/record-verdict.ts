/** Writes a verdict into the record: the file beside it, and in the engine's store the tag that says "these bytes passed". */
import { passTag, recordReference } from '../core/labels.ts';
import { ok, type Result } from '../core/result.ts';
import type { EngineError, ImageStore } from '../engine/engine.ts';
import type { Verdict } from '../smoke/verdict.ts';
import { keepVerdict } from './kept-verdict.ts';

export interface RecordKeys {
  readonly name: string;
  /** Content key. */
  readonly key: string;
  /** What this test was a test of. */
  readonly verdictKey: string;
  /** What it passes as well: a deep pass is a pass of the gate. */
  readonly includes: readonly string[];
}

/** Records a pass; takes an earlier one back where the same bytes fail now. */
export async function recordVerdict(
  images: Pick<ImageStore, 'tag' | 'remove'>,
  directory: string,
  { name, key, verdictKey, includes }: RecordKeys,
  verdict: Verdict,
  signal: AbortSignal,
): Promise<Result<void, EngineError>> {
  await keepVerdict(directory, { key, verdictKey }, verdict);
  for (const each of verdict.passed ? [verdictKey, ...includes] : [verdictKey]) {
    const pass = recordReference(name, passTag(each));
    const changed = verdict.passed
      ? await images.tag(verdict.imageId, pass, signal)
      : await images.remove(pass, signal);
    if (!changed.ok && changed.error.kind !== 'not-found') return changed;
  }
  return ok(undefined);
}
