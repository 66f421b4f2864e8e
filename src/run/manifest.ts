/** What publishing needs of the bytes of manifests and configurations. Pure; anything else answers undefined or 0. */
import { parseJson } from '../../registry/parse-json.ts';
import { imageConfigSchema, imageManifestSchema } from './schema.ts';

/** The digest of the image's configuration, which the classic store calls the image's ID. */
export function configDigest(bytes: Buffer): string | undefined {
  return parseJson(imageManifestSchema, bytes)?.config.digest;
}

/** A layer as it travels. */
export interface TravellingLayer {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/** What a pull of the whole image would transfer, lowest first. */
export function travellingLayers(bytes: Buffer): readonly TravellingLayer[] {
  return (parseJson(imageManifestSchema, bytes)?.layers ?? []).map(({ digest, size }) => ({ digest, size }));
}

/** The diffIDs of an image's layers, lowest first, from its configuration. */
export function layersOf(config: Buffer): readonly string[] | undefined {
  return parseJson(imageConfigSchema, config)?.rootfs.diff_ids;
}
