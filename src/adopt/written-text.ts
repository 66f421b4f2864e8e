/**
 * Texts with variables, as build files of several kinds hold them, and what they come to where everything in them is
 * known. Pure.
 */
import { expandWord } from '../graph/shell-word.ts';

export interface Written {
  /** As somebody wrote it. */
  readonly text: string;
  /** Undefined where it depends on something that is not written down. */
  readonly value: string | undefined;
}

/** Values that a file itself gives. */
export type Variables = ReadonlyMap<string, string>;

/** A text whose quotes are none of a shell's: `$NAME`, `${NAME}`, `${NAME:-default}`, and `$$` for a dollar. */
export function filled(text: string, variables: Variables): Written {
  let isKnown = true;
  const value = text.replace(
    /\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::?-([^${}]*))?\}|)/g,
    (_, dollar?: string, plain?: string, braced?: string, fallback?: string) => {
      if (dollar !== undefined) return dollar;
      const found = variables.get(plain ?? braced ?? '') ?? fallback;
      if (found === undefined) isKnown = false;
      return found ?? '';
    },
  );
  return { text, value: isKnown ? value : undefined };
}

/** A word of a shell: as `filled`, with its quotes and escapes taken away. */
export function filledWord(word: string, variables: Variables): Written {
  const expanded = expandWord(word, (name) => {
    const value = variables.get(name);
    return value === undefined ? undefined : { value, set: true };
  });
  const value = expanded.ok && !word.includes('`') ? expanded.value : undefined;
  return { text: word, value };
}

/** Calls and expressions that stand in the place of a value, hidden behind variables that nobody knows. */
export class Veil {
  readonly #hidden: string[] = [];

  /** A variable for what stands there, whose blanks and brackets are then in nobody's way. */
  hide(original: string): string {
    this.#hidden.push(original);
    return `\${__${this.#hidden.length - 1}__}`;
  }

  /** The text with what was hidden in it. */
  show(text: string): string {
    return text.replace(/\$\{__(\d+)__\}/g, (all, index: string) =>
      this.show(this.#hidden[Number(index)] ?? all),
    );
  }
}

/** Where the bracket that opens at `start` is closed, behind it; the text's end where it is not. */
export function closingOf(text: string, start: number, open: string, close: string): number {
  let depth = 0;
  for (let index = start; index < text.length; index += 1) {
    if (text.charAt(index) === open) depth += 1;
    if (text.charAt(index) === close) depth -= 1;
    if (depth === 0) return index + 1;
  }
  return text.length;
}

/** Hides `$(…)` and backticks of a shell. */
export function hideCalls(text: string, veil: Veil): string {
  let result = '';
  for (let index = 0; index < text.length;) {
    const end = text.startsWith('$(', index)
      ? closingOf(text, index + 1, '(', ')')
      : text.charAt(index) === '`' && text.includes('`', index + 1)
        ? text.indexOf('`', index + 1) + 1
        : index;
    result += end > index ? veil.hide(text.slice(index, end)) : text.charAt(index);
    index = end > index ? end : index + 1;
  }
  return result;
}
