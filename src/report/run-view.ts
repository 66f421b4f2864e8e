/**
 * The state of a run as the displays need it, kept up to date from its events. Holds no text for a screen and
 * writes nothing: live.ts, plain.ts and summary.ts turn it into lines.
 */
import type { Action, ImageOutcome, RunCounts, RunEvent, RunResult, Stage } from '../core/event.ts';

export interface ImageView {
  readonly name: string;
  readonly action: Action;
  readonly reasons: readonly string[];
  stage: Stage | undefined;
  /** When the current stage began, milliseconds since 1970. */
  stageStarted: number;
  /** When anything was last heard of it, milliseconds since 1970. */
  heard: number;
  /** What it is at: a step of the Dockerfile, a clause. */
  activity: string;
  /** Seconds of each finished stage, and what it said. */
  readonly finished: {
    readonly stage: Stage;
    readonly durationMs: number;
    readonly summary: string | undefined;
    readonly remembered: boolean;
  }[];
  size: number | undefined;
  reference: string | undefined;
  outcome: ImageOutcome | undefined;
  durationMs: number;
}

export interface RunView {
  run: string;
  started: number;
  /** About how long it will take; undefined where nobody knows. */
  estimateMs: number | undefined;
  readonly images: Map<string, ImageView>;
  readonly remarks: { readonly image: string | undefined; readonly message: string }[];
  /** Clauses that an image should meet, and does not. */
  readonly shortfalls: { readonly image: string; readonly clause: string }[];
  /** What the run's scans went by; undefined where nothing was scanned. */
  database: { readonly updatedAt: string; readonly ageHours: number } | undefined;
  result: RunResult | undefined;
  counts: RunCounts | undefined;
  durationMs: number;
  release: string | undefined;
}

/** A run of which nothing is known yet. */
export function emptyView(): RunView {
  return {
    run: '',
    started: 0,
    estimateMs: undefined,
    images: new Map(),
    remarks: [],
    shortfalls: [],
    database: undefined,
    result: undefined,
    counts: undefined,
    durationMs: 0,
    release: undefined,
  };
}

/** Applies one event to the view, in place. */
export function applyEvent(view: RunView, event: RunEvent): void {
  switch (event.kind) {
    case 'run-started':
      view.run = event.run;
      view.started = event.time;
      return;
    case 'plan-made':
      view.estimateMs = event.estimateMs;
      for (const { name, action, reasons } of event.images)
        view.images.set(name, newImage(name, action, reasons));
      return;
    case 'stage-started':
      change(view, event.image, (image) => {
        image.stage = event.stage;
        image.stageStarted = event.time;
        image.heard = event.time;
        image.activity = '';
      });
      return;
    case 'build-step':
      change(view, event.image, (image) => {
        image.heard = event.time;
        if (event.state === 'started') image.activity = shortStep(event.name);
      });
      return;
    case 'clause':
      change(view, event.image, (image) => void (image.activity = `${event.id} ${event.title}`));
      if (event.result === 'fail' && event.severity !== 'must')
        view.shortfalls.push({ image: event.image, clause: `${event.id} ${event.title}` });
      return;
    case 'output':
      change(view, event.image, (image) => void (image.heard = event.time));
      return;
    case 'stage-finished':
      change(view, event.image, (image) => {
        image.stage = undefined;
        image.size = event.size ?? image.size;
        image.reference = event.reference ?? image.reference;
        image.finished.push({
          stage: event.stage,
          durationMs: event.durationMs,
          summary: event.summary,
          remembered: event.remembered ?? false,
        });
      });
      return;
    case 'image-finished':
      change(view, event.image, (image) => {
        image.stage = undefined;
        image.outcome = event.outcome;
        image.durationMs = event.durationMs;
      });
      return;
    case 'scan-database':
      view.database = { updatedAt: event.updatedAt, ageHours: event.ageHours };
      return;
    case 'remark':
      view.remarks.push({ image: event.image, message: event.message });
      // A push that waits looks like one that goes on.
      if (view.images.get(event.image ?? '')?.stage === 'push')
        change(view, event.image ?? '', (image) => void (image.activity = event.message));
      return;
    case 'run-finished':
      view.result = event.result;
      view.counts = event.counts;
      view.durationMs = event.durationMs;
      view.release = event.release;
      return;
    default:
      event satisfies never;
  }
}

/** A step as a line shows it: what it runs, without the mounts before it. */
function shortStep(name: string): string {
  return name.replaceAll(/\s--mount=\S+/g, '').replaceAll(/\s+/g, ' ');
}

function newImage(name: string, action: Action, reasons: readonly string[]): ImageView {
  return {
    name,
    action,
    reasons,
    stage: undefined,
    stageStarted: 0,
    heard: 0,
    activity: '',
    finished: [],
    size: undefined,
    reference: undefined,
    outcome: undefined,
    durationMs: 0,
  };
}

function change(view: RunView, name: string, mutate: (image: ImageView) => void): void {
  const image = view.images.get(name);
  if (image !== undefined) mutate(image);
}
