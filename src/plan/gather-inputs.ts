/**
 * Gathers what images were built from earlier, for those that a plan has to explain: first what this machine
 * remembers, then, for what it never built, what the registry keeps of the content that people use now.
 */
import pLimit from 'p-limit';
import type { RegistryClient } from '../../registry/client.ts';
import type { ImageGraph } from '../graph/image-graph.ts';
import type { ImageKey } from '../key/content-key.ts';
import type { RememberedInputs } from '../key/reason-chain.ts';
import type { ImageSet } from '../matrix/image-set.ts';
import { tagsOf } from './image-tags.ts';
import { fetchInputs, keyBehindTag, type PublishedPlace } from './published-inputs.ts';
import { readRememberedInputs } from './remembered-inputs.ts';

const concurrency = 16;

export interface GatherSources {
  readonly set: ImageSet;
  readonly graph: ImageGraph;
  /** Today's. */
  readonly keys: ReadonlyMap<string, ImageKey>;
  /** Undefined: nobody but this machine is asked. */
  readonly registry: RegistryClient | undefined;
}

/** Earlier builds of these images and of all that they stand on, by image, the last one first. */
export async function gatherInputs(
  sources: GatherSources,
  names: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly RememberedInputs[]>> {
  const { set, graph, registry } = sources;
  const here = await readRememberedInputs(set.directory, [...names, ...graph.ancestors(names)]);
  return registry === undefined ? here : await new Gathering(sources, registry, here, signal).complete(names);
}

class Gathering {
  readonly #sources: GatherSources;
  readonly #registry: RegistryClient;
  readonly #here: ReadonlyMap<string, readonly RememberedInputs[]>;
  readonly #known: Map<string, readonly RememberedInputs[]>;
  readonly #signal: AbortSignal;
  readonly #limit = pLimit(concurrency);
  /** By image and key: the same build is asked for once. */
  readonly #asked = new Map<string, Promise<RememberedInputs | undefined>>();

  constructor(
    sources: GatherSources,
    registry: RegistryClient,
    here: ReadonlyMap<string, readonly RememberedInputs[]>,
    signal: AbortSignal,
  ) {
    this.#sources = sources;
    this.#registry = registry;
    this.#here = here;
    this.#known = new Map(here);
    this.#signal = signal;
  }

  async complete(names: readonly string[]): Promise<ReadonlyMap<string, readonly RememberedInputs[]>> {
    await Promise.all(
      names.map(async (name) => {
        const last = this.#here.get(name)?.[0] ?? (await this.#published(name));
        if (last !== undefined) await this.#follow(last);
      }),
    );
    return this.#known;
  }

  /** The build behind the first of the image's names that does not hold a key of its own. */
  async #published(name: string): Promise<RememberedInputs | undefined> {
    const place = this.#placeOf(name);
    // Without a day of their own, templates with one are left out; with no key, those with one name nothing.
    const today = this.#sources.keys.get(name)?.key.slice(0, 12) ?? '';
    const tag =
      place === undefined
        ? undefined
        : tagsOf(this.#sources.set, name, today, undefined).find((each) => !each.includes(today));
    if (place === undefined || tag === undefined) return undefined;
    const key = await this.#limit(() => keyBehindTag(place, tag, this.#signal));
    const build = key === undefined ? undefined : await this.#build(name, key);
    if (build === undefined) return undefined;
    // A child may have asked for an older one meanwhile.
    const others = (this.#known.get(name) ?? []).filter((other) => other.key !== build.key);
    this.#known.set(name, [build, ...others]);
    return build;
  }

  /** The builds of the parents that a build stood on, and theirs, wherever today's are others. */
  async #follow(build: RememberedInputs): Promise<void> {
    await Promise.all(
      build.inputs.parents.map(async ({ name, key }) => {
        const today = this.#sources.keys.get(name)?.key;
        if (today === undefined || today === key || this.#asked.has(`${name} ${key}`)) return;
        const parent = await this.#build(name, key);
        if (parent !== undefined) await this.#follow(parent);
      }),
    );
  }

  #build(name: string, key: string): Promise<RememberedInputs | undefined> {
    const id = `${name} ${key}`;
    const asked = this.#asked.get(id) ?? this.#fetch(name, key);
    this.#asked.set(id, asked);
    return asked;
  }

  async #fetch(name: string, key: string): Promise<RememberedInputs | undefined> {
    const here = this.#known.get(name)?.find((build) => build.key === key);
    const place = this.#placeOf(name);
    if (here !== undefined || place === undefined) return here;
    const inputs = await this.#limit(() => fetchInputs(place, key, this.#signal));
    if (inputs === undefined) return undefined;
    const build = { key, inputs };
    this.#known.set(name, [...(this.#known.get(name) ?? []), build]);
    return build;
  }

  #placeOf(image: string): PublishedPlace | undefined {
    const target = this.#sources.set.registry;
    return target === undefined ? undefined : { registry: this.#registry, target, image };
  }
}
