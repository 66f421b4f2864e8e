/**
 * Tells when files change from which images are made. It looks at no content: whether a change means anything is the
 * keys' matter, and a call too many costs a plan.
 */
import { watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import type { Family } from '../plan/draw-plan.ts';

/** Editors write, rename and touch in a row: this long nothing may happen before a change counts as whole. */
const quietMs = 150;

/** What is not made from by anybody, and written by us, by git and by editors. */
const passedOver =
  /(?:^|\/)(?:\.hubwright|\.git|node_modules)(?:\/|$)|(?:~|\.sw[a-z]|\.tmp)$|(?:^|\/)(?:\.#|4913$)/;

/** Folders from which the named images and what they stand on are made, from the root, `.` for the root itself. */
export function sourceFolders({ set, graph }: Family, names: readonly string[]): readonly string[] {
  const wanted = new Set([...names, ...graph.ancestors(names)]);
  const images = set.images.filter(({ name }) => wanted.has(name));
  const folders = images.flatMap(({ context, dockerfile }) => [
    ...(context === undefined ? [] : [context]),
    path.posix.dirname(dockerfile),
  ]);
  const distinct = [...new Set(folders)].toSorted();
  // What lies in another that is watched with all that is in it need not be watched again.
  return distinct.filter((folder) =>
    distinct.every((other) => other === folder || (other !== '.' && !folder.startsWith(`${other}/`))),
  );
}

/** Watches from its making until it is disposed; a change while nobody waits is kept. */
export class SourceWatch implements Disposable {
  readonly #watchers: FSWatcher[] = [];
  readonly #changed = new Set<string>();
  #wake: (() => void) | undefined;

  /** `root`: the repository. Besides the folders, the files of the matrix are watched. */
  constructor(root: string, folders: readonly string[]) {
    this.#watch(root, '.', false, (name) => /\.yaml$|^matrix\.lock$/.test(name));
    for (const folder of folders) this.#watch(root, folder, true, () => true);
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

  #watch(root: string, folder: string, recursive: boolean, counts: (name: string) => boolean): void {
    const note = (name: string): void => {
      const file = path.posix.join(folder, name);
      if (passedOver.test(file) || !counts(name)) return;
      this.#changed.add(file);
      this.#wake?.();
    };
    const watcher = watch(path.join(root, folder), { recursive }, (_, name) => note(name ?? ''));
    // A folder that is removed takes its watcher along, which is a change like any other.
    watcher.on('error', () => note('.'));
    this.#watchers.push(watcher);
  }
}
