/**
 * Reads the Dockerfiles that a set of images names, each once. The only file of this room that touches a disk.
 */
import path from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ImageSet } from '../matrix/image-set.ts';
import { maxDockerfileBytes, readTextFile } from '../matrix/text-file.ts';
import { usageError } from '../matrix/usage-error.ts';

/** Texts by the path that the images name. Errors: every Dockerfile that cannot be read, shown where its image is defined. */
export async function readDockerfiles(
  set: ImageSet,
  signal: AbortSignal,
): Promise<Result<ReadonlyMap<string, string>, readonly Diagnostic[]>> {
  const firstUse = new Map(set.images.toReversed().map((image) => [image.dockerfile, image]));
  const errors: Diagnostic[] = [];
  const texts = await Promise.all(
    [...firstUse].toReversed().map(async ([file, image]) => {
      const read = await readTextFile(path.join(set.directory, file), maxDockerfileBytes, signal);
      if (read.kind === 'text') return [file, read.text] as const;
      const [why, help] = read.kind === 'missing' ? ['does not exist', undefined] : [read.why, read.help];
      errors.push(usageError('unreadable-dockerfile', `\`${file}\` ${why}`, image.span, { help }));
      return [file, ''] as const;
    }),
  );
  return errors.length > 0 ? err(errors) : ok(new Map(texts));
}
