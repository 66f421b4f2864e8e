/** What every display of a run is. */
import type { RunEvent } from '../core/event.ts';

export interface Reporter {
  event(event: RunEvent): void;
  /** Called once, after `run-finished`: leaves the terminal as a person wants to find it. */
  close(): void;
}

/** Where a display writes; a stream's `write`, so that tests can read along. */
export type Write = (text: string) => void;
