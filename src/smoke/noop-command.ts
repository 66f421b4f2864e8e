/**
 * A command that is in an image and does nothing: what brings images to nodes runs each of them once. Looked for in a
 * container that is made and never started. Judges nothing.
 */
import { ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import type { EngineError } from '../engine/engine.ts';
import type { Bench } from './bench.ts';
import { makeUnstarted } from './image-look.ts';

/** The commonest first. */
const commands = [
  ['/bin/sh', '-c', 'exit 0'],
  ['/bin/true'],
  ['/usr/bin/true'],
  ['/bin/busybox', 'true'],
  ['/busybox/sh', '-c', 'exit 0'],
] as const;

/** Read and run by anybody: what runs it is nobody in particular. */
const byAnybody = 0o005;

/** Empty where the image has none of those that are known. Only engine trouble is an error. */
export async function noopCommand(
  bench: Bench,
  image: string,
  signal: AbortSignal,
): Promise<Result<readonly string[], EngineError>> {
  const made = await makeUnstarted(bench, image, signal);
  if (!made.ok) return made;
  for (const command of commands) {
    const mode = await bench.engine.fileMode(made.value.id, command[0], signal);
    if (mode.ok && (mode.value & byAnybody) === byAnybody) return ok(command);
    if (!mode.ok && mode.error.kind !== 'not-found' && mode.error.kind !== 'failed') return mode;
  }
  return ok([]);
}
