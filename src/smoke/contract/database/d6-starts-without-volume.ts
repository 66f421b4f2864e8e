/** Clause D6: without a volume too, the database begins with the password that it is given. */
import { ok } from '../../../core/result.ts';
import { seconds } from '../../evidence.ts';
import type { Clause } from '../clause.ts';
import { startFailure } from '../common/start-finding.ts';
import { unanswered } from './d2-answers-query.ts';
import type { DatabaseSubject } from './database-container.ts';

const asked = 'started without a volume';

export const startsWithoutVolume: Clause<DatabaseSubject> = {
  id: 'D6',
  title: 'starts without a volume, and MYSQL_ROOT_PASSWORD opens it',
  why: "A sidecar often has no volume of its own and stands on what the image brings. Where that holds a database already, the entry point takes it for the user's and ignores the pod's password.",
  met: [],
  severity: 'must',
  tier: 'gate',
  tested: 'The image is started once more with nothing mounted, and asked a query with the password.',
  remedy: 'Initialise the data directory when the container starts, never while the image is built.',
  needs: ['D2'],
  async test(subject, signal) {
    const started = await subject.withoutVolume(signal);
    if (!started.ok) return started;
    const failure = await startFailure(started.value, asked, signal);
    if (!failure.ok) return failure;
    if (failure.value !== undefined) return ok(failure.value);
    const { answer, afterMs } = started.value.greeting;
    if (answer.kind === 'answered') {
      return ok({ result: 'pass', evidence: [asked, `first answer after ${seconds(afterMs)}`] });
    }
    const evidence = [asked, unanswered(started.value.greeting)];
    const hint = /access denied/i.test(answer.text)
      ? 'the password is not heeded: the data directory was initialised when the image was built, with another one'
      : 'with an empty volume it answers, without one it does not: look at the owner and the content of the data directory in the image';
    return ok({ result: 'fail', evidence, hint });
  },
};
