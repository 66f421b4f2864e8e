/** Waiting that ends at once when it is no longer wanted. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits; answers false where the signal cut it short. */
export async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal });
    return true;
  } catch {
    // The timer rejects for one reason only: the signal.
    return false;
  }
}
