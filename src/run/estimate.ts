/** About how long a run will take, from what its images took the last time. Pure. */
import type { PlanEntry } from '../plan/plan.ts';
import type { Memory } from '../plan/schema.ts';

/** Builds beyond the processors: some always wait for the network, or for the engine to write a layer. */
const waitingJobs = 4;

/** How many builds run at once on so many processors where nobody says. */
export function usualJobs(cpus: number): number {
  return cpus + waitingJobs;
}

/**
 * Milliseconds: the longest way from a parent to its last child, or all work shared by the slots, whichever is more.
 * Undefined where an image that is to be built was never built here. Entries stand parents first; pushes do not count.
 */
export function estimateMs(
  entries: readonly Pick<PlanEntry, 'name' | 'parents' | 'action'>[],
  memories: ReadonlyMap<string, Pick<Memory, 'buildMs' | 'smokeMs'>>,
  jobs: number,
): number | undefined {
  const built = new Map<string, number>();
  let longest = 0;
  let work = 0;
  for (const { name, parents, action } of entries) {
    const memory = memories.get(name);
    if (action === 'build' && memory === undefined) return undefined;
    const buildMs = action === 'build' ? (memory?.buildMs ?? 0) : 0;
    const smokeMs = action === 'build' || action === 'verify' ? (memory?.smokeMs ?? 0) : 0;
    // Children are built beside their parents' checks.
    const end = Math.max(0, ...parents.map((parent) => built.get(parent) ?? 0)) + buildMs;
    built.set(name, end);
    longest = Math.max(longest, end + smokeMs);
    work += buildMs;
  }
  return Math.round(Math.max(longest, work / jobs));
}
