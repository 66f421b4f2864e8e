/**
 * Names a manifest that the registry has: as existing and passed under its key, then with the tags that people use. A
 * tag that holds the key or is a version is never moved; the others never move back to an older revision of the family's
 * files. How the manifest came there is publish-stage.ts's.
 */
import { keyTag, passTag } from '../core/labels.ts';
import { nodeOf } from '../graph/image-graph.ts';
import { publishedReference, shortKey } from '../matrix/naming.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { passCounts } from './attest-where-asked.ts';
import { putTag, readDigest, readManifest, type Manifest, type Place } from './published-manifest.ts';
import { publishedRelease } from './published-release.ts';
import { done, failed, type RunContext, type StageResult } from './run-context.ts';
import type { Release, ReleasedImage } from './schema.ts';
import { passedKeys } from './smoke-contract.ts';

/** Rounds until runs that publish the same key at the same moment agree; each costs some small requests. */
const maxRounds = 3;

/** The tags that people use, and those of them that never move. */
export interface WantedTags {
  readonly all: readonly string[];
  readonly fixed: ReadonlySet<string>;
}

/** What an image is called now. */
export interface Named {
  readonly manifest: Manifest;
  /** Of the tags that people use those that name it. */
  readonly tags: readonly string[];
  /** The later revision that the others stay on. */
  readonly newer?: string;
}

/**
 * Names what is published: the pass, then the tags that people use. Answers the manifest that they name in the end:
 * ours, or that of a run elsewhere which passed under this key before. No registry compares and swaps, so two that
 * name the same key at the same moment look again until both find the same.
 */
export async function nameManifest(
  context: RunContext,
  entry: PlanEntry,
  place: Place,
  ours: Manifest,
  tags: WantedTags,
  signal: AbortSignal,
): Promise<StageResult<Named>> {
  const key = keyTag(entry.key);
  const passes = passTags(context, entry);
  let manifest = ours;
  let given: Omit<Named, 'manifest'> = { tags: tags.all };
  for (let round = 0; round < maxRounds; round += 1) {
    // What people's tags name is asked beside it, and held below against what is to be named.
    const [first, behind] = await Promise.all([
      firstPassed(context, entry, place, manifest, signal),
      digestsBehind(context, place, tags.all, signal),
    ]);
    if (first.kind !== 'ok') return first;
    if (behind.kind !== 'ok') return behind;
    // The key's tag names ours, unless a later push has moved it: then it goes back to what passed first.
    const names = round === 0 && first.value.digest === manifest.digest ? passes : [key, ...passes];
    manifest = first.value;
    const wanted = { digest: manifest.digest, tags, behind: behind.value };
    const may = await tagsToGive(context, entry, place, wanted, signal);
    if (may.kind !== 'ok') return may;
    given = may.value;
    // Whoever finds a name that people use finds that it passed; among themselves they wait for nothing.
    for (const together of [names, given.tags]) {
      const puts = await Promise.all(together.map((tag) => putTag(context, place, tag, first.value, signal)));
      const trouble = puts.find((put) => put.kind !== 'ok');
      if (trouble !== undefined) return trouble;
    }
    const isNamed = await isBehind(context, place, [key, ...passes], manifest.digest, signal);
    if (isNamed.kind !== 'ok') return isNamed;
    if (isNamed.value) break;
  }
  if (given.newer !== undefined) {
    const message = `${tags.all.filter((tag) => !given.tags.includes(tag)).join(', ')} stays on what a later revision (${given.newer.slice(0, 12)}) published`;
    context.emit({ kind: 'remark', image: entry.name, message });
  }
  return done({ manifest, ...given });
}

/** What these bytes passed, as tags. */
function passTags({ drawn, options }: RunContext, entry: PlanEntry): readonly string[] {
  const { image } = nodeOf(drawn.graph, entry.name);
  return passedKeys(image, entry, options.tier).map(passTag);
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
  const behind = await digestsBehind(context, place, tags, signal);
  return behind.kind === 'ok' ? done(behind.value.every((each) => each === digest)) : behind;
}

/** What the registry has behind each of the tags, in their order. */
async function digestsBehind(
  context: RunContext,
  place: Place,
  tags: readonly string[],
  signal: AbortSignal,
): Promise<StageResult<readonly (string | undefined)[]>> {
  const asked = await Promise.all(tags.map((tag) => readDigest(context, place, tag, signal)));
  const trouble = asked.find((each) => each.kind !== 'ok');
  if (trouble !== undefined) return trouble;
  return done(asked.map((each) => (each.kind === 'ok' ? each.value : undefined)));
}

/** The tags that may name this digest now. One that never moves and names another is the image's failure. */
async function tagsToGive(
  context: RunContext,
  entry: PlanEntry,
  place: Place,
  {
    digest,
    tags,
    behind,
  }: {
    readonly digest: string;
    readonly tags: WantedTags;
    readonly behind: readonly (string | undefined)[];
  },
  signal: AbortSignal,
): Promise<StageResult<Omit<Named, 'manifest'>>> {
  const elsewhere = new Map<string, string>();
  for (const [index, tag] of tags.all.entries()) {
    const there = behind[index];
    if (there === undefined || there === digest) continue;
    if (tags.fixed.has(tag))
      return taken(place, tag, tag.includes(shortKey(entry.key)), { there, ours: digest });
    elsewhere.set(tag, there);
  }
  if (elsewhere.size === 0) return done({ tags: tags.all });
  const newer = await laterRevision(context, entry.name, place, new Set(elsewhere.values()), signal);
  if (newer === undefined) return done({ tags: tags.all });
  const stay = (tag: string): boolean => elsewhere.get(tag) === newer.digest;
  return done({ tags: tags.all.filter((tag) => !stay(tag)), newer: newer.revision });
}

function taken(
  place: Place,
  tag: string,
  holdsKey: boolean,
  { there, ours }: { readonly there: string; readonly ours: string },
): StageResult<never> {
  const text = publishedReference(place.target, place.name, tag);
  const message = holdsKey
    ? `${text} names another image (${there}) than the one of this key (${ours}); a tag with a key in it never moves. Find out who set it; then delete it, or take what the registry has: without --force, what passed first under a key stays`
    : `${text} names another image (${there}) than this one (${ours}), and a version never moves. Count it up; or let it move, in matrix.yaml: { tag: ${tag}, moves: true }`;
  return failed({ message, blame: 'image', tail: [] });
}

/**
 * The one of these digests that a later revision than ours published, by the newest release. What no release tells, or
 * what lies on another line of history, is not later.
 */
async function laterRevision(
  context: RunContext,
  name: string,
  { target }: Place,
  digests: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<{ readonly digest: string; readonly revision: string } | undefined> {
  const { history, answers } = context;
  // Without a history no revision is later than ours, whatever was released.
  if (history === undefined || (await history.revision()) === undefined) return undefined;
  const behind = (release: Release | undefined): ReleasedImage | undefined =>
    release?.images.find((each) => each.name === name && digests.has(each.digest));
  // A release that knows the digest is believed for good; one that does not may have had a successor since.
  const image = behind(answers.newestRelease) ?? behind(await newestRelease(context, target, signal));
  if (image?.revision === undefined) return undefined;
  return (await history.isBefore(image.revision))
    ? { digest: image.digest, revision: image.revision }
    : undefined;
}

/** The registry's newest release, as far as it can be read and believed; kept in the run's answers. */
export async function newestRelease(
  { registry, drawn, answers }: RunContext,
  target: RegistryTarget,
  signal: AbortSignal,
): Promise<Release | undefined> {
  const read = async (shared: AbortSignal): Promise<Release | undefined> => {
    const where = { registry, trusted: drawn.trusted, known: answers.releaseBytes };
    const release = await publishedRelease(where, target, shared);
    if (release.ok && release.value !== 'unsigned') answers.newestRelease = release.value;
    return release.ok && release.value !== 'unsigned' ? release.value : undefined;
  };
  return await answers.releases.run(target.prefix, read, () => undefined, signal);
}
