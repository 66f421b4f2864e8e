/** A command of the user's own, run to its end in a container of the image. */
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { ContainerEngine, EngineError } from '../../../engine/engine.ts';
import type { Bench } from '../../bench.ts';
import { launch } from '../../live-container.ts';
import type { Start } from '../../live-container.ts';
import type { SmokeRequest } from '../../request.ts';
import { serviceSpec } from '../../service-spec.ts';
import type { Specimen } from '../clause.ts';

export interface OwnCheck extends Specimen {
  /** Undefined where none was given: then nothing was started. */
  readonly command: string | undefined;
  readonly outcome: CheckOutcome;
}

export type CheckOutcome =
  | { readonly kind: 'passed'; readonly afterMs: number }
  | { readonly kind: 'failed'; readonly afterMs: number; readonly exitCode: number }
  /** It ran longer than it may. */
  | { readonly kind: 'silent'; readonly afterMs: number }
  | Extract<Start, { kind: 'refused' }>;

const budgetMs = 300_000;

export async function openOwnCheck(
  request: SmokeRequest,
  bench: Bench,
  signal: AbortSignal,
): Promise<Result<OwnCheck, EngineError>> {
  const { check: command } = request;
  if (command === undefined) {
    return ok({ command, outcome: { kind: 'passed', afterMs: 0 }, log: async () => ok('') });
  }
  const network = await bench.network(signal);
  if (!network.ok) return network;
  const started = performance.now();
  const launched = await launch(
    bench,
    network.value.name,
    { ...serviceSpec(request), entrypoint: ['/bin/sh', '-c'], cmd: [command], env: {}, mounts: [] },
    signal,
  );
  if (!launched.ok) return launched;
  const { outcome, log, containerId } = launched.value;
  if (outcome.kind === 'refused') return ok({ command, log, outcome });
  const exitCode = await endOf(bench.engine, containerId, signal);
  if (!exitCode.ok) return exitCode;
  return ok({ command, log, outcome: outcomeOf(exitCode.value, performance.now() - started) });
}

function outcomeOf(exitCode: number | undefined, afterMs: number): CheckOutcome {
  if (exitCode === undefined) return { kind: 'silent', afterMs };
  return exitCode === 0 ? { kind: 'passed', afterMs } : { kind: 'failed', afterMs, exitCode };
}

/** Undefined where it had not ended when its time was up. */
async function endOf(
  engine: ContainerEngine,
  id: string,
  signal: AbortSignal,
): Promise<Result<number | undefined, EngineError>> {
  const budget = AbortSignal.timeout(budgetMs);
  const ended = await engine.waitContainer(id, AbortSignal.any([signal, budget]));
  return ended.ok || signal.aborted || !budget.aborted ? ended : ok(undefined);
}
