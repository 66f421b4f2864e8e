/**
 * The end of a run that published: the whole family as `release.json` and as an artifact in the registry. What earlier
 * runs left, here or on other machines, is carried forward; what one image contributes is released-image.ts's.
 */
import type { Digest } from '../../registry/digest.ts';
import type { Reference } from '../../registry/reference.ts';
import type { Result } from '../core/result.ts';
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
import { publishedRelease } from './published-release.ts';
import { laterRelease, putRelease } from './release-artifact.ts';
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
  const { registry, drawn, options, answers } = context;
  const target = drawn.set.registry;
  if (!options.push || options.until !== undefined || target === undefined) return undefined;
  const file = await readRelease(drawn.set.directory);
  for (let round = 1; ; round += 1) {
    const where = { registry, trusted: drawn.trusted, known: answers.releaseBytes };
    const published = await publishedRelease(where, target, signal);
    if (!published.ok) tellUnpublished(context, published.error, signal);
    if (published.ok && published.value === 'unsigned') context.emit(nothingCarried);
    const newest = published.ok && published.value !== 'unsigned' ? published.value : undefined;
    const earlier = laterRelease(newest, file);
    const release = await compose(context, report, { earlier, created, target }, signal);
    // A run that changed nothing leaves the release as it is: whoever watches it is not disturbed.
    const unchanged = isSameRelease(release, earlier);
    const kept = unchanged && earlier !== undefined ? earlier : release;
    // Of a family of which nothing was ever published there is nothing to tell the registry.
    const nothing = newest === undefined && kept.images.length === 0;
    const isToPut = published.ok && !nothing && !(unchanged && newest !== undefined);
    // Of what goes to the disk and what goes to the registry neither waits for the other: of the two, the later counts.
    const [isOvertaken] = await Promise.all([
      isToPut && toRegistry(context, report, { release: kept, target }, signal),
      isSameRelease(kept, file) ? undefined : writeRelease(drawn.set.directory, kept),
    ]);
    if (!isOvertaken || round === maxRounds) return releaseFile;
  }
}

/**
 * Puts a release where other machines find it; answers whether one of them has put another meanwhile. What keeps it from
 * there is told, and not tried again.
 */
async function toRegistry(
  context: RunContext,
  report: RunReport,
  { release, target }: { readonly release: Release; readonly target: RegistryTarget },
  signal: AbortSignal,
): Promise<boolean> {
  const { signing, drawn, registry } = context;
  if (signing === undefined && drawn.trusted.length > 0) {
    if (!signal.aborted) context.emit(nothingSigned);
    return false;
  }
  const artifact = {
    target,
    release,
    inputs: inputsOf(context, release),
    ...(signing === undefined ? {} : { sign: signerOf(context, signing, signal) }),
  };
  const put = await putRelease(registry, artifact, isGreen(context, report, release), signal);
  if (put.ok) return put.value === 'overtaken';
  tellUnpublished(context, put.error, signal);
  return false;
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

const nothingSigned = {
  kind: 'remark',
  message: `nothing that this run published counts: with \`trust\` it has to be signed, and \`sign\` in matrix.yaml names no key here; the release is in ${releaseFile} alone`,
} as const;

const nothingCarried = {
  kind: 'remark',
  message: 'the release in the registry is signed by nobody under `trust`: nothing is carried over from it',
} as const;

/** A run of some images says nothing of the others' files: green is what a run over the default group left whole. */
function isGreen({ drawn }: RunContext, report: RunReport, release: Release): boolean {
  const current = new Set(release.images.flatMap(({ name, state }) => (state === 'current' ? [name] : [])));
  const wanted = new Set(drawn.set.groups.get('default'));
  return (
    report.result === 'success' &&
    current.size === release.images.length &&
    drawn.set.images
      .filter(({ name, kind }) => wanted.has(name) && kind !== 'builder')
      .every(({ name }) => report.outcomes.has(name) && current.has(name))
  );
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
  const inputs = await Promise.all(
    Array.from(report.outcomes, async ([name, outcome]): Promise<readonly [string, ReleaseInput]> => {
      const before = earlier?.images.find((image) => image.name === name);
      const lastTest = await readVerdict(drawn.set.directory, name);
      const released = await releasedImage(context, report, { name, before, lastTest }, signal);
      return [name, { outcome, released }];
    }),
  );
  const facts = { run: options.runId, created, registry: target.prefix, naming: target.naming };
  return composeRelease(drawn.set, facts, new Map(inputs), earlier);
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
