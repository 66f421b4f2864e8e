/** One scalar of a YAML text and the very characters that say its value. Pure. */
import { isScalar, type Alias, type Scalar } from 'yaml';
import type { SourceSpan } from '../../core/diagnostic.ts';
import type { ValuesDocuments } from './values-document.ts';

/** A scalar as it stands in the text: from `start` up to `end`, quotes included, anchors and tags left out. */
export interface ScalarPlace {
  readonly value: string;
  readonly start: number;
  readonly end: number;
  readonly quote: '"' | "'" | '';
  /** What has to stand before a value where none stands yet. */
  readonly lead: '' | ' ';
  readonly span: SourceSpan;
  /** The alias that stands for it here, where one does. */
  readonly alias: { readonly start: number; readonly end: number; readonly span: SourceSpan } | undefined;
}

/** Undefined for what is no text on one line. */
export function scalarPlace(
  node: unknown,
  values: ValuesDocuments,
  alias: Alias | undefined,
): ScalarPlace | undefined {
  if (!isScalar(node) || !node.range) return undefined;
  const found = charactersOf(node, values.text);
  if (found === undefined) return undefined;
  const span = values.spans.at(found.start, found.end);
  const [from, to] = alias?.range ?? [];
  return {
    ...found,
    span,
    alias:
      from === undefined || to === undefined
        ? undefined
        : { start: from, end: to, span: values.spans.at(from, to) },
  };
}

type Characters = Pick<ScalarPlace, 'value' | 'start' | 'end' | 'quote' | 'lead'>;

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
      if (/[\r\n]/.test(written)) return undefined;
      if (scalar.value === null && written === '') {
        // `tag:` alone; the value goes right behind the colon, before blanks and remarks.
        const at = text.slice(0, start).trimEnd().length;
        const isBare = text.charAt(at - 1) === ':' && !text.slice(at, start).includes('\n');
        return isBare ? { value: '', start: at, end: at, quote: '', lead: ' ' } : undefined;
      }
      // A tag of digits is a number to YAML and a tag to the chart.
      const value =
        typeof scalar.value === 'string' ? scalar.value : scalar.value === null ? '' : (scalar.source ?? '');
      const first = written.charAt(0);
      return { value, start, end, quote: first === '"' || first === "'" ? first : '', lead: '' };
    }
    default:
      return undefined;
  }
}

/** A block of one line: `image: >-` with the reference below. Its indicator and indentation stay. */
function lineOfBlock(scalar: Scalar, text: string, start: number, end: number): Characters | undefined {
  const value = typeof scalar.value === 'string' ? scalar.value.trim() : '';
  if (value === '' || /\s/.test(value)) return undefined;
  const body = text.indexOf('\n', start);
  const at = text.indexOf(value, body);
  if (body < 0 || at < 0 || at + value.length > end) return undefined;
  return { value, start: at, end: at + value.length, quote: '', lead: '' };
}
