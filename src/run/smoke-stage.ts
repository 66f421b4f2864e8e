/** The smoke stage of one image: starts it as its profile says and records a pass. The judging is src/smoke's. */
import { keyTag, recordReference } from '../core/labels.ts';
import type { GraphNode } from '../graph/image-graph.ts';
import { rememberChecks } from '../plan/memory.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { profileOf } from '../smoke/profile.ts';
import { mainVersions } from '../smoke/main-versions.ts';
import { refuses, type ClauseResult, type Verdict } from '../smoke/verdict.ts';
import type { Bytes } from './build-stage.ts';
import { elapsed } from './clock.ts';
import { engineFailure } from './failure.ts';
import { recordVerdict } from './record-verdict.ts';
import { cancelled, done, failed, type RunContext, type StageResult } from './run-context.ts';
import { passedKeys } from './smoke-contract.ts';

/**
 * Checks one image. `proxy` is the local reference of the family's proxy, which a hub is started beside.
 * A pass is recorded in the engine's store before anything is published.
 */
export async function checkImage(
  context: RunContext,
  entry: PlanEntry,
  node: GraphNode,
  bytes: Bytes,
  proxy: string | undefined,
  signal: AbortSignal,
): Promise<StageResult<Verdict>> {
  const { emit, engine, options } = context;
  const { image } = node;
  const started = context.clock.now();
  emit({ kind: 'stage-started', image: entry.name, stage: 'smoke' });
  const reference = recordReference(entry.name, keyTag(entry.key));
  const details = await engine.images.inspect(reference, signal);
  if (!details.ok) return engineFailure(details.error, 'looking at it');
  // The contract is loaded by runs that check something; most check nothing.
  const { smokeImage } = await import('../smoke/smoke-image.ts');
  const verdict = await smokeImage(
    engine,
    {
      name: entry.name,
      // Another run on this machine may have built the same key meanwhile, and moved its name to its own bytes.
      reference: details.value.id === bytes.id ? reference : bytes.id,
      imageId: bytes.id,
      profile: profileOf(image.kind),
      tier: options.tier,
      waivers: image.waivers,
      resources: image.resources,
      runId: options.runId,
      size: bytes.size,
      architecture: { image: details.value.architecture, node: context.drawn.info.architecture },
      ...(context.drawn.info.gpus ? { gpu: true } : {}),
      ...(image.maxSize === undefined ? {} : { maxSize: image.maxSize }),
      ...(image.check === undefined ? {} : { check: image.check }),
      ...(proxy === undefined ? {} : { companions: { proxy } }),
    },
    (clause) => emit({ kind: 'clause', image: entry.name, ...clause }),
    signal,
  );
  if (!verdict.ok)
    return verdict.error.kind === 'cancelled' ? cancelled : engineFailure(verdict.error, 'checking it');
  const { name, key } = entry;
  const { directory } = context.drawn.set;
  const [own = entry.verdictKey, ...includes] = passedKeys(image, entry, options.tier);
  const keys = { name, key, verdictKey: own, includes };
  const recorded = await recordVerdict(engine.images, directory, keys, verdict.value, signal);
  if (!recorded.ok) return engineFailure(recorded.error, 'recording the verdict');
  if (!verdict.value.passed) return failedVerdict(verdict.value);

  const durationMs = elapsed(context.clock, started);
  await rememberChecks(directory, name, { smokeMs: durationMs, versions: mainVersions(verdict.value) });
  const passes = verdict.value.clauses.filter(({ result }) => result === 'pass').length;
  const summary = passes === 0 ? undefined : `${passes} ${passes === 1 ? 'check' : 'checks'}`;
  emit({
    kind: 'stage-finished',
    image: entry.name,
    stage: 'smoke',
    durationMs,
    ...(summary === undefined ? {} : { summary }),
  });
  for (const clause of verdict.value.clauses) {
    const message = remarkOn(clause);
    if (message !== undefined) emit({ kind: 'remark', image: name, message });
  }
  return done(verdict.value);
}

/** What is worth a word of an image that passed; clauses that it only should meet are told by their own events. */
function remarkOn({ id, title, evidence, waiver }: ClauseResult): string | undefined {
  if (waiver === undefined) return undefined;
  const seen = evidence.at(-1) ?? 'no evidence';
  return `${id} ${title}: not so (${seen}), and waived until ${waiver.until}: ${waiver.reason}`;
}

function failedVerdict(verdict: Verdict): StageResult<Verdict> {
  const clauses = verdict.clauses.filter(refuses);
  const names = clauses.map(({ id, title }) => `${id} ${title}`).join('; ');
  return failed({ message: names, blame: 'image', clauses, tail: verdict.logTail });
}
