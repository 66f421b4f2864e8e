/**
 * The push and tag stages of one image that passed: its bytes travel once, by the engine's push under the key's
 * tag; they are believed to be there only when the registry's own manifest names the very image that was tested;
 * every further tag is the same manifest under another name, which name-manifest.ts gives. Of several machines that
 * publish one key the first wins: what has passed under it already stays, and is what the others name as well.
 */
import { keyTag, passTag } from '../core/labels.ts';
import type { EngineError } from '../engine/engine.ts';
import type { ScanRecord } from '../scan/scan-record.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import { publishedReference, publishedRepository } from '../matrix/naming.ts';
import { fixedTagsOf, tagsOf } from '../plan/image-tags.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { attestWhereAsked, passCounts } from './attest-where-asked.ts';
import type { Bytes } from './build-stage.ts';
import { elapsed } from './clock.ts';
import { engineFailure } from './failure.ts';
import { travellingLayers, type TravellingLayer } from './manifest.ts';
import { nameManifest } from './name-manifest.ts';
import { isSameImage, readDigest, readManifest, type Manifest, type Place } from './published-manifest.ts';
import { pushPatiently } from './push-attempts.ts';
import { pushRemark } from './push-remark.ts';
import { done, failed, type RunContext, type StageResult } from './run-context.ts';
import type { PassedScan } from './scan-stage.ts';

/** What the registry has now. */
export interface Published {
  /** `registry/name@sha256:…`. */
  readonly reference: string;
  readonly digest: string;
  /** The engine's image that it is, where it has that. */
  readonly image?: string;
  readonly tags: readonly string[];
  /** What a later revision published before: tags that move stay on it, and so does the release. */
  readonly newer?: string;
  readonly layers: readonly TravellingLayer[];
  /** What its scan said, where that is kept with it. */
  readonly scan: ScanRecord | undefined;
}

/** Rounds until runs that publish the same key at the same moment agree; each costs some small requests. */
const maxRounds = 3;

/** Where an image's bytes are under its key's name, and what they are. */
export interface Pushed {
  readonly place: Place;
  readonly manifest: Manifest;
  /** Ends when the engine has dropped the name that it pushed under. */
  readonly untagged: Promise<void>;
}

/**
 * Brings one image's bytes to the registry where they are not there. `bytes` is undefined where they lie in the registry
 * alone and only names are missing.
 */
export async function pushImage(
  context: RunContext,
  entry: PlanEntry,
  target: RegistryTarget,
  bytes: Bytes | undefined,
  signal: AbortSignal,
): Promise<StageResult<Pushed>> {
  const { emit, clock } = context;
  const started = clock.now();
  emit({ kind: 'stage-started', image: entry.name, stage: 'push' });
  const place = { target, name: entry.name };
  const untagging = new Untagging();
  const manifest = await publishedManifest(context, entry, place, bytes, untagging, signal);
  if (manifest.kind !== 'ok') {
    await untagging.ended;
    return manifest;
  }
  const { digest } = manifest.value;
  emit({
    kind: 'stage-finished',
    image: entry.name,
    stage: 'push',
    durationMs: elapsed(clock, started),
    digest,
    reference: referenceTo(place, digest),
    ...(bytes === undefined ? {} : { size: bytes.size }),
  });
  return done({ place, manifest: manifest.value, untagged: untagging.ended });
}

/**
 * Keeps and signs what is known of an image that was pushed, and gives it its names. `passed` is its scan, where it was
 * scanned.
 */
export async function nameImage(
  context: RunContext,
  entry: PlanEntry,
  { place, manifest }: Omit<Pushed, 'untagged'>,
  { bytes, passed }: { readonly bytes: Bytes | undefined; readonly passed: PassedScan | undefined },
  signal: AbortSignal,
): Promise<StageResult<Published>> {
  const { emit, drawn, clock } = context;
  // Loaded by runs that scan something.
  const scans = passed === undefined ? undefined : { passed, ...(await import('./keep-scan.ts')) };
  const kept = await scans?.keepScan(context, entry, place, manifest, scans.passed, signal);
  // Kept and signed before it gets a name: whoever finds the name finds what is known of it.
  const signed = await attestWhereAsked(context, entry, place, manifest, { bytes, passed, kept }, signal);
  if (signed.kind !== 'ok') return signed;
  const isKept =
    kept !== undefined && (await scans?.tagScan(context, entry, place, manifest, kept, signal)) === true;
  const tagging = clock.now();
  emit({ kind: 'stage-started', image: entry.name, stage: 'tag' });
  const tags = {
    all: tagsOf(drawn.set, entry.name, entry.key, bytes?.created),
    fixed: fixedTagsOf(drawn.set, entry.name, entry.key, bytes?.created),
  };
  const named = await nameManifest(context, entry, place, manifest, tags, signal);
  if (named.kind !== 'ok') return named;
  const { digest } = named.value.manifest;
  const isOurs = bytes !== undefined && isSameImage(context, named.value.manifest, bytes.id);
  if (bytes !== undefined && !isOurs) {
    const message = `the registry has the same inputs already, built elsewhere (${digest.slice(0, 19)}…); those stay published`;
    emit({ kind: 'remark', image: entry.name, message });
  }
  emit({
    kind: 'stage-finished',
    image: entry.name,
    stage: 'tag',
    durationMs: elapsed(clock, tagging),
    digest,
    reference: referenceTo(place, digest),
    summary: named.value.tags.join(', '),
  });
  return done({
    reference: referenceTo(place, digest),
    digest,
    ...(isOurs ? { image: bytes.id } : {}),
    tags: named.value.tags,
    ...(named.value.newer === undefined ? {} : { newer: named.value.newer }),
    layers: travellingLayers(named.value.manifest.bytes),
    scan: isKept && digest === manifest.digest ? passed?.record : undefined,
  });
}

function referenceTo({ target, name }: Place, digest: string): string {
  return `${publishedRepository(target, name)}@${digest}`;
}

/** The end of what goes on in the engine beside the questions to the registry. */
class Untagging {
  ended: Promise<void> = Promise.resolve();
}

/** The manifest under the key's tag: what is there already where it counts, else what the engine pushes now. */
async function publishedManifest(
  context: RunContext,
  entry: PlanEntry,
  place: Place,
  bytes: Bytes | undefined,
  untagging: Untagging,
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
    // It may go by the same name once more.
    await untagging.ended;
    const { result, untagged } = await pushPatiently(context, entry.name, bytes.id, text, signal);
    untagging.ended = untagged;
    if (!result.ok) {
      const { error, tries } = result.error;
      const times = tries === 1 ? '' : `, tried ${tries} times`;
      if (error.kind !== 'failed' && error.kind !== 'refused')
        return engineFailure(error, `pushing ${text}${times}`);
      // A display that cuts it shall show the reason: the reference is half a line.
      return notThere(`${withRemark(error, text).message} (pushing ${text}${times})`);
    }
  }
}

/** Registries' refusals come through the engine as text; some mean more than that says. */
function withRemark(error: EngineError, reference: string): EngineError {
  const [host = ''] = reference.split('/', 1);
  const remark = pushRemark(host, error.message);
  return remark === undefined ? error : { ...error, message: `${error.message}; ${remark}` };
}

function notThere(message: string): StageResult<never> {
  return failed({ message, blame: 'environment', tail: [] });
}
