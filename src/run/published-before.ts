/** What is published under an image's name now: the digest that a run's own would take the place of. */
import type { RegistryTarget } from '../matrix/image-set.ts';
import { renderTag } from '../matrix/naming.ts';
import { followedTags } from '../plan/image-tags.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { readDigest } from './published-manifest.ts';
import { lastRelease } from './published-release.ts';
import { cancelled, done, failed, type RunContext, type StageResult } from './run-context.ts';

/**
 * The digest behind the tags that move from one content to the next, else the last release's, this repository's or
 * another machine's; undefined where nothing was published yet. A tag that names content or day tells of no predecessor.
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
    if (digest.kind !== 'ok' || digest.value !== undefined) return digest;
  }
  const release = await lastRelease({ registry, trusted, directory: set.directory }, target, signal);
  if (signal.aborted) return cancelled;
  if (!release.ok) {
    const message = `looking for the last release in ${target.prefix}: ${release.error}`;
    return failed({ message, blame: 'environment', tail: [] });
  }
  return done(release.value?.images.find(({ name }) => name === entry.name)?.digest);
}
