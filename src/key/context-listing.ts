/**
 * Lists a build context as it is hashed and as it will be packed: what `.dockerignore` leaves, modes normalised,
 * links kept as links, in code-unit order. Reads files, changes nothing, and knows no key.
 *
 * The image's own Dockerfile and the ignore files are left out even where they lie in the context, so that a
 * comment in them moves no key: docs/decisions/0001-dockerfile-in-context.md.
 */
import { createHash } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { open, readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ContextEntry } from '../engine/engine.ts';
import { type IgnoreRules, noRules, type ParentMatches, parseIgnoreFile } from './dockerignore.ts';

const maxOpenFiles = 16;
const pieceSize = 128 * 1024;

/** Expected trouble inside this module; leaves it as a diagnostic. */
class ListingError extends Error {
  readonly diagnostic: Diagnostic;

  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message);
    this.diagnostic = diagnostic;
  }
}

/**
 * The entries of the context `directory` for the Dockerfile at `dockerfilePath` (both absolute).
 * Errors, the first met: a folder or file that cannot be read, a socket, pipe or device, a bad ignore pattern.
 * Ignoring follows moby's patternmatcher and BuildKit's fsutil: `<Dockerfile>.dockerignore` takes the place of
 * `.dockerignore`, and a folder is listed when something below it is.
 */
export async function listContext(
  directory: string,
  dockerfilePath: string,
  signal: AbortSignal,
): Promise<Result<readonly ContextEntry[], Diagnostic>> {
  try {
    const specific = `${dockerfilePath}.dockerignore`;
    const common = path.join(directory, '.dockerignore');
    const rules = (await readRules(specific, signal)) ?? (await readRules(common, signal)) ?? noRules;
    const own = new Set([dockerfilePath, specific, common]);
    const walk = new Walk(directory, rules, own, signal);
    await walk.enter('', undefined);
    return ok(await hashAll(walk, directory, signal));
  } catch (error) {
    if (error instanceof ListingError) return err(error.diagnostic);
    throw error;
  }
}

/** A file that is still to be hashed. */
interface PendingFile {
  readonly kind: 'pending';
  readonly path: string;
}

type Listed = Exclude<ContextEntry, { kind: 'file' }> | PendingFile;

class Walk {
  readonly listed: Listed[] = [];
  readonly #directory: string;
  readonly #rules: IgnoreRules;
  readonly #own: ReadonlySet<string>;
  readonly #signal: AbortSignal;

  constructor(directory: string, rules: IgnoreRules, own: ReadonlySet<string>, signal: AbortSignal) {
    this.#directory = directory;
    this.#rules = rules;
    this.#own = own;
    this.#signal = signal;
  }

  /** Lists what lies in the folder `relative`; answers whether anything does. */
  async enter(relative: string, matches: ParentMatches): Promise<boolean> {
    this.#signal.throwIfAborted();
    const folder = path.join(this.#directory, relative);
    const entries = await attempt(folder, () => readdir(folder, { withFileTypes: true }));
    let found = false;
    for (const entry of entries) {
      if (await this.#take(entry, relative === '' ? entry.name : `${relative}/${entry.name}`, matches)) {
        found = true;
      }
    }
    return found;
  }

  async #take(entry: Dirent, file: string, parent: ParentMatches): Promise<boolean> {
    const absolute = path.join(this.#directory, file);
    if (this.#own.has(absolute)) return false;
    const verdict = this.#rules.isEmpty ? undefined : this.#rules.match(file, parent);
    const ignored = verdict?.ignored === true;
    if (entry.isDirectory()) return await this.#takeDirectory(file, ignored, verdict?.matches);
    if (ignored) return false;
    if (entry.isFile()) {
      this.listed.push({ kind: 'pending', path: file });
    } else if (entry.isSymbolicLink()) {
      const target = await attempt(absolute, () => readlink(absolute));
      this.listed.push({ kind: 'symlink', path: file, target });
    } else {
      throw specialFile(absolute);
    }
    return true;
  }

  /** An ignored folder is listed only when a `!` pattern takes in something below it. */
  async #takeDirectory(file: string, ignored: boolean, matches: ParentMatches): Promise<boolean> {
    if (ignored && !this.#rules.mayTakeInBelow(file)) return false;
    const at = this.listed.length;
    const found = await this.enter(file, matches);
    if (ignored && !found) return false;
    this.listed.splice(at, 0, { kind: 'directory', path: file, mode: 0o755 });
    return true;
  }
}

async function readRules(file: string, signal: AbortSignal): Promise<IgnoreRules | undefined> {
  let text: string;
  try {
    text = await readFile(file, { encoding: 'utf8', signal });
  } catch (error) {
    signal.throwIfAborted();
    if (isSystemError(error) && ['ENOENT', 'ENOTDIR'].includes(error.code)) return undefined;
    throw unreadable(file, error);
  }
  const rules = parseIgnoreFile(text);
  if (rules.ok) return rules.value;
  const [bad] = rules.error;
  if (bad === undefined) throw new Error('a bad ignore file without a bad pattern');
  const line = text.split('\n')[bad.line - 1] ?? '';
  throw new ListingError({
    category: 'usage',
    severity: 'error',
    code: 'invalid-ignore-pattern',
    message: `\`${bad.pattern}\` is not a pattern: ${bad.message}`,
    span: {
      file,
      line: bad.line,
      column: line.indexOf(bad.pattern) + 1,
      length: bad.pattern.length,
      text: line.replace(/\r$/, ''),
    },
  });
}

async function hashAll(walk: Walk, directory: string, signal: AbortSignal): Promise<readonly ContextEntry[]> {
  const entries: ContextEntry[] = [];
  // One iterator for all workers: each takes the next file that nobody has.
  const queue = walk.listed.values();
  const trouble: unknown[] = [];
  const work = async (): Promise<void> => {
    const buffer = Buffer.allocUnsafe(pieceSize);
    for (const item of queue) {
      if (trouble.length > 0) return;
      try {
        signal.throwIfAborted();
        entries.push(item.kind === 'pending' ? await hashFile(directory, item.path, buffer) : item);
      } catch (error) {
        trouble.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: maxOpenFiles }, work));
  if (trouble.length > 0) throw trouble[0];
  return entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function hashFile(directory: string, file: string, buffer: Buffer): Promise<ContextEntry> {
  const absolute = path.join(directory, file);
  return await attempt(absolute, async () => {
    // NOFOLLOW and NONBLOCK: what was a file when the folder was read may be a link or a pipe by now.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    await using handle = await open(absolute, flags);
    const stat = await handle.stat();
    if (!stat.isFile()) throw specialFile(absolute);
    const hash = createHash('sha256');
    let size = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      size += bytesRead;
    }
    const mode = (stat.mode & 0o100) === 0 ? 0o644 : 0o755;
    return { kind: 'file', path: file, mode, size, sha256: hash.digest('hex') };
  });
}

async function attempt<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isSystemError(error)) throw unreadable(file, error);
    throw error;
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { readonly code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

function unreadable(file: string, error: unknown): ListingError {
  const reason = error instanceof Error ? error.message : String(error);
  return new ListingError({
    category: 'usage',
    severity: 'error',
    code: 'unreadable-context',
    message: `\`${file}\` cannot be read: ${reason}`,
    help: 'make it readable, or leave it out with a line in .dockerignore',
  });
}

function specialFile(file: string): ListingError {
  return new ListingError({
    category: 'usage',
    severity: 'error',
    code: 'special-file',
    message: `\`${file}\` is a socket, pipe or device, which no context can hold`,
    help: 'remove it, or leave it out with a line in .dockerignore',
  });
}
