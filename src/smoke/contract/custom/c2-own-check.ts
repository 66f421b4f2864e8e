/** Clause C2: the command that its makers gave for it succeeds. */
import { ok } from '../../../core/result.ts';
import { excerpt, seconds, tailLines } from '../../evidence.ts';
import type { Clause } from '../clause.ts';
import type { OwnCheck } from './own-check-container.ts';

const shownLines = 10;

export const ownCheck: Clause<OwnCheck> = {
  id: 'C2',
  title: 'the command given as its `check` succeeds inside it',
  why: 'Who makes an image knows best what it is for; that it starts says little of that.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested:
    'The command of `check` in matrix.yaml, or of `--check`, is run by /bin/sh in a container of the image, as its own user, without a network to the outside; it has to end with exit code 0 within 5 min.',
  remedy: 'Its output tells; `docker run --rm -it --entrypoint sh IMAGE` lets you try.',
  async test({ command, outcome, log }, signal) {
    if (command === undefined) return ok({ result: 'not-applicable', evidence: ['no `check` is given'] });
    const asked = `/bin/sh -c ${excerpt(command, 200)}`;
    if (outcome.kind === 'passed') {
      return ok({ result: 'pass', evidence: [asked, `exit code 0 after ${seconds(outcome.afterMs)}`] });
    }
    if (outcome.kind === 'refused') {
      const hint = 'the image has no /bin/sh, or cannot be started at all';
      return ok({ result: 'fail', evidence: [asked, excerpt(outcome.message)], hint });
    }
    const printed = await log(signal);
    if (!printed.ok) return printed;
    const ending =
      outcome.kind === 'silent'
        ? `not ended after ${seconds(outcome.afterMs)}`
        : `exit code ${outcome.exitCode} after ${seconds(outcome.afterMs)}`;
    const hint =
      outcome.kind === 'silent' ? 'the command does not come to its end' : 'its last lines tell why';
    return ok({ result: 'fail', evidence: [asked, ending, ...tailLines(printed.value, shownLines)], hint });
  },
};
