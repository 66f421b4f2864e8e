/** Names of what prepull makes in a cluster: valid, stable, at most 63 characters, and unique after shortening. Pure. */
import { createHash } from 'node:crypto';
import { isDnsLabel, longestLabel } from '../../matrix/kubernetes-names.ts';

/** A pod is called after its DaemonSet, `-` and five characters, and its host name is a label too. */
const longestSetName = longestLabel - 6;
const prefix = 'prepull-';

/** The DaemonSet of a pool; the same as long as the pool is called the same. */
export function setName(pool: string): string {
  return shorten(`${prefix}${pool}`, longestSetName);
}

/** The value of the label by which a pool's pods are found. */
export function poolLabel(pool: string): string {
  return shorten(pool, longestLabel);
}

/**
 * A container's name for each image. What has to be changed or cut ends in a piece of the whole name's hash, and so
 * does what would meet another one or a name that is taken.
 */
export function containerNames(
  images: readonly string[],
  taken: readonly string[],
): ReadonlyMap<string, string> {
  const used = new Set(taken);
  const plain = images.filter((name) => isDnsLabel(name) && !used.has(name));
  for (const name of plain) used.add(name);
  const names = new Map(plain.map((name) => [name, name]));
  for (const image of images) {
    if (!names.has(image)) names.set(image, withHash(image, longestLabel));
  }
  return names;
}

function shorten(name: string, limit: number): string {
  return name.length <= limit && isDnsLabel(name) ? name : withHash(name, limit);
}

const hashLength = 8;

function withHash(name: string, limit: number): string {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, hashLength);
  const clean = name
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, limit - hashLength - 1)
    .replace(/^-+|-+$/g, '');
  return clean === '' ? `x-${hash}` : `${clean}-${hash}`;
}
