/**
 * The end of a run that published: the whole family as `release.json` and as an artifact in the registry. What earlier
 * runs left, here or on other machines, is carried forward; what one image contributes is released-image.ts's.
 */
import type { Digest } from '../../registry/digest.ts';
import type { Reference } from '../../registry/reference.ts';
import { ok, type Result } from '../core/result.ts';
import type { KeyInputs } from '../key/content-key.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import type { RunReport } from './execute-plan.ts';
import { readVerdict } from './kept-verdict.ts';
import {
  composeRelease,
  isSameRelease,
  readRelease,
  releaseFile,
  writeRelease,
  type ReleaseInput,
} from './release.ts';
import { fetchRelease, laterRelease, putRelease, releaseReference, releaseTags } from './release-artifact.ts';
import { releasedImage } from './released-image.ts';
import type { RunContext, Signing } from './run-context.ts';
import type { Release } from './schema.ts';

/** Rounds until machines that release at the same moment have taken up each other's images. */
const maxRounds = 3;

/** Writes the release of a run that published; answers its path, or undefined where nothing was to be published. */
export async function publishRelease(
  context: RunContext,
  report: RunReport,
  created: Date,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { drawn, options } = context;
  const target = drawn.set.registry;
  if (!options.push || options.until !== undefined || target === undefined) return undefined;
  const file = await readRelease(drawn.set.directory);
  for (let round = 1; ; round += 1) {
    const published = await publishedRelease(context, target, signal);
    if (!published.ok) tellUnpublished(context, published.error, signal);
    const newest = published.ok ? published.value : undefined;
    const earlier = laterRelease(newest, file);
    const release = await compose(context, report, { earlier, created, target }, signal);
    // A run that changed nothing leaves the release as it is: whoever watches it is not disturbed.
    const unchanged = isSameRelease(release, earlier);
    const kept = unchanged && earlier !== undefined ? earlier : release;
    if (!isSameRelease(kept, file)) await writeRelease(drawn.set.directory, kept);
    if (!published.ok || (unchanged && newest !== undefined)) return releaseFile;
    const green = report.result === 'success' && kept.images.every(({ state }) => state === 'current');
    const { signing } = context;
    if (signing === undefined && drawn.trusted.length > 0) {
      tellUnpublished(context, 'with `trust` it counts only where it is signed', signal);
      return releaseFile;
    }
    const artifact = {
      target,
      release: kept,
      inputs: inputsOf(context, kept),
      ...(signing === undefined ? {} : { sign: signerOf(context, signing, signal) }),
    };
    const put = await putRelease(context.registry, artifact, green, signal);
    if (!put.ok) tellUnpublished(context, put.error, signal);
    if (!put.ok || put.value === 'newest' || round === maxRounds) return releaseFile;
  }
}

/** The newest release that the registry has; undefined where it has none yet. */
async function publishedRelease(
  { registry, drawn, emit }: RunContext,
  target: RegistryTarget,
  signal: AbortSignal,
): Promise<Result<Release | undefined, string>> {
  const reference = releaseReference(target, releaseTags.newest);
  if (reference === undefined) return ok(undefined);
  if (drawn.trusted.length === 0) return await fetchRelease(registry, reference, signal);
  const { signedRelease } = await import('./release-signature.ts');
  const named = await signedRelease(registry, reference, drawn.trusted, signal);
  if (!named.ok) return named;
  if (named.value.kind === 'signed') return await fetchRelease(registry, named.value.reference, signal);
  const message =
    'the release in the registry is not signed by a key under `trust`: nothing is carried over from it';
  if (named.value.kind === 'unsigned') emit({ kind: 'remark', message });
  return ok(undefined);
}

function signerOf({ registry }: RunContext, { signer }: Signing, signal: AbortSignal) {
  return async (name: Reference, digest: Digest): Promise<Result<void, string>> => {
    const { signRelease } = await import('./release-signature.ts');
    return await signRelease(registry, name, digest, signer, signal);
  };
}

function tellUnpublished({ emit }: RunContext, error: string, signal: AbortSignal): void {
  if (signal.aborted) return;
  const message = `the release is in ${releaseFile} alone; other machines do not find it in the registry (${error})`;
  emit({ kind: 'remark', message });
}

interface Setting {
  readonly earlier: Release | undefined;
  readonly created: Date;
  readonly target: RegistryTarget;
}

async function compose(
  context: RunContext,
  report: RunReport,
  { earlier, created, target }: Setting,
  signal: AbortSignal,
): Promise<Release> {
  const { drawn, options } = context;
  const inputs = new Map<string, ReleaseInput>();
  for (const [name, outcome] of report.outcomes) {
    const before = earlier?.images.find((image) => image.name === name);
    const lastTest = await readVerdict(drawn.set.directory, name);
    const released = await releasedImage(context, report, { name, before, lastTest }, signal);
    inputs.set(name, { outcome, released });
  }
  const facts = { run: options.runId, created, registry: target.prefix, naming: target.naming };
  return composeRelease(drawn.set, facts, inputs, earlier);
}

/** What current images' keys were made from, as far as this run knows. */
function inputsOf({ drawn }: RunContext, release: Release): Readonly<Record<string, KeyInputs>> {
  return Object.fromEntries(
    release.images.flatMap(({ name, key }) => {
      const known = drawn.keys.get(name);
      return known?.key === key && known.inputs !== undefined ? [[key, known.inputs]] : [];
    }),
  );
}
