/** What is published under an image's name now: the digest that a run's own would take the place of. */
import { provenPasses } from '../attest/proof.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import { renderTag } from '../matrix/naming.ts';
import { followedTags } from '../plan/image-tags.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { attestPlace } from '../plan/signed-record.ts';
import { readDigest } from './published-manifest.ts';
import { lastRelease } from './published-release.ts';
import { cancelled, done, failed, type RunContext, type StageResult } from './run-context.ts';

/**
 * The digest behind the tags that move from one content to the next, else the last release's, this repository's or
 * another machine's; undefined where nothing was published yet. A tag that names content or day tells of no predecessor,
 * and where keys are trusted, one that somebody else moved does not: his holes would excuse ours.
 */
export async function publishedBefore(
  context: RunContext,
  entry: PlanEntry,
  target: RegistryTarget,
  signal: AbortSignal,
): Promise<StageResult<string | undefined>> {
  const { registry, drawn } = context;
  const { set, trusted } = drawn;
  for (const template of followedTags(set)) {
    const tag = renderTag(template, { date: '', key: '', name: entry.name });
    const digest = await readDigest(context, { target, name: entry.name }, tag, signal);
    if (digest.kind !== 'ok') return digest;
    if (digest.value === undefined) continue;
    const isOurs = await isPublishedByUs(context, entry.name, target, digest.value, signal);
    if (isOurs.kind !== 'ok') return isOurs;
    if (isOurs.value) return digest;
  }
  const release = await lastRelease({ registry, trusted, directory: set.directory }, target, signal);
  if (signal.aborted) return cancelled;
  if (!release.ok) {
    const message = `looking for the last release in ${target.prefix}: ${release.error}`;
    return failed({ message, blame: 'environment', tail: [] });
  }
  return done(release.value?.images.find(({ name }) => name === entry.name)?.digest);
}

/** Whether these bytes were published under this name; where keys are trusted, as one of them signed. */
async function isPublishedByUs(
  { registry, drawn }: RunContext,
  name: string,
  target: RegistryTarget,
  digest: string,
  signal: AbortSignal,
): Promise<StageResult<boolean>> {
  const { trusted } = drawn;
  if (trusted.length === 0) return done(true);
  const place = attestPlace({ registry, target, name, digest });
  const passes = await provenPasses(place, trusted, signal);
  if (!('kind' in passes)) return done(passes.some(({ image }) => image === name));
  if (passes.error.kind === 'cancelled') return cancelled;
  const message = `looking for who signed what is published: ${passes.error.message}`;
  return failed({ message, blame: 'environment', tail: [] });
}
