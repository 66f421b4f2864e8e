/** matrix.lock: text → checked lock. What the lock's entries belong to is not judged here. */
import { isDigest } from '../../registry/digest.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { isDay } from './day.ts';
import type { Lock } from './image-set.ts';
import { readSchema } from './schema-diagnostics.ts';
import { lockSchema } from './schema.ts';
import { usageError } from './usage-error.ts';
import { readYaml } from './yaml-source.ts';
import type { YamlSource } from './yaml-source.ts';

export const emptyLock: Lock = { roots: {}, git: {}, epochs: {} };

/** Reads a lock's text; whatever is wrong is told and left out. */
export function readLock(file: string, text: string): { lock: Lock; diagnostics: readonly Diagnostic[] } {
  // A lock without entries is what `build lock` leaves when nothing is locked; comments alone are fine too.
  if (/^(?:\s|#.*)*$/.test(text)) return { lock: emptyLock, diagnostics: [] };
  const { source, diagnostics } = readYaml(file, text, 'text');
  if (source === undefined) return { lock: emptyLock, diagnostics };
  const reading = readSchema(lockSchema, source, () => 2);
  const content = reading.content ?? {};
  const lock: Lock = {
    roots: content.roots ?? {},
    git: content.git ?? {},
    epochs: content.epochs ?? {},
  };
  return {
    lock,
    diagnostics: [
      ...diagnostics,
      ...reading.diagnostics,
      ...wrongEntries(source, 'roots', lock.roots, isLockedDigest, {
        code: 'invalid-digest',
        is: 'digest',
        help: 'a digest is `sha256:` and 64 hexadecimal digits',
      }),
      ...wrongEntries(source, 'git', lock.git, isCommit, {
        code: 'invalid-commit',
        is: 'commit',
        help: 'a commit is 40 hexadecimal digits',
      }),
      ...wrongEntries(source, 'epochs', lock.epochs, isDay, {
        code: 'invalid-day',
        is: 'day',
        help: 'a day is written YYYY-MM-DD',
      }),
    ],
  };
}

function wrongEntries(
  source: YamlSource,
  section: string,
  entries: Readonly<Record<string, string>>,
  isRight: (value: string) => boolean,
  words: { readonly code: string; readonly is: string; readonly help: string },
): readonly Diagnostic[] {
  return Object.entries(entries)
    .filter(([, value]) => !isRight(value))
    .map(([key, value]) =>
      usageError(words.code, `\`${value}\` is no ${words.is}`, source.valueSpan([section, key]), {
        help: words.help,
      }),
    );
}

function isLockedDigest(text: string): boolean {
  return text.startsWith('sha256:') && isDigest(text);
}

function isCommit(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}
