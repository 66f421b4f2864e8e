/** Asks the smoke test for a verdict on one image, for tests that read verdicts. */
import type { Engine } from '../../src/engine/engine.ts';
import type { SmokeRequest } from '../../src/smoke/request.ts';
import { smokeImage } from '../../src/smoke/smoke-image.ts';
import type { ClauseResult, Verdict } from '../../src/smoke/verdict.ts';

/** Its value on everything that these tests make in the engine. */
export const runId = `test-smoke-${process.pid}`;

/** A request as a run makes it; singleuser unless said otherwise. */
export function requestFor(reference: string, more: Partial<SmokeRequest> = {}): SmokeRequest {
  return {
    name: reference,
    reference,
    imageId: reference,
    profile: 'singleuser',
    resources: {},
    runId,
    ...more,
  };
}

/** The verdict; trouble of the engine's throws. */
export async function judge(
  engine: Engine,
  reference: string,
  more: Partial<SmokeRequest> = {},
): Promise<Verdict> {
  const judged = await smokeImage(
    engine,
    requestFor(reference, more),
    () => {},
    new AbortController().signal,
  );
  if (!judged.ok) throw new Error(judged.error.message);
  return judged.value;
}

export function clause(verdict: Verdict, id: string): ClauseResult {
  const found = verdict.clauses.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`the verdict has no clause ${id}`);
  return found;
}

/** Remarks left out: whether an ending took a second depends on what else the machine does. */
export function failures(verdict: Verdict): readonly string[] {
  return verdict.clauses
    .filter(({ result, severity }) => result === 'fail' && severity === 'must')
    .map(({ id }) => id);
}

/** How many containers, volumes and networks of these tests, or of one of their runs, the engine still holds. */
export async function leftovers(engine: Engine, run = runId): Promise<number> {
  const { signal } = new AbortController();
  const label = `hubwright=${run}`;
  const lists = await Promise.all([
    engine.listContainers(label, signal),
    engine.listVolumes(label, signal),
    engine.listNetworks(label, signal),
  ]);
  return lists.reduce((sum, list) => sum + (list.ok ? list.value.length : 1), 0);
}
