/** `build images` with `--watch`: again on each save; with `--load`: what passed goes into a local cluster. */
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { environmentError, type Diagnostic } from '../core/diagnostic.ts';
import { selectImages } from '../graph/select-images.ts';
import { readFamily } from '../plan/draw-plan.ts';
import { outermost, SourceWatch, sourceFolders } from '../run/source-watch.ts';
import { screenOf, type CliContext } from './context.ts';
import { imagesCommand, type ImagesOptions } from './images.ts';
import { loadCommand, placeOf } from './load.ts';
import { findRepository } from './repository.ts';
import { tell, usage } from './tell.ts';

export interface WatchOptions extends ImagesOptions {
  readonly watch: boolean;
  readonly load?: string;
  readonly cluster: string;
  readonly address: string;
}

/** Goes on until it is interrupted, whatever fails: the next save may mend it. Only the record's lacks are built. */
export async function watchCommand(
  context: CliContext,
  names: readonly string[],
  options: WatchOptions,
): Promise<ExitCode> {
  const wrong = wrongOptions(options);
  if (wrong !== undefined) return await tell(context, [wrong]);
  if (!options.watch) return await round(context, names, options);
  const directory = findRepository(options.directory, context.cwd);
  const screen = screenOf(context.stderr, context.env);
  let folders: readonly string[] = [];
  for (;;) {
    folders = await foldersOf(context, directory, names, folders);
    let watch: SourceWatch;
    try {
      watch = new SourceWatch(directory, folders);
    } catch (error) {
      return await tell(context, [cannotWatch(error)]);
    }
    using watching = watch;
    await round(context, names, options);
    if (context.signal.aborted) return exitCode.interrupted;
    screen.write(`${watchLine(folders, watching.absent)}\n`);
    const changed = await watching.changes(context.signal);
    if (changed === undefined) return exitCode.interrupted;
    screen.write(`\n${summary(changed)} changed\n`);
  }
}

function wrongOptions(options: WatchOptions): Diagnostic | undefined {
  if (options.json || options.dryRun || options.setup)
    return usage(
      '`--watch` goes on and on: it has no use for `--json`, `--dry-run` or `--setup`',
      'leave them out',
    );
  if (options.load !== undefined && placeOf(options.load, options) === undefined)
    return usage(`\`${options.load}\` is no place to load images into`, '`kind` or `containerd`');
  return undefined;
}

/**
 * What to watch. Where the files cannot be understood, the round tells why; what was watched stays watched, and what
 * they lack is waited for.
 */
async function foldersOf(
  context: CliContext,
  directory: string,
  names: readonly string[],
  before: readonly string[],
): Promise<readonly string[]> {
  const family = await readFamily(directory, context.env, context.signal);
  if (!family.ok) return outermost([...before, ...family.error.flatMap(({ missing }) => missing ?? [])]);
  const chosen = selectImages(family.value.set, family.value.graph, names);
  return chosen.ok ? sourceFolders(family.value, chosen.value) : before;
}

/** `Waiting for b. Watching a, matrix.yaml; Ctrl-C ends it.` */
function watchLine(folders: readonly string[], absent: readonly string[]): string {
  const there = folders.filter((folder) => !absent.includes(folder));
  const waiting = absent.length === 0 ? '' : `Waiting for ${absent.join(', ')}. `;
  return `${waiting}Watching ${[...there, 'matrix.yaml'].join(', ')}; Ctrl-C ends it.`;
}

async function round(
  context: CliContext,
  names: readonly string[],
  options: WatchOptions,
): Promise<ExitCode> {
  const changed = options.watch || options.changed;
  const built = await imagesCommand(context, names, { ...options, changed });
  if (built !== exitCode.ok || options.load === undefined || options.dryRun) return built;
  if (context.signal.aborted) return exitCode.interrupted;
  const { cluster, address, directory } = options;
  return await loadCommand(context, options.load, names, {
    cluster,
    address,
    ...(directory === undefined ? {} : { directory }),
  });
}

const shownFiles = 3;

function summary(changed: readonly string[]): string {
  const more = changed.length - shownFiles;
  return `${changed.slice(0, shownFiles).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function cannotWatch(error: unknown): Diagnostic {
  const message = error instanceof Error ? error.message : String(error);
  return environmentError(
    'cannot-watch',
    `the folders cannot be watched: ${message}`,
    message.includes('ENOSPC')
      ? 'the kernel watches no more: `sysctl fs.inotify.max_user_watches=524288`'
      : 'run `build images` after each change instead',
  );
}
