/**
 * What signatures have proved before, so that the same is neither fetched nor judged again: that somebody who is trusted
 * signed of a digest that it is the content of a key, and passed a verdict key. That stays true: signatures do not end,
 * and a certificate is held to the time of its signature. Kept for one choice of whom to trust: with another, nothing is
 * known. Only what was proved is kept, never that something was not. Where it is kept is cache-folder.ts's.
 */
import { createHash } from 'node:crypto';
import { trustId, type Trusted } from '../attest/trusted.ts';
import { keepCache, liesOutside, readCache } from '../matrix/cache-folder.ts';

/** Moves when the same signatures would be judged otherwise. */
const title = 'hubwright-proofs 1';

/** More than a family has images, contracts and revisions in months. */
const mostEntries = 50_000;

/** The three that a proof is of. */
export interface ProvenKeys {
  readonly digest: string;
  readonly key: string;
  readonly verdictKey: string;
}

export class KnownProofs {
  readonly #trust: string;
  readonly #known: Set<string>;
  readonly #used = new Set<string>();
  #learned = false;

  /** From what {@link text} answered once; a text that is damaged, or of other people's word, is as good as none. */
  constructor(trusted: readonly Trusted[], text = '') {
    this.#trust = trustId(trusted);
    this.#known = parse(text, this.#trust);
  }

  has(keys: ProvenKeys): boolean {
    const id = idOf(keys);
    if (this.#known.has(id)) this.#used.add(id);
    return this.#known.has(id);
  }

  learn(keys: ProvenKeys): void {
    const id = idOf(keys);
    this.#known.add(id);
    this.#used.add(id);
    this.#learned = true;
  }

  /** The text to keep; undefined where nothing was learned. Of too many, those are kept that were asked for. */
  text(): string | undefined {
    if (!this.#learned) return undefined;
    const kept = this.#known.size <= mostEntries ? this.#known : [...this.#used].slice(0, mostEntries);
    const body = [...kept].join('\n');
    return `${title} ${this.#trust} ${sha256Of(body)}\n${body}`;
  }
}

function idOf({ digest, key, verdictKey }: ProvenKeys): string {
  return sha256Of(`${digest} ${key} ${verdictKey}`);
}

function parse(text: string, trust: string): Set<string> {
  const end = text.indexOf('\n');
  const body = text.slice(end + 1);
  return text.slice(0, end) === `${title} ${trust} ${sha256Of(body)}` ? new Set(body.split('\n')) : new Set();
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const kind = 'proofs';

/** What was proved to plans of the repository at this absolute path, and a way to keep it. */
export interface KeptProofs {
  readonly proofs: KnownProofs;
  keep(): Promise<void>;
}

/** Nothing is kept within the repository, where it could be committed, or where the environment names no place. */
export function openKnownProofs(
  folder: string | undefined,
  repository: string,
  trusted: readonly Trusted[],
): KeptProofs {
  if (folder === undefined || !liesOutside(repository, folder))
    return { proofs: new KnownProofs(trusted), keep: async () => undefined };
  const place = { folder, kind, repository };
  const proofs = new KnownProofs(trusted, readCache(place));
  const keep = async (): Promise<void> => {
    const text = proofs.text();
    if (text !== undefined) await keepCache(place, text);
  };
  return { proofs, keep };
}
