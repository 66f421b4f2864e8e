/**
 * The push and tag stages of one image that passed: its bytes travel once, by the engine's push under the key's
 * tag; they are believed to be there only when the registry's own manifest names the very image that was tested;
 * every further tag is the same manifest under another name. Of several machines that publish one key the first
 * wins: what has passed under it already stays, and is what the others name as well.
 */
import { oldNameRemark } from '../../registry/google.ts';
import { keyTag, passTag } from '../core/labels.ts';
import type { EngineError } from '../engine/engine.ts';
import type { ScanRecord } from '../scan/scan-record.ts';
import { verdictKey } from '../key/verdict-key.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import { publishedReference, publishedRepository } from '../matrix/naming.ts';
import { tagsOf } from '../plan/image-tags.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { attestImage, passCounts } from './attest-stage.ts';
import type { Bytes } from './build-stage.ts';
import { elapsed } from './clock.ts';
import { engineFailure } from './failure.ts';
import { keepScan } from './keep-scan.ts';
import { travellingLayers, type TravellingLayer } from './manifest.ts';
import {
  isSameImage,
  putTag,
  readDigest,
  readManifest,
  type Manifest,
  type Place,
} from './published-manifest.ts';
import { pushPatiently } from './push-attempts.ts';
import { done, failed, type RunContext, type StageResult } from './run-context.ts';
import type { PassedScan } from './scan-stage.ts';
import { contractOf } from './smoke-contract.ts';

/** What the registry has now. */
export interface Published {
  /** `registry/name@sha256:…`. */
  readonly reference: string;
  readonly digest: string;
  readonly tags: readonly string[];
  readonly layers: readonly TravellingLayer[];
  /** What its scan said, where that is kept with it. */
  readonly scan: ScanRecord | undefined;
}

/** Rounds until runs that publish the same key at the same moment agree; each costs some small requests. */
const maxRounds = 3;

/**
 * Publishes one image. `bytes` is undefined where they lie in the registry alone and only tags are missing; `passed` is
 * its scan, where it was scanned.
 */
export async function publishImage(
  context: RunContext,
  entry: PlanEntry,
  target: RegistryTarget,
  bytes: Bytes | undefined,
  passed: PassedScan | undefined,
  signal: AbortSignal,
): Promise<StageResult<Published>> {
  const { emit, drawn, clock } = context;
  const started = clock.now();
  emit({ kind: 'stage-started', image: entry.name, stage: 'push' });
  const place = { target, name: entry.name };
  const manifest = await publishedManifest(context, entry, place, bytes, signal);
  if (manifest.kind !== 'ok') return manifest;
  const referenceTo = (digest: string): string => `${publishedRepository(target, entry.name)}@${digest}`;
  emit({
    kind: 'stage-finished',
    image: entry.name,
    stage: 'push',
    durationMs: elapsed(clock, started),
    digest: manifest.value.digest,
    reference: referenceTo(manifest.value.digest),
    ...(bytes === undefined ? {} : { size: bytes.size }),
  });

  const scan =
    passed === undefined ? undefined : await keepScan(context, entry, place, manifest.value, passed, signal);
  // Kept and signed before it gets a name: whoever finds the name finds what is known of it.
  const signed = await attestImage(context, entry, place, manifest.value, { bytes, passed }, signal);
  if (signed.kind !== 'ok') return signed;
  const tagging = clock.now();
  emit({ kind: 'stage-started', image: entry.name, stage: 'tag' });
  const tags = tagsOf(drawn.set, entry.name, entry.key, bytes?.created);
  const named = await nameManifest(context, entry, place, manifest.value, tags, signal);
  if (named.kind !== 'ok') return named;
  const { digest } = named.value;
  if (bytes !== undefined && !isSameImage(context, named.value, bytes.id)) {
    const message = `the registry has the same inputs already, built elsewhere (${digest.slice(0, 19)}…); those stay published`;
    emit({ kind: 'remark', image: entry.name, message });
  }
  await keepInputs(context, entry, target, signal);
  emit({
    kind: 'stage-finished',
    image: entry.name,
    stage: 'tag',
    durationMs: elapsed(clock, tagging),
    digest,
    reference: referenceTo(digest),
    summary: tags.join(', '),
  });
  return done({
    reference: referenceTo(digest),
    digest,
    tags,
    layers: travellingLayers(named.value.bytes),
    scan: digest === manifest.value.digest ? scan : undefined,
  });
}

/** Keeps what the key was made from beside it, so that another machine can explain a change; no image fails by it. */
async function keepInputs(
  context: RunContext,
  entry: PlanEntry,
  target: RegistryTarget,
  signal: AbortSignal,
): Promise<void> {
  const { drawn, registry, emit } = context;
  const inputs = drawn.keys.get(entry.name)?.inputs;
  if (inputs === undefined) return;
  // Loaded by runs that publish something; most publish nothing.
  const { publishInputs } = await import('../plan/published-inputs.ts');
  const kept = await publishInputs({ registry, target, image: entry.name }, entry.key, inputs, signal);
  if (kept.ok || signal.aborted) return;
  emit({
    kind: 'remark',
    image: entry.name,
    message: `other machines cannot explain later changes of it: what it was built from was not kept in the registry (${kept.error})`,
  });
}

/** The manifest under the key's tag: what is there already where it counts, else what the engine pushes now. */
async function publishedManifest(
  context: RunContext,
  entry: PlanEntry,
  place: Place,
  bytes: Bytes | undefined,
  signal: AbortSignal,
): Promise<StageResult<Manifest>> {
  const text = publishedReference(place.target, place.name, keyTag(entry.key));
  for (let round = 0; ; round += 1) {
    const there = await readManifest(context, place, keyTag(entry.key), signal);
    if (there.kind !== 'ok') return there;
    const manifest = there.value;
    if (manifest !== undefined) {
      if (bytes === undefined || isSameImage(context, manifest, bytes.id)) return done(manifest);
      const passed = await readDigest(context, place, passTag(entry.verdictKey), signal);
      if (passed.kind !== 'ok') return passed;
      if (passed.value === manifest.digest && !context.options.force) {
        const counts = await passCounts(context, entry, place, manifest.digest, signal);
        if (counts.kind !== 'ok') return counts;
        if (counts.value) return done(manifest);
      }
    }
    if (bytes === undefined) return notThere(`${text} has gone from the registry`);
    if (round === maxRounds) {
      return notThere(
        manifest === undefined
          ? `${text} was pushed, but the registry does not have it`
          : `${text} was pushed, but the registry's manifest (${manifest.digest}) names another image than the one that was tested (${bytes.id})`,
      );
    }
    const pushed = await pushPatiently(context, entry.name, bytes.id, text, signal);
    if (!pushed.ok) {
      const { error, tries } = pushed.error;
      const times = tries === 1 ? '' : ` (tried ${tries} times)`;
      return engineFailure(withRemark(error, text), `pushing ${text}${times}`);
    }
  }
}

/** Registries' refusals come through the engine as text; names of old ones mean more than that says. */
function withRemark(error: EngineError, reference: string): EngineError {
  const [host = ''] = reference.split('/', 1);
  const remark = error.kind === 'failed' || error.kind === 'refused' ? oldNameRemark(host) : undefined;
  return remark === undefined ? error : { ...error, message: `${error.message}; ${remark}` };
}

function notThere(message: string): StageResult<never> {
  return failed({ message, blame: 'environment', tail: [] });
}

/**
 * Names what is published: the pass, then the tags that people use. Answers the manifest that they name in the end:
 * ours, or that of a run elsewhere which passed under this key before. No registry compares and swaps, so two that
 * name the same key at the same moment look again until both find the same.
 */
async function nameManifest(
  context: RunContext,
  entry: PlanEntry,
  place: Place,
  ours: Manifest,
  tags: readonly string[],
  signal: AbortSignal,
): Promise<StageResult<Manifest>> {
  const key = keyTag(entry.key);
  const passes = passTags(context, entry);
  let manifest = ours;
  for (let round = 0; round < maxRounds; round += 1) {
    const first = await firstPassed(context, entry, place, manifest, signal);
    if (first.kind !== 'ok') return first;
    // The key's tag names ours, unless a later push has moved it: then it goes back to what passed first.
    const names = round === 0 && first.value.digest === manifest.digest ? passes : [key, ...passes];
    manifest = first.value;
    for (const tag of [...names, ...tags]) {
      const put = await putTag(context, place, tag, manifest, signal);
      if (put.kind !== 'ok') return put;
    }
    const isNamed = await isBehind(context, place, [key, ...passes], manifest.digest, signal);
    if (isNamed.kind !== 'ok') return isNamed;
    if (isNamed.value) break;
  }
  return done(manifest);
}

/** What these bytes passed: a deep pass is a pass of the gate, which another machine asks for. */
function passTags(
  { drawn, options }: RunContext,
  { name, key, verdictKey: own }: PlanEntry,
): readonly string[] {
  const image = drawn.graph.nodes.get(name)?.image;
  const gate = options.tier === 'deep' && image !== undefined ? [verdictKey(key, contractOf(image))] : [];
  return [...new Set([own, ...gate])].map(passTag);
}

/** What passed under this key before us, where anything did. A forced run asks for its own bytes. */
async function firstPassed(
  context: RunContext,
  entry: PlanEntry,
  place: Place,
  ours: Manifest,
  signal: AbortSignal,
): Promise<StageResult<Manifest>> {
  if (context.options.force) return done(ours);
  const digest = await readDigest(context, place, passTag(entry.verdictKey), signal);
  if (digest.kind !== 'ok') return digest;
  if (digest.value === undefined || digest.value === ours.digest) return done(ours);
  const counts = await passCounts(context, entry, place, digest.value, signal);
  if (counts.kind !== 'ok') return counts;
  if (!counts.value) return done(ours);
  const first = await readManifest(context, place, digest.value, signal);
  return first.kind === 'ok' ? done(first.value ?? ours) : first;
}

async function isBehind(
  context: RunContext,
  place: Place,
  tags: readonly string[],
  digest: string,
  signal: AbortSignal,
): Promise<StageResult<boolean>> {
  for (const tag of tags) {
    const found = await readDigest(context, place, tag, signal);
    if (found.kind !== 'ok') return found;
    if (found.value !== digest) return done(false);
  }
  return done(true);
}
