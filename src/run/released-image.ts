/**
 * One image's part of a release: what the registry has of it, what it weighs and what it passed. What becomes of images
 * without such a part is release.ts's matter.
 */
import { contractVersion } from '../smoke/contract-version.ts';
import { mainVersions } from '../smoke/main-versions.ts';
import { profileOf } from '../smoke/profile.ts';
import { publishedRepository } from '../matrix/naming.ts';
import { tagsOf } from '../plan/image-tags.ts';
import type { RunReport } from './execute-plan.ts';
import { travellingLayers, type TravellingLayer } from './manifest.ts';
import { readManifest, type Place } from './published-manifest.ts';
import { releasedScan } from './released-scan.ts';
import type { RunContext } from './run-context.ts';
import type { ReleasedImage } from './schema.ts';
import type { KeptVerdict } from './schema-verdict.ts';

/** What earlier runs tell of an image: its part of the last release, and its last test here. */
export interface Known {
  readonly name: string;
  readonly before: ReleasedImage | undefined;
  readonly lastTest: KeptVerdict | undefined;
}

/** What the registry has of an image after this run, where the image is what the files say now. */
export async function releasedImage(
  context: RunContext,
  report: RunReport,
  { name, before, lastTest }: Known,
  signal: AbortSignal,
): Promise<ReleasedImage | undefined> {
  const { drawn } = context;
  const target = drawn.set.registry;
  const image = drawn.graph.nodes.get(name)?.image;
  const entry = drawn.plan.entries.find((candidate) => candidate.name === name);
  const published = report.published.get(name);
  // A later revision of the files has published this image: what it left is newer than what we have.
  if (published?.newer !== undefined && before !== undefined) return before;
  const unchanged = report.outcomes.get(name)?.kind === 'reused' ? entry?.published?.digest : undefined;
  const digest = published?.digest ?? unchanged;
  if (
    target === undefined ||
    image === undefined ||
    entry === undefined ||
    digest === undefined ||
    image.kind === 'builder'
  )
    return undefined;
  const bytes = report.bytes.get(name);
  // Of the same digest the sizes are the same, though an engine may tell them otherwise than when it was built.
  const known = before?.digest === digest ? before : undefined;
  const layers =
    published?.layers ?? known?.layers ?? (await layersBehind(context, { target, name }, digest, signal));
  const revision = known?.revision ?? (await context.history?.revision());
  return {
    name,
    definition: image.definition,
    kind: image.kind,
    reference: `${publishedRepository(target, name)}@${digest}`,
    digest,
    tags: [...(published?.tags ?? tagsOf(drawn.set, name, entry.key, bytes?.created))],
    key: entry.key,
    ...(revision === undefined ? {} : { revision }),
    verdict: {
      contract: contractVersion,
      profile: profileOf(image.kind),
      key: entry.verdictKey,
      ...testOf(entry.verdictKey, lastTest, before?.verdict),
    },
    size: sizesOf(layers, { unpacked: known?.size.unpacked ?? bytes?.size, known, before }),
    ...(layers === undefined ? {} : { layers: [...layers] }),
    ...releasedScan(published?.scan, digest, before),
    state: 'current',
  };
}

/** What the last test found, where it was a test of just this: made here, or told by whoever published it before. */
function testOf(
  verdictKey: string,
  lastTest: KeptVerdict | undefined,
  before: ReleasedImage['verdict'] | undefined,
): Partial<ReleasedImage['verdict']> {
  if (lastTest?.verdictKey === verdictKey) {
    const { verdict } = lastTest;
    const clauses = Object.fromEntries(verdict.clauses.map(({ id, result }) => [id, result]));
    const noop = verdict.noop === undefined ? {} : { noop: [...verdict.noop] };
    return { tier: verdict.tier, clauses, versions: { ...mainVersions(verdict) }, ...noop };
  }
  return before?.key === verdictKey ? before : {};
}

/** The layers of what was published before this machine knew of it; undefined where the registry does not tell. */
async function layersBehind(
  context: RunContext,
  place: Place,
  digest: string,
  signal: AbortSignal,
): Promise<readonly TravellingLayer[] | undefined> {
  const manifest = await readManifest(context, place, digest, signal);
  if (manifest.kind !== 'ok' || manifest.value === undefined) return undefined;
  return travellingLayers(manifest.value.bytes);
}

function sizesOf(
  layers: readonly TravellingLayer[] | undefined,
  facts: {
    readonly unpacked: number | undefined;
    /** The same digest in the last release. */
    readonly known: ReleasedImage | undefined;
    readonly before: ReleasedImage | undefined;
  },
): ReleasedImage['size'] {
  const { unpacked, known, before } = facts;
  const compressed = layers === undefined ? known?.size.compressed : bytesOf(layers);
  const there = new Set(before?.layers?.map(({ digest }) => digest));
  const isNew = known === undefined && layers !== undefined && before?.layers !== undefined;
  const added = isNew ? bytesOf(layers.filter(({ digest }) => !there.has(digest))) : known?.size.added;
  return {
    ...(compressed === undefined ? {} : { compressed }),
    ...(unpacked === undefined ? {} : { unpacked }),
    ...(added === undefined ? {} : { added }),
  };
}

function bytesOf(layers: readonly TravellingLayer[]): number {
  return layers.reduce((sum, { size }) => sum + size, 0);
}
