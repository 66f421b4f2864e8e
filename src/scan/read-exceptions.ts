/** The file of exceptions: text → exceptions, with a diagnostic at the very place for what is wrong in it. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import { isDay } from '../matrix/day.ts';
import { readSchema } from '../matrix/schema-diagnostics.ts';
import { usageError, usageWarning } from '../matrix/usage-error.ts';
import { readYaml, type YamlSource } from '../matrix/yaml-source.ts';
import { noticeDays, sortExceptions, type ScanException } from './exceptions.ts';
import { exceptionsSchema } from './schema.ts';

export interface ExceptionsReading {
  /** Those that hold today. */
  readonly exceptions: readonly ScanException[];
  /** Those that have ended, or will within the notice. */
  readonly warnings: readonly Diagnostic[];
}

/** Reads the file at `file`, a path from the repository's root `directory`; `today` is YYYY-MM-DD. */
export async function readExceptions(
  directory: string,
  file: string,
  today: string,
): Promise<Result<ExceptionsReading, readonly Diagnostic[]>> {
  let text: string;
  try {
    text = await readFile(path.join(directory, file), 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    const help = 'it is named by `scan: { exceptions: … }` in matrix.yaml; a file with `[]` excepts nothing';
    return err([usageError('missing-file', `\`${file}\` cannot be read (${code})`, undefined, { help })]);
  }
  return parseExceptions(file, text, today);
}

/** The same for a text that is at hand. Pure. */
export function parseExceptions(
  file: string,
  text: string,
  today: string,
): Result<ExceptionsReading, readonly Diagnostic[]> {
  const { source, diagnostics } = readYaml(file, text, 'text');
  if (source === undefined) return err(diagnostics);
  const reading = readSchema<readonly ScanException[]>(exceptionsSchema, source, () => 1);
  const { content = [], diagnostics: shape } = reading;
  // Entries that are left out would shift the places of those behind them.
  const wrong = shape.length > 0 ? shape : wrongDays(source, content);
  if (wrong.length > 0) return err([...diagnostics, ...wrong]);
  const { valid, ending, ended } = sortExceptions(content, today);
  const span = (exception: ScanException) => source.valueSpan([content.indexOf(exception), 'until']);
  const help = 'take it out, or give it a later day and the reason why it still has to be';
  return ok({
    exceptions: valid,
    warnings: [
      ...diagnostics,
      ...ended.map((each) =>
        usageWarning(
          'expired-exception',
          `the exception for \`${each.id}\` ended on ${each.until}`,
          span(each),
          {
            help,
          },
        ),
      ),
      ...ending.map((each) =>
        usageWarning(
          'ending-exception',
          `the exception for \`${each.id}\` ends on ${each.until}, within ${noticeDays} days`,
          span(each),
        ),
      ),
    ],
  });
}

function wrongDays(source: YamlSource, content: readonly ScanException[]): readonly Diagnostic[] {
  return content.flatMap(({ until }, index) =>
    isDay(until)
      ? []
      : [
          usageError('invalid-day', `\`${until}\` is no day`, source.valueSpan([index, 'until']), {
            help: 'a day is written YYYY-MM-DD',
          }),
        ],
  );
}
