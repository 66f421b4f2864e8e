/** Clause S27: the server still runs after it has been used. */
import { ok } from '../../../core/result.ts';
import { exchangeLine } from '../../evidence.ts';
import { hintForEnding } from '../../hints.ts';
import { exchange } from '../../../hub/http-exchange.ts';
import { pause } from '../../pause.ts';
import type { Pod } from '../../pod.ts';
import type { Clause } from '../clause.ts';

/** What dies of the readiness check has done so by then. */
const quarantineMs = 4000;

export const outlivesTheCheck: Clause<Pod> = {
  id: 'S27',
  title: 'still runs and answers after the checks',
  why: 'An image may answer the readiness check and die of it, or be answered for by another program that then ends.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested: `After all other questions, and at least ${quarantineMs / 1000} s after the first answer: the container must run, and \`/user/NAME/api\` answer below 500.`,
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
    if (answered.ok && answered.value.status < 500) return ok({ result: 'pass', evidence });
    return ok({ result: 'fail', evidence, hint: 'the server answered once and then no more' });
  },
};
