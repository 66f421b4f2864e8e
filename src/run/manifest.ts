/** What publishing needs of the bytes of manifests and configurations. Pure; anything else answers undefined or 0. */
import { imageConfigSchema, imageManifestSchema } from './schema.ts';

function parse(bytes: Buffer): ReturnType<typeof imageManifestSchema.parse> | undefined {
  try {
    return imageManifestSchema.safeParse(JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/** The digest of the image's configuration, which the classic store calls the image's ID. */
export function configDigest(bytes: Buffer): string | undefined {
  return parse(bytes)?.config.digest;
}

/** A layer as it travels. */
export interface TravellingLayer {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/** What a pull of the whole image would transfer, lowest first. */
export function travellingLayers(bytes: Buffer): readonly TravellingLayer[] {
  return (parse(bytes)?.layers ?? []).map(({ digest, size }) => ({ digest, size }));
}

/** The diffIDs of an image's layers, lowest first, from its configuration. */
export function layersOf(config: Buffer): readonly string[] | undefined {
  try {
    return imageConfigSchema.safeParse(JSON.parse(config.toString('utf8'))).data?.rootfs.diff_ids;
  } catch {
    return undefined;
  }
}
