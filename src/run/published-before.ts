/** What is published under an image's name now: the digest that a run's own would take the place of. */
import type { RegistryTarget } from '../matrix/image-set.ts';
import { renderTag } from '../matrix/naming.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { readDigest } from './published-manifest.ts';
import { readRelease } from './release.ts';
import { done, type RunContext, type StageResult } from './run-context.ts';

/**
 * The digest behind the tags that move from one content to the next, else the last release's; undefined where nothing
 * was published yet. A tag that names content or day tells of no predecessor.
 */
export async function publishedBefore(
  context: RunContext,
  entry: PlanEntry,
  target: RegistryTarget,
  signal: AbortSignal,
): Promise<StageResult<string | undefined>> {
  const { set } = context.drawn;
  const moving = set.tags.filter((tag) => !tag.includes('{key}') && !tag.includes('{date}'));
  for (const template of moving) {
    const tag = renderTag(template, { date: '', key: '', name: entry.name });
    const digest = await readDigest(context, { target, name: entry.name }, tag, signal);
    if (digest.kind !== 'ok' || digest.value !== undefined) return digest;
  }
  const release = await readRelease(set.directory);
  if (release?.registry !== target.prefix) return done(undefined);
  return done(release.images.find(({ name }) => name === entry.name)?.digest);
}
