/**
 * `.dockerignore` patterns as Docker applies them, odd corners included: after moby's patternmatcher
 * (github.com/moby/patternmatcher, patternmatcher.go and ignorefile/ignorefile.go), for paths with `/`.
 * Pure text; walking a folder is context-listing.ts's work.
 */
import path from 'node:path';
import { err, ok, type Result } from '../core/result.ts';

/** A pattern that does not parse, as it stands in the file, and its line (from 1). */
export interface BadPattern {
  readonly pattern: string;
  readonly line: number;
  readonly message: string;
}

/** Which patterns matched a folder: its children inherit the answer. */
export type ParentMatches = readonly boolean[] | undefined;

export interface IgnoreVerdict {
  readonly ignored: boolean;
  /** To be handed in for the children of this path. */
  readonly matches: readonly boolean[];
}

export interface IgnoreRules {
  /** True without any pattern: nothing is ignored. */
  readonly isEmpty: boolean;
  /** `file` is relative to the context, with `/`; `parent` is what its folder's call answered, undefined at the top. */
  match(file: string, parent: ParentMatches): IgnoreVerdict;
  /** True where something below an ignored folder may be taken in again by a `!` pattern. */
  mayTakeInBelow(directory: string): boolean;
}

interface Pattern {
  readonly exclusion: boolean;
  readonly text: string;
  readonly matches: (file: string) => boolean;
}

/** Reads the text of an ignore file. Errors: patterns that Docker refuses. */
export function parseIgnoreFile(text: string): Result<IgnoreRules, readonly BadPattern[]> {
  const patterns: Pattern[] = [];
  const bad: BadPattern[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const written = line.trim();
    if (line.startsWith('#') || written === '') continue;
    const exclusion = written.startsWith('!');
    const cleaned = clean(exclusion ? written.slice(1).trim() : written);
    const message =
      exclusion && (cleaned === '' || cleaned === '/') ? 'nothing stands after `!`' : syntaxError(cleaned);
    if (message === undefined) patterns.push({ exclusion, text: cleaned, matches: compile(cleaned) });
    else bad.push({ pattern: written, line: index + 1, message });
  }
  return bad.length > 0 ? err(bad) : ok(rulesOf(patterns));
}

/** Rules that ignore nothing. */
export const noRules: IgnoreRules = rulesOf([]);

function rulesOf(patterns: readonly Pattern[]): IgnoreRules {
  const exclusions = patterns
    .filter((pattern) => pattern.exclusion)
    .map(({ text }) => withoutTrailingGlob(text));
  // As buildkit's fsutil: only plain paths tell which folders they cannot reach.
  const onlyPlain = !exclusions.some((text) => /[*?[\]^\\]/.test(text));
  return {
    isEmpty: patterns.length === 0,
    match: (file, parent) => matchAll(patterns, file, parent),
    mayTakeInBelow: (directory) =>
      exclusions.length > 0 &&
      (!onlyPlain || exclusions.some((text) => `${text}/`.startsWith(`${directory}/`))),
  };
}

function matchAll(patterns: readonly Pattern[], file: string, parent: ParentMatches): IgnoreVerdict {
  let ignored = false;
  const matches = patterns.map((pattern, index) => {
    let matched = parent?.[index] ?? false;
    // A pattern that could not change the answer is not asked, and its children do not inherit it: moby's rule.
    if (!matched && pattern.exclusion === ignored) matched = pattern.matches(file);
    if (matched) ignored = !pattern.exclusion;
    return matched;
  });
  return { ignored, matches };
}

/** Go's filepath.Clean, then no leading slash: ignorefile's way to a path relative to the context. */
function clean(pattern: string): string {
  if (pattern === '') return '';
  const normal = path.posix.normalize(pattern);
  const bare = normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
  return bare.length > 1 && bare.startsWith('/') ? bare.slice(1) : bare;
}

function withoutTrailingGlob(pattern: string): string {
  return pattern.replace(/\/\*\*$/, '').replace(/\/\*$/, '');
}

/** What Go's filepath.Match refuses: an unclosed or empty class, a range without its end, a trailing backslash. */
function syntaxError(pattern: string): string | undefined {
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern.charAt(at);
    if (char === '\\') {
      at += 1;
      if (at >= pattern.length) return 'it ends in a backslash';
    } else if (char === '[') {
      const close = classEnd(pattern, at);
      if (close === undefined) return 'a `[` is not closed, or its class is empty';
      at = close;
    }
  }
  return undefined;
}

const classItem = String.raw`(?:\\.|[^\]\\-])`;
const classPattern = new RegExp(String.raw`\[\^?(?:${classItem}(?:-${classItem})?)+\]`, 'suy');

function classEnd(pattern: string, at: number): number | undefined {
  classPattern.lastIndex = at;
  return classPattern.test(pattern) ? classPattern.lastIndex - 1 : undefined;
}

/** moby's Pattern.compile and match: four ways to match, the two short cuts for `**` with corners of their own. */
function compile(pattern: string): (file: string) => boolean {
  const { kind, source } = translate(pattern);
  switch (kind) {
    case 'exact':
      return (file) => file === pattern;
    case 'prefix':
      return (file) => file.startsWith(pattern.slice(0, -2));
    case 'suffix': {
      const suffix = pattern.slice(2);
      return (file) => file.endsWith(suffix) || (suffix.startsWith('/') && file === suffix.slice(1));
    }
    case 'regexp': {
      const regexp = new RegExp(`^${source}$`, 'u');
      return (file) => regexp.test(file);
    }
    default:
      return kind satisfies never;
  }
}

type MatchKind = 'exact' | 'prefix' | 'suffix' | 'regexp';

function translate(pattern: string): { readonly kind: MatchKind; readonly source: string } {
  let kind: MatchKind = 'exact';
  let source = '';
  let at = 0;
  while (at < pattern.length) {
    const start = at;
    const char = pattern.charAt(at);
    at += 1;
    if (pattern.startsWith('**', start)) {
      // The slash after `**` belongs to it.
      at += pattern.charAt(start + 2) === '/' ? 2 : 1;
      const isLast = at >= pattern.length;
      source += isLast ? '.*' : '(.*/)?';
      kind = isLast && kind === 'exact' ? 'prefix' : 'regexp';
      if (start === 0) kind = 'suffix';
      continue;
    }
    if (char === '*' || char === '?') {
      source += char === '*' ? '[^/]*' : '[^/]';
    } else if (char === '[') {
      at = (classEnd(pattern, start) ?? start) + 1;
      source += pattern.slice(start, at);
    } else if (char === '\\') {
      source += escaped(pattern.charAt(at));
      at += 1;
    } else {
      source += escaped(char);
      continue;
    }
    kind = 'regexp';
  }
  return { kind, source };
}

function escaped(char: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char;
}
