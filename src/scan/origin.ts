/**
 * Which member of the family brought a finding in: the one whose own layer holds it. So that each is shown once,
 * where it can be mended, with the images that it reaches. Pure.
 */
import { byGravity, identityOf, type Finding } from './finding.ts';

export interface ScannedImage {
  readonly name: string;
  /** Digests of the unpacked layers, the lowest first. */
  readonly layers: readonly string[];
  readonly findings: readonly Finding[];
}

export interface OriginatedFinding {
  readonly finding: Finding;
  /** The image whose layer brought it in; of several with that layer the lowest. */
  readonly origin: string;
  /** All images that have it, by name, the origin left out. */
  readonly reaches: readonly string[];
}

/**
 * Each finding once for each layer that brought it in. One of no known layer counts for the image that has it
 * with the fewest layers.
 */
export function originsOf(images: readonly ScannedImage[]): readonly OriginatedFinding[] {
  const lowestFirst = images.toSorted(
    (a, b) => a.layers.length - b.layers.length || (a.name < b.name ? -1 : 1),
  );
  const found = new Map<string, { finding: Finding; origin: string; reaches: Set<string> }>();
  for (const image of lowestFirst) {
    for (const finding of image.findings) {
      const origin = originOf(finding, image, lowestFirst);
      const key = `${identityOf(finding)} ${finding.layer ?? origin}`;
      const entry = found.get(key) ?? { finding, origin, reaches: new Set() };
      if (image.name !== entry.origin) entry.reaches.add(image.name);
      found.set(key, entry);
    }
  }
  return [...found.values()]
    .map(({ finding, origin, reaches }) => ({
      finding,
      origin,
      reaches: [...reaches].toSorted((a, b) => (a < b ? -1 : 1)),
    }))
    .toSorted((a, b) => (a.origin < b.origin ? -1 : 1))
    .toSorted((a, b) => byGravity(a.finding, b.finding));
}

function originOf(finding: Finding, image: ScannedImage, lowestFirst: readonly ScannedImage[]): string {
  const { layer } = finding;
  const holds = (other: ScannedImage): boolean =>
    layer === undefined ? isBelow(other, image) && has(other, finding) : other.layers.includes(layer);
  return lowestFirst.find(holds)?.name ?? image.name;
}

/** Whether `image` stands on `other`: it begins with all of its layers. */
function isBelow(other: ScannedImage, image: ScannedImage): boolean {
  return (
    other.layers.length <= image.layers.length &&
    other.layers.every((layer, at) => layer === image.layers[at])
  );
}

function has(image: ScannedImage, finding: Finding): boolean {
  return image.findings.some((each) => identityOf(each) === identityOf(finding));
}
