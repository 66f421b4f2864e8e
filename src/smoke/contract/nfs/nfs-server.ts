/**
 * An NFS server as a pod beside the hub has it: one capability more than usual, a fresh volume, nothing mounted by
 * anybody. Asked by a client of our own over the test's network.
 */
import { err, ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import type { Bench } from '../../bench.ts';
import { launch, readinessBudgetMs } from '../../live-container.ts';
import type { LiveContainer, Start } from '../../live-container.ts';
import { patient } from '../../../hub/patience.ts';
import { NfsClient } from '../../nfs/nfs-client.ts';
import type { RpcTrouble } from '../../nfs/rpc-call.ts';
import { pause } from '../../pause.ts';
import { prepareVolume, workplace } from '../../prepared-volume.ts';
import { endedAs } from '../../readiness.ts';
import type { SmokeRequest } from '../../request.ts';
import { Rest } from '../../rest.ts';
import { serviceSpec } from '../../service-spec.ts';

/** One start of the server, and what its first greeting brought. */
export interface NfsServer extends LiveContainer<Start> {
  readonly client: NfsClient;
  readonly greeting: { readonly answer: Result<void, RpcTrouble>; readonly afterMs: number };
}

export interface NfsSubject extends NfsServer {
  /** Starts another container on the same volume. */
  again(signal: AbortSignal): Promise<Result<NfsServer, EngineError>>;
}

/** Where nbgrader has its exchange. */
export const exchangeFolder = '/srv/nbgrader/exchange';

/** Ganesha opens files by handle, which the kernel allows to nobody without it. */
export const neededCapability = 'DAC_READ_SEARCH';

/** Starts the NFS server on a fresh volume, and waits until it answers. */
export async function openNfsServer(
  request: SmokeRequest,
  bench: Bench,
  signal: AbortSignal,
): Promise<Result<NfsSubject, EngineError>> {
  const network = await bench.network(signal);
  if (!network.ok) return network;
  // Every ext4 volume of a cloud brings a `lost+found`, and belongs to root.
  const script = `mkdir -m 0700 ${workplace}/lost+found`;
  const prepared = await prepareVolume(bench, request.reference, { script, file: '/etc/passwd' }, signal);
  if (!prepared.ok) return prepared;
  const start = (own: AbortSignal) =>
    startServer(request, bench, network.value.name, prepared.value.volume, own);
  const first = await start(signal);
  return first.ok ? ok({ ...first.value, again: start }) : first;
}

async function startServer(
  request: SmokeRequest,
  bench: Bench,
  network: string,
  volume: string,
  signal: AbortSignal,
): Promise<Result<NfsServer, EngineError>> {
  const started = performance.now();
  const launched = await launch(
    bench,
    network,
    {
      ...serviceSpec(request),
      env: {},
      capAdd: [neededCapability],
      mounts: [{ kind: 'volume', volume, target: exchangeFolder, noCopy: true }],
    },
    signal,
  );
  if (!launched.ok) return launched;
  const live = launched.value;
  const client = new NfsClient(live.address);
  const budgetMs = request.readinessBudgetMs ?? readinessBudgetMs;
  let answer: Result<void, RpcTrouble> = err({ kind: 'refused', message: 'never asked' });
  const rest = new Rest();
  while (live.outcome.kind === 'running' && performance.now() - started < patient(budgetMs)) {
    answer = await client.greet(signal);
    if (answer.ok) break;
    const state = await bench.engine.inspectContainer(live.containerId, signal);
    if (!state.ok) return state;
    const afterMs = performance.now() - started;
    if (state.value.status === 'exited') {
      const outcome = endedAs(state.value, afterMs);
      return ok({ ...live, client, outcome, greeting: { answer, afterMs } });
    }
    await rest.look(state.value);
    if (rest.hasHadItsTime(afterMs, budgetMs)) break;
    if (!(await pause(200, signal))) return err({ kind: 'cancelled', message: 'cancelled' });
  }
  return ok({ ...live, client, greeting: { answer, afterMs: performance.now() - started } });
}
