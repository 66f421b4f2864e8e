/**
 * How much longer than on an idle machine something may take here and now: what a busy machine delays is not the
 * image's fault. Time that was spent waiting for a processor can be told apart exactly (inside.ts); this is for the
 * rest.
 */
import { availableParallelism, loadavg } from 'node:os';

const mostPatience = 5;

/** A time limit, stretched as far as this machine is overloaded; at most fivefold. */
export function patient(limit: number): number {
  return limit * slowness(loadavg()[0] ?? 0, availableParallelism());
}

/** From 1, where every process has a processor, to 5. */
export function slowness(load: number, processors: number): number {
  return Math.min(mostPatience, Math.max(1, load / processors));
}
