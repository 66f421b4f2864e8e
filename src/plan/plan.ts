/**
 * What is to be done for each image and why, as data. Types and the documented JSON form;
 * deciding is make-plan.ts's work, doing is src/run's.
 */
import type { Action } from '../core/event.ts';
import type { ImageKey, KeyInputs } from '../key/content-key.ts';
import { describeReason, type Reason } from '../key/reasons.ts';
import type { ImageKind } from '../matrix/image-set.ts';

/** What every display of a plan goes by. */
export type ShownEntry = Pick<
  PlanEntry,
  'name' | 'definition' | 'kind' | 'parents' | 'key' | 'action' | 'reasons'
>;

/** An image of which nothing can be told: nobody knows the bytes of a root that it stands on. */
export interface UnknownImage {
  readonly name: string;
  readonly parents: readonly string[];
  readonly action: 'unknown';
  /** Of the roots that are not known the first that it stands on, by its name. */
  readonly root: string;
}

/** One image of the plan. */
export interface PlanEntry {
  readonly name: string;
  readonly definition: string;
  readonly kind: ImageKind;
  readonly parents: readonly string[];
  /** Content key, 64 hexadecimal digits. */
  readonly key: string;
  readonly verdictKey: string;
  readonly action: Action;
  /** The most important first; empty for `reuse`. */
  readonly reasons: readonly Reason[];
  /** False for a parent that was not asked for but is needed. */
  readonly selected: boolean;
  /** The engine's image that carries this key, where it has one. */
  readonly local: LocalBytes | undefined;
  /** What the registry has under this key; undefined where it was not asked or has nothing. */
  readonly published: PublishedBytes | undefined;
}

export interface LocalBytes {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly size: number;
  readonly passed: boolean;
}

export interface PublishedBytes {
  readonly digest: string;
  readonly passed: boolean;
  /** It is recorded as passed, but nobody who is trusted signed that. */
  readonly unsignedPass?: true;
  /** Whether it passed a scan under today's policy; absent where nothing is scanned. */
  readonly scanned?: boolean;
  /** It is recorded as scanned, but nobody who is trusted signed that. */
  readonly unsignedScan?: true;
}

/** In an order in which parents come before their children. */
export interface Plan {
  readonly entries: readonly PlanEntry[];
}

/** One image of a plan as the documented JSON tells it. */
export interface PlannedDocumentImage {
  readonly name: string;
  readonly definition: string;
  readonly kind: ImageKind;
  readonly parents: readonly string[];
  readonly key: string;
  readonly action: Action;
  readonly reasons: readonly (Reason & { readonly text: string })[];
  /** What the key was made from; only where `--inputs` asked for it. */
  readonly inputs?: KeyInputs;
}

/** `build plan --format json`, version 1; docs/plan-json.md tells its fields. */
export interface PlanDocument {
  readonly version: 1;
  readonly platform: string;
  /** Identities of the roots that these images start from. */
  readonly roots: Readonly<Record<string, string>>;
  readonly images: readonly PlannedDocumentImage[];
  /** With `--against` alone: images of the earlier plan that are no more. */
  readonly removed?: readonly string[];
}

/** What a plan's JSON holds beside its entries. */
export interface PlanFacts {
  readonly platform: string;
  readonly roots: ReadonlyMap<string, string>;
  /** Where the inputs of the keys are wanted. */
  readonly inputs?: ReadonlyMap<string, ImageKey>;
  readonly removed?: readonly string[];
}

/** The plan as the documented JSON document. */
export function planDocument(entries: readonly ShownEntry[], facts: PlanFacts): PlanDocument {
  return {
    version: 1,
    platform: facts.platform,
    roots: Object.fromEntries(facts.roots),
    images: entries.map(({ name, definition, kind, parents, key, action, reasons }) => {
      const inputs = facts.inputs?.get(name)?.inputs;
      return {
        name,
        definition,
        kind,
        parents,
        key,
        action,
        reasons: reasons.map((reason) => ({ ...reason, text: describeReason(reason) })),
        ...(inputs === undefined ? {} : { inputs }),
      };
    }),
    ...(facts.removed === undefined ? {} : { removed: facts.removed }),
  };
}
