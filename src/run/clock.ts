/** Time as a run uses it to wait; tests bring their own. Stamps of events are not its business. */
import { pause } from '../smoke/pause.ts';

export interface Clock {
  /** Milliseconds that only ever grow: a machine's clock that is set moves no limit. */
  now(): number;
  /** Waits; answers false where the signal cut it short. */
  sleep(ms: number, signal: AbortSignal): Promise<boolean>;
}

/** Whole milliseconds since a moment that the clock told. */
export function elapsed(clock: Clock, since: number): number {
  return Math.round(clock.now() - since);
}

export const realClock: Clock = { now: () => performance.now(), sleep: pause };
