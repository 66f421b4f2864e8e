/** Whether a process of this machine still lives, for notes that say whose something is. */

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
