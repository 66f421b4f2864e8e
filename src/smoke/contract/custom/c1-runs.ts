/** Clause C1: the image can be started at all. */
import { ok } from '../../../core/result.ts';
import { seconds } from '../../evidence.ts';
import type { Clause } from '../clause.ts';
import { startFailure } from '../common/start-finding.ts';
import type { CustomContainer } from './custom-container.ts';

export const runs: Clause<CustomContainer> = {
  id: 'C1',
  title: 'starts with its own command and stays up, or ends with exit code 0',
  why: 'Of an image of kind `custom` nothing more is known; one that falls over at once is of no use to anybody.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested:
    'The image is started with its own command and watched for 5 s: it has to stay up, or to end with exit code 0.',
  remedy: 'The end of the log tells why it fell over.',
  async test(live, signal) {
    const { outcome } = live;
    if (outcome.kind === 'refused' && outcome.programless === true && live.checked)
      return ok({ result: 'not-applicable', evidence: ['it has no command of its own; its `check` is run'] });
    if (outcome.kind === 'running') return ok({ result: 'pass', evidence: ['it runs'] });
    if (outcome.kind === 'ended' && outcome.exitCode === 0) {
      return ok({ result: 'pass', evidence: [`ended with exit code 0 after ${seconds(outcome.afterMs)}`] });
    }
    const failure = await startFailure(live, "started with the image's own command", signal);
    if (!failure.ok) return failure;
    return ok(failure.value ?? { result: 'pass', evidence: ['it runs'] });
  },
};
