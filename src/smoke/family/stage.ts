/** What the steps of the end-to-end test play on, and how a step in the browser becomes a finding. */
import path from 'node:path';
import type { Page } from 'playwright-core';
import { ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { EngineError } from '../../engine/engine.ts';
import type { Bench } from '../bench.ts';
import { tailLines } from '../evidence.ts';
import { onPage } from './chromium.ts';
import type { Exchange } from './exchange-volume.ts';
import type { FamilyHub } from './family-hub.ts';
import type { FamilyRequest } from './family-request.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import type { People } from './people.ts';
import type { PodHost, RunningPod } from './pod-host.ts';
import { fail, pass } from '../story.ts';
import type { Finding } from '../story.ts';

export interface Stage {
  readonly request: FamilyRequest;
  readonly bench: Bench;
  readonly people: People;
  readonly exchange: Exchange;
  readonly kubernetes: KubernetesApi;
  readonly pods: PodHost;
  readonly hub: FamilyHub;
  /** Of a service that may start everybody's server. */
  readonly probeToken: string;
  /** A window for each of them, and one in which nobody is logged in. */
  readonly pages: Readonly<Record<'student' | 'neighbour' | 'instructor' | 'nobody', Page>>;
}

const logLines = 15;
/** JupyterHub tells a failed request's headers, a line each: they would push out what matters. */
const headerLine = /^\s*(?:"[\w-]+": .*|\})$/;
const linesRead = 100;
const logBytes = 64 * 1024;

/**
 * Plays a step in a window. The action answers evidence; what it throws, and what the pages do not do in time, fails
 * the step, with a picture and the last words of the hub and of the user's server.
 */
export async function inBrowser(
  stage: Stage,
  window: keyof Stage['pages'],
  id: string,
  action: (page: Page) => Promise<readonly string[]>,
  signal: AbortSignal,
): Promise<Result<Finding, EngineError>> {
  const page = stage.pages[window];
  const played = await onPage(() => action(page));
  if (played.ok) return pass(...played.value);
  if (signal.aborted) return { ok: false, error: { kind: 'cancelled', message: 'cancelled' } };
  if (stage.pods.trouble !== undefined) return { ok: false, error: stage.pods.trouble };
  const picture = path.join(stage.request.pictures, `${id}.png`);
  const drawn = await onPage(() => page.screenshot({ path: picture }));
  return fail(
    played.error,
    `page: ${page.url()}`,
    ...(drawn.ok ? [`picture: ${picture}`] : []),
    ...(await lastWords(stage, window, signal)),
  );
}

/** The end of the hub's log, and of the user's server where one runs. */
async function lastWords(
  { bench, hub, people, pods }: Stage,
  window: keyof Stage['pages'],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const pod = window === 'nobody' ? undefined : pods.latest(`jupyter-${people[window].name}`);
  const told: string[] = [];
  for (const [name, id] of [
    ['hub', hub.hub.containerId],
    ['server', pod?.containerId],
  ] as const) {
    if (id === undefined) continue;
    const log = await bench.engine.logs(id, linesRead, logBytes, signal);
    if (!log.ok) continue;
    const lines = tailLines(log.value, linesRead).filter((line) => !headerLine.test(line));
    told.push(...lines.slice(-logLines).map((line) => `${name}: ${line}`));
  }
  return told;
}

/** A person's pod; the story's order sees to it that there is one. */
export function podOf({ pods, people }: Stage, who: keyof People): RunningPod {
  const pod = pods.pods.get(`jupyter-${people[who].name}`);
  if (pod === undefined) throw new Error(`${people[who].name} has no pod`);
  return pod;
}

/** Runs a command in a container; what it printed, and how it ended. */
export async function runInside(
  { bench }: Stage,
  containerId: string,
  command: readonly string[],
  signal: AbortSignal,
): Promise<Result<{ readonly exitCode: number; readonly text: string }, EngineError>> {
  const ran = await bench.engine.exec(containerId, command, { maxBytes: 64 * 1024 }, signal);
  if (!ran.ok) return ran;
  return ok({ exitCode: ran.value.exitCode, text: `${ran.value.stdout}\n${ran.value.stderr}`.trim() });
}
