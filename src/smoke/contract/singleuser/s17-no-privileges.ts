/** Clause S17: the start gains no privileges. */
import { ok } from '../../../core/result.ts';
import type { Pod } from '../../pod.ts';
import type { Clause } from '../clause.ts';
import { startedUnder } from './condition.ts';

const hint =
  'the start calls `sudo` or a setuid program, which z2jh forbids (allowPrivilegeEscalation: false); do at build time what needs root';

export const gainsNoPrivileges: Clause<Pod> = {
  id: 'S17',
  title: 'starts without sudo or setuid programs',
  why: "z2jh's pods may not gain privileges: sudo fails there, and works in every `docker run`.",
  met: ['jupyterhub/zero-to-jupyterhub-k8s#2429'],
  severity: 'must',
  tier: 'gate',
  tested: 'Started with `no-new-privileges`; a start that failed is tried again without.',
  remedy: 'Do at build time what needs root; let the entry point go on where `sudo` fails.',
  async test(pod, signal) {
    const start = await startedUnder(pod, 'privileges', hint, signal);
    if (!start.ok) return start;
    return ok(start.value ?? { result: 'pass', evidence: ['started with no-new-privileges'] });
  },
};
