/**
 * The tags of a repository, over as many pages as the registry makes of them
 * (OCI distribution specification, end-8). Only lists; what a tag means is the caller's.
 */
import { errorOfAnswer, invalidAnswer, type Failed } from './error.ts';
import type { Absent } from './manifests.ts';
import { isValidTag, type Reference } from './reference.ts';
import { parseJson, tagListSchema } from './schema.ts';
import type { Exchange } from './session.ts';

export interface TagList {
  readonly kind: 'found';
  /** Each once, by code unit. */
  readonly tags: readonly string[];
}

/** What of a reference names its repository. */
export type Repository = Pick<Reference, 'registry' | 'repository'>;

// The most that every registry takes; some refuse a request for more.
const PAGE_SIZE = 1000;
const MAX_PAGES = 2000;
const MAX_PAGE_BYTES = 8 * 1024 * 1024;

/**
 * All tags. `absent` when the registry knows no such repository. A list that comes round again, goes on for ever
 * or leads to another host is an invalid answer; a page shorter than asked is not the end, only a missing `Link` is.
 */
export async function listTags(
  repository: Repository,
  options: { readonly exchange: Exchange; readonly now: () => number },
  signal: AbortSignal,
): Promise<TagList | Absent | Failed> {
  const { registry, repository: name } = repository;
  const tags = new Set<string>();
  const seen = new Set<string>();
  let path: string | undefined = `/v2/${name}/tags/list?n=${PAGE_SIZE}`;
  while (path !== undefined) {
    if (seen.has(path)) return invalidAnswer(registry, `its list of tags of ${name} comes round in a circle`);
    if (seen.size >= MAX_PAGES) return invalidAnswer(registry, `its list of tags of ${name} has no end`);
    seen.add(path);
    const request = {
      method: 'GET',
      registry,
      repository: name,
      actions: 'pull',
      path,
      maxBytes: MAX_PAGE_BYTES,
    } as const;
    const answer = await options.exchange(request, signal);
    if (answer.kind === 'failed') return answer;
    // Only the first page can say that there is nothing: later on it would be a hole in the list.
    if (answer.status === 404 && seen.size === 1 && !answer.fromElsewhere) return { kind: 'absent' };
    if (answer.status !== 200)
      return errorOfAnswer(registry, `listing the tags of ${name}`, answer, options.now());
    const page = parseJson(tagListSchema, answer.body);
    if (page === undefined)
      return invalidAnswer(registry, `what it sent as tags of ${name} is no list of tags`);
    // What is no tag could not be asked for, and would only go on to where it does harm.
    for (const tag of page.tags ?? []) if (isValidTag(tag)) tags.add(tag);
    path = nextPage(answer.headers.get('link'), path);
  }
  return { kind: 'found', tags: [...tags].toSorted((a, b) => (a < b ? -1 : 1)) };
}

/** The target of `rel="next"` (RFC 8288), relative to the page that it came with. */
function nextPage(link: string | null, current: string): string | undefined {
  if (link === null) return undefined;
  for (const [, target = '', parameters = ''] of link.matchAll(/<([^>]*)>([^<]*)/g)) {
    if (!/;\s*rel\s*=\s*(?:"[^"]*\bnext\b[^"]*"|next\b)/i.test(parameters)) continue;
    // The page's own host is not known here; session.ts refuses whatever is not of the registry's origin.
    const url = URL.parse(target, new URL(current, 'http://page.invalid').href);
    if (url === null) return target;
    return url.host === 'page.invalid' ? `${url.pathname}${url.search}` : url.href;
  }
  return undefined;
}
