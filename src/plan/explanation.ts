/**
 * Why one image would be rebuilt, or would not, as data: the chain of causes down to the first ones, and what stands
 * around the image. Pure; src/report tells it as a story.
 */
import type { Action } from '../core/event.ts';
import { placesIn, ReasonChain } from '../key/reason-chain.ts';
import { describeReason, type Reason } from '../key/reasons.ts';
import type { DrawnPlan } from './draw-plan.ts';

/** One image on the way to a first cause. */
export interface ChainLink {
  readonly image: string;
  readonly key: string;
  /** The key of the build that today's is compared with. */
  readonly previousKey?: string;
  /** The most telling first; empty where nobody kept what that build was made from. */
  readonly reasons: readonly (Reason & { readonly text: string })[];
}

export interface Explanation {
  readonly image: string;
  readonly definition: string;
  readonly action: Action;
  readonly key: string;
  /** The image itself first, then the parents that changed, each once, until the first causes. */
  readonly chain: readonly ChainLink[];
  readonly parents: readonly string[];
  /** All that it stands on, the nearest last. */
  readonly ancestors: readonly string[];
  /** Images from outside that it or its ancestors start from. */
  readonly roots: readonly { readonly root: string; readonly identity: string }[];
  /** All that stands on it. */
  readonly descendants: readonly string[];
  /** The last build on this machine, where it remembers one: milliseconds since 1970, and how long it took. */
  readonly lastBuild?: { readonly at: number; readonly key: string; readonly durationMs: number };
  /** When the engine's bytes of today's key were made, milliseconds since 1970. */
  readonly madeAt?: number;
}

/** What an explanation goes by. */
export type ExplanationSources = Pick<
  DrawnPlan,
  'graph' | 'plan' | 'keys' | 'memories' | 'roots' | 'remembered'
> &
  Partial<Pick<DrawnPlan, 'pins'>>;

/** Explains one image of a plan that was drawn for it. */
export function explanationOf(drawn: ExplanationSources, name: string): Explanation {
  const { graph, memories, roots } = drawn;
  const entry = drawn.plan.entries.find((each) => each.name === name);
  if (entry === undefined) throw new Error(`the plan has no ${name}`);
  const ancestors = graph.ancestors([name]);
  const used = [...ancestors, name].flatMap((each) => graph.nodes.get(each)?.roots ?? []);
  const memory = memories.get(name);
  return {
    image: name,
    definition: entry.definition,
    action: entry.action,
    key: entry.key,
    chain: chainOf(drawn, name, entry.reasons),
    parents: entry.parents,
    ancestors,
    roots: [...new Set(used.map(({ root }) => root))].map((root) => ({
      root,
      identity: roots.get(root)?.identity ?? '',
    })),
    descendants: graph.descendants([name]),
    ...(memory === undefined
      ? {}
      : { lastBuild: { at: memory.builtAt, key: memory.key, durationMs: memory.buildMs } }),
    ...(entry.local === undefined ? {} : { madeAt: entry.local.created * 1000 }),
  };
}

function chainOf(drawn: ExplanationSources, name: string, reasons: readonly Reason[]): readonly ChainLink[] {
  const { graph, keys, remembered } = drawn;
  const reasonChain = new ReasonChain(keys, remembered, placesIn(graph), drawn.pins);
  const links = new Map<string, ChainLink>();
  const follow = (image: string, previousKey: string | undefined, why: readonly Reason[]): void => {
    const key = keys.get(image)?.key;
    if (key === undefined || links.has(image)) return;
    links.set(image, {
      image,
      key,
      ...(previousKey === undefined || previousKey === key ? {} : { previousKey }),
      reasons: why.map((reason) => ({ ...reason, text: describeReason(reason) })),
    });
    const then = remembered.get(image)?.find((build) => build.key === previousKey)?.inputs;
    for (const reason of why) {
      if (reason.kind !== 'parent-changed') continue;
      // Where no more than a key is known of that build, the parent's own last one has to do.
      const builds = remembered.get(reason.image);
      const stoodOn =
        then === undefined
          ? builds?.[0]?.key
          : then.parents.find((parent) => parent.name === reason.image)?.key;
      if (stoodOn === undefined) continue;
      const own =
        then === undefined
          ? reasonChain.reasons(reason.image)
          : (reasonChain.reasonsSince(reason.image, stoodOn) ?? []);
      follow(reason.image, stoodOn, own);
    }
  };
  const last = remembered.get(name)?.[0];
  follow(name, last?.maybeOthers === true ? undefined : last?.key, reasons);
  return [...links.values()];
}
