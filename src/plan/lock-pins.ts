/**
 * What the edited lists of Python packages of a plan pin, and pinned when they were built: of the files as they are,
 * and as git keeps them. The texts are believed where they hash to what the keys say; it explains, and never decides.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pinsOf } from '../core/python-pins.ts';
import type { ImageKey } from '../key/content-key.ts';
import { listsPackages, type KnownPins } from '../key/pinned-packages.ts';
import type { RememberedBuild } from '../key/reason-chain.ts';
import { explainChange, type InputPlace } from '../key/reasons.ts';
import { askGit, type AskGit } from './ask-git.ts';

/** Versions of one file that are looked through, the newest first. */
const mostVersions = 30;
/** Lists of one plan: a new Python for all courses is told by their first few. */
const mostLists = 20;

export interface LockPinSources {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Today's. */
  readonly keys: ReadonlyMap<string, ImageKey>;
  readonly remembered: ReadonlyMap<string, readonly RememberedBuild[]>;
  readonly place: (name: string) => InputPlace;
}

/** The pins of both texts of each edited list, as far as they are known. Asks git only where a list was edited. */
export async function lockPins(sources: LockPinSources, signal: AbortSignal): Promise<KnownPins> {
  const edits = editedLists(sources);
  if (edits.length === 0) return new Map();
  const git = askGit(sources.directory, sources.environment, signal);
  const known = await Promise.all(edits.map((edit) => pinsOfEdit(sources.directory, edit, git)));
  return new Map(known.flat());
}

interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

function editedLists({ keys, remembered, place }: LockPinSources): readonly Edit[] {
  const edits = new Map<string, Edit>();
  for (const [name, builds] of remembered) {
    const today = keys.get(name);
    for (const { key, inputs } of today === undefined ? [] : builds) {
      if (today === undefined || inputs === undefined || key === today.key) continue;
      for (const reason of explainChange(inputs, today.inputs, place(name))) {
        if (reason.kind !== 'file-changed' || reason.change !== 'edited') continue;
        const { path: file, from, to } = reason;
        if (from !== undefined && to !== undefined && listsPackages(file))
          edits.set(`${file} ${from}`, { file, from, to });
      }
    }
  }
  return [...edits.values()].slice(0, mostLists);
}

type Pins = readonly [string, ReadonlyMap<string, string>];

async function pinsOfEdit(
  directory: string,
  { file, from, to }: Edit,
  git: AskGit,
): Promise<readonly Pins[]> {
  const now = await readFile(path.join(directory, file)).catch(() => undefined);
  if (now === undefined || contentOf(now) !== to) return [];
  const then = await committed(file, from, git);
  return then === undefined ? [] : [pinsOfText(from, then), pinsOfText(to, now)];
}

/** The text of a file that was committed once with this content, looked for from the newest commit back. */
async function committed(file: string, content: string, git: AskGit): Promise<Buffer | undefined> {
  const log = await git(
    'log',
    `--max-count=${mostVersions}`,
    '--format=',
    '--raw',
    '--no-abbrev',
    '--no-renames',
    '--',
    `./${file}`,
  );
  const blobs = [...(log?.toString('utf8').matchAll(/^:\d+ \d+ ([0-9a-f]+) ([0-9a-f]+) /gm) ?? [])];
  const ids = new Set(blobs.flatMap(([, old = '', fresh = '']) => [fresh, old]));
  for (const id of ids) {
    if (/^0+$/.test(id)) continue;
    const text = await git('cat-file', 'blob', id);
    if (text !== undefined && contentOf(text) === content) return text;
  }
  return undefined;
}

function pinsOfText(content: string, text: Buffer): Pins {
  return [content, pinsOf(text.toString('utf8'))];
}

function contentOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
