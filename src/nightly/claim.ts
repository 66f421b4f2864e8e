/**
 * One night at a time in one repository: a second would throw away the bytes that the first compares. Nights on other
 * machines are not seen here; what they publish under one key agrees anyway (src/run/publish-stage.ts).
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tryWriting } from '../adopt/try-writing.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { livingProcess, processMark } from '../core/process-alive.ts';
import { err, ok, type Result } from '../core/result.ts';

/** Notes in the night's folder that a night of this process runs; disposing takes the note away. */
export async function claimNight(folder: string): Promise<Result<Disposable, Diagnostic>> {
  const file = path.join(folder, 'process');
  for (;;) {
    const claimed = await tryWriting(file, async () => placeNote(folder, file));
    if (claimed.ok) return ok({ [Symbol.dispose]: () => rmSync(file, { force: true }) });
    const owner = textOf(file);
    if (owner === undefined) return claimed;
    const pid = livingProcess(owner);
    if (pid !== undefined) return err(otherNight(pid));
    // It was killed, or the machine was.
    removeStale(file, owner);
  }
}

/** The note is whole from the moment that it is there: half of one would be taken for a dead process's. */
function placeNote(folder: string, file: string): void {
  mkdirSync(folder, { recursive: true });
  const own = `${file}-${process.pid}`;
  writeFileSync(own, processMark());
  try {
    linkSync(own, file);
  } catch (cause) {
    // Node throws errors with a code alone.
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw cause;
    // Some file systems have no second names.
    writeFileSync(file, processMark(), { flag: 'wx' });
  } finally {
    rmSync(own, { force: true });
  }
}

/** Of two nights that find a dead one's note at the same time, the second must not remove the first's. */
function removeStale(file: string, owner: string): void {
  const aside = `${file}-${process.pid}`;
  try {
    renameSync(file, aside);
    if (textOf(aside) !== owner) linkSync(aside, file);
  } catch {
    // Somebody else was quicker; the next look tells whom.
  } finally {
    rmSync(aside, { force: true });
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function otherNight(pid: number): Diagnostic {
  return {
    category: 'environment',
    severity: 'error',
    code: 'night-running',
    message: `another night is under way in this repository (process ${pid})`,
    help: 'this one asked, built and moved nothing; wait for the other, or start them farther apart',
  };
}
