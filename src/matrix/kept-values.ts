/**
 * The plain values of YAML files that were read before and had nothing wrong with them, so that a file that has not
 * changed is not parsed again: of a matrix with a thousand definitions that takes longer than all the rest of a plan.
 * With them the names of the shapes that they were found to have, so that they are not held to a schema again either.
 * By the files' texts, not their names or times. Pure text in, text out, but for {@link readKeptValues} and
 * {@link keepValues}.
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from '../core/node-util.ts';
import { keepCache, readCache } from './cache-folder.ts';

export type Scalars = 'typed' | 'text';

/** Moves when the same text has another value, or a schema another meaning: with the libraries' versions (a test holds that), or their options. */
export const title = 'hubwright-yaml-values yaml-2.9.1 zod-4.6.7';

/** What is kept is read whole at each start. */
const mostCharacters = 8_000_000;

interface Kept {
  readonly value: unknown;
  readonly shapes: readonly string[];
}

export class KeptValues {
  readonly #known: ReadonlyMap<string, Kept>;
  readonly #used = new Map<string, Kept>();
  /** Whose values were handed out: what is asked of a shape later is the value itself. */
  readonly #ids = new Map<unknown, string>();
  #learned = false;

  /** From what {@link text} answered once; a text that is damaged, or of another version, is as good as none. */
  constructor(text = '') {
    this.#known = parse(text);
  }

  /** The value of a file's text; undefined where it was not read before. */
  valueOf(text: string, scalars: Scalars): unknown {
    const id = idOf(text, scalars);
    const kept = this.#used.get(id) ?? this.#known.get(id);
    if (kept !== undefined) this.#use(id, kept);
    return kept?.value;
  }

  /** Remembers a value, where JSON can say it (it has no infinity). */
  learn(text: string, scalars: Scalars, value: unknown): void {
    if (!isShort(value) || !isDeepStrictEqual(JSON.parse(JSON.stringify(value)), value)) return;
    this.#use(idOf(text, scalars), { value, shapes: [] });
    this.#learned = true;
  }

  /** Whether this very value, which was known or learned here, was found to have a shape. */
  hasShape(value: unknown, shape: string): boolean {
    return this.#keptOf(value)?.shapes.includes(shape) ?? false;
  }

  /** Remembers that a value that was known or learned has a shape, where reading it as that gave the value itself. */
  learnShape(value: unknown, shape: string, content: unknown): void {
    const id = this.#ids.get(value);
    if (id === undefined || !isDeepStrictEqual(content, value)) return;
    this.#use(id, { value, shapes: [...(this.#used.get(id)?.shapes ?? []), shape] });
    this.#learned = true;
  }

  #use(id: string, kept: Kept): void {
    this.#used.set(id, kept);
    this.#ids.set(kept.value, id);
  }

  #keptOf(value: unknown): Kept | undefined {
    const id = this.#ids.get(value);
    return id === undefined ? undefined : this.#used.get(id);
  }

  /** The text to keep; undefined where nothing was learned. What was not asked for is left out: its file has changed. */
  text(): string | undefined {
    if (!this.#learned) return undefined;
    const body = JSON.stringify([...this.#used]);
    return body.length > mostCharacters ? undefined : `${title} ${sha256Of(body)}\n${body}`;
  }
}

/** False for what aliases unfold into more than is kept: a text of 4 MB may become one of 400 MB, and is not to be written out to see that. */
function isShort(value: unknown): boolean {
  let left = mostCharacters / 2;
  const open = [value];
  while (open.length > 0 && left > 0) {
    const each = open.pop();
    left -= typeof each === 'string' ? each.length : 1;
    if (typeof each !== 'object' || each === null) continue;
    for (const [name, inner] of Object.entries(each)) {
      left -= name.length;
      open.push(inner);
      if (left <= 0) break;
    }
  }
  return left > 0;
}

function idOf(text: string, scalars: Scalars): string {
  return sha256Of(`${scalars}\n${text}`);
}

function parse(text: string): ReadonlyMap<string, Kept> {
  const end = text.indexOf('\n');
  const body = text.slice(end + 1);
  // Half-written or edited: a wrong value would be believed.
  if (text.slice(0, end) !== `${title} ${sha256Of(body)}`) return new Map();
  // Our own text, as the hash says.
  return new Map(JSON.parse(body) as [string, Kept][]);
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const kind = 'values';

/** What is kept for the repository at this absolute path. */
export function readKeptValues(folder: string, repository: string): KeptValues {
  return new KeptValues(readCache({ folder, kind, repository }));
}

/** Keeps what was learned, for all at once. */
export async function keepValues(folder: string, repository: string, values: KeptValues): Promise<void> {
  const text = values.text();
  if (text !== undefined) await keepCache({ folder, kind, repository }, text);
}
