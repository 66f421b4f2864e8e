/**
 * The plain values of YAML files that were read before and had nothing wrong with them, so that a file that has not
 * changed is not parsed again: of a matrix with a thousand definitions that takes longer than all the rest of a plan.
 * By the files' texts, not their names or times. Pure text in, text out, but for {@link readKeptValues} and
 * {@link keepValues}.
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { keepCache, readCache } from './cache-folder.ts';

export type Scalars = 'typed' | 'text';

/** Moves when the same text has another value: with the parser's version (a test holds that), or its options. */
export const title = 'hubwright-yaml-values yaml-2.9.1';

/** What is kept is read whole at each start. */
const mostCharacters = 8_000_000;

export class KeptValues {
  readonly #known: ReadonlyMap<string, unknown>;
  readonly #used = new Map<string, unknown>();
  #learned = false;

  /** From what {@link text} answered once; a text that is damaged, or of another version, is as good as none. */
  constructor(text = '') {
    this.#known = parse(text);
  }

  /** The value of a file's text; undefined where it was not read before. */
  valueOf(text: string, scalars: Scalars): unknown {
    const id = idOf(text, scalars);
    const value = this.#known.get(id);
    if (value !== undefined) this.#used.set(id, value);
    return value;
  }

  /** Remembers a value, where JSON can say it (it has no infinity). */
  learn(text: string, scalars: Scalars, value: unknown): void {
    if (!isShort(value) || !isDeepStrictEqual(JSON.parse(JSON.stringify(value)), value)) return;
    this.#used.set(idOf(text, scalars), value);
    this.#learned = true;
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

function parse(text: string): ReadonlyMap<string, unknown> {
  const end = text.indexOf('\n');
  const body = text.slice(end + 1);
  // Half-written or edited: a wrong value would be believed.
  if (text.slice(0, end) !== `${title} ${sha256Of(body)}`) return new Map();
  // Our own text, as the hash says.
  return new Map(JSON.parse(body) as [string, unknown][]);
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
