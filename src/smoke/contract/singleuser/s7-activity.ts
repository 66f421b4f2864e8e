/** Clauses S7 and S7a: the server finds its hub, and tells it that somebody works. */
import { ok } from '../../../core/result.ts';
import { excerpt, seconds } from '../../evidence.ts';
import { hubPort } from '../../emulated-hub.ts';
import type { HubRequest } from '../../hub-emulator.ts';
import { patient } from '../../../hub/patience.ts';
import { pause } from '../../pause.ts';
import type { Pod } from '../../pod.ts';
import type { Clause, Finding } from '../clause.ts';
import { shortIntervalSeconds } from './deep-starts.ts';
import { missesHub } from './start-cause.ts';

/** The first report comes with the first answer; a slow machine is given some time in between. */
const firstReportMs = 8000;
const pollMs = 200;

const intervalVariable = 'JUPYTERHUB_ACTIVITY_INTERVAL';
/** z2jh's culler stops what it has not heard of for an hour. */
const longestSeconds = 1800;

const rareHint = `the server reports so rarely that the hub takes it for idle in the meantime, and stops it under its user: take ${intervalVariable} out of the image (300 s is the default; z2jh's culler waits for an hour)`;

/** What S7a waits for two more reports. */
const repetitionMs = 25_000;

export const reportsActivity: Clause<Pod> = {
  id: 'S7',
  title: 'finds its hub at the start and reports activity to it',
  why: 'The hub stops servers of which it hears nothing: a server that does not report is culled while somebody works in it.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested:
    "The hub's record must show `GET /hub/api`, then `POST /hub/api/users/NAME/activity` with the server's own token, answered 200. The image may not set JUPYTERHUB_ACTIVITY_INTERVAL to more than half an hour.",
  remedy:
    'Leave JUPYTERHUB_API_URL, JUPYTERHUB_ACTIVITY_URL and JUPYTERHUB_API_TOKEN as the hub sets them, and keep proxy variables out of the image.',
  async test(pod, signal) {
    if (pod.outcome.kind === 'ready') {
      await until(() => reportsOf(pod).some(isGood), firstReportMs, signal);
    }
    const evidence = [`the server asked the hub: ${listOf(pod.hub.requests)}`];
    if (reportsOf(pod).some(isGood)) {
      const interval = Number(pod.image.env.get(intervalVariable) ?? 0);
      if (!(interval > longestSeconds)) return ok({ result: 'pass', evidence });
      const named = `the image sets ${intervalVariable}=${interval}`;
      return ok({ result: 'fail', evidence: [...evidence, named], hint: rareHint });
    }
    if (pod.outcome.kind === 'ready' && pod.outcome.answer.headers['x-jupyterhub-version'] !== undefined) {
      return ok({ result: 'fail', evidence, hint: likelyCause(pod) });
    }
    const log = await pod.log(signal);
    if (!log.ok) return log;
    return ok(withoutServer(evidence, log.value));
  },
};

export const repeatsActivity: Clause<Pod> = {
  id: 'S7a',
  title: 'reports activity again and again, as JUPYTERHUB_ACTIVITY_INTERVAL asks',
  why: 'One report at the start keeps a server alive for an hour; the next class is longer.',
  met: [],
  severity: 'must',
  tier: 'deep',
  tested: `Started with JUPYTERHUB_ACTIVITY_INTERVAL=${shortIntervalSeconds} and used all the while; two more reports must come within ${repetitionMs / 1000} s.`,
  remedy: 'As for S7; and do not set JUPYTERHUB_ACTIVITY_INTERVAL in the image.',
  async test(pod, signal) {
    if (pod.outcome.kind !== 'ready') return ok({ result: 'not-run', evidence: ['it never answered'] });
    const kernel = await pod.kernel(signal);
    const before = reportsOf(pod).length;
    const repeated = async (): Promise<boolean> => {
      // A server reports only what is new.
      if (kernel.ok) await kernel.value.execute('1', 2000);
      return reportsOf(pod).length >= before + 2;
    };
    await until(repeated, repetitionMs, signal);
    const evidence = reportsOf(pod).map(({ atMs, status }) => `activity: ${status} at ${seconds(atMs)}`);
    if (reportsOf(pod).length >= before + 2) return ok({ result: 'pass', evidence });
    const hint = `after ${before} reports no two more came: the interval is set inside the image, or what reports has died`;
    return ok({ result: 'fail', evidence: [...evidence, `waited ${repetitionMs / 1000} s`], hint });
  },
};

function reportsOf(pod: Pod): readonly HubRequest[] {
  return pod.hub.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/activity'));
}

function isGood({ status, token }: HubRequest): boolean {
  return status === 200 && token === 'server';
}

function listOf(requests: readonly HubRequest[]): string {
  const lines = requests.map(
    ({ method, path, token, status }) => `${method} ${path} (token: ${token}) ${status}`,
  );
  return excerpt([...new Set(lines)].slice(0, 8).join(', ')) || 'nothing';
}

/** Of a server that never came up: it may be the hub that it could not find. */
function withoutServer(evidence: readonly string[], log: string): Finding {
  if (!missesHub(log)) {
    return { result: 'not-run', evidence: [...evidence, 'no jupyterhub-singleuser answers'] };
  }
  const hint = `the server looks for its hub where it is not: JUPYTERHUB_API_URL is changed inside the image, a proxy variable (HTTP_PROXY without NO_PROXY) leads its requests elsewhere, or a firewall on this machine keeps containers from port ${hubPort} of their own network's gateway`;
  return { result: 'fail', evidence: [...evidence, 'its log says that it cannot reach its hub'], hint };
}

function likelyCause(pod: Pod): string {
  const reports = reportsOf(pod);
  if (reports.some(({ token }) => token !== 'server')) {
    return "it reports with another token than the hub gave it: JUPYTERHUB_API_TOKEN is changed in the entry point or in the image's configuration";
  }
  if (reports.length > 0)
    return 'it reports for another user, or to another address, than the hub told it: JUPYTERHUB_ACTIVITY_URL is changed inside the image';
  return 'it never reports: JUPYTERHUB_ACTIVITY_URL or JUPYTERHUB_ACTIVITY_INTERVAL is changed inside the image';
}

async function until(
  reached: () => boolean | Promise<boolean>,
  budgetMs: number,
  signal: AbortSignal,
): Promise<void> {
  const end = performance.now() + patient(budgetMs);
  while (!(await reached()) && performance.now() < end) {
    if (!(await pause(pollMs, signal))) return;
  }
}
