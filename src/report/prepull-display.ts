/**
 * Pools while their nodes pull: on a terminal a bar for each, redrawn in place; in a pipe a line when something has
 * changed; as JSON one event a line. Decides nothing.
 */
import cliTruncate from 'cli-truncate';
import { createLogUpdate } from 'log-update';
import type { PoolStatus } from '../ship/prepull/judge.ts';
import { renderMissing, stateText } from './prepull-status.ts';
import type { Write } from './reporter.ts';
import { styleOf, type Style } from './style.ts';
import { count, formatDuration } from './text.ts';

export interface PrepullDisplay {
  progress(pool: string, status: PoolStatus): void;
  /** A sentence above what is redrawn. */
  note(pool: string, text: string): void;
  /** Nothing is redrawn any more. */
  close(): void;
}

export interface DisplayOptions {
  readonly colour: boolean;
  /** About how long a pool takes, where that can be told beforehand. */
  readonly estimates: ReadonlyMap<string, number | undefined>;
  /** Milliseconds from a clock that only grows. */
  readonly now: () => number;
}

/** How often a pipe is told, at most. */
const plainMs = 5000;
const frameMs = 200;

/** Remembers when a pool began, to tell how long the rest may take. */
class Pace {
  readonly #began = new Map<string, { readonly at: number; readonly ready: number }>();
  readonly #options: DisplayOptions;

  constructor(options: DisplayOptions) {
    this.#options = options;
  }

  /** Milliseconds; undefined while nothing can be said. */
  left(pool: string, { ready, needed }: PoolStatus): number | undefined {
    const now = this.#options.now();
    const began = this.#began.get(pool) ?? { at: now, ready };
    this.#began.set(pool, began);
    const made = ready - began.ready;
    if (needed <= ready) return 0;
    if (made > 0) return ((now - began.at) / made) * (needed - ready);
    const estimate = this.#options.estimates.get(pool);
    return estimate === undefined ? undefined : Math.max(0, estimate - (now - began.at));
  }
}

/** For a terminal. */
export function livePrepull(stream: NodeJS.WriteStream, options: DisplayOptions): PrepullDisplay {
  const pace = new Pace(options);
  const style = styleOf(options.colour);
  const update = createLogUpdate(stream, { showCursor: false });
  const pools = new Map<string, PoolStatus>();
  const draw = (): void => {
    const width = stream.columns || 80;
    const room = Math.max(3, Math.floor(((stream.rows || 24) - 2) / Math.max(1, pools.size)) - 1);
    const lines = [...pools].flatMap(([pool, status]) => [
      cliTruncate(barLine(pool, status, pace.left(pool, status), { style, width }), width),
      ...renderMissing(status, { colour: options.colour, width })
        .split('\n')
        .slice(0, room)
        .filter((line) => line !== '')
        .map((line) => cliTruncate(line, width)),
    ]);
    update(lines.join('\n'));
  };
  const timer = setInterval(draw, frameMs);
  timer.unref();
  return {
    progress(pool, status) {
      pools.set(pool, status);
    },
    note(pool, text) {
      update.clear();
      stream.write(`${style.bold(pool)}  ${text}\n`);
      draw();
    },
    close() {
      clearInterval(timer);
      update.clear();
      update.done();
    },
  };
}

/** For a pipe. */
export function plainPrepull(write: Write, options: DisplayOptions): PrepullDisplay {
  const pace = new Pace(options);
  const told = new Map<string, { readonly text: string; readonly at: number }>();
  const failing = new Map<string, string>();
  return {
    progress(pool, status) {
      for (const { node, state } of status.nodes) {
        if (state.kind !== 'failed' && state.kind !== 'not-ready') continue;
        const text = stateText(state);
        if (failing.get(`${pool}/${node}`) === text) continue;
        failing.set(`${pool}/${node}`, text);
        write(`${pool}  ${node}: ${text}\n`);
      }
      const left = pace.left(pool, status);
      const text = countsText(status);
      const before = told.get(pool);
      const now = options.now();
      if (before?.text === text || (before !== undefined && now - before.at < plainMs)) return;
      told.set(pool, { text, at: now });
      write(`${pool}  ${text}${leftText(left)}\n`);
    },
    note: (pool, text) => write(`${pool}  ${text}\n`),
    close: () => undefined,
  };
}

/** For programs: every node that is not ready with its reason. */
export function jsonPrepull(write: Write, options: DisplayOptions): PrepullDisplay {
  const pace = new Pace(options);
  const emit = (event: object): void => write(`${JSON.stringify({ time: Date.now(), ...event })}\n`);
  let last = '';
  return {
    progress(pool, status) {
      const event = { kind: 'progress', pool, ...statusDocument(status) };
      const text = JSON.stringify(event);
      if (text === last) return;
      last = text;
      emit({ ...event, leftMs: pace.left(pool, status) });
    },
    note: (pool, text) => emit({ kind: 'note', pool, message: text }),
    close: () => undefined,
  };
}

/** A pool's status for programs. */
export function statusDocument({ desired, ready, needed, enough, images, nodes }: PoolStatus): object {
  return {
    desired,
    ready,
    needed,
    enough,
    images,
    missing: nodes
      .filter(({ state }) => state.kind !== 'ready')
      .map(({ node, state }) => ({ node, ...state })),
  };
}

function barLine(
  pool: string,
  status: PoolStatus,
  left: number | undefined,
  { style, width }: { readonly style: Style; readonly width: number },
): string {
  const length = width < 100 ? 12 : 30;
  const filled = status.desired === 0 ? 0 : Math.round((status.ready / status.desired) * length);
  const bar = `${style.good('━'.repeat(filled))}${style.dim('─'.repeat(length - filled))}`;
  return `${style.bold(pool)}  ${bar}  ${countsText(status)}${style.dim(leftText(left))}`;
}

function countsText({ ready, desired, nodes }: PoolStatus): string {
  const of = (kind: string): number => nodes.filter(({ state }) => state.kind === kind).length;
  const parts = [
    `${ready} of ${count(desired, 'node')}`,
    ...(of('pulling') > 0 ? [`${of('pulling')} pulling`] : []),
    ...(of('failed') > 0 ? [`${of('failed')} failing`] : []),
    ...(of('not-ready') > 0 ? [`${of('not-ready')} not ready`] : []),
  ];
  return parts.join(', ');
}

function leftText(left: number | undefined): string {
  return left === undefined || left === 0 ? '' : `, about ${formatDuration(Math.max(1000, left))} left`;
}
