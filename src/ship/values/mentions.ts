/**
 * Images of ours that stand where values are not edited: in the hub's configuration in Python, in environment
 * variables, under keys of other charts, with a tag that is filled in later. Each is told, so that nobody believes
 * them checked. Remarks are not looked at. Pure.
 */
import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  visit,
  type Document,
  type Node,
  type Pair,
  type Scalar,
} from 'yaml';
import { isValidTag } from '../../../registry/reference.ts';
import type { Diagnostic, SourceSpan } from '../../core/diagnostic.ts';
import type { ValuesSettings } from '../../matrix/image-set.ts';
import { usageError, usageWarning } from '../../matrix/usage-error.ts';
import type { Release } from '../../run/schema.ts';
import { canonicalName, matchReference, repositoryOf, type Wanted } from './match-release.ts';
import { isTemplate } from './unfilled-images.ts';
import type { ValuesDocuments } from './values-document.ts';

/** One reference in some text, as far as it can be read. */
interface Mention {
  readonly name: string;
  /** Of the text; what is filled in later among it. Empty: none. */
  readonly tag: string;
  readonly digest: string;
  readonly span: SourceSpan;
}

/** What is to be told of a file's scalars; those in `read` are images that are edited. */
export function mentionsOf(
  values: ValuesDocuments,
  read: ReadonlySet<number>,
  release: Release,
  settings: ValuesSettings,
): readonly Diagnostic[] {
  const families = familiesOf(release, settings);
  const isLikely = (text: string): boolean => families.some((each) => text.includes(each));
  if (!isLikely(values.text) && !values.text.includes('\\')) return [];
  const told: Diagnostic[] = [];
  for (const document of values.documents) {
    visit(document, {
      Scalar(_, scalar, path) {
        if (!scalar.range || read.has(scalar.range[0])) return;
        const text = typeof scalar.value === 'string' ? scalar.value : '';
        if (!isLikely(text)) return;
        const sibling = tagBeside(path, document);
        for (const mention of mentionsIn(scalar, text, values)) {
          const isAll = text.trim() === mention.name && sibling !== undefined;
          const problem = judged(isAll ? { ...mention, ...splitTag(sibling) } : mention, release, settings);
          if (problem !== undefined) told.push(problem);
        }
      },
    });
  }
  return told;
}

/** What all names of the family's images begin with, spelled as short as may be. */
function familiesOf(release: Release, { formerly }: ValuesSettings): readonly string[] {
  const parents = release.images.map((image) => canonicalName(repositoryOf(image)).replace(/\/[^/]*$/, ''));
  const all = [release.registry, ...formerly].map(canonicalName);
  return [...new Set([...parents, ...all])].filter((each) => each !== '');
}

// A name that holds a slash, and what may stand behind it; no part of a longer name, or of a path.
const references =
  /(?:(?<![\w./-])|(?<=:\/\/))(?<name>[a-zA-Z0-9][\w.-]*(?::\d+(?=\/))?(?:\/\w[\w.-]*)+)(?::(?<tag>(?:\{\{.*?\}\}|[^\s"'`<>,;()[\]\\@])*))?(?:@(?<digest>sha256:[0-9a-f]+))?/g;

function mentionsIn(scalar: Scalar, text: string, values: ValuesDocuments): readonly Mention[] {
  const [start = 0, end = 0] = scalar.range ?? [];
  // Escapes are not read here: such a value is looked through as it is understood, and shown from its beginning.
  const isEscaped = scalar.type === 'QUOTE_DOUBLE' && values.text.slice(start, end).includes('\\');
  const searched = isEscaped ? text : values.text.slice(start, end);
  const isBlock = scalar.type === 'BLOCK_LITERAL' || scalar.type === 'BLOCK_FOLDED';
  return [...searched.matchAll(references)].flatMap((found) => {
    if (isBlock && isRemark(searched, found.index)) return [];
    const at = isEscaped ? start : start + found.index;
    const span = values.spans.at(at, isEscaped ? end : at + found[0].length);
    const { name = '', tag = '', digest = '' } = found.groups ?? {};
    const beside = isBlock && tag === '' && digest === '' ? tagAround(searched, found.index) : undefined;
    return { name, ...(beside === undefined ? { tag, digest } : splitTag(beside)), span };
  });
}

/** What the language of a script passes over: a line of its own, or the rest of one. */
function isRemark(text: string, at: number): boolean {
  const before = text.slice(text.lastIndexOf('\n', at) + 1, at).replaceAll(/"[^"]*"|'[^']*'/g, '');
  return /^\s*\/\/|(?:^|\s)#/.test(before);
}

/** No map of an image is larger. */
const farthest = 2000;

/** YAML in a text, as Argo CD has a chart's values: the tag on a line around that of `name:`, as far in. */
function tagAround(text: string, at: number): string | undefined {
  const begin = text.lastIndexOf('\n', at) + 1;
  const indent = /^([ ]*)(?:name|repository):\s*["']?$/.exec(text.slice(begin, at))?.[1]?.length;
  if (indent === undefined) return undefined;
  const isBeside = (line: string): boolean => line.search(/\S/) === indent;
  const above = text
    .slice(Math.max(0, begin - farthest), begin)
    .split('\n')
    .slice(0, -1)
    .toReversed();
  const below = text.slice(begin, begin + farthest).split('\n');
  const map = [above, below].flatMap((lines) => {
    const end = lines.findIndex((line) => !isBeside(line));
    return end < 0 ? lines : lines.slice(0, end);
  });
  const tags = map.map((line) => /^\s*tag:\s*["']?([^"'\s#]+)/.exec(line)?.[1]);
  return tags.find((each) => each !== undefined);
}

/** The tag that stands beside a name: `{name: …, tag: …}`. */
function tagBeside(path: readonly (Node | Document | Pair)[], document: Document): string | undefined {
  const [map, pair] = path.slice(-2);
  if (!isMap(map) || !isPair(pair)) return undefined;
  const beside = map.items.find(({ key }) => isScalar(key) && key.value === 'tag')?.value;
  const node = isAlias(beside) ? beside.resolve(document) : beside;
  if (!isScalar(node)) return undefined;
  return node.tag?.startsWith('!') === true ? `${node.tag} ${node.source ?? ''}` : String(node.source ?? '');
}

function splitTag(written: string): Pick<Mention, 'tag' | 'digest'> {
  const [tag = '', digest = ''] = written.split('@');
  return { tag, digest };
}

function judged(mention: Mention, release: Release, settings: ValuesSettings): Diagnostic | undefined {
  const { name, tag, digest, span } = mention;
  const isFilledIn = isTemplate(tag);
  const reference = tag === '' || !isValidTag(tag) ? name : `${name}:${tag}`;
  const match = matchReference({ steps: [], reference }, release, settings);
  const hasVersion = tag !== '' || digest !== '';
  switch (match.kind) {
    case 'foreign':
      return undefined;
    case 'unknown':
      // Without a version it may as well be the registry's own address.
      if (!hasVersion) return undefined;
      return isFilledIn ? filledIn(mention, undefined) : notReleased(match.name, span);
    case 'ours': {
      const { wanted } = match;
      if (isFilledIn) return filledIn(mention, wanted);
      if (digest === wanted.digest || (digest === '' && tag === wanted.tag)) return undefined;
      return hasVersion ? stale(mention, wanted) : withoutTag(mention, wanted);
    }
    default:
      return match satisfies never;
  }
}

/** An image that should be in the release and is not. */
export function notReleased(name: string, span: SourceSpan): Diagnostic {
  return usageError('not-released', `the release has no image \`${name}\``, span, {
    help: 'publish it (`build images --push`), or name another',
  });
}

function whole({ repository, tag, digest }: Wanted): string {
  return `${repository}:${tag}@${digest}`;
}

function stale({ name, tag, digest, span }: Mention, wanted: Wanted): Diagnostic {
  const written = `${name}${tag === '' ? '' : `:${tag}`}${digest === '' ? '' : `@${digest}`}`;
  return usageError('not-edited', `\`${written}\` is not the release's, and nothing here is edited`, span, {
    help: `only what stands under \`image:\` is; write by hand: \`${whole(wanted)}\``,
  });
}

function filledIn({ name, tag, span }: Mention, wanted: Wanted | undefined): Diagnostic {
  const help = 'check the file that comes of it';
  return usageError(
    'filled-in',
    `\`${tag}\` is filled in later: which \`${name}\` it will be is not known`,
    span,
    {
      help: wanted === undefined ? help : `${help}, or write: \`${whole(wanted)}\``,
    },
  );
}

function withoutTag({ name, span }: Mention, wanted: Wanted): Diagnostic {
  return usageWarning('not-edited', `\`${name}\` stands here without a tag, and is not edited`, span, {
    help: `if it is started from here, write by hand: \`${whole(wanted)}\``,
  });
}
