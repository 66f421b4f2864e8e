/** Clause T3: without a GPU torch says so, and goes on. */
import { torchClause } from './torch-clause.ts';

export const livesWithoutGpu = torchClause(
  {
    id: 'T3',
    title: 'without a GPU `torch.cuda.is_available()` is False, and nothing crashes',
    why: 'Most of a course runs on nodes without a GPU; a notebook has to be able to ask.',
    met: [],
    severity: 'must',
    tier: 'gate',
    tested: '`torch.cuda.is_available()` in the kernel, in a container that was given no device.',
    remedy: 'Leave stubs of `libcuda` out of the image; the driver comes from the node.',
    needs: ['T1'],
  },
  {
    code: `
import os, torch
print("hubwright device", any(name.startswith("nvidia") for name in os.listdir("/dev")))
print("hubwright available", torch.cuda.is_available())`,
    timeoutMs: 30_000,
    whenItFails: 'asking for a GPU ends the kernel: a stub or a wrong version of `libcuda` lies in the image',
    judge(facts) {
      const evidence = [`is_available(): ${facts('available')}, devices in /dev: ${facts('device')}`];
      if (facts('available') === 'False') return { result: 'pass', evidence };
      if (facts('device') === 'True') {
        return { result: 'not-run', evidence: [...evidence, 'the engine hands every container a GPU'] };
      }
      return { result: 'fail', evidence, hint: 'torch believes in a GPU that is not there' };
    },
  },
);
