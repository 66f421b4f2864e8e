/**
 * The one way in which this room makes diagnostics: always about something that the user wrote.
 * Rendering them is the report room's work.
 */
import type { InvalidReference } from '../../registry/reference.ts';
import { usualHelp } from './usual-help.ts';
import type { Diagnostic, DiagnosticNote, SourceSpan } from '../core/diagnostic.ts';

interface Details {
  readonly help?: string | undefined;
  readonly notes?: readonly DiagnosticNote[] | undefined;
}

/** An error about a user's file or argument; an absent span, help or list of notes leaves no empty field behind. */
export function usageError(
  code: string,
  message: string,
  span: SourceSpan | undefined,
  details: Details = {},
): Diagnostic {
  return make('error', code, message, span, { ...details, help: details.help ?? usualHelp.get(code) });
}

/** For a reference that the registry's grammar does not take; the help is the grammar's own sentence. */
export function invalidReference(reference: InvalidReference, span: SourceSpan): Diagnostic {
  const sentence = reference.message.replace(/\.$/, '');
  return usageError('invalid-reference', `\`${reference.text}\` is no image reference`, span, {
    help: sentence.charAt(0).toLowerCase() + sentence.slice(1),
  });
}

/** As {@link usageError}, for what is worth a word and stops nothing. */
export function usageWarning(
  code: string,
  message: string,
  span: SourceSpan | undefined,
  details: Details = {},
): Diagnostic {
  return make('warning', code, message, span, details);
}

function make(
  severity: Diagnostic['severity'],
  code: string,
  message: string,
  span: SourceSpan | undefined,
  details: Details,
): Diagnostic {
  return {
    category: 'usage',
    severity,
    code,
    message,
    ...(span === undefined ? {} : { span }),
    ...(details.notes === undefined || details.notes.length === 0 ? {} : { notes: details.notes }),
    ...(details.help === undefined ? {} : { help: details.help }),
  };
}

/** Order in which diagnostics are shown: by file, line, column; those without a place come first. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.toSorted((a, b) => {
    const files = compareText(a.span?.file ?? '', b.span?.file ?? '');
    if (files !== 0) return files;
    const lines = (a.span?.line ?? 0) - (b.span?.line ?? 0);
    return lines === 0 ? (a.span?.column ?? 0) - (b.span?.column ?? 0) : lines;
  });
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
