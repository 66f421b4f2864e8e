/**
 * Tells a container that does nothing from one that a busy machine keeps from its work: only the second may ask for
 * more time. Looks from outside, at what the kernel counts; where that cannot be seen, nothing rests.
 */
import { readdir, readFile } from 'node:fs/promises';
import type { ContainerState } from '../engine/container.ts';
import { belongsTo, pidsInGroup, readGroupFile } from './inside.ts';
import { pause } from './pause.ts';

/** What a container's processes have done since they began. */
export interface Work {
  readonly atMs: number;
  /** Time on processors, all processes together. */
  readonly usedMs: number;
  /** Time in which it waited for a processor that others had, by thread. */
  readonly waitedMs: ReadonlyMap<string, number>;
  /** Something waits for a disk just now. */
  readonly blocked: boolean;
}

/** One that did nothing for so long is not given the time that a busy machine is given. */
const enoughRestMs = 10_000;

/** Who looks, polls or answers uses a little; who works at all uses a whole processor, or waits for one. */
const littleUse = 0.3;
const littleWait = 0.3;
/** Looks further apart say nothing of what was between them. */
const mostApartMs = 10_000;
const lookMs = 250;
const mostProcesses = 50;

/** Whether nothing was done between two looks, nor kept from being done. */
export function rested(before: Work, now: Work): boolean {
  const ms = now.atMs - before.atMs;
  if (ms <= 0 || ms > mostApartMs || before.blocked || now.blocked) return false;
  const waits = [...now.waitedMs].map(([thread, waited]) => waited - (before.waitedMs.get(thread) ?? 0));
  return now.usedMs - before.usedMs < littleUse * ms && Math.max(0, ...waits) < littleWait * ms;
}

/** Adds up, look by look. */
export class Rest {
  #last: Work | undefined;
  #inARowMs = 0;
  #altogetherMs = 0;

  /** How long it has rested up to the last look, without a break. */
  get inARowMs(): number {
    return this.#inARowMs;
  }

  get altogetherMs(): number {
    return this.#altogetherMs;
  }

  /** Whether more than this time would not help: it is over, and nothing was done at its end. */
  hasHadItsTime(afterMs: number, budgetMs: number): boolean {
    return afterMs >= budgetMs && this.#inARowMs >= enoughRestMs;
  }

  async look(state: ContainerState): Promise<void> {
    this.add(await workOf(state));
  }

  add(work: Work | undefined): void {
    const before = this.#last;
    this.#last = work;
    if (before === undefined || work === undefined || !rested(before, work)) {
      this.#inARowMs = 0;
      return;
    }
    this.#inARowMs += work.atMs - before.atMs;
    this.#altogetherMs += work.atMs - before.atMs;
  }
}

/** Watches until the container has rested for so long, or the signal comes; answers how long it has rested by then. */
export async function restWithin(
  state: ContainerState,
  mostMs: number,
  signal: AbortSignal,
): Promise<number> {
  const rest = new Rest();
  do await rest.look(state);
  while (rest.altogetherMs < mostMs && (await pause(lookMs, signal)));
  return rest.altogetherMs;
}

async function workOf({ id, pid }: ContainerState): Promise<Work | undefined> {
  if (pid === 0 || !(await belongsTo(id, String(pid)))) return undefined;
  const used = await readGroupFile(pid, 'cpuacct', (version) =>
    version === 2 ? 'cpu.stat' : 'cpuacct.usage',
  );
  const usedMs = usedMsIn(used);
  const pids = await pidsInGroup(pid);
  if (usedMs === undefined || pids.length > mostProcesses) return undefined;
  const threads = (await Promise.all(pids.map(threadsOf))).flat();
  const looked = await Promise.all(
    threads.map(async (thread) => {
      const [schedstat, stat] = await Promise.all(
        ['schedstat', 'stat'].map((file) => readFile(`/proc/${thread}/${file}`, 'utf8').catch(() => '')),
      );
      const waitedMs = Number(schedstat?.split(' ')[1] ?? 0) / 1e6;
      // The name may hold anything, brackets as well.
      return { thread, waitedMs, blocked: /\) D /.test(stat?.slice(stat.lastIndexOf(')')) ?? '') };
    }),
  );
  return {
    atMs: performance.now(),
    usedMs,
    waitedMs: new Map(looked.map(({ thread, waitedMs }) => [thread, waitedMs])),
    blocked: looked.some(({ blocked }) => blocked),
  };
}

async function threadsOf(pid: string): Promise<readonly string[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  return threads.map((thread) => `${pid}/task/${thread}`);
}

/** `cpu.stat` tells microseconds among other things, `cpuacct.usage` of version 1 nanoseconds; undefined for neither. */
export function usedMsIn(text: string): number | undefined {
  const microseconds = /^usage_usec (\d+)$/m.exec(text)?.[1];
  if (microseconds !== undefined) return Number(microseconds) / 1e3;
  return /^\d+\n?$/.test(text) ? Number(text) / 1e6 : undefined;
}
