/** `build init`: a first family in an empty folder. Overwrites nothing. */
import path from 'node:path';
import { writeStarter } from '../adopt/starter-files.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { screenOf, type CliContext } from './context.ts';
import { tell } from './tell.ts';

export interface InitOptions {
  readonly directory?: string;
}

/** Writes the files and says what comes next; 2, and nothing is written, where one of them is there already. */
export async function initCommand(context: CliContext, options: InitOptions): Promise<ExitCode> {
  const directory = path.resolve(context.cwd, options.directory ?? '.');
  const written = await writeStarter(directory);
  if (!written.ok) return await tell(context, written.error);
  const { files, unignored } = written.value;
  const { write } = screenOf(context.stdout, context.env);
  for (const file of files) write(`${file}: written\n`);
  if (unignored.length > 0) write(`.gitignore is yours; add to it: ${unignored.join(' ')}\n`);
  write('next: build plan, then build images; build add course NAME --repo URL adds the first course\n');
  return exitCode.ok;
}
