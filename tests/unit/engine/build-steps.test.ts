import { describe, expect, test } from 'vitest';
import { buildTrace, stepName } from '../../../src/engine/docker/build-trace.ts';
import { locateStep } from '../../../src/engine/docker/dockerfile-lines.ts';
import type { TraceStatus, Vertex } from '../../../src/engine/docker/session-protocol.ts';
import type { BuildEvent } from '../../../src/engine/engine.ts';

const nothing: TraceStatus = { vertexes: [], statuses: [], logs: [], warnings: [] };
const at = (milliseconds: number) => ({ seconds: 0, nanos: milliseconds * 1e6 });

function vertex(more: Partial<Vertex>): Vertex {
  return {
    digest: 'd',
    name: '[1/2] RUN x',
    cached: false,
    started: null,
    completed: null,
    error: '',
    ...more,
  };
}

function eventsOf(...vertexes: Vertex[]): BuildEvent[] {
  const events: BuildEvent[] = [];
  const trace = buildTrace((event) => events.push(event));
  for (const one of vertexes) trace.add({ ...nothing, vertexes: [one] });
  trace.finish();
  return events;
}

describe('the trace of a build', () => {
  const started = { kind: 'step-started', step: 'd', name: 'RUN x' };
  const finished = { kind: 'step-finished', step: 'd', name: 'RUN x', cached: false, durationMs: 20 };

  test('a step that ran starts and finishes once', () => {
    const running = vertex({ started: at(10) });
    const ended = vertex({ started: at(10), completed: at(30) });
    expect(eventsOf(vertex({}), running, running, ended, ended)).toEqual([started, finished]);
  });

  test('a look into the cache that comes first is not the end', () => {
    const looked = vertex({ started: at(1), completed: at(2) });
    const events = eventsOf(
      looked,
      vertex({ started: at(10) }),
      vertex({ started: at(10), completed: at(30) }),
    );
    expect(events).toEqual([started, finished]);
  });

  test('the word that a step was cached may come last', () => {
    const looked = vertex({ started: at(10), completed: at(30) });
    const events = eventsOf(looked, { ...looked, cached: true });
    expect(events).toEqual([started, { ...finished, cached: true }]);
  });

  test('of two steps at once the one that failed is named, not the one that was ended for it', () => {
    const trace = buildTrace(() => undefined);
    const ended = vertex({ error: 'process "/bin/sh -c x" did not complete successfully: context canceled' });
    const failed = vertex({ digest: 'e', name: '[2/2] COPY none /', error: '"/none": not found' });
    trace.add({ ...nothing, vertexes: [ended] });
    trace.add({ ...nothing, vertexes: [failed] });
    trace.add({ ...nothing, vertexes: [vertex({ digest: 'f', error: 'another' })] });
    expect(trace.failed()).toEqual({ fullName: '[2/2] COPY none /', message: '"/none": not found' });
  });

  test('what was only looked up did not run', () => {
    const looked = vertex({ started: at(10), completed: at(30) });
    expect(eventsOf(looked)).toEqual([started, { ...finished, cached: true }]);
  });

  test('what never began is not told', () => {
    expect(eventsOf(vertex({}))).toEqual([]);
  });

  test('output that splits a character between two messages stays whole', () => {
    const texts: string[] = [];
    const trace = buildTrace((event) => event.kind === 'output' && texts.push(event.text));
    const bytes = Buffer.from('€');
    for (const msg of [bytes.subarray(0, 1), bytes.subarray(1)])
      trace.add({ ...nothing, logs: [{ vertex: 'd', stream: 1, msg }] });
    expect(texts).toEqual(['€']);
  });

  test('names lose their counters, and internal ones keep their mark', () => {
    expect(stepName('[stage-1  2/12] RUN [ -e x ] || y')).toBe('RUN [ -e x ] || y');
    expect(stepName('[internal] load build context')).toBe('[internal] load build context');
    expect(stepName('exporting to image')).toBe('exporting to image');
  });
});

describe('the line of a step', () => {
  const dockerfile = [
    'ARG V=1', // 1
    'FROM debian:trixie AS Base', // 2
    'ENV A=b', // 3
    'RUN <<EOF', // 4
    'FROM looks like an instruction', // 5
    'EOF', // 6
    'WORKDIR /w', // 7
    'FROM base', // 8
    'COPY --from=docker.io/library/other:latest /a /b', // 9
    'run one && \\', // 10
    '  # a comment within', // 11
    '  two', // 12
    'FROM scratch', // 13
    'ADD x /', // 14
    '',
  ].join('\n');

  test.each([
    ['[base 1/3] FROM docker.io/library/debian:trixie', 2],
    ['[base 2/3] RUN <<EOF (FROM looks like an instruction)', 4],
    ['[base 3/3] WORKDIR /w', 7],
    ['[stage-1 1/2] COPY --from=docker.io/library/other:latest /a /b', 9],
    ['[stage-1 2/2] RUN one &&   two', 10],
    ['[stage-2 1/1] ADD x /', 14],
    ['[internal] load metadata for docker.io/library/debian:trixie', 2],
    ['[internal] load metadata for docker.io/library/other:latest', 9],
  ])('%s', (name, line) => {
    expect(locateStep(dockerfile, name)?.line).toBe(line);
  });

  test('is not guessed where counts disagree', () => {
    expect(locateStep(dockerfile, '[base 3/3] RUN true')).toBeUndefined();
    expect(locateStep(dockerfile, '[stage-7 1/1] RUN true')).toBeUndefined();
    expect(locateStep(dockerfile, 'exporting to image')).toBeUndefined();
  });

  test('comes with the instruction as written', () => {
    expect(locateStep(dockerfile, '[stage-1 2/2] RUN one')?.text).toBe(
      'run one && \\\n  # a comment within\n  two',
    );
  });
});
