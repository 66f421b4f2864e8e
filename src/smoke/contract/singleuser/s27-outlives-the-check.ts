/** Clause S27: the server still runs after it has been used. */
import { ok } from '../../../core/result.ts';
import { exchangeLine } from '../../evidence.ts';
import { hintForEnding } from '../../hints.ts';
import { exchange } from '../../../hub/http-exchange.ts';
import { pause } from '../../pause.ts';
import type { Pod } from '../../pod.ts';
import type { Clause } from '../clause.ts';
import { toldSinceStart } from './told-since-start.ts';

/** What dies of the readiness check has done so by then. */
const quarantineMs = 4000;

/** As jupyter_server logs it at its start; it looks once a minute. */
const ownEnd = /Will shut down after (\d+) seconds with no kernels/;

/** Who opens the page, and reads before he opens a notebook, has no kernel for so long. */
const shortestIdleSeconds = 60;

const ownEndHint =
  "the server ends itself beneath whoever reads for a minute: `shutdown_no_activity_timeout` in the image's Jupyter configuration. Take it out, the hub's culler ends idle servers; or give it an hour";

export const outlivesTheCheck: Clause<Pod> = {
  id: 'S27',
  title: 'still runs and answers after the checks',
  why: 'An image may answer the readiness check and die of it, or be answered for by another program that then ends.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested: `After all other questions, and at least ${quarantineMs / 1000} s after the first answer: the container must run, and \`/user/NAME/api\` answer below 500; it may not be told to end itself within a minute of idleness.`,
  remedy: "Read the log's end: something in the image ended the server, or took its port.",
  needs: ['S4'],
  async test(pod, signal) {
    if (pod.outcome.kind !== 'ready') return ok({ result: 'not-run', evidence: ['it never answered'] });
    await pause(Math.max(0, pod.answeredAt + quarantineMs - performance.now()), signal);
    const state = await pod.engine.inspectContainer(pod.containerId, signal);
    if (!state.ok) return state;
    if (state.value.status !== 'running') {
      const { exitCode, outOfMemory, status } = state.value;
      const log = await pod.log(signal);
      if (!log.ok) return log;
      const evidence = [`the container is ${status}, exit code ${exitCode ?? 'unknown'}`];
      const hint = hintForEnding({ exitCode, outOfMemory, words: log.value });
      return ok({ result: 'fail', evidence, hint });
    }
    const path = `${pod.servicePrefix}api`;
    const answered = await exchange({ host: pod.address, port: pod.port, path }, signal);
    const evidence = ['the container runs', exchangeLine(`GET ${path}`, answered)];
    if (answered.ok && answered.value.status < 500) {
      const log = await toldSinceStart(pod, signal);
      if (!log.ok) return log;
      const idle = ownEnd.exec(log.value)?.[1];
      if (idle === undefined || Number(idle) >= shortestIdleSeconds) return ok({ result: 'pass', evidence });
      evidence.push(`the log: it ends itself after ${idle} s without a kernel`);
      return ok({ result: 'fail', evidence, hint: ownEndHint });
    }
    return ok({ result: 'fail', evidence, hint: 'the server answered once and then no more' });
  },
};
