/**
 * Finds where Helm values name images: strings under the key `image`, and pairs of name and tag. Knows YAML and the
 * habits of the zero-to-jupyterhub chart; which of them are ours is match-release.ts. Pure.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type Document,
  type Scalar,
} from 'yaml';
import type { Diagnostic, SourceSpan } from '../../core/diagnostic.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { usageError } from '../../matrix/usage-error.ts';

/** A scalar as it stands in the text: from `start` up to `end`, quotes included, anchors and tags left out. */
export interface ScalarPlace {
  readonly value: string;
  readonly start: number;
  readonly end: number;
  readonly quote: '"' | "'" | '';
  readonly span: SourceSpan;
}

interface Place {
  /** Keys from the top, list indexes as they are: `singleuser.profileList.0.kubespawner_override.image`. */
  readonly path: string;
  /** Within what the chart starts: the hub, its proxy, users' servers, the puller. */
  readonly inChart: boolean;
}

/** `image: repository:tag` */
export interface StringPlace extends Place {
  readonly form: 'string';
  readonly reference: ScalarPlace;
}

/** `image: {name: repository, tag: tag}` */
export interface PairPlace extends Place {
  readonly form: 'pair';
  readonly name: ScalarPlace;
  /** Undefined where the pair has no tag of its own, or an empty one. */
  readonly tag: ScalarPlace | undefined;
}

export type ImagePlace = StringPlace | PairPlace;

/** What the chart has below these keys it starts as images of the hub. */
const chartParts: ReadonlySet<string> = new Set(['hub', 'proxy', 'singleuser', 'prePuller']);

/**
 * All places of a file that name an image, in the order of the text. Errors: what is no YAML, equal keys among it,
 * for which of two a chart would read nobody could say.
 */
export function findImagePlaces(
  file: string,
  text: string,
): Result<readonly ImagePlace[], readonly Diagnostic[]> {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    // The parser compares each key with all before it; `equalKeys` does not mind a map of many thousands.
    uniqueKeys: false,
  });
  if (!Array.isArray(documents)) return ok([]);
  const spans = new Spans(file, text, lines);
  const errors = documents.flatMap((document) =>
    document.errors.map(({ message, pos, code }) =>
      usageError(
        'invalid-yaml',
        code === 'TAB_AS_INDENT' ? 'YAML is indented by spaces, not by tabs' : message.replace(/\.$/, ''),
        spans.at(pos[0], pos[1]),
      ),
    ),
  );
  errors.push(...documents.flatMap((document) => equalKeys(document, spans)));
  if (errors.length > 0) return err(errors);
  return ok(documents.flatMap((document) => new Finder(document, text, spans).find()));
}

function equalKeys(document: Document, spans: Spans): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key) || !key.range) continue;
        // Several merges may stand in one map.
        if (seen.has(key.value) && key.value !== '<<') {
          const [start, end] = key.range;
          const message = `the key \`${String(key.value)}\` stands here twice`;
          found.push(usageError('duplicate-key', message, spans.at(start, end)));
        }
        seen.add(key.value);
      }
    },
  });
  return found;
}

class Finder {
  readonly #document: Document;
  readonly #text: string;
  readonly #spans: Spans;
  readonly #places = new Map<unknown, ImagePlace>();

  constructor(document: Document, text: string, spans: Spans) {
    this.#document = document;
    this.#text = text;
    this.#spans = spans;
  }

  find(): readonly ImagePlace[] {
    this.#visit(this.#document.contents, []);
    const start = (place: ImagePlace): number =>
      (place.form === 'string' ? place.reference : place.name).start;
    return [...this.#places.values()].toSorted((a, b) => start(a) - start(b));
  }

  /** Aliases are followed where they stand for an image alone: everything else is visited at its anchor. */
  #visit(node: unknown, path: readonly string[]): void {
    if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) this.#visit(item, [...path, String(index)]);
      return;
    }
    if (!isMap(node)) return;
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : '';
      const below = [...path, name];
      const target = isAlias(value) ? value.resolve(this.#document) : value;
      if (name === 'image' || path.at(-1) === 'extraImages') this.#note(target, below);
      this.#visit(value, below);
    }
  }

  #note(node: unknown, path: readonly string[]): void {
    if (this.#places.has(node)) return;
    const about = { path: path.join('.'), inChart: path.some((key) => chartParts.has(key)) };
    if (isScalar(node)) {
      const reference = this.#scalar(node);
      if (reference !== undefined) this.#places.set(node, { form: 'string', reference, ...about });
    } else if (isMap(node)) {
      const [name, tag] = ['name', 'tag'].map((key) => this.#scalar(node.get(key, true)));
      if (name !== undefined) this.#places.set(node, { form: 'pair', name, tag, ...about });
    }
  }

  /** Undefined for what is no text on one line, or a text that only YAML's block form can write. */
  #scalar(node: unknown): ScalarPlace | undefined {
    const scalar = isAlias(node) ? node.resolve(this.#document) : node;
    if (!isScalar(scalar) || !scalar.range || !isInline(scalar)) return undefined;
    const [start, end] = scalar.range;
    const written = this.#text.slice(start, end);
    // A tag of digits is a number to YAML and a tag to the chart.
    const value = typeof scalar.value === 'string' ? scalar.value : (scalar.source ?? '');
    if (value === '') return undefined;
    const first = written.charAt(0);
    const quote = first === '"' || first === "'" ? first : '';
    return { value, start, end, quote, span: this.#spans.at(start, end) };
  }
}

function isInline({ type }: Scalar): boolean {
  return type === 'PLAIN' || type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE';
}

/** Offsets as places that a person finds. */
class Spans {
  readonly #file: string;
  readonly #text: string;
  readonly #lines: LineCounter;

  constructor(file: string, text: string, lines: LineCounter) {
    this.#file = file;
    this.#text = text;
    this.#lines = lines;
  }

  at(start: number, end: number): SourceSpan {
    const { line, col } = this.#lines.linePos(start);
    const lineStart = this.#lines.lineStarts[line - 1] ?? 0;
    const lineEnd = this.#text.indexOf('\n', lineStart);
    const text = this.#text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd).replace(/\r$/, '');
    const length = Math.max(1, Math.min(end - start, text.length - (col - 1)));
    return { file: this.#file, line, column: col, length, text };
  }
}
