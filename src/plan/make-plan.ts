/**
 * Decides for each image what is to be done, and says why. Pure: everything it goes by was asked before.
 */
import type { Action } from '../core/event.ts';
import type { ImageGraph } from '../graph/image-graph.ts';
import type { ImageKey } from '../key/content-key.ts';
import type { KnownPins } from '../key/pinned-packages.ts';
import { placesIn, ReasonChain, type RememberedBuild } from '../key/reason-chain.ts';
import type { Reason } from '../key/reasons.ts';
import type { LocalBytes, Plan, PlanEntry, PublishedBytes } from './plan.ts';

export interface PlanMode {
  /** Do only what the record lacks; otherwise everything selected goes through the engine. */
  readonly changed: boolean;
  /** Build and test everything selected again, whatever the record says. */
  readonly force: boolean;
  readonly push: boolean;
}

export interface PlanInput {
  readonly graph: ImageGraph;
  /** In no particular order; their parents are added. */
  readonly selected: readonly string[];
  readonly mode: PlanMode;
  readonly keys: ReadonlyMap<string, ImageKey>;
  readonly verdictKeys: ReadonlyMap<string, string>;
  readonly local: ReadonlyMap<string, LocalBytes>;
  /** What the registry has; undefined when it was not asked. */
  readonly remote: ReadonlyMap<string, PublishedBytes> | undefined;
  /** Images that the registry has under their keys, but that nobody who is trusted signed: as good as not there. */
  readonly unsigned?: ReadonlySet<string>;
  /** Images whose published tags are not all there, or point elsewhere, with the tags. */
  readonly missingTags: ReadonlyMap<string, readonly string[]>;
  /** What images were built from earlier, each one's last build first; enough for those that nobody has. */
  readonly remembered: ReadonlyMap<string, readonly RememberedBuild[]>;
  /** What lists of Python packages pinned then, and pin now. */
  readonly pins?: KnownPins;
}

/** The plan for the selected images and all that they are built on, parents first. */
export function makePlan(input: PlanInput): Plan {
  const { graph } = input;
  const selected = new Set(input.selected);
  const needed = new Set([...selected, ...graph.ancestors(input.selected)]);
  const chain = new ReasonChain(input.keys, input.remembered, placesIn(graph), input.pins);
  const entries: PlanEntry[] = [];
  for (const name of graph.order) {
    const node = graph.nodes.get(name);
    const key = input.keys.get(name);
    const verdictKey = input.verdictKeys.get(name);
    if (!needed.has(name) || node === undefined || key === undefined || verdictKey === undefined) continue;
    const { action, reasons } = decide(input, name, chain, node.image.kind === 'builder', selected.has(name));
    entries.push({
      name,
      definition: node.image.definition,
      kind: node.image.kind,
      parents: node.parents,
      key: key.key,
      verdictKey,
      action,
      reasons,
      selected: selected.has(name),
      local: input.local.get(name),
      published: input.remote?.get(name),
    });
  }
  return { entries };
}

/** The images that {@link makePlan} would explain by their inputs: nobody has their bytes. */
export function unknownImages(
  input: Pick<PlanInput, 'local' | 'remote'>,
  needed: readonly string[],
): readonly string[] {
  return needed.filter((name) => !input.local.has(name) && input.remote?.has(name) !== true);
}

function decide(
  input: PlanInput,
  name: string,
  chain: ReasonChain,
  isBuilder: boolean,
  isSelected: boolean,
): { readonly action: Action; readonly reasons: readonly Reason[] } {
  const local = input.local.get(name);
  const remote = input.remote?.get(name);
  const { changed, force, push } = input.mode;

  if (isSelected && force) return { action: 'build', reasons: [{ kind: 'forced' }] };
  const isUnsigned = input.unsigned?.has(name) === true;
  if (local === undefined && remote === undefined) {
    const reasons = isUnsigned ? [unsigned('image')] : chain.reasons(name);
    return { action: 'build', reasons };
  }
  if (isSelected && !changed) return { action: 'build', reasons: [{ kind: 'asked' }] };
  const passed = isBuilder || (local?.passed ?? false) || (remote?.passed ?? false);
  if (!passed) {
    const reason = remote?.unsignedPass === true ? unsigned('pass') : { kind: 'not-verified' as const };
    return { action: 'verify', reasons: [reason] };
  }
  if (!push || isBuilder) return { action: 'reuse', reasons: [] };
  if (remote?.passed === true && remote.scanned === false)
    return {
      action: 'verify',
      reasons: [remote.unsignedScan === true ? unsigned('scan') : { kind: 'not-scanned' }],
    };
  if (remote === undefined || !remote.passed) {
    const isSigned = !isUnsigned && remote?.unsignedPass !== true;
    const reason = isSigned ? { kind: 'not-published' as const } : unsigned(isUnsigned ? 'image' : 'pass');
    return { action: 'publish', reasons: [reason] };
  }
  const missing = input.missingTags.get(name) ?? [];
  if (missing.length > 0)
    return { action: 'publish', reasons: missing.map((tag) => ({ kind: 'tag-missing', tag })) };
  return { action: 'reuse', reasons: [] };
}

function unsigned(what: 'image' | 'pass' | 'scan'): Reason {
  return { kind: 'not-signed', what };
}
