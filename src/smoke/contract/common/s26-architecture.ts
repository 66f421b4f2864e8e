/** Clause S26: the image is made for the machine that it will run on. */
import { ok } from '../../../core/result.ts';
import type { Clause } from '../clause.ts';
import type { Description } from './description.ts';

export const architecture: Clause<Description> = {
  id: 'S26',
  title: "the image's architecture is the node's",
  why: 'An image for another processor starts nowhere, or crawls in an emulator.',
  severity: 'must',
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
