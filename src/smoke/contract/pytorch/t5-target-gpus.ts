/** Clause T5: torch has code for the GPUs that the image is meant for. */
import { torchClause } from './torch-clause.ts';
import { torchLabels } from './torch-pod.ts';

export const hasCodeForTargets = torchClause(
  {
    id: 'T5',
    title: 'torch has code for the GPUs that the image is meant for',
    why: 'On a GPU that it was not built for torch finds the device and fails at the first kernel (`no kernel image is available`).',
    met: [],
    severity: 'must',
    tier: 'gate',
    tested: `The build's list of architectures holds each of the label \`${torchLabels.architectures}\` (\`sm_80 sm_90\`).`,
    remedy: 'Take a build that still holds them (an older torch or CUDA), or take the old GPUs off the list.',
    needs: ['T1'],
  },
  {
    // Without a GPU get_arch_list() is empty; the flags of the build are what it would answer from.
    code: `import torch
print("hubwright list", *(torch.cuda.get_arch_list() or torch._C._cuda_getArchFlags().split()))`,
    timeoutMs: 10_000,
    whenItFails: 'this torch was built without CUDA',
    inapplicable: ({ architectures }) =>
      architectures === undefined ? `the image does not declare \`${torchLabels.architectures}\`` : undefined,
    judge(facts, { architectures = '' }) {
      const built = facts('list').split(' ');
      const missing = architectures.split(/\s+/).filter((wanted) => wanted !== '' && !built.includes(wanted));
      const evidence = [`built for ${facts('list')}`, `declared: ${architectures}`];
      if (missing.length === 0) return { result: 'pass', evidence };
      return { result: 'fail', evidence, hint: `no code for ${missing.join(', ')}` };
    },
  },
);
