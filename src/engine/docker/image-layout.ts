/**
 * The archive in which an engine hands out whole images → a folder that is an OCI image layout. Engine 25 and newer
 * write the archive as one; of what older ones write only the blobs' absence is seen. Every layer lies there once,
 * however many images have it.
 */
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseJson } from '../../../registry/parse-json.ts';
import { MalformedReply } from './errors.ts';
import {
  layoutIndexSchema,
  layoutManifestSchema,
  type LayoutIndex,
  type LayoutManifest,
} from './layout-schema.ts';
import { blockLength, BlockReader, textOf } from './tar-file.ts';

const blobName = /^blobs\/sha256\/[0-9a-f]{64}$/;
const indexFile = 'index.json';
/** What an index may be long. */
const maxTextBytes = 4 * 1024 * 1024;
/** A manifest names layers, of which an image has at most some hundred. */
const maxManifestBytes = 128 * 1024;
const defaultType = 'application/vnd.oci.image.manifest.v1+json';
const piece = 1024 * 1024;

/**
 * Unpacks an archive of images beside what earlier ones left in the folder. Answers the manifests' digests by the
 * images' IDs. Throws what the stream or the disk throws.
 */
export async function unpackLayout(
  body: AsyncIterable<Uint8Array>,
  ids: readonly string[],
  folder: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  await mkdir(path.join(folder, 'blobs', 'sha256'), { recursive: true });
  const { index, texts } = await unpack(new BlockReader(body), folder, signal);
  if (index === undefined) return new Map();
  const found = new Map<string, string>();
  const manifests = [...index.manifests];
  // The containerd store calls an image by its manifest, the classic store by its configuration.
  for (const { digest } of manifests) if (ids.includes(digest)) found.set(digest, digest);
  for (const [digest, size] of texts) {
    const manifest = await manifestOf(folder, digest);
    if (manifest === undefined || !ids.includes(manifest.config.digest)) continue;
    found.set(manifest.config.digest, digest);
    // Of several images without a tag Engine 26 enters one alone, and writes the manifests of all.
    if (!manifests.some((each) => each.digest === digest))
      manifests.push({ mediaType: manifest.mediaType ?? defaultType, digest, size });
  }
  await addToIndex(folder, { manifests });
  return found;
}

interface Unpacked {
  readonly index: LayoutIndex | undefined;
  /** Sizes of the blobs that may be manifests, by digest. */
  readonly texts: ReadonlyMap<string, number>;
}

async function unpack(reader: BlockReader, folder: string, signal: AbortSignal): Promise<Unpacked> {
  let index: LayoutIndex | undefined;
  const texts = new Map<string, number>();
  let longSize: number | undefined;
  for (;;) {
    signal.throwIfAborted();
    const header = await reader.read(blockLength);
    if (header.every((byte) => byte === 0)) return { index, texts };
    const size = longSize ?? sizeOf(header);
    longSize = undefined;
    const padding = Math.ceil(size / blockLength) * blockLength - size;
    const name = textOf(header, 0, 100);
    const type = textOf(header, 156, 1);
    if (type === 'x') {
      const told = /^\d+ size=(\d+)$/m.exec((await reader.read(size)).toString('utf8'))?.[1];
      longSize = told === undefined ? undefined : Number(told);
    } else if (name === indexFile && size <= maxTextBytes) {
      index = parseJson(layoutIndexSchema, await reader.read(size));
      if (index === undefined) throw new MalformedReply('the archive from the engine has no index to read');
    } else if (blobName.test(name)) {
      await writeBlob(reader, size, path.join(folder, name), signal);
      if (size <= maxManifestBytes) texts.set(`sha256:${path.basename(name)}`, size);
    } else await reader.skip(size);
    await reader.skip(padding);
  }
}

/** Under a temporary name first: whoever reads the layout meanwhile sees whole blobs alone. */
async function writeBlob(
  reader: BlockReader,
  size: number,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const there = await stat(file).catch(() => undefined);
  if (there?.size === size) return await reader.skip(size);
  const temporary = `${file}.part`;
  try {
    await using handle = await open(temporary, 'w');
    for (let left = size; left > 0; left -= piece) {
      signal.throwIfAborted();
      await handle.write(await reader.read(Math.min(left, piece)));
    }
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
  await rename(temporary, file);
}

async function addToIndex(folder: string, { manifests }: LayoutIndex): Promise<void> {
  const file = path.join(folder, indexFile);
  const text = await readFile(file).catch(() => undefined);
  const before = text === undefined ? undefined : parseJson(layoutIndexSchema, text);
  const all = new Map([...(before?.manifests ?? []), ...manifests].map((each) => [each.digest, each]));
  const index = { schemaVersion: 2, manifests: [...all.values()] };
  await writeFile(path.join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(`${file}.part`, JSON.stringify(index));
  await rename(`${file}.part`, file);
}

async function manifestOf(folder: string, digest: string): Promise<LayoutManifest | undefined> {
  const file = path.join(folder, 'blobs', digest.replace(':', '/'));
  const text = await readFile(file).catch(() => undefined);
  return text === undefined ? undefined : parseJson(layoutManifestSchema, text);
}

/** Octal digits; of 8 GiB and more GNU's binary form, whose first bit is set. */
function sizeOf(header: Buffer): number {
  const first = header[124] ?? 0;
  if (first < 0x80) return Number.parseInt(textOf(header, 124, 12), 8) || 0;
  const size = Number(header.readBigUInt64BE(128));
  if (!Number.isSafeInteger(size)) throw new MalformedReply('the archive from the engine names no size');
  return size;
}
