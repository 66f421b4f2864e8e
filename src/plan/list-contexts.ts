/** Lists the contexts of many images; images that share a folder and a Dockerfile share its listing. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ContextEntry } from '../engine/engine.ts';
import { listContext } from '../key/context-listing.ts';
import { keepStatCache, readStatCache } from '../key/stat-cache-file.ts';
import { liesOutside } from '../matrix/cache-folder.ts';
import type { Image } from '../matrix/image-set.ts';
import type { Edits } from '../matrix/load-matrix.ts';

/** What runs write into a user's repository: by their paths from its root, a folder with all that lies in it. */
const ownFiles = ['.hubwright', 'release.json'];

/** Whether a path from the repository's root is one of what we write ourselves: part of no context, and nobody's edit. */
export function isOwnFile(file: string): boolean {
  return ownFiles.some((own) => file === own || file.startsWith(`${own}/`));
}

/**
 * Listings by image name; an empty context is an empty listing. All diagnostics are collected. With a folder for
 * caches, files that have not changed since the last time are not read. `edits` stand in the place of the files that
 * they name, where those are part of a context.
 */
export async function listContexts(
  directory: string,
  images: readonly Image[],
  signal: AbortSignal,
  caches?: string,
  edits: Edits = new Map(),
): Promise<Result<ReadonlyMap<string, readonly ContextEntry[]>, readonly Diagnostic[]>> {
  const listings = new Map<string, ReturnType<typeof listContext>>();
  const contexts = new Map<string, readonly ContextEntry[]>();
  const diagnostics = new Set<Diagnostic>();
  const cacheFolder = caches !== undefined && liesOutside(directory, caches) ? caches : undefined;
  const cache = cacheFolder === undefined ? undefined : readStatCache(cacheFolder, directory);
  const options = {
    ...(cache === undefined ? {} : { cache }),
    shownFrom: directory,
    leaveOut: ownFiles.map((name) => path.join(directory, name)),
  };
  for (const { context, dockerfile } of images) {
    if (context === undefined) continue;
    const id = listingId(context, dockerfile);
    if (!listings.has(id))
      listings.set(
        id,
        listContext(path.join(directory, context), path.join(directory, dockerfile), signal, options),
      );
  }
  for (const { name, context, dockerfile } of images) {
    if (context === undefined) {
      contexts.set(name, []);
      continue;
    }
    const listing = await listings.get(listingId(context, dockerfile));
    if (listing?.ok === true) contexts.set(name, edited(listing.value, context, edits));
    else if (listing !== undefined) diagnostics.add(listing.error);
  }
  if (cacheFolder !== undefined && cache !== undefined) await keepStatCache(cacheFolder, directory, cache);
  return diagnostics.size > 0 ? err([...diagnostics]) : ok(contexts);
}

/** The entries with the texts of `edits`; what is no file, and what is not part of the context, stays as it is. */
function edited(entries: readonly ContextEntry[], context: string, edits: Edits): readonly ContextEntry[] {
  if (edits.size === 0) return entries;
  return entries.map((entry) => {
    const text = edits.get(path.posix.join(context, entry.path));
    if (text === undefined || entry.kind !== 'file') return entry;
    const content = Buffer.from(text);
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { ...entry, size: content.length, sha256, content };
  });
}

function listingId(context: string, dockerfile: string): string {
  return `${context}\0${dockerfile}`;
}
