/**
 * A text of Helm values as YAML: its documents, and for each offset the place that a person finds. What cannot be
 * understood without a doubt is told as diagnostics. Knows YAML's traps, and nothing of charts. Pure.
 */
import { isScalar, LineCounter, parseAllDocuments, visit, type Document } from 'yaml';
import type { Diagnostic, SourceSpan } from '../../core/diagnostic.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { usageError } from '../../matrix/usage-error.ts';
import { bracketDepth, deepestBrackets, isOverflow } from '../../matrix/yaml-source.ts';

/** A file that can be edited. */
export interface ValuesDocuments {
  readonly file: string;
  readonly text: string;
  readonly documents: readonly Document[];
  readonly spans: Spans;
}

/** Parses the text. Equal keys are errors too: for which of two a chart would read nobody could say. */
export function parseValues(file: string, text: string): Result<ValuesDocuments, readonly Diagnostic[]> {
  const lines = new LineCounter();
  const spans = new Spans(file, text, lines);
  const alone = /\r(?!\n)/.exec(text)?.index;
  if (alone !== undefined) return err([oldLineEnd(file, text, alone)]);
  if (bracketDepth(text) > deepestBrackets) return err([tooDeep(file)]);
  try {
    return parse(file, text, lines, spans);
  } catch (error) {
    if (isOverflow(error)) return err([tooDeep(file)]);
    throw error;
  }
}

function parse(
  file: string,
  text: string,
  lines: LineCounter,
  spans: Spans,
): Result<ValuesDocuments, readonly Diagnostic[]> {
  const parsed = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    // The parser compares each key with all before it; `equalKeys` does not mind a map of many thousands.
    uniqueKeys: false,
  });
  const documents: readonly Document[] = Array.isArray(parsed) ? parsed : [];
  if (documents.some((document) => document.errors.some(isOverflow))) return err([tooDeep(file)]);
  const errors = documents.flatMap((document) =>
    document.errors.map(({ message, pos, code }) => syntaxError(code, message, spans.at(pos[0], pos[1]))),
  );
  const template =
    errors[0]?.span !== undefined && /\{\{|\{%/.test(errors[0].span.text) ? errors[0] : undefined;
  // What a parser makes of the rest of it helps nobody.
  if (template !== undefined) return err([template]);
  errors.push(...documents.flatMap((document) => equalKeys(document, spans)));
  return errors.length > 0 ? err(errors) : ok({ file, text, documents, spans });
}

function syntaxError(code: string, message: string, span: SourceSpan): Diagnostic {
  if (code === 'TAB_AS_INDENT')
    return usageError('invalid-yaml', 'YAML is indented by spaces, not by tabs', span);
  const isTemplate = /\{\{|\{%/.test(span.text);
  return usageError('invalid-yaml', message.replace(/\.$/, ''), span, {
    help: isTemplate ? 'a template is no YAML yet: name the file that it yields' : undefined,
  });
}

/** A line end to YAML and to Helm, and none to our parser, nor to most editors. */
function oldLineEnd(file: string, text: string, at: number): Diagnostic {
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  const start = before.lastIndexOf('\n') + 1;
  const shown = text.slice(start).split(/[\r\n]/, 1)[0] ?? '';
  const span = { file, line, column: shown.length + 1, length: 1, text: shown };
  return usageError('invalid-yaml', 'this line ends in a carriage return without a line feed', span, {
    help: `save the file with the line ends of Linux or Windows: \`sed -i 's/\\r$//; s/\\r/\\n/g' ${file}\``,
  });
}

function tooDeep(file: string): Diagnostic {
  return usageError('invalid-yaml', `\`${file}\` is nested too deeply`, undefined, {
    help: 'look for brackets that are not closed, and for lines that are indented too far',
  });
}

function equalKeys(document: Document, spans: Spans): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  visit(document, {
    Map(_, { items }) {
      const seen = new Map<unknown, readonly [number, number, number]>();
      for (const { key } of items) {
        if (!isScalar(key) || !key.range) continue;
        const [start, end] = key.range;
        const first = seen.get(key.value);
        // Several merges may stand in one map.
        if (first !== undefined && key.value !== '<<') {
          const message = `the key \`${String(key.value)}\` stands here twice`;
          const notes = [{ message: 'the first', span: spans.at(first[0], first[1]) }];
          found.push(usageError('duplicate-key', message, spans.at(start, end), { notes }));
        }
        seen.set(key.value, first ?? key.range);
      }
    },
  });
  return found;
}

/** Offsets as places that a person finds. */
export class Spans {
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
