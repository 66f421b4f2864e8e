/** Clause S16: the image is not made for root. */
import { ok } from '../../../core/result.ts';
import { excerpt } from '../../evidence.ts';
import type { Pod } from '../../pod.ts';
import type { Clause } from '../clause.ts';
import { isRoot } from './start-cause.ts';

export const isNotRoots: Clause<Pod> = {
  id: 'S16',
  title: "the image's USER is not root",
  why: 'The server refuses to run as root. z2jh says which uid to use; a spawner that does not, and `runAsNonRoot`, take the image at its word.',
  met: ['jupyterhub/zero-to-jupyterhub-k8s#819'],
  severity: 'must',
  tier: 'gate',
  tested: "The image's USER is read; neither `root`, nor 0, nor nothing.",
  remedy: 'End the Dockerfile with `USER 1000` (after the last step that needs root).',
  async test({ image }) {
    const evidence = [`USER is ${image.user === '' ? 'not set, which means root' : excerpt(image.user, 60)}`];
    if (!isRoot(image.user)) return ok({ result: 'pass', evidence });
    const hint = 'the image runs as root wherever nobody says otherwise: end its Dockerfile with `USER 1000`';
    return ok({ result: 'fail', evidence, hint });
  },
};
