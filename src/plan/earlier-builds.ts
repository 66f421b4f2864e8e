/** What a plan tells its reasons by. Most plans have nothing to explain, and load nothing that finds it out. */
import type { ImageGraph } from '../graph/image-graph.ts';
import type { KnownPins } from '../key/pinned-packages.ts';
import { placesIn, type RememberedBuild } from '../key/reason-chain.ts';
import type { GatherSources } from './gather-inputs.ts';

export interface EarlierBuilds {
  /** By image, its last build first. */
  readonly remembered: ReadonlyMap<string, readonly RememberedBuild[]>;
  /** What their lists of Python packages pinned, and pin now. */
  readonly pins: KnownPins;
}

interface Sources extends GatherSources {
  readonly graph: ImageGraph;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What the images that nobody has were built from before, and what those stand on. */
export async function earlierBuilds(
  sources: Sources,
  unknown: readonly string[],
  signal: AbortSignal,
): Promise<EarlierBuilds> {
  if (unknown.length === 0) return { remembered: new Map(), pins: new Map() };
  const { gatherInputs } = await import('./gather-inputs.ts');
  const remembered = await gatherInputs(sources, unknown, signal);
  const { lockPins } = await import('./lock-pins.ts');
  const { keys, environment, set, graph } = sources;
  const { directory } = set;
  const pins = await lockPins({ directory, environment, keys, remembered, place: placesIn(graph) }, signal);
  return { remembered, pins };
}
