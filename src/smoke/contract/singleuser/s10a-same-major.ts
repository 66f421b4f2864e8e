/** Clause S10a: the server's JupyterHub is of the hub's major version. */
import { ok } from '../../../core/result.ts';
import { excerpt } from '../../evidence.ts';
import { emulatedHubVersion } from '../../hub-emulator.ts';
import type { Pod } from '../../pod.ts';
import type { Clause } from '../clause.ts';

export const sameMajor: Clause<Pod> = {
  id: 'S10a',
  title: "`jupyterhub` in the image has the hub's major version",
  why: 'Hub and server compare their major versions and only warn. Many pairs work; whether this one does, S10 says.',
  met: ['jupyterhub/jupyterhub#709', 'jupyterhub/jupyterhub#1367'],
  severity: 'should',
  tier: 'gate',
  tested: `X-JupyterHub-Version is compared with the hub that is imitated (${emulatedHubVersion}).`,
  remedy: "Install the hub's own version of `jupyterhub` into the image.",
  needs: ['S6'],
  async test({ outcome }) {
    const version = outcome.kind === 'ready' ? String(outcome.answer.headers['x-jupyterhub-version']) : '';
    const evidence = [`image: ${excerpt(version, 40)}, hub: ${emulatedHubVersion}`];
    if (version.split('.')[0] === emulatedHubVersion.split('.')[0]) return ok({ result: 'pass', evidence });
    const hint = 'the server warns of this at each start; it fails only where the login (S10) does';
    return ok({ result: 'fail', evidence, hint });
  },
};
