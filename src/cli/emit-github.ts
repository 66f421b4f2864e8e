/** `build emit github`: the workflow that builds, publishes and renews the family on GitHub. */
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { tryWriting } from '../adopt/try-writing.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import type { ImageGraph } from '../graph/image-graph.ts';
import { usageWarning } from '../matrix/usage-error.ts';
import { githubWorkflow, workflowHeader } from '../ship/emit/github-workflow.ts';
import { screenOf, type CliContext } from './context.ts';
import { readCheckedFamily } from './read-family.ts';
import { findRepository } from './repository.ts';
import { tell, usage } from './tell.ts';

export interface EmitGithubOptions {
  readonly directory?: string;
  readonly write: boolean;
  readonly check: boolean;
  readonly fanOut: boolean;
  readonly python: boolean;
  readonly cron: string;
  readonly branch: string;
  readonly command: string;
  readonly registry?: string;
}

const workflowFile = '.github/workflows/images.yaml';

/** Shows the workflow; `--write` writes it where no file of somebody else's stands, `--check` answers 1 where it is another. */
export async function emitGithubCommand(context: CliContext, options: EmitGithubOptions): Promise<ExitCode> {
  const directory = findRepository(options.directory, context.cwd);
  const family = await readCheckedFamily(context, directory);
  if (!family.ok) return await tell(context, family.error);
  const { set, graph } = family.value;
  const text = githubWorkflow({
    command: options.command,
    branch: options.branch,
    cron: options.cron,
    registry: options.registry ?? set.registry?.prefix,
    signsAsItself: set.sign?.kind === 'keyless',
    levels: options.fanOut ? depthOf(graph) : 0,
    python: options.python || set.nightly.python,
    secrets: set.secrets.flatMap(({ source }) => (source.kind === 'env' ? [source.name] : [])),
  });
  const file = path.join(directory, workflowFile);
  const before = await readFile(file, 'utf8').catch(() => undefined);
  const screen = screenOf(context.stdout, context.env);
  if (options.check) {
    if (before === text) return exitCode.ok;
    screen.write(
      `${workflowFile}: ${before === undefined ? 'missing' : 'another than this family asks for'}\n`,
    );
    return exitCode.imageFailed;
  }
  await tell(context, lackOfLauncher(directory, options.command));
  if (!options.write) {
    // What is committed tells commands as everybody may start them.
    context.stdout.write(text);
    return exitCode.ok;
  }
  if (before === text) {
    screen.write(`${workflowFile}: unchanged\n`);
    return exitCode.ok;
  }
  if (before !== undefined && !before.startsWith(workflowHeader)) {
    const help = 'move it away, or take what you need from `build emit github` without `--write`';
    return await tell(context, [usage(`\`${workflowFile}\` is somebody’s own`, help)]);
  }
  const { default: writeFileAtomic } = await import('write-file-atomic');
  const written = await tryWriting(workflowFile, async () => {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFileAtomic(file, text);
  });
  if (!written.ok) return await tell(context, [written.error]);
  screen.write(`${workflowFile}: written\n`);
  return exitCode.ok;
}

/** A runner has what is committed; a name without a folder is for the runner's own PATH to find. */
function lackOfLauncher(directory: string, command: string): readonly Diagnostic[] {
  const [program = ''] = command.split(' ');
  if (!program.includes('/') || existsSync(path.resolve(directory, program))) return [];
  const message = `the workflow calls \`${program}\`, which this repository does not have`;
  const help = 'commit hubwright beside the family, or say how it is called there: `--command`';
  return [usageWarning('no-launcher', message, undefined, { help })];
}

/** Images that stand on each other at the most, builders left out: each job makes those for itself. */
function depthOf({ order, nodes }: ImageGraph): number {
  const levels = new Map<string, number>();
  for (const name of order) {
    const node = nodes.get(name);
    const below = Math.max(0, ...(node?.parents ?? []).map((parent) => levels.get(parent) ?? 0));
    levels.set(name, node?.image.kind === 'builder' ? below : below + 1);
  }
  return Math.max(0, ...levels.values());
}
