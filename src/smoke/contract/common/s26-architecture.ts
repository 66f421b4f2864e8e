/** Clause S26: the image is made for the machine that it will run on. */
import { ok } from '../../../core/result.ts';
import type { Clause } from '../clause.ts';
import type { Description } from './description.ts';

export const architecture: Clause<Description> = {
  id: 'S26',
  title: "the image's architecture is the node's",
  why: 'An image for another processor starts nowhere, or crawls in an emulator.',
  met: ['jupyterhub/zero-to-jupyterhub-k8s#2253'],
  severity: 'must',
  tier: 'gate',
  tested: "The architecture in the image's description is compared with the engine's.",
  remedy: 'Pull the root image for this platform, or name the platform in the build.',
  async test({ request }) {
    if (request.architecture === undefined) {
      return ok({ result: 'not-applicable', evidence: ['no architecture is asked for'] });
    }
    const { image, node } = request.architecture;
    const evidence = [`image: ${image}, node: ${node}`];
    if (image === node) return ok({ result: 'pass', evidence });
    const hint = `the image is made for ${image}; its root image was probably pulled for another platform than this machine's (${node})`;
    return ok({ result: 'fail', evidence, hint });
  },
};
