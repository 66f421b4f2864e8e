/**
 * Waits for the engine to have nothing more to do: what a command leaves behind for it (a hundred builds of
 * `docker buildx bake` ten seconds of processor time, for its history of builds) must not fall on the next one. It may
 * be idle first: BuildKit writes a build's traces down three seconds after its end (Engine 26.1).
 */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

const lookMs = 500;
/** Longer than the engine puts anything off. */
const restMs = 4000;
/** Of a hundredth of a second each: an engine at rest still looks after itself. */
const restTicks = 3;
/** Longer than anything that was seen; other people's containers may keep an engine at work for ever. */
const patienceMs = 60_000;

/** Returns once all engines of this machine have been at rest for some seconds, at the latest after a minute. */
export async function engineAtRest(): Promise<void> {
  const end = Date.now() + patienceMs;
  let before = await ticksOfEngines();
  for (let restedMs = 0; restedMs < restMs && Date.now() < end;) {
    await pause(lookMs);
    const now = await ticksOfEngines();
    restedMs = now - before <= restTicks ? restedMs + lookMs : 0;
    before = now;
  }
}

/** Processor time of everything called dockerd so far (proc(5): utime and stime of /proc/PID/stat). */
async function ticksOfEngines(): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const times = await Promise.all(
    pids.map(async (pid) => {
      const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      if (!line.includes('(dockerd)')) return 0;
      const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
      return Number(fields[11]) + Number(fields[12]);
    }),
  );
  return times.reduce((sum, time) => sum + time, 0);
}
