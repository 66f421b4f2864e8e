/** Waiting for pools, as `build prepull wait` and `run` do: all at once, each with its own end. */
import { environmentError, type Diagnostic } from '../core/diagnostic.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import type { PrepullDisplay } from '../report/prepull-display.ts';
import { missingReasons, poolSummary, renderMissing } from '../report/prepull-status.ts';
import { statusDocument } from '../report/prepull-display.ts';
import { signs, styleOf } from '../report/style.ts';
import { formatDuration } from '../report/text.ts';
import type { Cluster } from '../ship/kubernetes/connect.ts';
import { apiDiagnostic } from '../ship/kubernetes/trouble.ts';
import { readPlaced } from '../ship/prepull/apply-pool.ts';
import type { PoolPlace } from '../ship/prepull/cluster-paths.ts';
import type { Quorum } from '../ship/prepull/judge.ts';
import { waitForPool, type WaitEnd } from '../ship/prepull/wait-for-pool.ts';
import { screenOf, type CliContext } from './context.ts';
import { bytesTold, noneApplied, openDisplay, openPools, type ClusterOptions } from './prepull-cluster.ts';
import type { PoolChoice } from './prepull-lists.ts';
import { tell } from './tell.ts';

export interface WaitOptions extends ClusterOptions, PoolChoice {
  readonly quorum: Quorum;
  readonly minNodes: number;
  /** Milliseconds. */
  readonly deadline: number;
  /** Is told what became of each pool, in one line. */
  readonly onEnd?: (told: string) => void;
}

/** A pool to wait for. */
export interface Awaited {
  readonly place: PoolPlace;
  /** What its DaemonSet has to be for; undefined: whatever it says. */
  readonly target: string | undefined;
  readonly bytes: number | undefined;
}

/** `build prepull wait`: until the nodes have what their DaemonSets say. */
export async function prepullWaitCommand(context: CliContext, options: WaitOptions): Promise<ExitCode> {
  const began = performance.now();
  const opened = await openPools(context, options);
  if (!opened.ok) return await tell(context, opened.error);
  const { cluster, places } = opened.value;
  if (places.length === 0) return await tell(context, [notApplied(noneApplied(cluster, options))]);
  const display = openDisplay(context, options.json);
  const pools: Awaited[] = [];
  for (const place of places) {
    const placed = await readPlaced(cluster.api, place, context.signal);
    const bytes = placed.ok ? bytesTold(placed.set?.annotations ?? {}) : undefined;
    pools.push({ place, target: undefined, bytes });
  }
  return await waitForPools(context, cluster, pools, { options, display, began });
}

interface Waiting {
  readonly options: WaitOptions;
  readonly display: PrepullDisplay;
  /** When the person began to wait, by `performance.now()`. */
  readonly began: number;
}

/** Waits for all pools at once. 0: each has its quorum; 1: one has not at the deadline; 3: the cluster refuses. */
export async function waitForPools(
  context: CliContext,
  cluster: Cluster,
  pools: readonly Awaited[],
  { options, display, began }: Waiting,
): Promise<ExitCode> {
  const { quorum, minNodes, deadline } = options;
  const ends = await Promise.all(
    pools.map(async (pool) => ({
      pool,
      end: await waitForPool(
        cluster.api,
        pool.place,
        {
          quorum,
          minNodes,
          deadlineMs: deadline,
          target: pool.target,
          onProgress: (status) => display.progress(pool.place.pool, status),
          onAway: (message) =>
            display.note(
              pool.place.pool,
              message === undefined
                ? 'the API server answers again'
                : `the API server does not answer (${message}); nodes go on pulling, and so does this wait`,
            ),
          onNoNodes: () =>
            display.note(
              pool.place.pool,
              'nodes may not be read, so why one is not ready cannot be told (`build prepull rbac`)',
            ),
        },
        context.signal,
      ),
    })),
  );
  display.close();
  const took = performance.now() - began;
  let code: ExitCode = exitCode.ok;
  for (const { pool, end } of ends) {
    const each = await tellEnd(context, cluster, pool, end, { options, took });
    code = worse(code, each);
  }
  return code;
}

/** An interruption, then what is outside, then nodes that lack something. */
function worse(a: ExitCode, b: ExitCode): ExitCode {
  const order: readonly ExitCode[] = [
    exitCode.ok,
    exitCode.imageFailed,
    exitCode.usage,
    exitCode.environment,
    exitCode.interrupted,
  ];
  return order.indexOf(b) > order.indexOf(a) ? b : a;
}

async function tellEnd(
  context: CliContext,
  cluster: Cluster,
  { place, bytes }: Awaited,
  end: WaitEnd,
  { options, took }: { readonly options: WaitOptions; readonly took: number },
): Promise<ExitCode> {
  const screen = screenOf(context.stdout, context.env);
  const style = styleOf(screen.colour);
  const status = 'status' in end ? end.status : undefined;
  if (options.json) {
    const { kind } = end;
    const document = status === undefined ? {} : statusDocument(status);
    context.stdout.write(
      `${JSON.stringify({ time: Date.now(), kind: 'finished', pool: place.pool, end: kind, bytes, ...document })}\n`,
    );
  } else if (status !== undefined) {
    const good = end.kind === 'enough';
    const sign = good ? style.good(signs.done) : style.bad(signs.failed);
    const summary = `${sign} ${style.bold(place.pool)}  ${poolSummary(status, bytes)}`;
    screen.write(`${summary}${style.dim(` in ${formatDuration(took)}`)}\n${renderMissing(status, screen)}`);
  }
  if (status !== undefined)
    options.onEnd?.(
      [`pool ${place.pool}: ${poolSummary(status, bytes)}`, ...missingReasons(status)].join('; '),
    );
  const say = (text: string): void =>
    void (options.json || screenOf(context.stderr, context.env).write(`${text}\n`));
  switch (end.kind) {
    case 'enough':
      for (const image of end.otherDigests)
        say(`  a node names ${image}, as it does for an image of several platforms`);
      return exitCode.ok;
    case 'deadline':
      say(deadlineText(end, options));
      return exitCode.imageFailed;
    case 'superseded':
      say(
        `  pool ${place.pool} was given other images meanwhile${end.release === undefined ? '' : ` (release ${end.release})`}; \`build prepull wait\` waits for those`,
      );
      return exitCode.environment;
    case 'absent':
      return await tell(context, [
        notApplied(`there is no DaemonSet for pool \`${place.pool}\` in namespace \`${place.namespace}\``),
      ]);
    case 'cancelled':
      say(
        '  interrupted: the DaemonSet stays, and the nodes go on pulling by themselves\n' +
          '  `build prepull wait` waits again, `build prepull status` tells how far they are, `build prepull delete` stops it',
      );
      return exitCode.interrupted;
    case 'trouble': {
      const diagnostic = apiDiagnostic(end.trouble, end.doing, cluster.api.server);
      return diagnostic === undefined ? exitCode.interrupted : await tell(context, [diagnostic]);
    }
    default:
      return end satisfies never;
  }
}

function notApplied(message: string): Diagnostic {
  return environmentError(
    'not-applied',
    message,
    '`build prepull apply` makes it; `--namespace` and `--context` say where',
  );
}

function deadlineText(end: Extract<WaitEnd, { kind: 'deadline' }>, { deadline }: WaitOptions): string {
  const late = `  not enough after ${formatDuration(deadline)}`;
  const { status } = end;
  if (status === undefined) return `${late}: the cluster told nothing of the pool`;
  if (status.desired === 0)
    return `${late}: no node has the pool's labels (\`selector:\`), or none is there yet`;
  if (!status.observed) return `${late}: no controller has looked at the DaemonSet`;
  return `${late}: ${status.needed} nodes are needed; the nodes go on pulling by themselves`;
}
