/**
 * Says why an image is to be built: what differs between the inputs of a key that is known and those of today's.
 * Pure; showing reasons is the report room's work, their words are here.
 */
import { shortKey } from '../matrix/naming.ts';
import type { PinMove } from '../core/python-pins.ts';
import { moved, packageWords, quoted, shortIdentity, withNames } from './reason-words.ts';
import type { KeyInputs, ListedEntry } from './content-key.ts';

export type Reason =
  | {
      readonly kind: 'file-changed';
      /** Relative to the repository. */
      readonly path: string;
      readonly change: 'added' | 'removed' | 'edited' | 'mode';
      /** What differs: a content's `sha256:…`, a mode (`0644`), a link's target (`→ target`), `folder`. */
      readonly from: string | undefined;
      readonly to: string | undefined;
      /** What it pins otherwise, where it lists Python packages and both its texts are known. */
      readonly packages?: readonly PinMove[];
    }
  /** `because`: the first of the parent's own reasons, by reason-chain.ts; `undefined`: not known. */
  | { readonly kind: 'parent-changed'; readonly image: string; readonly because?: Reason }
  | {
      readonly kind: 'root-moved';
      readonly root: string;
      readonly from: string | undefined;
      readonly to: string | undefined;
    }
  | {
      readonly kind: 'argument-changed';
      readonly name: string;
      readonly from: string | undefined;
      readonly to: string | undefined;
    }
  | { readonly kind: 'epoch-moved'; readonly from: string | undefined; readonly to: string | undefined }
  /**
   * `line`: the first instruction that differs, in the Dockerfile of today; undefined where only the end was cut off.
   * `from` and `to`: that instruction then and now; one alone where it was removed or added.
   */
  | {
      readonly kind: 'dockerfile-changed';
      readonly file: string;
      readonly line: number | undefined;
      readonly from: string | undefined;
      readonly to: string | undefined;
    }
  | { readonly kind: 'target-changed'; readonly from: string | undefined; readonly to: string | undefined }
  | { readonly kind: 'platform-changed'; readonly from: string; readonly to: string }
  | { readonly kind: 'schema-changed'; readonly from: number; readonly to: number }
  | { readonly kind: 'never-built' }
  /** This very content was built before, but neither the engine nor the registry has it any more. */
  | { readonly kind: 'bytes-gone' }
  /** This checkout never built it; the engine has other contents under its name, of another checkout or another family. */
  | { readonly kind: 'built-elsewhere'; readonly from: string; readonly to: string }
  /** The key differs, and nobody kept what the earlier one was made from. */
  | { readonly kind: 'content-changed'; readonly from: string; readonly to: string }
  /** The plan that is compared with did not have this image. */
  | { readonly kind: 'new-image' }
  | { readonly kind: 'forced' }
  | { readonly kind: 'asked' }
  /** The bytes exist, but no record says that they passed the checks as they are now. */
  | { readonly kind: 'not-verified' }
  | { readonly kind: 'not-published' }
  /** The registry has an image, a pass or a scan under this key, but nobody who is trusted signed it. */
  | { readonly kind: 'not-signed'; readonly what: 'image' | 'pass' | 'scan' }
  /** It is published, but no record says that it was scanned under the policy as it is now. */
  | { readonly kind: 'not-scanned' }
  /** The registry has the image, but not under this tag. */
  | { readonly kind: 'tag-missing'; readonly tag: string };

/** Where an image's inputs lie in the repository, so that a person finds them: paths with forward slashes. */
export interface InputPlace {
  readonly dockerfile: string;
  /** `.` or undefined: the repository itself, or no context at all. */
  readonly context: string | undefined;
}

/**
 * Every difference, the most telling first: platform and target, what a person edited, what moved outside, what
 * follows from other images. Empty where the keys are the same. Of another schema version nothing else can be told.
 */
export function explainChange(
  before: KeyInputs | undefined,
  after: KeyInputs,
  place: InputPlace,
): readonly Reason[] {
  if (before === undefined) return [{ kind: 'never-built' }];
  if (before.schema !== after.schema) {
    return [{ kind: 'schema-changed', from: before.schema, to: after.schema }];
  }
  return [
    ...frameReasons(before, after),
    ...dockerfileReasons(before, after, place.dockerfile),
    ...fileReasons(before.context, after.context, place.context),
    ...argumentReasons(before, after),
    ...epochReasons(before, after),
    ...rootReasons(before, after),
    ...parentReasons(before, after),
  ];
}

/**
 * A reason in plain words, without a final full stop: `courses/physics/apt.txt edited`. Of a chain through several
 * parents, the one that changed first: `base changed: images/base/apt.txt edited`.
 */
export function describeReason(reason: Reason): string {
  switch (reason.kind) {
    case 'file-changed':
      return `${reason.path} ${reason.change === 'mode' ? 'has another mode' : reason.change}${packageWords(reason.packages)}`;
    case 'parent-changed': {
      const { image, because } = reason;
      if (because === undefined) return `${image} changed`;
      // The first cause is what a person can act on; the images between are seen in the tree.
      return because.kind === 'parent-changed' && because.because !== undefined
        ? describeReason(because)
        : `${image} changed: ${describeReason(because)}`;
    }
    case 'root-moved':
      return `root ${reason.root} ${moved(shortIdentity(reason.from), shortIdentity(reason.to))}`;
    case 'argument-changed':
      return `argument ${reason.name} ${moved(quoted(reason.from), quoted(reason.to))}`;
    case 'epoch-moved':
      return `epoch ${moved(reason.from, reason.to)}`;
    case 'dockerfile-changed':
      return `${reason.file}${reason.line === undefined ? '' : `:${reason.line}`} changed`;
    case 'target-changed':
      return `target stage ${moved(reason.from, reason.to)}`;
    case 'platform-changed':
      return `platform ${moved(reason.from, reason.to)}`;
    case 'schema-changed':
      return `keys are made in another way since version ${reason.to} (was ${reason.from})`;
    case 'never-built':
      return 'never built';
    case 'bytes-gone':
      return 'built before, but its image is gone';
    case 'built-elsewhere':
      return `not built from here; what the engine has of that name is other content (key ${shortKey(reason.from)}, not ${shortKey(reason.to)})`;
    case 'content-changed':
      return `content changed (key ${shortKey(reason.from)} to ${shortKey(reason.to)})`;
    case 'new-image':
      return 'new in the family';
    case 'forced':
      return 'forced';
    case 'asked':
      return 'asked for';
    case 'not-verified':
      return 'built, but has not passed today’s checks yet';
    case 'not-scanned':
      return 'published, but not scanned yet under the policy as it is now';
    case 'not-published':
      return 'not in the registry yet';
    case 'not-signed':
      return reason.what === 'image'
        ? 'what the registry has is signed by nobody under `trust`'
        : `its ${reason.what} in the registry is signed by nobody under \`trust\``;
    case 'tag-missing':
      return `tag ${reason.tag} is missing in the registry, or names older bytes`;
    default:
      return reason satisfies never;
  }
}

function dockerfileReasons(before: KeyInputs, after: KeyInputs, file: string): readonly Reason[] {
  // Another target takes other instructions, without an edit of any.
  if (before.target !== after.target) return [];
  const old = before.instructions.map(({ text }) => text);
  const current = after.instructions.map(({ text }) => text);
  const [first, last] = sameEnds(old, current, (a, b) => a === b);
  if (first === old.length && first === current.length) return [];
  return [
    {
      kind: 'dockerfile-changed',
      file,
      line: after.instructions[first]?.line,
      from: first < old.length - last ? withNames(old[first], before.roots) : undefined,
      to: first < current.length - last ? withNames(current[first], after.roots) : undefined,
    },
  ];
}

function fileReasons(
  before: readonly ListedEntry[],
  after: readonly ListedEntry[],
  context = '.',
): readonly Reason[] {
  const [first, last] = sameEnds(before, after, isSameEntry);
  const old = new Map(before.slice(first, before.length - last).map((entry) => [entry.path, entry]));
  const current = new Map(after.slice(first, after.length - last).map((entry) => [entry.path, entry]));
  const paths = [...new Set([...old.keys(), ...current.keys()])].toSorted();
  const folder = context === '.' ? '' : `${context}/`;
  return paths.flatMap((path) => {
    const [from, to] = [old.get(path), current.get(path)];
    const change = changeOf(from, to);
    if (change === undefined) return [];
    const show = change === 'mode' ? modeOf : contentOf;
    return [
      { kind: 'file-changed' as const, path: `${folder}${path}`, change, from: show(from), to: show(to) },
    ];
  });
}

/** How many items two lists have in common at their beginnings, and how many of the others at their ends. */
function sameEnds<T>(
  before: readonly T[],
  after: readonly T[],
  isSame: (a: T, b: T) => boolean,
): readonly [number, number] {
  const most = Math.min(before.length, after.length);
  const same = (a: T | undefined, b: T | undefined): boolean =>
    a !== undefined && b !== undefined && isSame(a, b);
  let first = 0;
  while (first < most && same(before[first], after[first])) first += 1;
  let last = 0;
  while (last < most - first && same(before.at(-1 - last), after.at(-1 - last))) last += 1;
  return [first, last];
}

function isSameEntry(a: ListedEntry, b: ListedEntry): boolean {
  return a.path === b.path && changeOf(a, b) === undefined;
}

function contentOf(entry: ListedEntry | undefined): string | undefined {
  if (entry === undefined) return undefined;
  switch (entry.kind) {
    case 'file':
      return `sha256:${entry.sha256}`;
    case 'symlink':
      return `→ ${entry.target}`;
    case 'directory':
      return 'folder';
    default:
      return entry satisfies never;
  }
}

function modeOf(entry: ListedEntry | undefined): string | undefined {
  return entry?.kind === 'file' ? `0${entry.mode.toString(8)}` : undefined;
}

function changeOf(before: ListedEntry | undefined, after: ListedEntry | undefined) {
  if (before === undefined) return 'added';
  if (after === undefined) return 'removed';
  if (before.kind === 'file' && after.kind === 'file') {
    if (before.sha256 !== after.sha256) return 'edited';
    return before.mode === after.mode ? undefined : 'mode';
  }
  return contentOf(before) === contentOf(after) ? undefined : 'edited';
}

function argumentReasons(before: KeyInputs, after: KeyInputs): readonly Reason[] {
  // The epoch has a reason of its own, and reaches a Dockerfile as an argument too.
  const isEpoch = (name: string): boolean => name === 'EPOCH' && before.epoch !== after.epoch;
  const names = [...new Set([...Object.keys(before.args), ...Object.keys(after.args)])];
  return names.toSorted().flatMap((name) => {
    const from = before.args[name];
    const to = after.args[name];
    return from === to || isEpoch(name) ? [] : [{ kind: 'argument-changed' as const, name, from, to }];
  });
}

function frameReasons(before: KeyInputs, after: KeyInputs): readonly Reason[] {
  const reasons: Reason[] = [];
  if (before.platform !== after.platform) {
    reasons.push({ kind: 'platform-changed', from: before.platform, to: after.platform });
  }
  if (before.target !== after.target) {
    reasons.push({ kind: 'target-changed', from: before.target ?? undefined, to: after.target ?? undefined });
  }
  return reasons;
}

function epochReasons(before: KeyInputs, after: KeyInputs): readonly Reason[] {
  if (before.epoch === after.epoch) return [];
  return [{ kind: 'epoch-moved', from: before.epoch ?? undefined, to: after.epoch ?? undefined }];
}

function rootReasons(before: KeyInputs, after: KeyInputs): readonly Reason[] {
  const count = Math.max(before.roots.length, after.roots.length);
  return Array.from({ length: count }, (_, index) => index).flatMap((index) => {
    const old = before.roots[index];
    const current = after.roots[index];
    const root = current?.root ?? old?.root;
    if (root === undefined || old?.identity === current?.identity) return [];
    return [{ kind: 'root-moved' as const, root, from: old?.identity, to: current?.identity }];
  });
}

function parentReasons(before: KeyInputs, after: KeyInputs): readonly Reason[] {
  const old = new Map(before.parents.map(({ name, key }) => [name, key]));
  // A parent that is new or gone shows in the Dockerfile or in an argument, which name it.
  return after.parents
    .filter(({ name, key }) => old.has(name) && old.get(name) !== key)
    .map(({ name }) => ({ kind: 'parent-changed' as const, image: name }));
}
