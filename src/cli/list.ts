/** `build list`: what exists. Reads files alone; asks neither an engine nor a registry. */
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { readFamily } from '../plan/draw-plan.ts';
import { familyDocument, renderFamilyList } from '../report/family-list.ts';
import { screenOf, type CliContext } from './context.ts';
import { findRepository } from './repository.ts';
import { tell } from './tell.ts';

export interface ListOptions {
  readonly directory?: string;
  readonly json: boolean;
}

/** Shows images, groups, roots and mirrors; 2 where the files are wrong. */
export async function listCommand(context: CliContext, options: ListOptions): Promise<ExitCode> {
  const directory = findRepository(options.directory, context.cwd);
  const family = await readFamily(directory, context.env, context.signal);
  if (!family.ok) return await tell(context, family.error);
  await tell(context, family.value.warnings);
  const screen = screenOf(context.stdout, context.env);
  const document = familyDocument(family.value.set, family.value.graph);
  if (options.json) context.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  else screen.write(renderFamilyList(document, screen));
  return exitCode.ok;
}
