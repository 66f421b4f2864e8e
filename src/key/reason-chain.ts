/**
 * Follows a change through an image's parents down to its first cause. Pure: it compares the inputs that others
 * kept with those of today, and says "not known" where nobody kept them.
 */
import { nodeOf, type ImageGraph } from '../graph/image-graph.ts';
import type { Image } from '../matrix/image-set.ts';
import type { ImageKey, KeyInputs } from './content-key.ts';
import { withPackages, type KnownPins } from './pinned-packages.ts';
import { explainChange, type InputPlace, type Reason } from './reasons.ts';

/** One earlier build of an image. */
export interface RememberedBuild {
  readonly key: string;
  /** What it was made from; undefined where no more than its key is known. */
  readonly inputs: KeyInputs | undefined;
  /** True where only the engine tells of it: most families have a `base`, and it may be another's. */
  readonly maybeOthers?: true;
}

/** Parents that one reason names at most. */
const mostLinks = 12;

/** Where an image's inputs lie. */
export function placeOf({ dockerfile, context }: Pick<Image, 'dockerfile' | 'context'>): InputPlace {
  return { dockerfile, context };
}

/** Where the inputs of a family's images lie. */
export function placesIn(graph: Pick<ImageGraph, 'nodes'>): (name: string) => InputPlace {
  return (name) => placeOf(nodeOf(graph, name).image);
}

/** Explains images of one family against what is remembered of their earlier builds. */
export class ReasonChain {
  readonly #keys: ReadonlyMap<string, ImageKey>;
  readonly #remembered: ReadonlyMap<string, readonly RememberedBuild[]>;
  readonly #place: (name: string) => InputPlace;
  readonly #pins: KnownPins;
  /** By image and the key that it had: a family's children stand on the same few builds. */
  readonly #known = new Map<string, readonly Reason[]>();

  /** `keys` are today's; `remembered` holds an image's builds, the last one first; `pins` what is known of their locks. */
  constructor(
    keys: ReadonlyMap<string, ImageKey>,
    remembered: ReadonlyMap<string, readonly RememberedBuild[]>,
    place: (name: string) => InputPlace,
    pins: KnownPins = new Map(),
  ) {
    this.#keys = keys;
    this.#remembered = remembered;
    this.#place = place;
    this.#pins = pins;
  }

  /** Why an image's bytes of today do not exist: what differs from its last build, the most telling first. */
  reasons(name: string): readonly Reason[] {
    const builds = this.#remembered.get(name) ?? [];
    const last = builds[0];
    if (last === undefined) return [{ kind: 'never-built' }];
    const today = this.#keys.get(name)?.key;
    if (builds.some(({ key }) => key === today)) return [{ kind: 'bytes-gone' }];
    return this.#since(name, last);
  }

  /**
   * What differs between one earlier build of an image and today, a changed parent with its own reasons' first.
   * Undefined where nobody kept what that build was made from.
   */
  reasonsSince(name: string, key: string): readonly Reason[] | undefined {
    const build = this.#remembered.get(name)?.find((each) => each.key === key);
    return build?.inputs === undefined || !this.#keys.has(name) ? undefined : this.#since(name, build);
  }

  #since(name: string, build: RememberedBuild): readonly Reason[] {
    const id = `${name} ${build.key}`;
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const today = this.#keys.get(name);
    if (today === undefined) throw new Error(`no key for ${name}`);
    const { inputs } = build;
    if (build.maybeOthers === true) return [{ kind: 'built-elsewhere', from: build.key, to: today.key }];
    const reasons =
      inputs === undefined
        ? this.#byKeysAlone(today, build.key)
        : explainChange(inputs, today.inputs, this.#place(name)).map((reason) =>
            reason.kind === 'parent-changed'
              ? this.#withCause(reason, inputs)
              : withPackages(reason, this.#pins),
          );
    this.#known.set(id, reasons);
    return reasons;
  }

  /** The parent is compared with the very build that the child stood on, not with its own last one. */
  #withCause(reason: Reason & { readonly kind: 'parent-changed' }, child: KeyInputs): Reason {
    const stoodOn = child.parents.find(({ name }) => name === reason.image)?.key;
    const because = stoodOn === undefined ? undefined : this.reasonsSince(reason.image, stoodOn)?.[0];
    return because === undefined ? reason : { ...reason, because: withoutMiddle(because) };
  }

  /** What two keys tell: which parents have changed as well, or that the image itself has. */
  #byKeysAlone(today: ImageKey, from: string): readonly Reason[] {
    const changed = today.inputs.parents.flatMap(({ name: image }): readonly Reason[] => {
      const [because] = this.#remembered.has(image) ? this.reasons(image) : [];
      if (because === undefined || because.kind === 'bytes-gone' || because.kind === 'built-elsewhere')
        return [];
      return [{ kind: 'parent-changed', image, because: withoutMiddle(because) }];
    });
    return changed.length > 0 ? changed : [{ kind: 'content-changed', from, to: today.key }];
  }
}

/**
 * A chain of many parents without those between: each image of a plan holds its own, which would grow with the
 * square of a family's depth. The first cause stays, and the image that it is one of.
 */
function withoutMiddle(reason: Reason): Reason {
  let links = 0;
  let last = reason;
  for (let at: Reason | undefined = reason; at?.kind === 'parent-changed'; at = at.because) {
    links += 1;
    last = at;
  }
  return links > mostLinks ? last : reason;
}
