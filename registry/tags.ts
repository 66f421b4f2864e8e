/** The tags of a repository (OCI distribution specification, end-8). Only lists; what a tag means is the caller's. */
import { errorOfAnswer, invalidAnswer, type Failed } from './error.ts';
import type { Absent } from './manifests.ts';
import { readPages, type Page } from './pages.ts';
import { parseJson } from './parse-json.ts';
import { isValidTag, type Reference } from './reference.ts';
import { tagListSchema } from './schema.ts';
import type { Exchange } from './session.ts';
import type { Answer } from './transport.ts';

export interface TagList {
  readonly kind: 'found';
  /** Each once, by code unit. */
  readonly tags: readonly string[];
}

/** What of a reference names its repository. */
export type Repository = Pick<Reference, 'registry' | 'repository'>;

// The most that every registry takes; some refuse a request for more.
const PAGE_SIZE = 1000;
const MAX_PAGE_BYTES = 8 * 1024 * 1024;

/** All tags, over as many pages as the registry makes of them. `absent` when it knows no such repository. */
export async function listTags(
  repository: Repository,
  options: { readonly exchange: Exchange; readonly now: () => number },
  signal: AbortSignal,
): Promise<TagList | Absent | Failed> {
  const { registry, repository: name } = repository;
  const first = {
    method: 'GET',
    registry,
    repository: name,
    actions: 'pull',
    path: `/v2/${name}/tags/list?n=${PAGE_SIZE}`,
    maxBytes: MAX_PAGE_BYTES,
  } as const;
  const read = (answer: Answer, isFirst: boolean): Page<string> | Absent | Failed => {
    // Only the first page can say that there is nothing: later on it would be a hole in the list.
    if (answer.status === 404 && isFirst && !answer.fromElsewhere) return { kind: 'absent' };
    if (answer.status !== 200)
      return errorOfAnswer(registry, `listing the tags of ${name}`, answer, options.now());
    const list = parseJson(tagListSchema, answer.body);
    return list === undefined
      ? invalidAnswer(registry, `what it sent as tags of ${name} is no list of tags`)
      : { kind: 'page', items: list.tags ?? [] };
  };
  const all = await readPages(first, `tags of ${name}`, options.exchange, read, signal);
  if (all.kind !== 'page') return all;
  // What is no tag could not be asked for, and would only go on to where it does harm.
  const tags = [...new Set(all.items)].filter(isValidTag);
  return { kind: 'found', tags: tags.toSorted((a, b) => (a < b ? -1 : 1)) };
}
