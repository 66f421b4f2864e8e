/**
 * Sends a build context to BuildKit as fsutil's DiffCopy stream asks for it: first a description of
 * every entry in order, then the contents that the engine requests. Only what was hashed is sent, as
 * it was hashed (modes normalised, owner 0, one fixed time), and each file is hashed again on its
 * way: one that differs ends the transfer. Applies no ignore rules: the listing has them behind it.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildContext, ContextEntry } from '../engine.ts';
import { codeOf } from './errors.ts';
import type { FileStat } from './session-protocol.ts';

/** A file, folder or link differs from what was hashed, or is gone. */
export class ContextChanged extends Error {
  readonly path: string;

  constructor(path: string, what: string) {
    super(`\`${path}\` ${what} while it was being built`);
    this.path = path;
  }
}

/** What can be sent: entries in the engine's order, and the content of each file by its path. */
export interface FileTree {
  /** Equal for trees of the same entries with the same contents, and for no others. */
  readonly identity: string;
  readonly stats: readonly FileStat[];
  /** Throws ContextChanged when an entry is not what was hashed. */
  readonly check: (stat: FileStat, signal: AbortSignal) => Promise<void>;
  /** Pieces of one file. Throws ContextChanged, at the latest at its end. */
  readonly read: (path: string, signal: AbortSignal) => AsyncIterable<Uint8Array>;
}

// Go's os.FileMode, https://pkg.go.dev/io/fs#FileMode
const goDirectory = 0x8000_0000;
const goSymlink = 0x0800_0000;

/**
 * The time of every file sent: 2001-09-09. Not 0, because zip archives (and so Python wheels) made
 * from the files inside a build cannot hold times before 1980.
 */
const fixedTime = '1000000000000000000';

const pieceLength = 256 * 1024;

export const emptyTree: FileTree = {
  identity: identityOf([]),
  stats: [],
  check: async () => undefined,
  read: (path) => {
    throw new Error(`${path} was requested, but never offered`);
  },
};

/**
 * A tree of files that lie in memory, by name. They enter no image, so that their times can tell contents of the same
 * length apart, for an engine that has an earlier one (today's send a Dockerfile anew in any case).
 */
export function memoryTree(files: Readonly<Record<string, Buffer>>): FileTree {
  const entries = Object.entries(files)
    .map(([path, content]) => ({
      kind: 'file' as const,
      path,
      mode: 0o644 as const,
      size: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    }))
    .toSorted((a, b) => comparePaths(a.path, b.path));
  return {
    identity: identityOf(entries),
    stats: entries.map((entry) => ({ ...statOf(entry), modTime: timeOf(entry.sha256) })),
    check: async () => undefined,
    async *read(path) {
      yield* inPieces(files[path] ?? Buffer.alloc(0));
    },
  };
}

/** A build context as a tree; folders that the listing leaves unsaid are added. */
export function contextTree({ directory, entries }: BuildContext): FileTree {
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  for (const { path } of entries) addParents(path, byPath);
  const ordered = [...byPath.values()].toSorted((a, b) => comparePaths(a.path, b.path));
  return {
    identity: identityOf(ordered),
    stats: ordered.map(statOf),
    async check({ path }) {
      const entry = byPath.get(path);
      if (entry !== undefined) await checkEntry(directory, entry);
    },
    async *read(path) {
      const entry = byPath.get(path);
      if (entry?.kind !== 'file') throw new Error(`${path} was requested, but is no file of the context`);
      yield* entry.content === undefined ? readChecked(directory, entry) : inPieces(entry.content);
    },
  };
}

/** Everything that the engine is sent of the entries. */
function identityOf(ordered: readonly ContextEntry[]): string {
  const hash = createHash('sha256');
  for (const entry of ordered) {
    const { kind, path } = entry;
    const own =
      entry.kind === 'symlink'
        ? [entry.target]
        : entry.kind === 'file'
          ? [entry.mode, entry.size, entry.sha256]
          : [entry.mode];
    hash.update(`${JSON.stringify([kind, path, ...own])}\n`);
  }
  return hash.digest('hex');
}

/** A content as a time: nanoseconds since 1970, as many as a signed 64-bit number holds. */
function timeOf(sha256: string): string {
  return BigInt.asUintN(62, BigInt(`0x${sha256}`)).toString();
}

function addParents(path: string, byPath: Map<string, ContextEntry>): void {
  const end = path.lastIndexOf('/');
  if (end === -1) return;
  const parent = path.slice(0, end);
  if (byPath.has(parent)) return;
  byPath.set(parent, { kind: 'directory', path: parent, mode: 0o755 });
  addParents(parent, byPath);
}

/** fsutil's order: by bytes, a folder's entries directly after it, as if `/` sorted before everything. */
function comparePaths(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a.replaceAll('/', '\0')), Buffer.from(b.replaceAll('/', '\0')));
}

function statOf(entry: ContextEntry): FileStat {
  const stat = { path: entry.path, size: 0, modTime: fixedTime, linkname: '' };
  switch (entry.kind) {
    case 'file':
      return { ...stat, mode: entry.mode, size: entry.size };
    case 'directory':
      return { ...stat, mode: goDirectory + entry.mode };
    case 'symlink':
      return { ...stat, mode: goSymlink + 0o777, linkname: entry.target };
    default:
      throw entry satisfies never;
  }
}

/** True for what the engine may request the content of. */
export function isRegularFile(stat: FileStat): boolean {
  return stat.mode < goSymlink;
}

function* inPieces(content: Buffer): Generator<Buffer, void, undefined> {
  for (let start = 0; start < content.length; start += pieceLength)
    yield content.subarray(start, start + pieceLength);
}

async function checkEntry(directory: string, entry: ContextEntry): Promise<void> {
  if (entry.kind === 'file' && entry.content !== undefined) return;
  const path = join(directory, entry.path);
  const found = await lstat(path).catch((cause: unknown) => absent(cause, entry.path));
  const same =
    entry.kind === 'file'
      ? found.isFile() && found.size === entry.size
      : entry.kind === 'directory'
        ? found.isDirectory()
        : found.isSymbolicLink() && (await readlink(path)) === entry.target;
  if (!same) throw new ContextChanged(entry.path, 'changed');
}

async function* readChecked(
  directory: string,
  entry: ContextEntry & { readonly kind: 'file' },
): AsyncGenerator<Uint8Array, void, undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW;
  await using file = await open(join(directory, entry.path), flags).catch((cause: unknown) =>
    absent(cause, entry.path),
  );
  const hash = createHash('sha256');
  let length = 0;
  for (;;) {
    // A buffer of its own for each piece: the piece before may still be waiting to be sent.
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(pieceLength, entry.size + 1)));
    if (bytesRead === 0) break;
    const piece = buffer.subarray(0, bytesRead);
    length += bytesRead;
    hash.update(piece);
    if (length > entry.size) break;
    yield piece;
  }
  if (length !== entry.size || hash.digest('hex') !== entry.sha256)
    throw new ContextChanged(entry.path, 'changed');
}

/** The error for a path that cannot be opened any more, as it could when it was hashed. */
function absent(cause: unknown, path: string): never {
  const code = codeOf(cause);
  if (code === undefined) throw cause;
  // ENOTDIR and ELOOP: another kind of thing has taken a place on the way.
  if (code === 'ENOTDIR' || code === 'ELOOP') throw new ContextChanged(path, 'changed');
  throw new ContextChanged(path, code === 'ENOENT' ? 'was removed' : `became unreadable (${code})`);
}
