/**
 * Hashes of files that have not changed since they were hashed, so that an unchanged context is not read again.
 * A file counts as unchanged while its path, size, mtime, ctime, inode and mode are the same. Pure text in, text out;
 * where it is kept is stat-cache-file.ts's.
 *
 * A file that is written to twice within one tick of the clock may look the same afterwards (git calls its entry
 * "racily clean"). What was touched shortly before it was hashed is therefore not remembered: it is read again.
 */
import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';

/** More than the coarsest clock of a file system in use (2 s, FAT). */
const grainMs = 2500;

/** A university's repository has fewer files; a text of more would take longer to read than it saves. */
const mostEntries = 50_000;

const title = 'hubwright-file-hashes 1';

export class StatCache {
  /** `<sha256> <size> <mtime> <ctime> <inode> <mode>` by absolute path. */
  readonly #known: Map<string, string>;
  readonly #used = new Set<string>();
  #learned = false;

  /** From what {@link text} answered once; a text that is damaged, or of another version, is as good as none. */
  constructor(text = '') {
    this.#known = parse(text);
  }

  /** Whether there is anything to hold this file's state against. */
  knows(file: string): boolean {
    return this.#known.has(file);
  }

  /** The sha256 of a file that is in this state; undefined where it was not seen in it. */
  hashOf(file: string, stat: BigIntStats): string | undefined {
    const entry = this.#known.get(file);
    if (entry === undefined || entry.slice(hashLength + 1) !== stateOf(stat)) return undefined;
    this.#used.add(file);
    return entry.slice(0, hashLength);
  }

  /** Remembers a file's hash. `stat` was taken before the file was read, and that began at `startedMs` since 1970. */
  learn(file: string, stat: BigIntStats, startedMs: number, sha256: string): void {
    const touchedNs = stat.mtimeNs > stat.ctimeNs ? stat.mtimeNs : stat.ctimeNs;
    const settled = touchedNs < BigInt(Math.floor(startedMs - grainMs)) * 1_000_000n;
    if (!settled || file.includes('\n')) return;
    this.#known.set(file, `${sha256} ${stateOf(stat)}`);
    this.#used.add(file);
    this.#learned = true;
  }

  /** The text to keep; undefined where nothing was learned. Of too many files, those are kept that were asked for. */
  text(): string | undefined {
    if (!this.#learned) return undefined;
    const files = [...this.#known.keys()];
    const kept =
      files.length <= mostEntries
        ? files
        : files.filter((file) => this.#used.has(file)).slice(0, mostEntries);
    const body = kept.map((file) => `${this.#known.get(file)} ${file}\n`).join('');
    return `${title} ${sha256Of(body)}\n${body}`;
  }
}

const hashLength = 64;

function stateOf({ size, mtimeNs, ctimeNs, ino, mode }: BigIntStats): string {
  return `${size} ${mtimeNs} ${ctimeNs} ${ino} ${mode}`;
}

/** One file's line: its hash, the five numbers of its state, its path. */
const line = /^((?:\S+ ){5}\S+) (.+)$/;

function parse(text: string): Map<string, string> {
  const known = new Map<string, string>();
  const end = text.indexOf('\n');
  const body = text.slice(end + 1);
  // Half-written or edited: a wrong hash would be believed.
  if (text.slice(0, end) !== `${title} ${sha256Of(body)}`) return known;
  for (const each of body.split('\n')) {
    const [, entry, file] = line.exec(each) ?? [];
    if (entry !== undefined && file !== undefined) known.set(file, entry);
  }
  return known;
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
