/**
 * How much longer than on an idle machine something may take here and now: what a busy machine delays is not the
 * image's fault. Time that was spent waiting for a processor can be told apart exactly (inside.ts); this is for the
 * rest.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';

const mostPatience = 5;

/** Looks at the machine further apart than this see something new. */
const apartMs = 250;
const memoryMs = 20_000;
/** With fewer looks the load average is the better witness. Who waits may look every few seconds only. */
const enoughLooks = 5;
/** A few looks may fall into quiet moments. */
const margin = 1.5;

/** A time limit, stretched as far as this machine is overloaded; at most fivefold. */
export function patient(limit: number): number {
  return limit * slownessNow();
}

/** From 1, where every process has a processor, to 5. */
export function slowness(load: number, processors: number): number {
  return Math.min(mostPatience, Math.max(1, load / processors));
}

/**
 * The same of this machine, by its load average; by what was seen running of late where that is less. The average of a
 * minute remembers for four what is over: of two hundred processes that were ended, seven are left in it after 200 s.
 */
export function slownessNow(): number {
  const processors = availableParallelism();
  const remembered = slowness(loadavg()[0] ?? 0, processors);
  if (remembered === 1) return 1;
  const now = performance.now();
  activity.look(now, activeNow);
  const lately = activity.lately(now);
  return lately === undefined ? remembered : Math.min(remembered, slowness(lately * margin, processors));
}

/** How many processes were at work whenever somebody looked, over the last seconds. */
export class Activity {
  #looks: readonly { readonly at: number; readonly active: number }[] = [];

  /** Looks, unless that was done a moment ago. */
  look(at: number, active: () => number | undefined): void {
    if (at - (this.#looks.at(-1)?.at ?? Number.NEGATIVE_INFINITY) < apartMs) return;
    const seen = active();
    if (seen === undefined) return;
    this.#looks = [...this.#looks.filter((look) => at - look.at <= memoryMs), { at, active: seen }];
  }

  /** Their number on average; undefined where that would be a guess. */
  lately(now: number): number | undefined {
    const looks = this.#looks.filter(({ at }) => now - at <= memoryMs);
    if (looks.length < enoughLooks) return undefined;
    return looks.reduce((sum, { active }) => sum + active, 0) / looks.length;
  }
}

const activity = new Activity();

/** What runs or waits for a disk, by `/proc/stat`, without who asks; undefined where the system does not tell. */
export function activeIn(stat: string): number | undefined {
  const running = /^procs_running (\d+)$/m.exec(stat)?.[1];
  const blocked = /^procs_blocked (\d+)$/m.exec(stat)?.[1];
  return running === undefined || blocked === undefined ? undefined : Number(running) - 1 + Number(blocked);
}

function activeNow(): number | undefined {
  try {
    return activeIn(readFileSync('/proc/stat', 'utf8'));
  } catch {
    // Not a Linux: the load average has to do.
    return undefined;
  }
}
