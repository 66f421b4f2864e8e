/** Clause S27: the server still runs after it has been used. */
import { ok } from '../../../core/result.ts';
import { exchangeLine } from '../../evidence.ts';
import { hintForEnding } from '../../hints.ts';
import { exchange } from '../../http-exchange.ts';
import type { Pod } from '../../pod.ts';
import { serverPort } from '../../pod-environment.ts';
import type { Clause } from '../clause.ts';

export const outlivesTheCheck: Clause<Pod> = {
  id: 'S27',
  title: 'still runs and answers after the checks',
  why: 'An image may answer the readiness check and die of it, or be answered for by another program that then ends.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested: 'After everything else was asked, the container still has to run and its server to answer.',
  remedy:
    'The end of the log tells what ended it; look for programs that the entry point starts in the background.',
  needs: ['S4'],
  async test(pod, signal) {
    if (pod.outcome.kind !== 'ready') return ok({ result: 'not-run', evidence: ['it never answered'] });
    const state = await pod.engine.inspectContainer(pod.containerId, signal);
    if (!state.ok) return state;
    if (state.value.status !== 'running') {
      const { exitCode, outOfMemory, status } = state.value;
      const log = await pod.log(signal);
      if (!log.ok) return log;
      const evidence = [`the container is ${status}, exit code ${exitCode ?? 'unknown'}`];
      return ok({
        result: 'fail',
        evidence,
        hint: hintForEnding({ exitCode, outOfMemory, words: log.value }),
      });
    }
    const path = `${pod.servicePrefix}api`;
    const answered = await exchange({ host: pod.address, port: serverPort, path }, signal);
    const evidence = ['the container runs', exchangeLine(`GET ${path}`, answered)];
    if (answered.ok && answered.value.status < 500) return ok({ result: 'pass', evidence });
    return ok({ result: 'fail', evidence, hint: 'the server answered once and then no more' });
  },
};
