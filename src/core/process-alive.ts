/** Whether a process of this machine still lives, for notes that say whose something is. */
import { readFileSync } from 'node:fs';

/** By its number; another process may have been given it since, which is then taken for the old one. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    // Somebody else's process may not be signalled, and lives. Node throws errors with a code alone.
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * A process for a note: its number, and where the system tells (`/proc`), when it began and in which boot, for numbers
 * are given again.
 */
export function processMark(pid: number = process.pid): string {
  // The program's name stands in brackets, and may hold anything.
  const began = textOf(`/proc/${pid}/stat`)?.split(')').at(-1)?.trim().split(' ')[19];
  const boot = textOf('/proc/sys/kernel/random/boot_id');
  return began === undefined || boot === undefined ? String(pid) : `${pid} ${began} ${boot}`;
}

/** The number of the process that a mark is of, where that lives; what a mark does not tell is not asked. */
export function livingProcess(mark: string): number | undefined {
  const pid = Number.parseInt(mark, 10);
  if (!(pid > 0) || !isAlive(pid)) return undefined;
  const now = processMark(pid);
  return [mark, now].includes(String(pid)) || now === mark ? pid : undefined;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
