/**
 * Reads the Dockerfiles that a set of images names, each once. The only file of this room that touches a disk.
 */
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ImageSet } from '../matrix/image-set.ts';
import { maxDockerfileBytes, readTextFile } from '../matrix/text-file.ts';
import { usageError } from '../matrix/usage-error.ts';

/** Files between two looks at the signal, and at whatever else waits in this process: some milliseconds of work. */
const stint = 100;

/** Texts by the path that the images name. Errors: every Dockerfile that cannot be read, shown where its image is defined. */
export async function readDockerfiles(
  set: ImageSet,
  signal: AbortSignal,
): Promise<Result<ReadonlyMap<string, string>, readonly Diagnostic[]>> {
  const firstUse = new Map(set.images.toReversed().map((image) => [image.dockerfile, image]));
  const errors: Diagnostic[] = [];
  const texts = new Map<string, string>();
  for (const [file, image] of [...firstUse].toReversed()) {
    if (texts.size % stint === 0) {
      await setImmediate();
      signal.throwIfAborted();
    }
    const read = readTextFile(path.join(set.directory, file), maxDockerfileBytes);
    texts.set(file, read.kind === 'text' ? read.text : '');
    if (read.kind === 'text') continue;
    const [why, help] = read.kind === 'missing' ? ['does not exist', undefined] : [read.why, read.help];
    errors.push(usageError('unreadable-dockerfile', `\`${file}\` ${why}`, image.span, { help }));
  }
  return errors.length > 0 ? err(errors) : ok(texts);
}
