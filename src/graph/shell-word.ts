/**
 * Words and variables as Dockerfiles write them: quotes, escapes, `$NAME`, `${NAME:-default}`, after
 * BuildKit's frontend/dockerfile/shell (lex.go). Pure text; whose variables they are is the caller's matter.
 */
import { err, ok, type Result } from '../core/result.ts';

/** Words within words: more than any Dockerfile has, and few enough to follow. */
const deepest = 100;

/** Splits a line at blanks outside quotes and braces; words keep their quotes. Undefined: a quote stays open. */
export function splitWords(line: string, escape = '\\'): readonly string[] | undefined {
  const words: string[] = [];
  let word = '';
  let quote = '';
  let braces = 0;
  for (let index = 0; index < line.length; index += 1) {
    const char = line.charAt(index);
    if (char === escape && quote !== "'") {
      word += char + line.charAt(index + 1);
      index += 1;
      continue;
    }
    if (quote === '' && braces === 0 && /\s/.test(char)) {
      if (word !== '') words.push(word);
      word = '';
      continue;
    }
    word += char;
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") {
      quote = char;
    } else if (char === '{' && line.charAt(index - 1) === '$') {
      braces += 1;
    } else if (char === '}' && braces > 0) {
      braces -= 1;
    }
  }
  if (quote !== '') return undefined;
  if (word !== '') words.push(word);
  return words;
}

/** Why a word could not be expanded. */
export type ExpansionError =
  | { readonly kind: 'undeclared'; readonly name: string }
  | { readonly kind: 'malformed'; readonly message: string };

/**
 * Answers a variable's value; `''` where it is declared without one, undefined where nobody declared it.
 * `set` is false where it has no value at all, which `${NAME-default}` tells from an empty one.
 */
export type VariableLookup = (name: string) => { readonly value: string; readonly set: boolean } | undefined;

/**
 * Expands one word: quotes removed, escapes resolved, variables replaced.
 * Errors: a variable that nobody declared (unless a default stands for it), and forms that do not parse.
 */
export function expandWord(
  text: string,
  lookup: VariableLookup,
  escape = '\\',
): Result<string, ExpansionError> {
  const expander = new Expander(text, lookup, escape);
  const value = expander.expand('');
  return expander.error === undefined ? ok(value) : err(expander.error);
}

class Expander {
  error: ExpansionError | undefined;
  readonly #text: string;
  readonly #lookup: VariableLookup;
  readonly #escape: string;
  #at = 0;
  /** How many words around the present place are read only to find their end. */
  #unused = 0;
  #depth = 0;

  constructor(text: string, lookup: VariableLookup, escape: string) {
    this.#text = text;
    this.#lookup = lookup;
    this.#escape = escape;
  }

  /** Expands up to `stop` (left unread) or, with an empty `stop`, to the end. */
  expand(stop: string): string {
    let value = '';
    let quoted = false;
    while (this.#at < this.#text.length && this.error === undefined) {
      const char = this.#text.charAt(this.#at);
      if (char === stop && !quoted) return value;
      this.#at += 1;
      if (char === "'" && !quoted) value += this.#upTo("'");
      else if (char === '"') quoted = !quoted;
      else if (char === '$') value += this.#variable();
      else if (char === this.#escape) value += this.#escaped(quoted);
      else value += char;
    }
    if (quoted) this.#fail('a double quote is not closed');
    else if (stop !== '') this.#fail(`\`${stop}\` is missing`);
    return value;
  }

  #escaped(quoted: boolean): string {
    const char = this.#text.charAt(this.#at);
    this.#at += 1;
    return quoted && !['"', '$', this.#escape].includes(char) ? this.#escape + char : char;
  }

  #upTo(end: string): string {
    const close = this.#text.indexOf(end, this.#at);
    if (close === -1) return this.#fail('a single quote is not closed');
    const value = this.#text.slice(this.#at, close);
    this.#at = close + 1;
    return value;
  }

  #variable(): string {
    if (this.#text.charAt(this.#at) === '{') return this.#braced();
    const name = this.#name();
    // As BuildKit does: a dollar before anything else stands for itself.
    return name === '' ? '$' : this.#valueOf(name);
  }

  #braced(): string {
    this.#at += 1;
    const name = this.#name();
    if (name === '') return this.#fail('a variable name is missing after `${`');
    if (this.#text.charAt(this.#at) === '}') {
      this.#at += 1;
      return this.#valueOf(name);
    }
    const operator = /^:?[-+?]/.exec(this.#text.slice(this.#at))?.[0];
    if (operator === undefined) {
      return this.#fail(
        `of the forms of \`\${${name}…}\` only \`:-\`, \`-\`, \`:+\`, \`+\`, \`:?\` and \`?\` are understood`,
      );
    }
    this.#at += operator.length;
    const found = this.#lookup(name);
    const present = found?.set === true && !(operator.startsWith(':') && found.value === '');
    const word = this.#alternative(operator.endsWith('+') === present);
    this.#at += 1;
    if (operator.endsWith('+')) return present ? word : '';
    if (present) return found.value;
    if (operator.endsWith('-') || this.#unused > 0) return word;
    return this.#fail(`\`${name}\` has no value: ${word || 'it is required'}`);
  }

  /** The word after the operator. One that is not taken must parse, but may name what nobody declared. */
  #alternative(taken: boolean): string {
    if (this.#depth === deepest) return this.#fail('its variables are nested too deeply');
    this.#depth += 1;
    if (!taken) this.#unused += 1;
    const word = this.expand('}');
    if (!taken) this.#unused -= 1;
    this.#depth -= 1;
    return word;
  }

  #name(): string {
    const name = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+)/.exec(this.#text.slice(this.#at))?.[0] ?? '';
    this.#at += name.length;
    return name;
  }

  #valueOf(name: string): string {
    const found = this.#lookup(name);
    if (found === undefined) {
      if (this.#unused > 0) return '';
      this.error ??= { kind: 'undeclared', name };
      return '';
    }
    return found.value;
  }

  #fail(message: string): string {
    this.error ??= { kind: 'malformed', message };
    return '';
  }
}
