/**
 * Lists a build context as it is hashed and as it will be packed: what `.dockerignore` leaves, modes normalised,
 * links kept as links, in code-unit order. Reads files, changes nothing, and knows no key.
 *
 * The image's own Dockerfile and the ignore files are left out even where they lie in the context, so that a
 * comment in them moves no key: docs/decisions/0001-dockerfile-in-context.md.
 */
import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ContextEntry } from '../engine/engine.ts';
import { usageError } from '../matrix/usage-error.ts';
import { type IgnoreRules, noRules, type ParentMatches, parseIgnoreFile } from './dockerignore.ts';
import { StatCache } from './stat-cache.ts';

const pieceSize = 128 * 1024;
/** One for all listings: what is read into it is hashed before anybody else has a turn. */
const piece = Buffer.allocUnsafeSlow(pieceSize);
/** Milliseconds of work between two looks at the signal, and at whatever else waits in this process. */
const stint = 10;

/** Expected trouble inside this module; leaves it as a diagnostic. */
class ListingError extends Error {
  readonly #file: string;
  readonly #diagnostic: (shownFile: string) => Diagnostic;

  constructor(file: string, diagnostic: (shownFile: string) => Diagnostic) {
    super(file);
    this.#file = file;
    this.#diagnostic = diagnostic;
  }

  shownFrom(directory: string | undefined): Diagnostic {
    return this.#diagnostic(directory === undefined ? this.#file : path.relative(directory, this.#file));
  }
}

export interface ListingOptions {
  /** Folder that paths in diagnostics are relative to, usually the repository's; without it they are absolute. */
  readonly shownFrom?: string;
  /** Absolute paths that are never part of a context: what we write ourselves, and would make every run a change. */
  readonly leaveOut?: readonly string[];
  /** Spares reading files that have not changed; it learns those that are read. */
  readonly cache?: StatCache;
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
  options: ListingOptions = {},
): Promise<Result<readonly ContextEntry[], Diagnostic>> {
  try {
    const specific = `${dockerfilePath}.dockerignore`;
    const common = path.join(directory, '.dockerignore');
    const rules = readRules(specific) ?? readRules(common) ?? noRules;
    const walk = new Walk(
      directory,
      rules,
      new Set([dockerfilePath, specific, common, ...(options.leaveOut ?? [])]),
      signal,
      options.cache ?? new StatCache(),
    );
    await walk.enter('', undefined);
    return ok(walk.entries.toSorted((a, b) => (a.path < b.path ? -1 : 1)));
  } catch (error) {
    if (error instanceof ListingError) return err(error.shownFrom(options.shownFrom));
    throw error;
  }
}

/**
 * Reads with synchronous calls, a stint at a time: of 2,000 small files that takes a quarter of the time that
 * promises take (24 ms against 105 ms), and one file is open at once.
 */
class Walk {
  readonly entries: ContextEntry[] = [];
  readonly #directory: string;
  readonly #rules: IgnoreRules;
  readonly #own: ReadonlySet<string>;
  readonly #signal: AbortSignal;
  readonly #cache: StatCache;
  #stintEnds = 0;

  constructor(
    directory: string,
    rules: IgnoreRules,
    own: ReadonlySet<string>,
    signal: AbortSignal,
    cache: StatCache,
  ) {
    this.#directory = directory;
    this.#rules = rules;
    this.#own = own;
    this.#signal = signal;
    this.#cache = cache;
  }

  /** Lists what lies in the folder `relative`; answers whether anything does. */
  async enter(relative: string, matches: ParentMatches): Promise<boolean> {
    const folder = path.join(this.#directory, relative);
    const before = this.entries.length;
    for (const entry of attempt(folder, () => readdirSync(folder, { withFileTypes: true }))) {
      await this.#breathe();
      await this.#take(entry, relative === '' ? entry.name : `${relative}/${entry.name}`, matches);
    }
    return this.entries.length > before;
  }

  async #take(entry: Dirent, file: string, parent: ParentMatches): Promise<void> {
    const absolute = path.join(this.#directory, file);
    if (this.#own.has(absolute)) return;
    const verdict = this.#rules.isEmpty ? undefined : this.#rules.match(file, parent);
    const ignored = verdict?.ignored === true;
    if (entry.isDirectory()) {
      await this.#takeDirectory(file, ignored, verdict?.matches);
    } else if (ignored) {
      return;
    } else if (entry.isFile()) {
      this.entries.push(this.#remembered(absolute, file) ?? (await this.#hash(absolute, file)));
    } else if (entry.isSymbolicLink()) {
      const target = attempt(absolute, () => readlinkSync(absolute));
      this.entries.push({ kind: 'symlink', path: file, target });
    } else {
      throw specialFile(absolute);
    }
  }

  /** An ignored folder is listed only when a `!` pattern takes in something below it. */
  async #takeDirectory(file: string, ignored: boolean, matches: ParentMatches): Promise<void> {
    if (ignored && !this.#rules.mayTakeInBelow(file)) return;
    const found = await this.enter(file, matches);
    if (!ignored || found) this.entries.push({ kind: 'directory', path: file, mode: 0o755 });
  }

  /** A file that is as it was when it was hashed; undefined where it has to be read. */
  #remembered(absolute: string, file: string): ContextEntry | undefined {
    if (!this.#cache.knows(absolute)) return undefined;
    const stat = attempt(absolute, () => lstatSync(absolute, { bigint: true }));
    if (!stat.isFile()) return undefined;
    const sha256 = this.#cache.hashOf(absolute, stat);
    if (sha256 === undefined) return undefined;
    return { kind: 'file', path: file, mode: modeOf(stat), size: Number(stat.size), sha256 };
  }

  async #hash(absolute: string, file: string): Promise<ContextEntry> {
    // NOFOLLOW and NONBLOCK: what was a file when the folder was read may be a link or a pipe by now.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const descriptor = attempt(absolute, () => openSync(absolute, flags));
    try {
      const started = Date.now();
      const stat = fstatSync(descriptor, { bigint: true });
      if (!stat.isFile()) throw specialFile(absolute);
      const hash = createHash('sha256');
      let size = 0;
      for (;;) {
        const length = attempt(absolute, () => readSync(descriptor, piece, 0, pieceSize, null));
        if (length === 0) break;
        hash.update(piece.subarray(0, length));
        size += length;
        await this.#breathe();
      }
      const sha256 = hash.digest('hex');
      if (BigInt(size) === stat.size) this.#cache.learn(absolute, stat, started, sha256);
      return { kind: 'file', path: file, mode: modeOf(stat), size, sha256 };
    } finally {
      closeSync(descriptor);
    }
  }

  async #breathe(): Promise<void> {
    if (performance.now() < this.#stintEnds) return;
    await setImmediate();
    this.#signal.throwIfAborted();
    this.#stintEnds = performance.now() + stint;
  }
}

function modeOf({ mode }: BigIntStats): 0o644 | 0o755 {
  return (mode & 0o100n) === 0n ? 0o644 : 0o755;
}

function readRules(file: string): IgnoreRules | undefined {
  const text = readIgnoreFile(file);
  if (text === undefined) return undefined;
  const rules = parseIgnoreFile(text);
  if (rules.ok) return rules.value;
  const [bad] = rules.error;
  if (bad === undefined) throw new Error('a bad ignore file without a bad pattern');
  const line = text.split('\n')[bad.line - 1] ?? '';
  const column = line.indexOf(bad.pattern) + 1;
  const span = { line: bad.line, column, length: bad.pattern.length, text: line.replace(/\r$/, '') };
  const message = `\`${bad.pattern}\` is not a pattern: ${bad.message}`;
  throw new ListingError(file, (shown) =>
    usageError('invalid-ignore-pattern', message, { file: shown, ...span }),
  );
}

/** Every file of the context is held against every pattern: what people write has some dozens of them. */
const maxIgnoreFileBytes = 256 * 1024;

function largeIgnoreFile(file: string, size: number): ListingError {
  const help = `at most ${maxIgnoreFileBytes / 1024} KiB are read; ignore folders instead of each file in them`;
  return new ListingError(file, (shown) => {
    const message = `\`${shown}\` is too large: ${(size / 1_000_000).toFixed(1)} MB`;
    return usageError('unreadable-context', message, undefined, { help });
  });
}

/** Most contexts have none: that is asked for without an error's being made, which would cost more than all the rest. */
function readIgnoreFile(file: string): string | undefined {
  try {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    if (!stat.isFile() && !stat.isDirectory()) throw specialFile(file);
    if (stat.size > maxIgnoreFileBytes) throw largeIgnoreFile(file, stat.size);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (['ENOENT', 'ENOTDIR'].includes(error.code)) return undefined;
    throw unreadable(file, error);
  }
}

function attempt<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isSystemError(error)) throw unreadable(file, error);
    throw error;
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { readonly code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

function unreadable(file: string, error: unknown): ListingError {
  const reason = isSystemError(error) ? error.code : String(error);
  const help = 'make it readable, or leave it out with a line in .dockerignore';
  return new ListingError(file, (shown) =>
    usageError('unreadable-context', `\`${shown}\` cannot be read: ${reason}`, undefined, { help }),
  );
}

function specialFile(file: string): ListingError {
  const help = 'remove it, or leave it out with a line in .dockerignore';
  return new ListingError(file, (shown) => {
    const message = `\`${shown}\` is a socket, pipe or device, which no context can hold`;
    return usageError('special-file', message, undefined, { help });
  });
}
