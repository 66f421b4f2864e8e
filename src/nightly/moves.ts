/**
 * What a night may move: entries of matrix.lock and Python locks, each with the images that feel it. Asks what the
 * world has now, but for Python locks (python-locks.ts); which moves stay is trials.ts's to find out.
 */
import path from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import type { ImageGraph } from '../graph/image-graph.ts';
import { lockable } from '../lock/choose-locks.ts';
import { updateLockText } from '../lock/lock-text.ts';
import { outsideEntries, type OutsideTools } from '../lock/outside-entries.ts';
import type { Lock, LockedImage } from '../matrix/image-set.ts';
import { lockFile } from '../matrix/load-matrix.ts';
import type { Family } from '../plan/draw-plan.ts';

/** One entry of matrix.lock that may move, or one Python lock. */
export interface Move {
  readonly section: 'roots' | 'git' | 'epochs' | 'python';
  /** Of a Python lock: its path. */
  readonly key: string;
  /** Of a Python lock: its whole text. */
  readonly value: string | LockedImage;
  /** As people are told: `2026-11-20`, `sha256:1a2b…`; undefined where it was open. */
  readonly from: string | undefined;
  readonly to: string;
  /** Images that feel it themselves, and not by a parent alone. */
  readonly users: readonly string[];
}

export interface MoveRequest {
  /** Images that the night is about, with all that they stand on. */
  readonly images: ReadonlySet<string>;
  /** Of these the day may move. */
  readonly epochs: ReadonlySet<string>;
  /** Whether the commits of cloned repositories move as well. */
  readonly git: boolean;
  /** Keys of `graph.roots` that were made on this machine: nobody has newer ones. */
  readonly made: ReadonlySet<string>;
}

/** All that could move tonight; `tools.today` is the day that epochs move to. */
export async function findMoves(
  { set, graph }: Family,
  { images, epochs, git, made }: MoveRequest,
  tools: OutsideTools,
  signal: AbortSignal,
): Promise<{ readonly moves: readonly Move[]; readonly troubles: readonly Diagnostic[] }> {
  const all = lockable(set, graph);
  const usersOf = (from: string): readonly string[] =>
    graph.order.filter((name) => graph.nodes.get(name)?.roots.some(({ root }) => root === from) === true);
  const felt = all.roots.filter(
    ({ from }) => !made.has(from) && usersOf(from).some((name) => images.has(name)),
  );
  const chosen = {
    ...all,
    roots: felt,
    mirrors: [],
    git: git ? all.git : [],
    epochs: all.epochs.filter((name) => epochs.has(name)),
  };
  const { entries, troubles } = await outsideEntries(chosen, set.lock, true, tools, signal);
  const roots = felt.flatMap(({ name, from, digest }): Move[] => {
    const value = entries.roots[name];
    if (value === undefined || value.digest === digest) return [];
    return [
      {
        section: 'roots',
        key: name,
        value,
        from: shown(digest),
        to: shown(value.digest) ?? '',
        users: usersOf(from),
      },
    ];
  });
  const texts = (
    section: 'git' | 'epochs',
    users: (key: string, value: string) => readonly string[],
  ): Move[] =>
    Object.entries(entries[section]).flatMap(([key, value]) => {
      const from = set.lock[section][key];
      if (from === value) return [];
      return [{ section, key, value, from: shown(from), to: shown(value) ?? '', users: users(key, value) }];
    });
  const cloned = (key: string): readonly string[] => clonersOf(graph, set.lock.git[key]);
  return { moves: [...roots, ...texts('git', cloned), ...texts('epochs', (name) => [name])], troubles };
}

/** The images that get this commit as an argument; of a repository that was never locked nobody does yet. */
function clonersOf(graph: ImageGraph, commit: string | undefined): readonly string[] {
  if (commit === undefined) return [];
  return graph.order.filter((name) =>
    Object.values(graph.nodes.get(name)?.image.args ?? {}).includes(commit),
  );
}

/** A digest or commit as people tell it apart; a day as it is. */
function shown(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value.startsWith('sha256:')) return `${value.slice(0, 19)}…`;
  return value.length === 40 ? value.slice(0, 12) : value;
}

/** The files that these moves write, by path, with their texts; `lock` is the text of matrix.lock. */
export function editsOf(lock: string, moves: readonly Move[]): ReadonlyMap<string, string> {
  const edits = new Map<string, string>();
  for (const { section, key, value } of moves)
    if (section === 'python' && typeof value === 'string') edits.set(key, value);
  if (moves.length > edits.size) edits.set(lockFile, lockTextWith(lock, moves));
  return edits;
}

/** The text of matrix.lock with these moves made. */
function lockTextWith(text: string, moves: Iterable<Move>): string {
  const entries = {
    roots: {} as Record<string, LockedImage>,
    mirrors: {},
    git: {} as Record<string, string>,
    epochs: {} as Record<string, string>,
  };
  for (const { section, key, value } of moves) {
    if (typeof value !== 'string') entries.roots[key] = value;
    else if (section === 'git' || section === 'epochs') entries[section][key] = value;
  }
  return updateLockText(text, entries satisfies Lock);
}

/** A move as a person is told of it. */
export function tellMove({ section, key, from, to }: Move): string {
  if (section === 'python') return `Python packages of ${path.posix.dirname(key)}: ${to}`;
  const what = { roots: `root ${key}`, git: key, epochs: `system packages as of` }[section];
  if (section === 'epochs') return from === undefined ? `${what} ${to}` : `${what} ${to} (were of ${from})`;
  return from === undefined ? `${what} closed at ${to}` : `${what} from ${from} to ${to}`;
}
