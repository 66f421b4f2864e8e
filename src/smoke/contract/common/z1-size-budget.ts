/** Clause Z1: the image keeps to its size budget. */
import { ok } from '../../../core/result.ts';
import type { Clause } from '../clause.ts';
import type { Description } from './description.ts';

export const sizeBudget: Clause<Description> = {
  id: 'Z1',
  title: 'the image keeps to its size budget',
  why: 'A node that has to pull a larger image than planned for makes its first students wait, or time out.',
  met: ['jupyterhub/zero-to-jupyterhub-k8s#3010'],
  severity: 'must',
  tier: 'gate',
  tested: 'The unpacked size, as the engine tells it, is compared with `maxSize` in matrix.yaml.',
  remedy:
    '`docker history` shows which layer grew; remove what only the build needs in the RUN that brings it, or raise `maxSize`.',
  async test({ request: { maxSize, size } }) {
    if (maxSize === undefined || size === undefined) {
      return ok({ result: 'not-applicable', evidence: ['no budget is set'] });
    }
    const evidence = [`unpacked: ${megabytes(size)}, budget: ${megabytes(maxSize)}`];
    if (size <= maxSize) return ok({ result: 'pass', evidence });
    const hint = `the image is ${megabytes(size - maxSize)} larger than \`maxSize\` allows; \`docker history\` shows which layer grew. Remove what only the build needs in the same RUN that brings it, or raise \`maxSize\``;
    return ok({ result: 'fail', evidence, hint });
  },
};

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
