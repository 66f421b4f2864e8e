/**
 * Names that we write into an engine: labels on what we make, and the repositories of the
 * local record. Everything that a run leaves behind is found (and removed) by these.
 */

/** On every container, network and volume of ours; its value is the run's id, or a purpose such as `registry`. */
export const ownerLabel = 'hubwright';

/** On images: the image's name within the family. */
export const imageLabel = 'hubwright.image';

/** On images: the full content key, 64 hexadecimal digits. */
export const keyLabel = 'hubwright.key';

/** On a root image that was made on the spot: the root's name in matrix.yaml. */
export const rootLabel = 'hubwright.root';

/** Prefix of the engine's local repositories that hold the record: `hubwright/<image>:key-<key>`. */
export const recordRepositoryPrefix = 'hubwright/';

/** Tag that says "these bytes exist": `key-` and the content key. */
export function keyTag(contentKey: string): string {
  return `key-${contentKey}`;
}

/** Tag that says "these bytes passed": `pass-` and the verdict key. */
export function passTag(verdictKey: string): string {
  return `pass-${verdictKey}`;
}

/** The registry's tag that says "these bytes passed a scan": `scan-` and the scan key. */
export function scanTag(scanKey: string): string {
  return `scan-${scanKey}`;
}

/** The registry's tag for what a key was made from, beside the image itself: `inputs-` and the content key. */
export function inputsTag(contentKey: string): string {
  return `inputs-${contentKey}`;
}

/** Whether a tag in a registry is one of these, with an image's name before it or not. */
export function isRecordTag(tag: string): boolean {
  return /(?:^|-)(?:key|pass|scan|inputs)-[0-9a-f]{64}$/.test(tag);
}

/** The engine's local reference that names exactly one content of one image. */
export function recordReference(imageName: string, tag: string): string {
  return `${recordRepositoryPrefix}${imageName}:${tag}`;
}

/** Where the family's release lies among its images: stands where an image's name would. */
export const releaseName = 'hubwright-release';
