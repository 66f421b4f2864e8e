/**
 * An empty volume made ready by the image's own shell, run as root for that moment: owners, modes, files.
 * It starts nothing of the image's programs.
 */
import { err, ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import type { EngineError } from '../engine/engine.ts';
import type { Bench } from './bench.ts';
import { startContainer } from './start-container.ts';
import { isStartFault } from './start-fault.ts';

export interface PreparedVolume {
  readonly volume: string;
  /** What the script printed; undefined where the image has no shell, or the script failed in it. */
  readonly output: string | undefined;
  /** One file of the image, asked for before; undefined where it has none. */
  readonly file: string | undefined;
}

/** Where the script finds the volume. */
export const workplace = '/hubwright-volume';

const maxFileBytes = 256 * 1024;
const scriptBudgetMs = 30_000;

/** Makes a volume, reads `file` out of the image, and runs the script with `/bin/sh`. */
export async function prepareVolume(
  bench: Bench,
  image: string,
  work: {
    readonly script: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly file: string;
  },
  signal: AbortSignal,
): Promise<Result<PreparedVolume, EngineError>> {
  const volume = await bench.volume(signal);
  if (!volume.ok) return volume;
  const helper = await bench.container(
    {
      image,
      entrypoint: ['/bin/sh', '-c'],
      cmd: [work.script],
      user: '0:0',
      env: work.env ?? {},
      network: 'none',
      mounts: [{ kind: 'volume', volume: volume.value, target: workplace, noCopy: true }],
    },
    signal,
  );
  if (!helper.ok) return helper;
  const file = await readImageFile(bench, helper.value, work.file, signal);
  if (!file.ok) return file;
  const output = await runScript(bench, helper.value, signal);
  if (!output.ok) return output;
  return ok({ volume: volume.value, output: output.value, file: file.value });
}

async function runScript(
  bench: Bench,
  id: string,
  signal: AbortSignal,
): Promise<Result<string | undefined, EngineError>> {
  const started = await startContainer(bench.engine, id, signal);
  if (!started.ok) return isStartFault(started.error) ? ok(undefined) : started;
  const budget = AbortSignal.timeout(scriptBudgetMs);
  const ended = await bench.engine.waitContainer(id, AbortSignal.any([signal, budget]));
  if (!ended.ok) {
    if (signal.aborted) return err({ kind: 'cancelled', message: 'cancelled' });
    // A shell that never comes back is the image's own fault.
    return budget.aborted ? ok(undefined) : ended;
  }
  return ended.value === 0 ? bench.engine.logs(id, 5, 4096, signal) : ok(undefined);
}

async function readImageFile(
  bench: Bench,
  id: string,
  path: string,
  signal: AbortSignal,
): Promise<Result<string | undefined, EngineError>> {
  const read = await bench.engine.readFile(id, path, maxFileBytes, signal);
  if (read.ok) return ok(read.value.toString('utf8'));
  return read.error.kind === 'unreachable' || read.error.kind === 'cancelled' ? read : ok(undefined);
}
