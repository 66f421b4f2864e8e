/** Waits for an engine that went away, as one does that is restarted. It removes nothing and repeats nothing. */
import type { ContainerEngine } from '../engine/engine.ts';
import { pause } from './pause.ts';

/** A restart takes some seconds; who waits for a check wants to know soon that no engine is there. */
const patienceMs = 20_000;
const pollMs = 500;

/** True as soon as it answers again; false where it stays away, or the signal aborts. `label` is any of ours. */
export async function engineReturns(
  engine: ContainerEngine,
  label: string,
  signal: AbortSignal,
): Promise<boolean> {
  const started = performance.now();
  while (performance.now() - started < patienceMs && (await pause(pollMs, signal))) {
    const answered = await engine.listVolumes(label, signal);
    if (answered.ok) return true;
  }
  return false;
}
