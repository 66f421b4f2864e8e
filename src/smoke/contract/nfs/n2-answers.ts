/** Clause N2: it speaks NFS 4 on the usual port. */
import { ok } from '../../../core/result.ts';
import { excerpt, seconds } from '../../evidence.ts';
import { listeningSockets } from '../../inside.ts';
import { nfsPort } from '../../nfs/nfs-client.ts';
import type { Clause } from '../clause.ts';
import { deafFinding } from '../common/port-finding.ts';
import type { NfsSubject } from './nfs-server.ts';

export const answersNfs: Clause<NfsSubject> = {
  id: 'N2',
  title: `speaks NFS 4 on port ${nfsPort}`,
  why: 'Version 4 needs this one port alone; version 3 needs a port mapper and locks that no Service brings.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested: 'The null procedure of NFS version 4 is called over TCP, from outside the container.',
  remedy: 'Let the server listen on 0.0.0.0:2049 and speak version 4.',
  needs: ['N1'],
  async test({ engine, containerId, greeting }, signal) {
    const { answer, afterMs } = greeting;
    const question = `NFS 4, null procedure, port ${nfsPort}`;
    if (answer.ok) {
      return ok({ result: 'pass', evidence: [`${question}: answered ${seconds(afterMs)} after the start`] });
    }
    if (answer.error.kind === 'refused') {
      const state = await engine.inspectContainer(containerId, signal);
      if (!state.ok) return state;
      const listening = await listeningSockets(engine, state.value, signal);
      return listening.ok ? ok(deafFinding(nfsPort, listening.value)) : listening;
    }
    const hint =
      answer.error.kind === 'mismatch'
        ? 'something answers and does not speak NFS 4; enable version 4 in its configuration'
        : "something listens and does not answer as an NFS server would; the log's end tells more";
    return ok({ result: 'fail', evidence: [`${question}: ${excerpt(answer.error.message)}`], hint });
  },
};
