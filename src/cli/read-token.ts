/** Reads a token of a hub from a file: on a command line everybody on the machine could see it. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { CliContext } from './context.ts';
import { readTrouble } from './read-trouble.ts';
import { usage } from './tell.ts';

/** The token alone, as `jupyterhub token` prints it; a mistake where there is none. */
export async function readToken(context: CliContext, file: string): Promise<Result<string, Diagnostic>> {
  try {
    const token = (await readFile(path.resolve(context.cwd, file), 'utf8')).trim();
    // Anything else could not stand in a header.
    if (/^[\x21-\x7e]+$/.test(token)) return ok(token);
    return err(usage(`\`${file}\` holds no token`, 'one line, as the hub’s page Token shows it'));
  } catch (error) {
    return err(usage(`\`${file}\` cannot be read: ${readTrouble(error)}`, 'a file with the token alone'));
  }
}
