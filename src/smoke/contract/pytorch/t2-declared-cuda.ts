/** Clause T2: torch was built for the CUDA that the image declares. */
import { torchClause } from './torch-clause.ts';
import { torchLabels } from './torch-pod.ts';

const none = 'none';

export const isBuiltForDeclaredCuda = torchClause(
  {
    id: 'T2',
    title: '`torch.version.cuda` is what the image declares',
    why: 'Wheels move on to a newer CUDA by themselves; nodes with an older driver then find no GPU.',
    met: ['jupyter/docker-stacks#2166'],
    severity: 'must',
    tier: 'gate',
    tested: `\`torch.version.cuda\` beside the image's label \`${torchLabels.cuda}\`; with the label \`${torchLabels.accelerator}=cpu\` there must be none.`,
    remedy: 'Pin torch, or declare the new CUDA and look at the drivers of the nodes.',
    needs: ['T1'],
  },
  {
    code: `import torch
print("hubwright cuda", torch.version.cuda or "${none}")`,
    timeoutMs: 10_000,
    whenItFails: 'torch is there and cannot say what it was built for',
    inapplicable: ({ accelerator, cuda }) =>
      accelerator === undefined && cuda === undefined
        ? `the image declares neither \`${torchLabels.accelerator}\` nor \`${torchLabels.cuda}\``
        : undefined,
    judge(facts, { accelerator, cuda }) {
      const wanted = accelerator === 'cpu' ? none : (cuda ?? '');
      const evidence = [`torch.version.cuda: ${facts('cuda')}, declared: ${wanted}`];
      const fits =
        accelerator !== 'cpu' && cuda === undefined ? facts('cuda') !== none : facts('cuda') === wanted;
      if (fits) return { result: 'pass', evidence };
      const hint =
        facts('cuda') === none
          ? 'the CPU build of torch was installed: look at the index that it came from, and at the lock'
          : 'torch came with another CUDA than planned for; CUDA 13 needs a driver of 580 or later, CUDA 12 of 525';
      return { result: 'fail', evidence, hint };
    },
  },
);
