/**
 * What is to be done for each image and why, as data. Types and the documented JSON form;
 * deciding is make-plan.ts's work, doing is src/run's.
 */
import type { Action } from '../core/event.ts';
import type { Reason } from '../key/reasons.ts';
import { describeReason } from '../key/reasons.ts';

/** One image of the plan. */
export interface PlanEntry {
  readonly name: string;
  readonly definition: string;
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
}

/** In an order in which parents come before their children. */
export interface Plan {
  readonly entries: readonly PlanEntry[];
}

/** `build plan --format json`, version 1. */
export interface PlanDocument {
  readonly version: 1;
  readonly images: readonly {
    readonly name: string;
    readonly definition: string;
    readonly parents: readonly string[];
    readonly key: string;
    readonly action: Action;
    readonly reasons: readonly (Reason & { readonly text: string })[];
  }[];
}

/** The plan as the documented JSON document. */
export function planDocument(plan: Plan): PlanDocument {
  return {
    version: 1,
    images: plan.entries.map(({ name, definition, parents, key, action, reasons }) => ({
      name,
      definition,
      parents,
      key,
      action,
      reasons: reasons.map((reason) => ({ ...reason, text: describeReason(reason) })),
    })),
  };
}
