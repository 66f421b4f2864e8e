/**
 * The words of one instruction, and where they stand in it: its flags, what follows them, and the words of an ARG,
 * after BuildKit's frontend/dockerfile/parser (split_command.go, line_parsers.go). Pure; what a word means is
 * dockerfile.ts's business.
 */
import type { TextRange } from './logical-lines.ts';

/** A word as written, quotes and escapes included; its range is one of offsets in the instruction's text. */
export interface Word extends TextRange {
  readonly text: string;
}

/** `--name=value` between an instruction's keyword and its arguments. */
export interface Flag {
  readonly name: string;
  /** Undefined without a `=`; the word of `--name=` is empty. */
  readonly value: Word | undefined;
}

export interface InstructionWords {
  readonly flags: readonly Flag[];
  /** What follows the flags, cut at blanks alone: to FROM, COPY and ADD a quote is a character like any other. */
  readonly args: readonly Word[];
}

/** Flags and arguments of an instruction's text, which begins with its keyword. */
export function instructionWords(text: string): InstructionWords {
  const flags: Flag[] = [];
  let argsStart = keywordLength(text);
  for (const word of quotedWords(text, argsStart, '\\')) {
    if (!word.text.startsWith('--')) break;
    argsStart = word.end;
    // As for a shell's commands: what comes after it is no flag.
    if (word.text === '--') break;
    flags.push(flagOf(word));
  }
  const args = [...text.slice(argsStart).matchAll(/\S+/g)].map((match) =>
    wordAt(match[0], argsStart + match.index),
  );
  return { flags, args };
}

/** The declarations of an `ARG`: words that keep blanks within quotes. */
export function argWords(text: string, escape: string): readonly Word[] {
  return [...quotedWords(text, keywordLength(text), escape)];
}

function keywordLength(text: string): number {
  return /^\S*/.exec(text)?.[0].length ?? 0;
}

/** Words that blanks within quotes, and escaped ones, do not cut; a quote that stays open reaches to the end. */
function* quotedWords(text: string, from: number, escape: string): Generator<Word> {
  let start: number | undefined;
  let quote = '';
  for (let at = from; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (quote === '' && /\s/.test(char)) {
      if (start !== undefined) yield wordAt(text.slice(start, at), start);
      start = undefined;
      continue;
    }
    start ??= at;
    if (char === escape && quote !== "'") at += 1;
    else if (char === quote) quote = '';
    else if (quote === '' && (char === '"' || char === "'")) quote = char;
  }
  if (start !== undefined) yield wordAt(text.slice(start), start);
}

function wordAt(text: string, start: number): Word {
  return { text, start, end: start + text.length };
}

function flagOf({ text, start }: Word): Flag {
  const equals = text.indexOf('=');
  if (equals === -1) return { name: text.slice(2), value: undefined };
  return { name: text.slice(2, equals), value: wordAt(text.slice(equals + 1), start + equals + 1) };
}
