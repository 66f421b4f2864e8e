/** `build load kind|containerd`: images that passed, from this machine's engine into a local cluster, without a registry. */
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { selectImages } from '../graph/select-images.ts';
import { draw } from './run-plan.ts';
import { readCheckedFamily } from './read-family.ts';
import { loadImages, type LoadPlace } from '../ship/load/load-images.ts';
import { namesInEngine } from '../ship/load/passed-images.ts';
import { screenOf, type CliContext } from './context.ts';
import { findRepository } from './repository.ts';
import { tell, usage } from './tell.ts';
import { openWorkplace } from './workplace.ts';

export interface LoadOptions {
  readonly cluster: string;
  readonly address: string;
  readonly directory?: string;
}

/** What `WHERE` says, with its option; undefined for what is no such place. */
export function placeOf(
  where: string,
  options: Pick<LoadOptions, 'cluster' | 'address'>,
): LoadPlace | undefined {
  if (where === 'kind') return { kind: 'kind', cluster: options.cluster };
  if (where === 'containerd') return { kind: 'containerd', address: options.address };
  return undefined;
}

/** Loads these images into the cluster `where`; nothing, where one of them has not passed as its files are now. */
export async function loadCommand(
  context: CliContext,
  where: string,
  names: readonly string[],
  options: LoadOptions,
): Promise<ExitCode> {
  const place = placeOf(where, options);
  if (place === undefined) {
    const help = '`kind` (a cluster of kind’s), or `containerd` (that of this machine)';
    return await tell(context, [usage(`\`${where}\` is no place to load images into`, help)]);
  }
  const directory = findRepository(options.directory, context.cwd);
  const family = await readCheckedFamily(context, directory);
  if (!family.ok) return await tell(context, family.error);
  const chosen = selectImages(family.value.set, family.value.graph, names);
  if (!chosen.ok) return await tell(context, chosen.error);
  await using workplace = openWorkplace(context);
  const mode = { changed: true, force: false, push: false };
  const drawn = await draw(context, workplace, family.value, { names, mode, setup: false });
  if (!drawn.ok) return await tell(context, drawn.error);
  const { ready, stale } = namesInEngine(drawn.value, chosen.value);
  if (stale.length > 0) {
    const help = `\`build images --changed ${stale.join(' ')}\` builds and checks ${stale.length === 1 ? 'it' : 'them'}`;
    return await tell(context, [
      usage(`not built and passed as the files say: ${stale.map((name) => `\`${name}\``).join(', ')}`, help),
    ]);
  }
  const loaded = await loadImages(workplace.engine.images, place, ready, context.signal);
  if (!loaded.ok) {
    return loaded.error === 'cancelled' ? exitCode.interrupted : await tell(context, [loaded.error]);
  }
  screenOf(context.stdout, context.env).write(ready.map((name) => `${name} loaded\n`).join(''));
  return exitCode.ok;
}
