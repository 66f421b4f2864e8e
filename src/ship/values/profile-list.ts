/**
 * The profiles among which users choose a server, from the family and its release: an entry of KubeSpawner's
 * `profile_list` for each image that users start, a list for each role. Pure.
 */
import type { Image, ImageSet, Pool } from '../../matrix/image-set.ts';
import type { Release } from '../../run/schema.ts';
import { releasedTagOf } from './match-release.ts';

/** One entry, with the keys that KubeSpawner knows. */
export interface Profile {
  readonly display_name: string;
  readonly slug: string;
  readonly description?: string;
  readonly default?: boolean;
  readonly kubespawner_override: Readonly<Record<string, unknown>>;
}

export interface ProfileLists {
  /** By role, in the family's order; an image without the axis `role` is in every list. */
  readonly lists: ReadonlyMap<string, readonly Profile[]>;
  /** Images that users would start and the release does not have. */
  readonly missing: readonly string[];
}

/** The list of a family whose images know no roles. */
export const everybody = 'everybody';

/** Lists for all roles. */
export function profileLists(set: ImageSet, release: Release): ProfileLists {
  const images = set.images.filter(({ kind }) => kind === 'singleuser' || kind === 'pytorch');
  const roles = [...new Set(images.flatMap(({ axes }) => axes['role'] ?? []))];
  const missing = images.filter(({ name }) => release.images.every((each) => each.name !== name));
  const lists = (roles.length > 0 ? roles : [everybody]).map((role) => {
    const own = images.filter(({ axes }) => axes['role'] === undefined || axes['role'] === role);
    const profiles = own.flatMap((image) => profileOf(image, set.pools, release) ?? []);
    return [role, profiles.map((each, at) => (at === 0 ? withDefault(each) : each))] as const;
  });
  return { lists: new Map(lists), missing: missing.map(({ name }) => name) };
}

function withDefault({ display_name, slug, ...rest }: Profile): Profile {
  return { display_name, slug, default: true, ...rest };
}

function profileOf(image: Image, pools: readonly Pool[], release: Release): Profile | undefined {
  const released = release.images.find(({ name }) => name === image.name);
  if (released === undefined) return undefined;
  const { repository, tag, digest } = releasedTagOf(released, release.naming);
  const gpu = needsGpu(image);
  return {
    display_name: titleOf(image),
    slug: image.name,
    ...(gpu ? { description: 'With a GPU' } : {}),
    kubespawner_override: {
      image: `${repository}:${tag}@${digest}`,
      ...resourcesOf(image),
      ...(gpu ? { extra_resource_limits: { 'nvidia.com/gpu': '1' } } : {}),
      ...placementOf(image, pools, gpu),
      ...environmentOf(image),
    },
  };
}

/** `course-physics-student` of the definition `course` is the course physics: what tells it from its siblings. */
function titleOf({ name, definition, axes }: Image): string {
  const { role, ...others } = axes;
  const values = Object.values(others);
  const title = values.length === 0 ? name : `${definition} ${values.join(' ')}`;
  const words = title.replaceAll(/[-_]+/g, ' ');
  const capital = words.charAt(0).toUpperCase() + words.slice(1);
  return role === undefined || role === 'student' ? capital : `${capital} (${role})`;
}

/** A server that is granted less than it was promised does not start, so the two are the same. */
function resourcesOf({ resources: { memory, cpu } }: Image): object {
  const bytes = memory === undefined ? undefined : shortBytes(memory);
  return {
    ...(bytes === undefined ? {} : { mem_limit: bytes, mem_guarantee: bytes }),
    ...(cpu === undefined ? {} : { cpu_limit: cpu }),
  };
}

/** KubeSpawner's `G` is 1024³. */
function shortBytes(bytes: number): string | number {
  const unit = [['G', 1024 ** 3] as const, ['M', 1024 ** 2] as const].find(([, size]) => bytes % size === 0);
  return unit === undefined ? bytes : `${bytes / unit[1]}${unit[0]}`;
}

function needsGpu({ kind, axes }: Image): boolean {
  return kind === 'pytorch' && axes['accelerator'] !== undefined && axes['accelerator'] !== 'cpu';
}

/** Where the image is on the nodes already: the one pool with labels of its own that names it. */
function placementOf({ name }: Image, pools: readonly Pool[], gpu: boolean): object {
  const own = pools.filter(
    ({ images, selector }) => images.includes(name) && Object.keys(selector).length > 0,
  );
  const [pool] = own;
  const onePool = own.length === 1 ? pool : undefined;
  const known = onePool?.tolerations ?? [];
  const gpuTaint = { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' } as const;
  const tolerations =
    gpu && known.every(({ key }) => key !== gpuTaint.key) ? [...known, gpuTaint] : [...known];
  return {
    ...(onePool === undefined ? {} : { node_selector: onePool.selector }),
    ...(tolerations.length === 0 ? {} : { tolerations }),
  };
}

/** What the image is, for hooks and extensions inside: `COURSE=physics`, `ROLE=student`. */
function environmentOf({ axes }: Image): object {
  const entries = Object.entries(axes).map(([axis, value]) => [
    axis.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_'),
    value,
  ]);
  return entries.length === 0 ? {} : { environment: Object.fromEntries(entries) as object };
}
