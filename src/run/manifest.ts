/** What publishing needs of an image manifest's bytes. Pure; anything that is no image manifest answers undefined or 0. */
import { imageManifestSchema } from './schema.ts';

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

/** Bytes that a pull of the whole image would transfer: its compressed layers. */
export function compressedSize(bytes: Buffer): number {
  return parse(bytes)?.layers.reduce((sum, { size }) => sum + size, 0) ?? 0;
}
