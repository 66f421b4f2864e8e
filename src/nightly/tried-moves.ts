/**
 * The moves that a night still makes. Those of Python locks come and go with what an image stands on, and one that
 * was taken back does not come again; why they are taken back is trials.ts's to know.
 */
import type { Move } from './moves.ts';

export class TriedMoves implements Iterable<Move> {
  readonly #moves: Set<Move>;
  readonly #refused = new Set<Move>();

  constructor(moves: Iterable<Move>) {
    this.#moves = new Set(moves);
  }

  [Symbol.iterator](): IterableIterator<Move> {
    return this.#moves.values();
  }

  get size(): number {
    return this.#moves.size;
  }

  /** The move of the image's own day. */
  epochOf(name: string): Move | undefined {
    return this.#find(({ section, key }) => section === 'epochs' && key === name);
  }

  /** The moves of Python locks that the image is made from. */
  locksOf(name: string): readonly Move[] {
    return [...this].filter(({ section, users }) => section === 'python' && users.includes(name));
  }

  /** Whether the image feels a move by itself that is neither its own day's nor a Python lock's. */
  isFeltBy(name: string): boolean {
    const found = this.#find(
      ({ section, users }) => (section === 'roots' || section === 'git') && users.includes(name),
    );
    return found !== undefined;
  }

  drop(move: Move): void {
    this.#moves.delete(move);
    if (move.section === 'python') this.#refused.add(move);
  }

  /** Drops the image's own day; answers whether it had one. */
  dropEpoch(name: string): boolean {
    const move = this.epochOf(name);
    return move !== undefined && this.#moves.delete(move);
  }

  /** Puts a lock's move in the place of an earlier one of the same file; answers the moves that came or went. */
  propose(file: string, move: Move | undefined): readonly Move[] {
    const wanted = move === undefined || this.#refused.has(move) ? undefined : move;
    const before = this.#find(({ section, key }) => section === 'python' && key === file);
    if (before === wanted) return [];
    if (before !== undefined) this.#moves.delete(before);
    if (wanted !== undefined) this.#moves.add(wanted);
    return [before, wanted].filter((each) => each !== undefined);
  }

  #find(is: (move: Move) => boolean): Move | undefined {
    return [...this.#moves].find(is);
  }
}
