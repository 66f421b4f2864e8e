/** Clause D4: a second start on the kept volume finds the data and knows the same password. */
import { ok } from '../../../core/result.ts';
import { excerpt, seconds } from '../../evidence.ts';
import type { Clause } from '../clause.ts';
import { startFailure } from '../common/start-finding.ts';
import { keptRow } from './d2-answers-query.ts';
import { ask } from './database-container.ts';
import type { DatabaseSubject } from './database-container.ts';

export const startsAgain: Clause<DatabaseSubject> = {
  id: 'D4',
  title: 'starts again on the same volume, with its data and its password',
  why: "A student's server is stopped every night. What cannot be opened the next morning is lost.",
  met: [],
  severity: 'must',
  tier: 'gate',
  tested:
    'A second container is started on the same volume with the same password, and asked for the row that the first one wrote.',
  remedy: 'Keep the data below /var/lib/mysql, and initialise only an empty directory.',
  needs: ['D2'],
  async test(subject, signal) {
    const stopped = await subject.stop(signal);
    if (!stopped.ok) return stopped;
    const second = await subject.again(signal);
    if (!second.ok) return second;
    const failure = await startFailure(second.value, 'started again on the same volume', signal);
    if (!failure.ok) return failure;
    if (failure.value !== undefined) return ok(failure.value);
    const statement = 'SELECT word FROM hubwright_check.kept';
    const { engine, rootPassword } = subject;
    const asked = await ask(engine, second.value.containerId, rootPassword, statement, signal);
    if (!asked.ok) return asked;
    const evidence = [
      `second start: first answer after ${seconds(second.value.greeting.afterMs)}`,
      `SELECT: ${excerpt(asked.value.text)}`,
    ];
    if (asked.value.kind === 'answered' && asked.value.text === keptRow)
      return ok({ result: 'pass', evidence });
    const hint =
      'the second start does not find what the first one wrote, or does not know the password: the data lies outside /var/lib/mysql, or the entry point initialises again';
    return ok({ result: 'fail', evidence, hint });
  },
};
