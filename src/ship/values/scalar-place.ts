/** One scalar of a YAML text and the very characters that say its value. Pure. */
import { isScalar, type Alias, type Scalar } from 'yaml';
import type { SourceSpan } from '../../core/diagnostic.ts';
import type { ValuesDocuments } from './values-document.ts';

/** A scalar as it stands in the text: from `start` up to `end`, quotes included, anchors and tags left out. */
export interface ScalarPlace {
  readonly value: string;
  /** Where its node begins: one for each scalar, wherever its characters are. */
  readonly origin: number;
  readonly start: number;
  readonly end: number;
  readonly quote: '"' | "'" | '';
  /** What has to stand before a new value. */
  readonly lead: string;
  /** The beginning of the value, where that stands on lines above and stays. */
  readonly kept: string;
  readonly span: SourceSpan;
  /** The alias that stands for it here, where one does. */
  readonly alias: { readonly start: number; readonly end: number; readonly span: SourceSpan } | undefined;
  /** Where the alias, and the map that merges it in, begin: by these a use of it is told from others'. */
  readonly readers: readonly number[];
}

/** How a place came to a scalar that does not stand in it. */
export interface Reading {
  readonly alias?: Alias | undefined;
  readonly mergedAt?: number | undefined;
}

/** Undefined for what is no text on one line. */
export function scalarPlace(
  node: unknown,
  values: ValuesDocuments,
  { alias, mergedAt }: Reading = {},
): ScalarPlace | undefined {
  if (!isScalar(node) || !node.range) return undefined;
  const found = charactersOf(node, values.text);
  if (found === undefined) return undefined;
  const span = values.spans.at(found.start, found.end);
  const [from, to] = alias?.range ?? [];
  return {
    ...found,
    ...typeOf(node, found, values.text),
    origin: node.range[0],
    span,
    alias:
      from === undefined || to === undefined
        ? undefined
        : { start: from, end: to, span: values.spans.at(from, to) },
    readers: [from, mergedAt].filter((each) => each !== undefined),
  };
}

type Characters = Pick<ScalarPlace, 'value' | 'start' | 'end' | 'quote' | 'lead' | 'kept'>;

function charactersOf(scalar: Scalar, text: string): Characters | undefined {
  if (!scalar.range) return undefined;
  const [start, end] = scalar.range;
  const written = text.slice(start, end);
  switch (scalar.type) {
    case 'BLOCK_FOLDED':
    case 'BLOCK_LITERAL':
      return lineOfBlock(scalar, text, start, end);
    case 'PLAIN':
    case 'QUOTE_DOUBLE':
    case 'QUOTE_SINGLE': {
      if (/[\r\n]/.test(written)) return lastLine(scalar, text, start, end);
      if (written === '') return nothingYet(text, start);
      // A tag of digits is a number to YAML and a tag to the chart.
      const value =
        typeof scalar.value === 'string' ? scalar.value : scalar.value === null ? '' : (scalar.source ?? '');
      const first = written.charAt(0);
      return { value, start, end, quote: first === '"' || first === "'" ? first : '', lead: '', kept: '' };
    }
    default:
      return undefined;
  }
}

/** `tag:` alone, or `tag: &anchor`; the value goes right behind that, before blanks and remarks. */
function nothingYet(text: string, start: number): Characters | undefined {
  const at = text.slice(0, start).trimEnd().length;
  const line = text.slice(text.lastIndexOf('\n', at - 1) + 1, at);
  const isBare = /:(?:[ \t]+[&!]\S*)*$/.test(line) && !text.slice(at, start).includes('\n');
  return isBare ? { value: '', start: at, end: at, quote: '', lead: ' ', kept: '' } : undefined;
}

/** A block of one line: `image: >-` with the reference below. Its indicator and indentation stay. */
function lineOfBlock(scalar: Scalar, text: string, start: number, end: number): Characters | undefined {
  const value = typeof scalar.value === 'string' ? scalar.value.trim() : '';
  if (value === '' || /\s/.test(value)) return undefined;
  const body = text.indexOf('\n', start);
  const at = text.indexOf(value, body);
  if (body < 0 || at < 0 || at + value.length > end) return undefined;
  return { value, start: at, end: at + value.length, quote: '', lead: '', kept: '' };
}

/** Double quotes over several lines, broken by `\`: what stands on the last of them can be changed. */
function lastLine(scalar: Scalar, text: string, start: number, end: number): Characters | undefined {
  const { value } = scalar;
  if (scalar.type !== 'QUOTE_DOUBLE' || typeof value !== 'string' || /\s/.test(value)) return undefined;
  const at = text.lastIndexOf('\n', end - 1) + 1;
  const line = text.slice(at, end - 1).trimStart();
  if (line === '' || line.includes('\\') || !value.endsWith(line) || at <= start) return undefined;
  const kept = value.slice(0, -line.length);
  return { value, start: end - 1 - line.length, end: end - 1, quote: '', lead: '', kept };
}

const yamlTypes = 'tag:yaml.org,2002:';

/**
 * An explicit type: `!!float 1.0` would hold the new tag to be no number. One of the user's own (`!vault`) means what
 * only its reader knows, so that the value is none that could be matched.
 */
function typeOf({ tag }: Scalar, found: Characters, text: string): Partial<Characters> {
  if (tag === undefined || tag === `${yamlTypes}str` || tag === '!') return {};
  if (!tag.startsWith(yamlTypes)) return { value: `${tag} ${found.value}` };
  const written = /![^\s!]*![^\s!]+((?:[ \t]+&\S+)?[ \t]*)$/.exec(text.slice(0, found.start));
  if (written === null || found.kept !== '') return {};
  return { start: written.index, lead: `!!str${(written[1] ?? '').trimEnd()} ` };
}
