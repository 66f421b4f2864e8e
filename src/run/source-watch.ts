/**
 * Tells when files change from which images are made. It looks at no content: whether a change means anything is the
 * keys' matter, and a call too many costs a plan.
 */
import { existsSync, watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import type { Family } from '../plan/draw-plan.ts';

/** Editors write, rename and touch in a row: this long nothing may happen before a change counts as whole. */
const quietMs = 150;

const isMatrixFile = /\.yaml$|^matrix\.lock$/;

/** What is not made from by anybody, and written by us, by git and by editors. */
const passedOver =
  /(?:^|\/)(?:\.hubwright|\.git|node_modules)(?:\/|$)|(?:~|\.sw[a-z]|\.tmp)$|(?:^|\/)(?:\.#|4913$)/;

/** Folders from which the named images and what they stand on are made, there or not, from the root, `.` for the root itself. */
export function sourceFolders({ set, graph }: Family, names: readonly string[]): readonly string[] {
  const wanted = new Set([...names, ...graph.ancestors(names)]);
  const images = set.images.filter(({ name }) => wanted.has(name));
  return outermost(
    images.flatMap(({ context, absentContext, dockerfile }) => [
      ...[context, absentContext].filter((folder) => folder !== undefined),
      path.posix.dirname(dockerfile),
    ]),
  );
}

/** Each folder once, without those that lie in another. */
export function outermost(folders: readonly string[]): readonly string[] {
  const distinct = [...new Set(folders)].toSorted();
  // What lies in another that is watched with all that is in it need not be watched again.
  return distinct.filter((folder) =>
    distinct.every((other) => other === folder || (other !== '.' && !folder.startsWith(`${other}/`))),
  );
}

/**
 * Watches from its making until it is disposed; a change while nobody waits is kept. For what is not there it waits in
 * the nearest folder above that is; as it comes and goes, whoever watches makes a new one.
 */
export class SourceWatch implements Disposable {
  /** Those of the folders that are not there. */
  readonly absent: readonly string[];
  readonly #watchers: FSWatcher[] = [];
  readonly #changed = new Set<string>();
  #wake: (() => void) | undefined;

  /** `root`: the repository. Besides the folders, the files of the matrix are watched. */
  constructor(root: string, folders: readonly string[]) {
    const awaited = new Map<string, Set<string>>([['.', new Set()]]);
    for (const [parent, name] of folders.flatMap(stepsTo)) {
      const names = awaited.get(parent) ?? new Set();
      awaited.set(parent, names.add(name));
    }
    for (const [parent, names] of awaited) {
      const isRoot = parent === '.';
      this.#watch(root, parent, false, (name) => names.has(name) || (isRoot && isMatrixFile.test(name)));
    }
    // Only now, so that what is made in between is not missed.
    this.absent = folders.filter((folder) => !existsSync(path.join(root, folder)));
    for (const folder of folders) {
      if (!this.absent.includes(folder)) this.#watch(root, folder, true, () => true);
    }
  }

  [Symbol.dispose](): void {
    for (const watcher of this.#watchers) watcher.close();
  }

  /** Resolves with what changed, as paths from the root, once it has been quiet for a moment; undefined where aborted. */
  async changes(signal: AbortSignal): Promise<readonly string[] | undefined> {
    for (;;) {
      if (signal.aborted) return undefined;
      const before = this.#changed.size;
      await this.#next(before === 0 ? undefined : quietMs, signal);
      if (before > 0 && this.#changed.size === before) {
        const changed = [...this.#changed].toSorted();
        this.#changed.clear();
        return changed;
      }
    }
  }

  /** Until something further changes, the time is over, or the signal aborts. */
  async #next(ms: number | undefined, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
    const done = (): void => resolve();
    signal.addEventListener('abort', done, { once: true });
    this.#wake = done;
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      this.#wake = undefined;
    }
  }

  #note(file: string): void {
    if (passedOver.test(file)) return;
    this.#changed.add(file);
    this.#wake?.();
  }

  #watch(root: string, folder: string, recursive: boolean, counts: (name: string) => boolean): void {
    const note = (name: string): void => {
      if (counts(name)) this.#note(path.posix.join(folder, name));
    };
    const place = path.join(root, folder);
    let watcher: FSWatcher;
    try {
      watcher = watch(place, { recursive }, (_, name) => note(name ?? ''));
    } catch (error) {
      // The one above it is watched, and tells when it comes.
      if (isAbsence(error)) return;
      throw error;
    }
    // A folder that is removed takes its watcher along, which is a change like any other.
    watcher.on('error', () => note('.'));
    this.#watchers.push(watcher);
  }
}

/** Each folder on the way from the root with the entry in it that leads on: of `a/b` the root with `a`, and `a` with `b`. */
function stepsTo(folder: string): readonly (readonly [string, string])[] {
  if (folder === '.') return [];
  const parent = path.posix.dirname(folder);
  return [...stepsTo(parent), [parent, path.posix.basename(folder)]];
}

function isAbsence(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
