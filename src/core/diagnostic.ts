/**
 * What a person is told when something they wrote, or something outside, is wrong:
 * where, what, and what to do. Rendering (caret, colour) is src/report's work.
 */

/** A place in a user's file. Lines and columns count from 1; `length` is in characters. */
export interface SourceSpan {
  /** Path as the user would type it: relative to the repository's root, with forward slashes. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
  /** The whole text of that line, kept so that a caret can be drawn without reading the file again. */
  readonly text: string;
}

export interface DiagnosticNote {
  readonly message: string;
  readonly span?: SourceSpan;
}

/**
 * `usage`: the user's files or arguments are wrong (exit code 2).
 * `environment`: something outside is missing or unreachable (exit code 3).
 */
export type DiagnosticCategory = 'usage' | 'environment';

export interface Diagnostic {
  readonly category: DiagnosticCategory;
  readonly severity: 'error' | 'warning';
  /** Stable, kebab-case, e.g. `unknown-key`, `dependency-cycle`, `engine-unreachable`. */
  readonly code: string;
  /** One sentence, no final full stop. Names and values stand in backquotes. */
  readonly message: string;
  readonly span?: SourceSpan;
  readonly notes?: readonly DiagnosticNote[];
  /** What to do about it: a sentence, or a command to run. */
  readonly help?: string;
  /** Path from the root of what is not there: whoever watches files waits for it. */
  readonly missing?: string;
}

/** Something outside that is missing or does not answer; an absent help leaves no empty field behind. */
export function environmentError(code: string, message: string, help?: string): Diagnostic {
  return {
    category: 'environment',
    severity: 'error',
    code,
    message,
    ...(help === undefined ? {} : { help }),
  };
}

/** The exit code that a set of error diagnostics asks for: 2 before 3, 0 when there is no error. */
export function exitCodeOf(diagnostics: readonly Diagnostic[]): 0 | 2 | 3 {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  if (errors.length === 0) return 0;
  return errors.some((diagnostic) => diagnostic.category === 'usage') ? 2 : 3;
}
