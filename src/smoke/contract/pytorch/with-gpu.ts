/** Clauses T9 to T12: with a GPU. What falls back to the processor fails. */
import type { ClauseText } from '../clause.ts';
import { torchClause } from './torch-clause.ts';
import type { Declared } from './torch-pod.ts';

const common = {
  met: [],
  severity: 'must',
  tier: 'gate',
} as const satisfies Partial<ClauseText>;

const driverHint =
  'the container has the device and no driver: the image has to set NVIDIA_VISIBLE_DEVICES and NVIDIA_DRIVER_CAPABILITIES=compute,utility';

function cpuOnly({ accelerator }: Declared): string | undefined {
  return accelerator === 'cpu' ? 'the image declares that it is for the processor' : undefined;
}

export const seesDriver = torchClause(
  {
    ...common,
    id: 'T9',
    title: 'with a GPU: `nvidia-smi` lists it, as uid 1000',
    why: 'Without the driver’s tools and libraries nothing in the image reaches the GPU.',
    tested: '`nvidia-smi -L` in the kernel of a container that was given every GPU.',
    remedy: 'Let the image set NVIDIA_VISIBLE_DEVICES and NVIDIA_DRIVER_CAPABILITIES=compute,utility.',
  },
  {
    code: `
import os, subprocess
print("hubwright uid", os.getuid())
print("hubwright list", subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=True).stdout.split("\\n")[0])`,
    timeoutMs: 60_000,
    whenItFails: driverHint,
    inapplicable: cpuOnly,
    judge(facts) {
      const evidence = [`uid ${facts('uid')}: ${facts('list')}`];
      return facts('list').startsWith('GPU ') && facts('uid') === '1000'
        ? { result: 'pass', evidence }
        : { result: 'fail', evidence, hint: driverHint };
    },
  },
);

export const findsGpu = torchClause(
  {
    ...common,
    id: 'T10',
    title: 'with a GPU: `torch.cuda.is_available()` is True',
    why: 'Everything still works where it is False, forty times slower, and nobody is told.',
    tested: '`torch.cuda.is_available()` and the device’s name.',
    remedy: 'Bring torch’s CUDA and the nodes’ driver together: CUDA 13 needs 580 or later, CUDA 12 525.',
  },
  {
    code: `
import torch
print("hubwright available", torch.cuda.is_available())
print("hubwright cuda", torch.version.cuda or "none")
print("hubwright name", torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none")`,
    timeoutMs: 120_000,
    whenItFails: 'asking for the GPU ends the kernel',
    inapplicable: cpuOnly,
    judge(facts) {
      const evidence = [`is_available(): ${facts('available')}, ${facts('name')}, CUDA ${facts('cuda')}`];
      if (facts('available') === 'True') return { result: 'pass', evidence };
      const hint =
        facts('cuda') === 'none'
          ? 'this torch was built for the processor alone'
          : 'torch was built for a CUDA that is newer than the driver allows';
      return { result: 'fail', evidence, hint };
    },
  },
);

export const computesOnGpu = torchClause(
  {
    ...common,
    id: 'T11',
    title: 'with a GPU: a product is computed on it, rightly',
    why: 'A device that is found and cannot compute fails at a student’s first line.',
    tested:
      'A product of 1024 × 1024 on the device beside the same on the processor; the result has to lie on the device.',
    remedy: 'Take a torch that was built for this GPU.',
  },
  {
    code: `
import torch
a = torch.arange(1024 * 1024, dtype=torch.float64).reshape(1024, 1024) % 7
b = a.to("cuda") @ a.to("cuda")
torch.cuda.synchronize()
print("hubwright device", b.device.type)
print("hubwright equal", torch.equal(b.cpu(), a @ a))`,
    timeoutMs: 120_000,
    whenItFails: 'the device cannot compute: torch has no code for it, or the driver is too old',
    inapplicable: cpuOnly,
    judge(facts) {
      const evidence = [`computed on: ${facts('device')}, equal to the processor's: ${facts('equal')}`];
      return facts('device') === 'cuda' && facts('equal') === 'True'
        ? { result: 'pass', evidence }
        : { result: 'fail', evidence, hint: 'the product was not computed on the GPU, or wrongly' };
    },
  },
);

export const wasBuiltForGpu = torchClause(
  {
    ...common,
    id: 'T12',
    title: 'with a GPU: torch holds code for exactly its capability',
    why: 'Code for another capability is translated at each first use, which takes minutes, or does not run at all.',
    severity: 'should',
    tested: 'The device’s capability is in `torch.cuda.get_arch_list()`.',
    remedy: 'Take a torch that was built for this GPU.',
  },
  {
    code: `
import torch
print("hubwright capability", "sm_%d%d" % torch.cuda.get_device_capability())
print("hubwright list", *torch.cuda.get_arch_list())`,
    timeoutMs: 30_000,
    whenItFails: 'the device does not tell its capability',
    inapplicable: cpuOnly,
    judge(facts) {
      const evidence = [`capability ${facts('capability')}, built for ${facts('list')}`];
      return /^sm_\d+$/.test(facts('capability')) && facts('list').split(' ').includes(facts('capability'))
        ? { result: 'pass', evidence }
        : { result: 'fail', evidence, hint: `torch holds no code for ${facts('capability')}` };
    },
  },
);
