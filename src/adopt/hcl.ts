/**
 * As much of HCL as bake files need to be read: blocks, and values that are written out. What is computed comes back
 * as unknown. Pure; total.
 */

export type HclValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly HclValue[] }
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, HclValue> }
  /** An expression, as it is written. */
  | { readonly kind: 'unknown'; readonly text: string };

export interface HclBlock {
  readonly type: string;
  readonly labels: readonly string[];
  readonly line: number;
  readonly values: ReadonlyMap<string, HclValue>;
}

/** The blocks on the top level; undefined where the text cannot be taken apart. */
export function parseHcl(text: string): readonly HclBlock[] | undefined {
  const tokens = tokensOf(text);
  return tokens && new HclReader(text, tokens).blocks();
}

interface Token {
  readonly kind: 'word' | 'string' | 'sign' | 'feed';
  readonly text: string;
  readonly at: number;
  readonly end: number;
}

const pattern =
  /([ \t\r]+|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(\n)|("(?:[^"\\\n]|\\.)*")|([A-Za-z_0-9][\w.-]*)|(<<-?[\s\S]|[^\s\w])/y;

function tokensOf(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  for (let at = 0; at < text.length; at = pattern.lastIndex) {
    const match = pattern.exec(text);
    // Here-documents and strings that nobody closes are left to bake.
    if (match === null || match[5]?.startsWith('<<') === true) return undefined;
    const [all, skipped, feed, string, word] = match;
    if (skipped !== undefined) continue;
    const kind =
      feed !== undefined ? 'feed' : string !== undefined ? 'string' : word !== undefined ? 'word' : 'sign';
    tokens.push({ kind, text: all, at, end: at + all.length });
  }
  return tokens;
}

/** Deeper than anybody nests; reading goes as deep as what is read. */
const deepest = 100;

class HclReader {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(text: string, tokens: readonly Token[]) {
    this.#text = text;
    this.#tokens = tokens;
  }

  blocks(): readonly HclBlock[] | undefined {
    const blocks: HclBlock[] = [];
    for (;;) {
      this.#skipFeeds();
      const token = this.#take();
      if (this.#depth > deepest) return undefined;
      if (token === undefined) return blocks;
      if (token.kind !== 'word') return undefined;
      const labels: string[] = [];
      while (this.#peek()?.kind === 'string' || this.#peek()?.kind === 'word')
        labels.push(unquoted(this.#take()?.text ?? ''));
      const line = this.#text.slice(0, token.at).split('\n').length;
      if (this.#accept('=')) this.#value();
      else if (this.#accept('{')) blocks.push({ type: token.text, labels, line, values: this.#body() });
      else return undefined;
    }
  }

  /** What stands between the braces of a block or a map, the closing one included. */
  #body(): ReadonlyMap<string, HclValue> {
    const values = new Map<string, HclValue>();
    this.#enter();
    for (;;) {
      this.#skipFeeds();
      if (this.#peek() === undefined || this.#leave('}')) return values;
      const key = this.#take();
      while (this.#peek()?.kind === 'string') this.#take();
      if (this.#accept('{')) this.#body();
      else if (this.#accept('=') || this.#accept(':')) values.set(unquoted(key?.text ?? ''), this.#value());
    }
  }

  #value(): HclValue {
    const start = this.#peek();
    const value = this.#plainValue();
    const next = this.#peek();
    const isWhole = next === undefined || next.kind === 'feed' || /^[,\]})]$/.test(next.text);
    if (value !== undefined && isWhole) return value;
    // An expression: to the end of its line, brackets over several lines included.
    for (let depth = 0; ; this.#next += 1) {
      const token = this.#peek();
      if (token === undefined) break;
      if (depth === 0 && (token.kind === 'feed' || /^[,\]})]$/.test(token.text))) break;
      if (/^[[({]$/.test(token.text)) depth += 1;
      if (/^[\])}]$/.test(token.text)) depth -= 1;
    }
    const end = this.#tokens[this.#next - 1]?.end ?? this.#text.length;
    return { kind: 'unknown', text: this.#text.slice(start?.at ?? end, end) };
  }

  #plainValue(): HclValue | undefined {
    const token = this.#peek();
    if (token?.kind === 'string') {
      this.#take();
      return { kind: 'text', text: unquoted(token.text) };
    }
    if (token?.kind === 'word' && /^(?:true|false|\d[\d.]*)$/.test(token.text)) {
      this.#take();
      return { kind: 'text', text: token.text };
    }
    // A variable alone is the text of that variable.
    if (token?.kind === 'word' && /^[A-Za-z_]\w*$/.test(token.text)) {
      this.#take();
      return { kind: 'text', text: `\${${token.text}}` };
    }
    if (this.#accept('{')) return { kind: 'map', entries: this.#body() };
    if (!this.#accept('[')) return undefined;
    const items: HclValue[] = [];
    this.#enter();
    for (;;) {
      this.#skipFeeds();
      if (this.#peek() === undefined || this.#leave(']')) return { kind: 'list', items };
      if (!this.#accept(',')) items.push(this.#value());
    }
  }

  /** What is too deep ends the reading: the depth stays what it is, and nothing is left to be read. */
  #enter(): void {
    this.#depth += 1;
    if (this.#depth > deepest) this.#next = this.#tokens.length;
  }

  #leave(sign: string): boolean {
    const isClosed = this.#accept(sign);
    if (isClosed) this.#depth -= 1;
    return isClosed;
  }

  #skipFeeds(): void {
    while (this.#peek()?.kind === 'feed' || this.#peek()?.text === ',') this.#next += 1;
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  #take(): Token | undefined {
    const token = this.#tokens[this.#next];
    this.#next += 1;
    return token;
  }

  #accept(text: string): boolean {
    const is = this.#peek()?.kind !== 'string' && this.#peek()?.text === text;
    if (is) this.#next += 1;
    return is;
  }
}

function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  return text.slice(1, -1).replace(/\\(.)/g, (_, char: string) => ({ n: '\n', t: '\t' })[char] ?? char);
}
