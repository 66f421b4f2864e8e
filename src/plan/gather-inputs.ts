/**
 * Gathers what images were built from earlier, for those that a plan has to explain: first what this checkout
 * remembers, then, for what it never built, what the registry keeps of the engine's last build, or of the content
 * that people use now.
 */
import pLimit from 'p-limit';
import type { RegistryClient } from '../../registry/client.ts';
import type { ImageKey } from '../key/content-key.ts';
import type { RememberedBuild } from '../key/reason-chain.ts';
import type { ImageSet } from '../matrix/image-set.ts';
import { shortKey } from '../matrix/naming.ts';
import { tagsOf } from './image-tags.ts';
import type { LocalRecord } from './local-record.ts';
import type { PublishedPlace } from './published-inputs.ts';
import { readRememberedInputs, rememberedKeys } from './remembered-inputs.ts';

const concurrency = 16;

export interface GatherSources {
  readonly set: ImageSet;
  /** Today's. */
  readonly keys: ReadonlyMap<string, ImageKey>;
  /** What the engine has: it may have built an image that this checkout knows nothing of. */
  readonly local: Pick<LocalRecord, 'lastKey'>;
  /** Undefined: nobody but this machine is asked. */
  readonly registry: RegistryClient | undefined;
}

/**
 * The last builds of these images, and the builds of what those stood on wherever today's are others: by image, the
 * last one first. Reads no more than that: a thousand images may have to be explained.
 */
export async function gatherInputs(
  sources: GatherSources,
  names: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly RememberedBuild[]>> {
  return await new Gathering(sources, signal).gather(names);
}

class Gathering {
  readonly #sources: GatherSources;
  readonly #signal: AbortSignal;
  readonly #limit = pLimit(concurrency);
  readonly #known = new Map<string, readonly RememberedBuild[]>();
  /** By image and key: the same build is asked for once. */
  readonly #asked = new Map<string, Promise<RememberedBuild | undefined>>();

  constructor(sources: GatherSources, signal: AbortSignal) {
    this.#sources = sources;
    this.#signal = signal;
  }

  async gather(names: readonly string[]): Promise<ReadonlyMap<string, readonly RememberedBuild[]>> {
    await Promise.all(
      names.map(async (name) => {
        const last = await this.#last(name);
        if (last === undefined) return;
        // A child may have asked for an older one meanwhile.
        const others = (this.#known.get(name) ?? []).filter(({ key }) => key !== last.key);
        this.#known.set(name, [last, ...others]);
        await this.#follow(last);
      }),
    );
    return this.#known;
  }

  /** The build to compare with: this checkout's last one, the engine's, or the one that people use. */
  async #last(name: string): Promise<RememberedBuild | undefined> {
    const here = await this.#lastHere(name);
    if (here !== undefined) return here;
    // An engine serves several families, and most have a `base`: its last one is ours where our registry knows it.
    const stored = this.#sources.local.lastKey(name);
    const ours = stored === undefined ? undefined : await this.#build(name, stored);
    if (ours !== undefined) return ours;
    const key = await this.#publishedKey(name);
    if (key !== undefined) return (await this.#build(name, key)) ?? { key, inputs: undefined };
    return stored === undefined ? undefined : { key: stored, inputs: undefined, maybeOthers: true };
  }

  /** This checkout's last build; and whether it ever built today's content. */
  async #lastHere(name: string): Promise<RememberedBuild | undefined> {
    const keys = rememberedKeys(this.#sources.set.directory, name);
    const today = this.#sources.keys.get(name)?.key;
    if (today !== undefined && keys.includes(today)) await this.#build(name, today);
    const [last] = keys;
    return last === undefined ? undefined : await this.#build(name, last);
  }

  /** The key behind the first of the image's names that does not hold one. */
  async #publishedKey(name: string): Promise<string | undefined> {
    const place = this.#placeOf(name);
    if (place === undefined) return undefined;
    const today = this.#sources.keys.get(name)?.key ?? '';
    // Tags with a day are left out where no day is known; those with a key name nothing but today's.
    const tags = tagsOf(this.#sources.set, name, today, undefined);
    const tag = tags.find((each) => !each.includes(shortKey(today)));
    if (tag === undefined) return undefined;
    const { keyBehindTag } = await published();
    return await this.#limit(() => keyBehindTag(place, tag, this.#signal));
  }

  /** The builds of the parents that a build stood on, and theirs, wherever today's are others. */
  async #follow(build: RememberedBuild): Promise<void> {
    await Promise.all(
      (build.inputs?.parents ?? []).map(async ({ name, key }) => {
        const today = this.#sources.keys.get(name)?.key;
        if (today === undefined || today === key || this.#asked.has(`${name} ${key}`)) return;
        const parent = await this.#build(name, key);
        if (parent !== undefined) await this.#follow(parent);
      }),
    );
  }

  #build(name: string, key: string): Promise<RememberedBuild | undefined> {
    const id = `${name} ${key}`;
    const asked = this.#asked.get(id) ?? this.#read(name, key);
    this.#asked.set(id, asked);
    return asked;
  }

  async #read(name: string, key: string): Promise<RememberedBuild | undefined> {
    const build =
      (await readRememberedInputs(this.#sources.set.directory, name, key)) ?? (await this.#fetch(name, key));
    if (build !== undefined) this.#known.set(name, [...(this.#known.get(name) ?? []), build]);
    return build;
  }

  async #fetch(name: string, key: string): Promise<RememberedBuild | undefined> {
    const place = this.#placeOf(name);
    if (place === undefined) return undefined;
    const { fetchInputs } = await published();
    const inputs = await this.#limit(() => fetchInputs(place, key, this.#signal));
    return inputs === undefined ? undefined : { key, inputs };
  }

  #placeOf(image: string): PublishedPlace | undefined {
    const { registry, set } = this.#sources;
    const target = set.registry;
    return target === undefined || registry === undefined ? undefined : { registry, target, image };
  }
}

/** Loaded where a registry is asked, and with it what reads the registry's answers. */
async function published() {
  return await import('./published-inputs.ts');
}
