/** Clause N5: after a restart the exchange holds what it held. */
import { ok } from '../../../core/result.ts';
import { excerpt, seconds } from '../../evidence.ts';
import type { Clause } from '../clause.ts';
import { startFailure } from '../common/start-finding.ts';
import { freshName, readExports, somebody } from './exports.ts';
import type { NfsSubject } from './nfs-server.ts';

const text = 'kept by hubwright';

export const nfsStartsAgain: Clause<NfsSubject> = {
  id: 'N5',
  title: 'starts again on the same volume, with its files and their owners',
  why: 'A server that is moved to another node would lose what students have handed in.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested:
    'A file is written; the container is stopped, and another is started on the same volume; the file is read.',
  remedy: `Keep the exported files in the volume, and write configuration and state elsewhere.`,
  needs: ['N3'],
  async test(subject, signal) {
    const exports = await readExports(subject.client, signal);
    const path = exports.ok ? `${exports.value[0]?.path ?? ''}/${freshName()}` : '';
    const written = await subject.client.write(somebody, path, 0o644, text, signal);
    if (!exports.ok || !written.ok) {
      return ok({ result: 'not-run', evidence: ['nothing could be written before the restart'] });
    }
    const stopped = await subject.stop(signal);
    if (!stopped.ok) return stopped;
    const second = await subject.again(signal);
    if (!second.ok) return second;
    const failure = await startFailure(second.value, 'started again on the same volume', signal);
    if (!failure.ok) return failure;
    if (failure.value !== undefined) return ok(failure.value);
    const { client, greeting } = second.value;
    const read = await client.read(somebody, path, signal);
    const evidence = [
      `second start: first answer after ${seconds(greeting.afterMs)}`,
      `read /${path}: ${excerpt(read.ok ? read.value : read.error.message)}`,
    ];
    if (read.ok && read.value === text) return ok({ result: 'pass', evidence });
    const hint =
      'the second start does not offer what the first one held: the exported folder lies outside the volume, or the entry point empties it';
    return ok({ result: 'fail', evidence, hint });
  },
};
