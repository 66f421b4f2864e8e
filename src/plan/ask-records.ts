/** What the engine's record and the registry's know of the images of a plan. Asks; deciding is make-plan.ts's. */
import type { RegistryClient } from '../../registry/client.ts';
import type { Trusted } from '../attest/trusted.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { ok, type Result } from '../core/result.ts';
import type { ImageKey } from '../key/content-key.ts';
import { verdictKey } from '../key/verdict-key.ts';
import type { DrawOptions, Family } from './draw-plan.ts';
import type { LocalRecord } from './local-record.ts';
import type { LocalBytes, PublishedBytes } from './plan.ts';
import type { RecordQuestion } from './remote-record.ts';

export interface RecordQuestions extends Family {
  readonly keys: ReadonlyMap<string, ImageKey>;
  readonly local: LocalRecord;
  readonly needed: readonly string[];
  readonly options: DrawOptions;
  readonly trusted: readonly Trusted[];
}

export interface RecordFacts {
  readonly verdictKeys: ReadonlyMap<string, string>;
  readonly local: ReadonlyMap<string, LocalBytes>;
  /** Undefined where the registry was not asked. */
  readonly remote: ReadonlyMap<string, PublishedBytes> | undefined;
  readonly unsigned: ReadonlySet<string>;
  readonly missingTags: ReadonlyMap<string, readonly string[]>;
}

/** What both records know of the needed images: the engine's first, the registry only where it can add something. */
export async function askRecords(
  questions: RecordQuestions,
  registry: RegistryClient,
  signal: AbortSignal,
): Promise<Result<RecordFacts, Diagnostic>> {
  const { set, graph, keys } = questions;
  const { mode, contractOf, scanKeyOf } = questions.options;
  const verdictKeys = new Map<string, string>();
  const local = new Map<string, LocalBytes>();
  const unanswered: RecordQuestion[] = [];
  for (const name of questions.needed) {
    const node = graph.nodes.get(name);
    const key = keys.get(name)?.key;
    if (node === undefined || key === undefined) continue;
    const verdict = verdictKey(key, contractOf(node.image));
    verdictKeys.set(name, verdict);
    const bytes = questions.local.bytes(name, key, verdict);
    if (bytes !== undefined) local.set(name, bytes);
    if (node.image.kind !== 'builder' && (mode.push || bytes === undefined || !bytes.passed)) {
      const scanKey = mode.push ? scanKeyOf?.(name, key) : undefined;
      unanswered.push({
        name,
        key,
        verdictKey: verdict,
        ...(scanKey === undefined ? {} : { scanKey }),
        ...(mode.push ? { isToPublish: true } : {}),
      });
    }
  }
  if (set.registry === undefined || (!mode.changed && !mode.push)) {
    return ok({ verdictKeys, local, remote: undefined, unsigned: new Set(), missingTags: new Map() });
  }
  if (unanswered.length === 0 && !mode.push) {
    return ok({ verdictKeys, local, remote: new Map(), unsigned: new Set(), missingTags: new Map() });
  }
  const { askRemoteRecord, openBelief } = await import('./remote-record.ts');
  const { belief, keep } = await openBelief(questions.trusted, questions.cacheFolder, set.directory);
  const answers = askRemoteRecord(registry, set.registry, unanswered, belief, signal);
  questions.options.whileAsked?.();
  const remote = await answers;
  await keep();
  if (!remote.ok) return remote;
  const { known, unsigned } = remote.value;
  if (!mode.push) return ok({ verdictKeys, local, remote: known, unsigned, missingTags: new Map() });
  const { missingTags } = await import('./missing-tags.ts');
  const missing = await missingTags(set, set.registry, registry, { keys, local, remote: known }, signal);
  if (!missing.ok) return missing;
  return ok({ verdictKeys, local, remote: known, unsigned, missingTags: missing.value });
}
