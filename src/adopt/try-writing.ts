/** Writing into the user's folder, where a disk that is full or a folder that is not ours is no bug of this program. */
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import { cannotWrite } from '../core/system-trouble.ts';

/** Does the writing; what the system refuses comes back as a diagnostic that names the place. Bugs throw. */
export async function tryWriting<T>(place: string, write: () => Promise<T>): Promise<Result<T, Diagnostic>> {
  try {
    return ok(await write());
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) throw error;
    return err(cannotWrite(place, code));
  }
}
