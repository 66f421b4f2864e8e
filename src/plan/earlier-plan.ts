/**
 * Compares a family with an earlier plan's JSON: what its files of today would have rebuilt. Asks neither an engine
 * nor a registry: roots that matrix.lock does not close are taken to be what they were.
 */
import { readFile } from 'node:fs/promises';
import type { Diagnostic } from '../core/diagnostic.ts';
import { ownPlatform } from '../core/own-platform.ts';
import { err, ok, type Result } from '../core/result.ts';
import { nodeOf, type ImageGraph } from '../graph/image-graph.ts';
import { computeKeys, type ImageKey } from '../key/content-key.ts';
import type { KnownPins } from '../key/pinned-packages.ts';
import { placesIn, ReasonChain, type RememberedBuild } from '../key/reason-chain.ts';
import type { Reason } from '../key/reasons.ts';
import { listContexts } from './list-contexts.ts';
import { lockPins } from './lock-pins.ts';
import type { ShownEntry } from './plan.ts';
import { earlierPlanSchema, type EarlierPlan } from './inputs-schema.ts';
import type { Family } from './draw-plan.ts';

/** What has become of the earlier plan's images. */
export interface Comparison {
  /** Parents first; `build` for what is new or changed, `reuse` for the rest. */
  readonly entries: readonly ShownEntry[];
  /** Names that the family does not have any more. */
  readonly removed: readonly string[];
  readonly keys: ReadonlyMap<string, ImageKey>;
  readonly platform: string;
  readonly roots: ReadonlyMap<string, string>;
}

/** Reads the file that `build plan --format json` wrote earlier; `shown` is its name as the user typed it. */
export async function readEarlierPlan(file: string, shown: string): Promise<Result<EarlierPlan, Diagnostic>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return wrong(`\`${shown}\` can't be read`);
  }
  try {
    const plan = earlierPlanSchema.safeParse(JSON.parse(text));
    if (plan.success) return ok(plan.data);
    const place = plan.error.issues[0]?.path.join('.') ?? '';
    return wrong(`\`${shown}\` is no plan of version 1${place === '' ? '' : ` (see \`${place}\`)`}`);
  } catch {
    return wrong(`\`${shown}\` is not JSON`);
  }
}

function wrong(message: string): Result<never, Diagnostic> {
  return err({
    category: 'usage',
    severity: 'error',
    code: 'earlier-plan',
    message,
    help: '`build plan --format json > FILE`, on the state to compare with, writes one',
  });
}

/**
 * Compares the images `names`, and all that they stand on, with the earlier plan. Errors are those of listing
 * contexts.
 */
export async function comparePlan(
  { set, graph, cacheFolder }: Pick<Family, 'set' | 'graph' | 'cacheFolder'>,
  names: readonly string[],
  earlier: EarlierPlan,
  signal: AbortSignal,
  environment: Readonly<Record<string, string | undefined>> = {},
): Promise<Result<Comparison, readonly Diagnostic[]>> {
  const needed = new Set([...names, ...graph.ancestors(names)]);
  const images = [...needed].flatMap((name) => graph.nodes.get(name)?.image ?? []);
  const contexts = await listContexts(set.directory, images, signal, cacheFolder);
  if (!contexts.ok) return contexts;
  const platform = earlier.platform ?? ownPlatform();
  const used = [...needed].flatMap((name) => graph.nodes.get(name)?.roots.map(({ root }) => root) ?? []);
  const roots = rootsAsBefore(graph, used, earlier);
  // A root that neither the lock nor the earlier plan knows is new, whatever it is.
  const identities = new Map(used.map((root) => [root, roots.get(root) ?? 'not known']));
  const keys = computeKeys(graph, { platform, roots: identities, contexts: contexts.value }, needed);
  const remembered = new Map(earlier.images.map(({ name, key, inputs }) => [name, [{ key, inputs }]]));
  const sources = { directory: set.directory, environment, keys, remembered, place: placesIn(graph) };
  const pins = await lockPins(sources, signal);
  return ok({
    entries: compareKeys(graph, keys, earlier, remembered, pins),
    removed: earlier.images.map(({ name }) => name).filter((name) => !graph.nodes.has(name)),
    keys,
    platform,
    roots,
  });
}

/** The names of an earlier plan that the family still has. */
export function namesInBoth(graph: ImageGraph, earlier: EarlierPlan): readonly string[] {
  return earlier.images.map(({ name }) => name).filter((name) => graph.nodes.has(name));
}

function compareKeys(
  graph: ImageGraph,
  keys: ReadonlyMap<string, ImageKey>,
  earlier: EarlierPlan,
  remembered: ReadonlyMap<string, readonly RememberedBuild[]>,
  pins: KnownPins,
): readonly ShownEntry[] {
  const before = new Map(earlier.images.map((image) => [image.name, image.key]));
  const chain = new ReasonChain(keys, remembered, placesIn(graph), pins);
  return [...keys].map(([name, { key }]) => {
    const { image, parents } = nodeOf(graph, name);
    const old = before.get(name);
    const reasons: readonly Reason[] =
      old === undefined ? [{ kind: 'new-image' }] : old === key ? [] : chain.reasons(name);
    const { definition, kind } = image;
    return { name, definition, kind, parents, key, action: reasons.length > 0 ? 'build' : 'reuse', reasons };
  });
}

/** What the lock says of these roots; else what the earlier plan found. */
function rootsAsBefore(
  graph: ImageGraph,
  used: readonly string[],
  earlier: EarlierPlan,
): ReadonlyMap<string, string> {
  return new Map(
    used.flatMap((root) => {
      const identity = graph.roots.get(root)?.digest ?? earlier.roots?.[root];
      return identity === undefined ? [] : [[root, identity] as const];
    }),
  );
}
