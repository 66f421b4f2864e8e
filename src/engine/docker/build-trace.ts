/**
 * Turns BuildKit's progress trace into BuildEvents. The trace repeats itself: a step that completes at
 * once and then starts anew had only been looked up in the cache, and the word that it was cached may
 * come last. Here each step starts once and finishes once.
 */
import { StringDecoder } from 'node:string_decoder';
import type { BuildEvent } from '../engine.ts';
import { milliseconds } from './session-protocol.ts';
import type { TraceStatus, Vertex } from './session-protocol.ts';

export interface BuildTrace {
  add(status: TraceStatus): void;
  /** Tells of steps whose end was held back; call when the build has ended. */
  finish(): void;
  /** The step that failed the build, if one has. */
  failed(): FailedStep | undefined;
}

export interface FailedStep {
  /** As BuildKit wrote it, with its counter: `[stage 2/4] RUN …`. */
  readonly fullName: string;
  readonly message: string;
}

interface StepState {
  readonly name: string;
  begun: boolean;
  ended: boolean;
  /** Completed without having run: perhaps only looked up. */
  held: Vertex | undefined;
}

/** A step's error where it was ended because another had failed: of several steps at once that one is to be named. */
const cutOff = /\bcontext cancell?ed\b/;

/** BuildKit's number for a step's standard error; 1 is its standard output. */
const standardError = 2;

/** The step's name as a person knows it: `RUN make`, not `[stage 2/4] RUN make`. */
export function stepName(fullName: string): string {
  return fullName.replace(/^\[(?!internal\])[^\]]*\] /, '');
}

/** A trace that tells `onEvent`. */
export function buildTrace(onEvent: (event: BuildEvent) => void): BuildTrace {
  const steps = new Map<string, StepState>();
  const decoders = new Map<string, StringDecoder>();
  let failure: FailedStep | undefined;

  const begin = (step: string, state: StepState): void => {
    if (state.begun) return;
    state.begun = true;
    onEvent({ kind: 'step-started', step, name: state.name });
  };
  const end = (step: string, state: StepState, vertex: Vertex, cached: boolean): void => {
    begin(step, state);
    state.ended = true;
    state.held = undefined;
    const durationMs = durationOf(vertex);
    const error = vertex.error === '' ? {} : { error: vertex.error };
    onEvent({ kind: 'step-finished', step, name: state.name, cached, durationMs, ...error });
  };
  const addVertex = (vertex: Vertex): void => {
    const step = vertex.digest;
    const state = stateOf(steps, vertex);
    if (vertex.error !== '' && (failure === undefined || cutOff.test(failure.message)))
      failure = { fullName: vertex.name, message: vertex.error };
    if (state.ended || vertex.started === null) return;
    if (vertex.completed === null) begin(step, state);
    else if (state.begun || vertex.cached || vertex.error !== '') end(step, state, vertex, vertex.cached);
    else state.held = vertex;
  };
  const decode = (step: string, stream: string, bytes: Buffer): string => {
    const key = `${step} ${stream}`;
    const decoder = decoders.get(key) ?? new StringDecoder('utf8');
    decoders.set(key, decoder);
    return decoder.write(bytes);
  };

  return {
    failed: () => failure,
    add(status) {
      for (const vertex of status.vertexes) addVertex(vertex);
      for (const { ID, vertex, current, total } of status.statuses)
        onEvent({ kind: 'progress', step: vertex, what: ID, current, total });
      for (const log of status.logs) {
        const stream = log.stream === standardError ? 'stderr' : 'stdout';
        const text = decode(log.vertex, stream, log.msg);
        if (text !== '') onEvent({ kind: 'output', step: log.vertex, stream, text });
      }
      for (const warning of status.warnings) onEvent(warningOf(warning));
    },
    finish() {
      for (const [step, state] of steps) if (state.held) end(step, state, state.held, true);
    },
  };
}

function stateOf(steps: Map<string, StepState>, vertex: Vertex): StepState {
  const known = steps.get(vertex.digest);
  if (known !== undefined) return known;
  const state = { name: stepName(vertex.name), begun: false, ended: false, held: undefined };
  steps.set(vertex.digest, state);
  return state;
}

function durationOf({ started, completed }: Vertex): number {
  return started === null || completed === null
    ? 0
    : Math.max(0, milliseconds(completed) - milliseconds(started));
}

function warningOf({ short, ranges }: TraceStatus['warnings'][number]): BuildEvent {
  const line = ranges[0]?.start?.line;
  const message = short.toString('utf8');
  return line === undefined ? { kind: 'warning', message } : { kind: 'warning', message, line };
}
