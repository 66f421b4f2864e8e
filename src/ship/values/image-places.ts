/**
 * Finds where Helm values name images: strings under the key `image`, and pairs of name and tag. Knows YAML and the
 * habits of charts, zero-to-jupyterhub's above all; which of them are ours is match-release.ts. Pure.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  visit,
  type Alias,
  type Document,
  type Node,
  type YAMLMap,
} from 'yaml';
import { scalarPlace, type Reading, type ScalarPlace } from './scalar-place.ts';
import { addReaders, type Reader, type Readers } from './scalar-readers.ts';
import type { ValuesDocuments } from './values-document.ts';

interface Place {
  /** Keys from the top, list indexes as they are: `jupyterhub.singleuser.profileList.0.kubespawner_override.image`. */
  readonly path: string;
  /** What each step may be called, beneath the chart's own top: a list's item by its index, name, slug or title. */
  readonly steps: readonly (readonly string[])[];
}

/** `image: repository:tag` */
export interface StringPlace extends Place {
  readonly form: 'string';
  readonly reference: ScalarPlace;
}

/** `image: {name: repository, tag: tag}`; either may stand in another file that the chart gets as well. */
export interface PairPlace extends Place {
  readonly form: 'pair';
  readonly name: ScalarPlace | undefined;
  /** Where a chart has the name's host apart: `{registry: quay.io, repository: jupyter/base-notebook, tag: …}`. */
  readonly registry: ScalarPlace | undefined;
  readonly tag: ScalarPlace | undefined;
  /** Charts other than zero-to-jupyterhub may have the digest apart. */
  readonly digest: ScalarPlace | undefined;
  /** Secrets that this image alone is pulled with. */
  readonly pullSecrets: readonly string[];
}

export type ImagePlace = StringPlace | PairPlace;

export interface FoundPlaces {
  /** In the order of the text. */
  readonly places: readonly ImagePlace[];
  readonly readers: Readers;
}

/** The names under which a person finds an item of a list again. */
const itemNames = ['name', 'slug', 'display_name'] as const;

/** KubeSpawner also listens to what `image` was called before 2019. */
export function isImageKey(key: unknown): boolean {
  return key === 'image' || key === 'image_spec';
}

/** All places of a file that name an image. */
export function findImagePlaces(values: ValuesDocuments): FoundPlaces {
  const places: ImagePlace[] = [];
  const readers = new Map<number, Reader[]>();
  for (const document of values.documents) {
    const finder = new Finder(values, aliasTargets(document));
    places.push(...finder.find(document));
    addReaders(document, { ...finder.known(), isImageKey }, values.spans, readers);
  }
  return { places: places.toSorted((a, b) => firstOffset(a) - firstOffset(b)), readers };
}

/** The scalar that stands for a place in messages. */
export function shownScalar(place: ImagePlace): ScalarPlace {
  if (place.form === 'string') return place.reference;
  const scalar = place.name ?? place.tag;
  if (scalar === undefined) throw new Error(`a pair without name and tag: ${place.path}`);
  return scalar;
}

function firstOffset(place: ImagePlace): number {
  return shownScalar(place).start;
}

/** What each alias stands for, found in one walk: an alias that is asked looks through the whole document. */
function aliasTargets(document: Document): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Value(_, node) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
    Alias(_, alias) {
      const target = anchors.get(alias.source);
      if (target !== undefined) targets.set(alias, target);
    },
  });
  return targets;
}

class Finder {
  readonly #values: ValuesDocuments;
  readonly #targets: ReadonlyMap<Alias, Node>;
  readonly #places = new Map<unknown, ImagePlace>();
  readonly #aliases = new Set<Alias>();

  constructor(values: ValuesDocuments, targets: ReadonlyMap<Alias, Node>) {
    this.#values = values;
    this.#targets = targets;
  }

  find(document: Document): readonly ImagePlace[] {
    this.#visit(document.contents, []);
    return [...this.#places.values()];
  }

  /** After `find`: what of the document is an image. */
  known(): Omit<Parameters<typeof addReaders>[1], 'isImageKey'> {
    const maps = new Set(this.#places.keys().filter(isMap));
    return { targets: this.#targets, maps, aliases: this.#aliases };
  }

  /** Aliases are followed where they stand for an image alone: everything else is visited at its anchor. */
  #visit(node: unknown, path: readonly (readonly string[])[]): void {
    if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) this.#visit(item, [...path, namesOf(item, index)]);
      return;
    }
    if (!isMap(node)) return;
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : '';
      const below = [...path, [name]];
      if (isImageKey(name) || path.at(-1)?.[0] === 'extraImages') this.#note(value, below);
      this.#visit(value, below);
    }
  }

  #note(value: unknown, path: readonly (readonly string[])[]): void {
    const node = this.#follow(value);
    if (isAlias(value)) this.#aliases.add(value);
    // One that several aliases stand for is one place.
    const identity = isMap(node) ? node : value;
    if (this.#places.has(identity)) return;
    const about = { path: path.map(([name]) => name).join('.'), steps: beneathChart(path) };
    if (isMap(node)) {
      const name = this.#entry(node, 'name') ?? this.#entry(node, 'repository');
      const registry = name !== undefined && hasHost(name.value) ? undefined : this.#entry(node, 'registry');
      const tag = this.#entry(node, 'tag', 'empty too');
      const digest = this.#entry(node, 'digest');
      if (name === undefined && (tag === undefined || tag.value === '')) return;
      const pullSecrets = secretNames(node.get('pullSecrets'));
      this.#places.set(identity, { form: 'pair', name, registry, tag, digest, pullSecrets, ...about });
      return;
    }
    const reference = this.#scalar(value);
    if (reference !== undefined) this.#places.set(identity, { form: 'string', reference, ...about });
  }

  /** A key's value, its own before those that are merged in. */
  #entry(map: YAMLMap, key: string, empty?: 'empty too'): ScalarPlace | undefined {
    const own = map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
    if (own !== undefined) return this.#scalar(own.value, empty);
    for (const pair of map.items) {
      if (!isScalar(pair.key) || pair.key.value !== '<<') continue;
      const merged = this.#follow(pair.value);
      for (const each of isSeq(merged) ? merged.items : [merged]) {
        const source = this.#follow(each);
        // A map that merges itself would never end.
        if (!isMap(source) || source === map) continue;
        const found = source.items.find((inner) => isScalar(inner.key) && inner.key.value === key);
        if (found !== undefined) return this.#scalar(found.value, empty, { mergedAt: map.range?.[0] });
      }
    }
    return undefined;
  }

  #follow(node: unknown): unknown {
    return isAlias(node) ? this.#targets.get(node) : node;
  }

  #scalar(node: unknown, empty?: 'empty too', reading: Reading = {}): ScalarPlace | undefined {
    const alias = isAlias(node) ? node : undefined;
    const place = scalarPlace(this.#follow(node), this.#values, { ...reading, alias });
    return place?.value === '' && empty === undefined ? undefined : place;
  }
}

function namesOf(item: unknown, index: number): readonly string[] {
  if (!isMap(item)) return [String(index)];
  const names = itemNames.flatMap((key) => {
    const value = item.get(key);
    return typeof value === 'string' ? [value] : [];
  });
  return [String(index), ...names];
}

/** The chart's own values lie at the top, or under `jupyterhub` of a chart around it, or of one around that. */
function beneathChart(path: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const wrapper = path.slice(0, 3).findIndex(([name]) => name === 'jupyterhub');
  return path.slice(wrapper + 1);
}

/** `[name]` or `[{ name: name }]`. */
function secretNames(list: unknown): readonly string[] {
  if (!isSeq(list)) return [];
  return list.items.flatMap((item) => {
    const name = isMap(item) ? item.get('name') : isScalar(item) ? item.value : undefined;
    return typeof name === 'string' ? [name] : [];
  });
}

/** A name beside a `registry` is whole by itself where it begins with a host. */
function hasHost(name: string): boolean {
  const first = name.split('/', 1)[0] ?? '';
  return name.includes('/') && (/[.:]/.test(first) || first === 'localhost');
}

/** What a place says, put together: a pair's tag may hold a digest as well, `1.0@sha256:…`. */
export function placeText(place: ImagePlace, elsewhere: string | undefined): string {
  if (place.form === 'string') return place.reference.value;
  const name = pairName(place) ?? elsewhere ?? '';
  const tag = place.tag?.value ?? '';
  return tag === '' ? name : `${name}:${tag}`;
}

/** A pair's name with its registry before it. */
export function pairName({ name, registry }: PairPlace): string | undefined {
  return name === undefined || registry === undefined ? name?.value : `${registry.value}/${name.value}`;
}
