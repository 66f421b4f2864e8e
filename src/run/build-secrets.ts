/** Reads the values of build secrets. They go to builds and to nothing else: never into a key, an event or a log. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { SecretSource } from '../matrix/image-set.ts';

/** Id of the secret that carries the site's certificate authorities into builds. */
export const caSecret = 'ca';

/**
 * Values by id. A variable that is not set is no secret: a build that cannot do without it says so in its
 * Dockerfile (`required=true`). A file that is named but cannot be read is a mistake of the user's.
 */
export async function readBuildSecrets(
  directory: string,
  sources: readonly SecretSource[],
  ca: Buffer | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Result<ReadonlyMap<string, Buffer>, readonly Diagnostic[]>> {
  const values = new Map<string, Buffer>(ca === undefined ? [] : [[caSecret, ca]]);
  const diagnostics: Diagnostic[] = [];
  for (const { id, source, span } of sources) {
    if (source.kind === 'env') {
      const value = env[source.name];
      if (value !== undefined && value !== '') values.set(id, Buffer.from(value));
      continue;
    }
    try {
      values.set(id, await readFile(path.resolve(directory, source.path)));
    } catch (cause) {
      const message = `the file of the secret \`${id}\` can't be read: ${cause instanceof Error ? cause.message : String(cause)}`;
      diagnostics.push({ category: 'usage', severity: 'error', code: 'unreadable-secret', message, span });
    }
  }
  return diagnostics.length > 0 ? err(diagnostics) : ok(values);
}
