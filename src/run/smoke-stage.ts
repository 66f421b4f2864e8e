/** The smoke stage of one image: starts it as its profile says and records a pass. The judging is src/smoke's. */
import { keyTag, passTag, recordReference } from '../core/labels.ts';
import type { GraphNode } from '../graph/image-graph.ts';
import { rememberChecks } from '../plan/memory.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { profileOf } from '../smoke/profile.ts';
import type { Verdict } from '../smoke/verdict.ts';
import type { Bytes } from './build-stage.ts';
import { engineFailure } from './failure.ts';
import { cancelled, done, failed, type RunContext, type StageResult } from './run-context.ts';

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
  const started = Date.now();
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
      reference,
      imageId: bytes.id,
      profile: profileOf(image.kind),
      resources: image.resources,
      runId: options.runId,
      size: bytes.size,
      architecture: { image: details.value.architecture, node: context.drawn.info.architecture },
      ...(image.maxSize === undefined ? {} : { maxSize: image.maxSize }),
      ...(proxy === undefined ? {} : { companions: { proxy } }),
    },
    (clause) => emit({ kind: 'clause', image: entry.name, ...clause }),
    signal,
  );
  if (!verdict.ok)
    return verdict.error.kind === 'cancelled' ? cancelled : engineFailure(verdict.error, 'checking it');
  if (!verdict.value.passed) return failedVerdict(verdict.value);

  const recorded = await engine.images.tag(
    reference,
    recordReference(entry.name, passTag(entry.verdictKey)),
    signal,
  );
  if (!recorded.ok) return engineFailure(recorded.error, 'recording the pass');
  const durationMs = Date.now() - started;
  await rememberChecks(context.drawn.set.directory, entry.name, durationMs);
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
    if (clause.result === 'fail')
      emit({
        kind: 'remark',
        image: entry.name,
        message: `${clause.id} ${clause.title}: not so (${clause.evidence.at(-1) ?? 'no evidence'})`,
      });
  }
  return done(verdict.value);
}

function failedVerdict(verdict: Verdict): StageResult<Verdict> {
  const clauses = verdict.clauses.filter(({ result, severity }) => result === 'fail' && severity === 'must');
  const names = clauses.map(({ id, title }) => `${id} ${title}`).join('; ');
  return failed({ message: names, blame: 'image', clauses, tail: verdict.logTail });
}
