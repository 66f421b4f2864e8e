/** What a night writes into the repository: its summary, and the locks, all of them or none. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { tryWriting } from '../adopt/try-writing.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import type { ExitCode } from '../core/exit-code.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { NightSummary } from '../nightly/verdicts.ts';
import { nightMarkdown } from '../report/nightly.ts';
import type { CliContext } from './context.ts';
import type { NightlyOptions } from './nightly.ts';
import { tell } from './tell.ts';

/** Where nights keep their summary and their claim. */
export const kept = '.hubwright/nightly';

/** A night that ends before its time: who reads the summary must not find yesterday's. */
export async function endEarly(
  context: CliContext,
  directory: string,
  day: string,
  { dryRun, summary }: NightlyOptions,
  errors: readonly Diagnostic[],
): Promise<ExitCode> {
  const ended = errors.map(({ message }) => message);
  const nothing = { moves: [], images: [], notes: [] };
  const told: NightSummary = { version: 1, day, ...(dryRun ? { dryRun } : {}), ended, ...nothing };
  const written = await keepSummary(context, directory, told, summary);
  return await tell(context, written.ok ? errors : [...errors, written.error]);
}

/** Keeps the summary where the next command, or a pull request, finds it. */
export async function keepSummary(
  context: CliContext,
  directory: string,
  summary: NightSummary,
  file: string | undefined,
): Promise<Result<void, Diagnostic>> {
  const { default: writeFileAtomic } = await import('write-file-atomic');
  const folder = path.join(directory, kept);
  const texts: [string, string][] = [
    [path.join(folder, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`],
    [path.join(folder, 'summary.md'), nightMarkdown(summary)],
  ];
  if (file !== undefined) texts.push([path.resolve(context.cwd, file), nightMarkdown(summary)]);
  const made = await tryWriting(kept, () => mkdir(folder, { recursive: true }));
  if (!made.ok) return err(made.error);
  for (const [place, text] of texts) {
    const written = await tryWriting(place, () => writeFileAtomic(place, text));
    if (!written.ok) return written;
  }
  return ok(undefined);
}

/** A text for a file, which is called by its name. */
interface Writing {
  readonly name: string;
  readonly file: string;
  readonly text: string;
}

/** Writes each under a temporary name first; where one cannot be written, what was written before it is taken back. */
export async function writeAll(writings: readonly Writing[]): Promise<Result<void, readonly Diagnostic[]>> {
  const { default: writeFileAtomic } = await import('write-file-atomic');
  const undo: { readonly name: string; readonly restore: () => Promise<void> }[] = [];
  for (const { name, file, text } of writings) {
    const written = await tryWriting(name, async () => {
      const before = await readIfThere(file);
      if (text === before) return;
      await writeFileAtomic(file, text);
      const restore = (): Promise<void> => (before === undefined ? rm(file) : writeFileAtomic(file, before));
      undo.push({ name, restore });
    });
    if (written.ok) continue;
    const left: string[] = [];
    for (const each of undo.toReversed())
      if (!(await tryWriting(each.name, each.restore)).ok) left.push(each.name);
    const help =
      left.length === 0
        ? 'nothing was moved and nothing published; let this user write there, and run it again'
        : `nothing was published; take back what was written before it: \`git checkout -- ${left.join(' ')}\``;
    return err([{ ...written.error, help }]);
  }
  return ok(undefined);
}

/** A file that cannot be read is no file that is not there: what it holds would be lost. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    // Node throws errors with a code alone.
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}
