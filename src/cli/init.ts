/** `build init`: a first family in an empty folder, or a matrix.yaml for the Dockerfiles that are there. Overwrites nothing. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { AdoptedTree } from '../adopt/adopt-tree.ts';
import { existing, fileInTheWay, unignored, writeStarter } from '../adopt/starter-files.ts';
import { tryWriting } from '../adopt/try-writing.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { err } from '../core/result.ts';
import { count } from '../report/text.ts';
import { screenOf, type CliContext } from './context.ts';
import { matrixFile } from './repository.ts';
import { tell, usage } from './tell.ts';

export interface InitOptions {
  readonly directory?: string;
  readonly from?: string;
}

/** Writes the files and says what comes next; 2, and nothing is written, where one of them is there already. */
export async function initCommand(context: CliContext, options: InitOptions): Promise<ExitCode> {
  if (options.from !== undefined) return await adoptCommand(context, options.from, options.directory);
  const directory = path.resolve(context.cwd, options.directory ?? '.');
  const tried = await tryWriting(directory, () => writeStarter(directory));
  const written = tried.ok ? tried.value : err([tried.error]);
  if (!written.ok) return await tell(context, written.error);
  const { write } = screenOf(context.stdout, context.env);
  for (const file of written.value.files) write(`${file}: written\n`);
  write(ignoreHint(written.value.unignored));
  write('next: build plan, then build images; build add course NAME --repo URL adds the first course\n');
  return exitCode.ok;
}

/**
 * matrix.yaml lies above all that it names: in the folder that --directory names, else here where the Dockerfiles
 * are below, else beside them.
 */
async function adoptCommand(
  context: CliContext,
  from: string,
  directory: string | undefined,
): Promise<ExitCode> {
  const source = path.resolve(context.cwd, from);
  const isBelowHere = isWithin(context.cwd, source);
  const root =
    directory === undefined ? (isBelowHere ? context.cwd : source) : path.resolve(context.cwd, directory);
  if (!isWithin(root, source)) {
    const message = `\`${from}\` does not lie in \`${root}\``;
    return await tell(context, [usage(message, 'matrix.yaml can only name what lies below its own folder')]);
  }
  const inTheWay = await existing(root, [matrixFile]);
  if (inTheWay.length > 0) return await tell(context, inTheWay.map(fileInTheWay));
  const { adoptTree } = await import('../adopt/adopt-tree.ts');
  const below = path.relative(root, source).split(path.sep).join('/') || '.';
  const tree = await adoptTree({ root, below, environment: context.env }, context.signal);
  if (!tree.ok) return await tell(context, tree.error);
  const target = path.join(root, matrixFile);
  const written = await tryWriting(target, () => writeFile(target, tree.value.text, { flag: 'wx' }));
  if (!written.ok) return await tell(context, [written.error]);
  await tell(context, tree.value.warnings);
  const { write } = screenOf(context.stdout, context.env);
  write(listOf(tree.value, path.relative(context.cwd, target)));
  write(kindHint(tree.value));
  const unheard = await unignored(root);
  write(
    unheard === undefined
      ? 'no .gitignore here; git should leave out: .hubwright/ release.json\n'
      : ignoreHint(unheard),
  );
  write('next: look at the kinds in matrix.yaml, then build plan\n');
  return exitCode.ok;
}

/** A line for each image, indented under what it stands on, with the guess that needs a look. */
function listOf({ images }: AdoptedTree, file: string): string {
  const rows = images.map(({ name, guess, depth }) => ({ label: `${'  '.repeat(depth)}${name}`, guess }));
  const width = Math.max(...rows.map(({ label }) => label.length));
  const lines = rows.map(
    ({ label, guess }) => `  ${label.padEnd(width)}  ${guess.kind.padEnd(10)}  ${guess.why}`,
  );
  return [`${file}: written, ${count(images.length, 'image')}`, ...lines, ''].join('\n');
}

function kindHint({ images }: AdoptedTree): string {
  const open = images.filter(({ guess }) => guess.kind === 'custom').length;
  if (open === 0) return '';
  return `of ${count(open, 'image')} nothing tells ${open === 1 ? 'its' : 'the'} kind: write another than custom in ${matrixFile}, or \`check: COMMAND\` for its test\n`;
}

function ignoreHint(lines: readonly string[]): string {
  return lines.length > 0 ? `.gitignore is yours; add to it: ${lines.join(' ')}\n` : '';
}

function isWithin(folder: string, inner: string): boolean {
  const relative = path.relative(folder, inner);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}
