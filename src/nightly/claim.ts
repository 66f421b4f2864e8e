/**
 * One night at a time in one repository: a second would throw away the bytes that the first compares. Nights on other
 * machines are not seen here; what they publish under one key agrees anyway (src/run/publish-stage.ts).
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tryWriting } from '../adopt/try-writing.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';

/** Notes in the night's folder that a night of this process runs; disposing takes the note away. */
export async function claimNight(folder: string): Promise<Result<Disposable, Diagnostic>> {
  const file = path.join(folder, 'process');
  const claim = (): void => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, processOf(process.pid) ?? '', { flag: 'wx' });
  };
  for (;;) {
    const claimed = await tryWriting(file, async () => claim());
    if (claimed.ok) return ok({ [Symbol.dispose]: () => rmSync(file, { force: true }) });
    const owner = textOf(file);
    if (owner === undefined) return claimed;
    const pid = Number.parseInt(owner, 10);
    if (pid > 0 && processOf(pid) === owner) return err(otherNight(pid));
    // It was killed, or the machine was.
    rmSync(file, { force: true });
  }
}

/** A process by its number, when it began and in which boot: numbers are given again. Undefined where it is gone. */
function processOf(pid: number): string | undefined {
  // The program's name stands in brackets, and may hold anything.
  const began = textOf(`/proc/${pid}/stat`)?.split(')').at(-1)?.trim().split(' ')[19];
  return began === undefined ? undefined : `${pid} ${began} ${textOf('/proc/sys/kernel/random/boot_id')}`;
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
