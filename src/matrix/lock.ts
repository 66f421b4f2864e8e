/** matrix.lock: text → checked lock. What the lock's entries belong to is not judged here. */
import { isDigest } from '../../registry/digest.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { isDay } from './day.ts';
import type { Lock, LockedImage } from './image-set.ts';
import type { KeptValues } from './kept-values.ts';
import { readShape } from './read-shape.ts';
import { usageError } from './usage-error.ts';
import { readYaml } from './yaml-source.ts';
import type { YamlSource } from './yaml-source.ts';

type Entries = Readonly<Record<string, string>>;

export const emptyLock: Lock = { roots: table([]), mirrors: table([]), git: table([]), epochs: table([]) };

/** Reads a lock's text; whatever is wrong is told and left out. */
export function readLock(
  file: string,
  text: string,
  values?: KeptValues,
): { lock: Lock; diagnostics: readonly Diagnostic[] } {
  // A lock without entries is what `build lock` leaves when nothing is locked; comments alone are fine too.
  if (/^\uFEFF?(?:[ \t\r\n]|#.*)*$/.test(text)) return { lock: emptyLock, diagnostics: [] };
  const { source, diagnostics } = readYaml(file, text, 'text', values);
  if (source === undefined) return { lock: emptyLock, diagnostics };
  const reading = readShape('lockSchema', source, () => 2, values);
  const { roots = {}, mirrors = {}, git = {}, epochs = {} } = reading.content ?? {};
  return {
    lock: {
      roots: lockedImages(roots),
      mirrors: lockedImages(mirrors),
      git: table(Object.entries(git)),
      epochs: table(Object.entries(epochs)),
    },
    diagnostics: [
      ...diagnostics,
      ...reading.diagnostics,
      ...wrongEntries(source, 'roots', roots, isLockedImage, digestWords),
      ...wrongEntries(source, 'mirrors', mirrors, isLockedImage, digestWords),
      ...wrongEntries(source, 'git', git, isCommit, {
        code: 'invalid-commit',
        is: 'commit',
        help: 'a commit is 40 hexadecimal digits',
      }),
      ...wrongEntries(source, 'epochs', epochs, isDay, {
        code: 'invalid-day',
        is: 'day',
        help: 'a day is written YYYY-MM-DD',
      }),
    ],
  };
}

interface Words {
  readonly code: string;
  readonly is: string;
  readonly help: string;
}

const digestWords: Words = {
  code: 'invalid-digest',
  is: 'digest',
  help: 'a digest is `sha256:` and 64 hexadecimal digits',
};

function wrongEntries(
  source: YamlSource,
  section: string,
  entries: Entries,
  isRight: (value: string) => boolean,
  words: Words,
): readonly Diagnostic[] {
  return Object.entries(entries)
    .filter(([, value]) => !isRight(value))
    .map(([key, value]) =>
      usageError(words.code, `\`${value}\` is no ${words.is}`, source.valueSpan([section, key]), {
        help: words.help,
      }),
    );
}

/** Without a prototype: a root may be called `constructor` and be in no lock. */
function table<T>(entries: Iterable<readonly [string, T]>): Readonly<Record<string, T>> {
  const empty: Record<string, T> = Object.create(null);
  return Object.assign(empty, Object.fromEntries(entries));
}

function lockedImages(entries: Entries): Readonly<Record<string, LockedImage>> {
  return table(
    Object.entries(entries)
      .filter(([, value]) => isLockedImage(value))
      .map(([name, value]) => [name, lockedImage(value)]),
  );
}

/** `REFERENCE@DIGEST`, or the digest alone. */
function lockedImage(value: string): LockedImage {
  const at = value.lastIndexOf('@');
  return { from: at < 0 ? undefined : value.slice(0, at), digest: value.slice(at + 1) };
}

function isLockedImage(text: string): boolean {
  const { from, digest } = lockedImage(text);
  return from !== '' && digest.startsWith('sha256:') && isDigest(digest);
}

/** Whether this names a commit, and no branch or tag: 40 hexadecimal digits. */
export function isCommit(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}
