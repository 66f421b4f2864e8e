/**
 * Lists that registries give over as many pages as they like (`Link`, RFC 8288; OCI distribution specification,
 * end-8 and 12). What stands on a page is the caller's.
 */
import { invalidAnswer, type Failed } from './error.ts';
import type { Exchange, RegistryRequest } from './session.ts';
import type { Answer } from './transport.ts';

const MAX_PAGES = 2000;
const MAX_ITEMS = 1_000_000;

export interface Page<T> {
  readonly kind: 'page';
  readonly items: readonly T[];
}

/**
 * All items. `read` makes a page of an answer, or ends it all with another outcome. A list that comes round again,
 * goes on for ever or leads to another host is an invalid answer; a page shorter than asked is not the end, only a
 * missing `Link` is. `what` names the list in messages.
 */
export async function readPages<T, E extends { readonly kind: string }>(
  first: RegistryRequest,
  what: string,
  exchange: Exchange,
  read: (answer: Answer, isFirst: boolean) => Page<T> | E,
  signal: AbortSignal,
): Promise<Page<T> | Exclude<E, Page<T>> | Failed> {
  const items: T[] = [];
  const seen = new Set<string>();
  let path: string | undefined = first.path;
  while (path !== undefined) {
    if (seen.has(path)) return invalidAnswer(first.registry, `its list of ${what} comes round in a circle`);
    if (seen.size >= MAX_PAGES || items.length > MAX_ITEMS)
      return invalidAnswer(first.registry, `its list of ${what} has no end`);
    seen.add(path);
    const answer = await exchange({ ...first, path }, signal);
    if (answer.kind === 'failed') return answer;
    const page = read(answer, seen.size === 1);
    // The compiler does not see that what is no page is E.
    if (!isPage(page)) return page as Exclude<E, Page<T>>;
    for (const item of page.items) items.push(item);
    path = nextPage(answer.headers.get('link'), path);
  }
  return { kind: 'page', items };
}

function isPage<T>(outcome: { readonly kind: string }): outcome is Page<T> {
  return outcome.kind === 'page';
}

/** The target of `rel="next"`, relative to the page that it came with. */
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
