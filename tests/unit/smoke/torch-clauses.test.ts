/** What the PyTorch clauses make of what a kernel prints: above all that nothing passes as a GPU which is none. */
import { describe, expect, test } from 'vitest';
import { ok } from '../../../src/core/result.ts';
import type { Execution, KernelSession } from '../../../src/smoke/kernel-session.ts';
import type { Pod } from '../../../src/smoke/pod.ts';
import type { Clause } from '../../../src/smoke/contract/clause.ts';
import { scenes } from '../../../src/smoke/contract/profiles.ts';
import { isBuiltForDeclaredCuda } from '../../../src/smoke/contract/pytorch/t2-declared-cuda.ts';
import { livesWithoutGpu } from '../../../src/smoke/contract/pytorch/t3-lives-without-gpu.ts';
import { computes } from '../../../src/smoke/contract/pytorch/t4-computes.ts';
import { hasCodeForTargets } from '../../../src/smoke/contract/pytorch/t5-target-gpus.ts';
import { findsItsLibraries } from '../../../src/smoke/contract/pytorch/t6-libraries.ts';
import { loadsData } from '../../../src/smoke/contract/pytorch/t7-loads-data.ts';
import { factsIn } from '../../../src/smoke/contract/pytorch/torch-pod.ts';
import type { Declared, TorchPod } from '../../../src/smoke/contract/pytorch/torch-pod.ts';
import {
  computesOnGpu,
  findsGpu,
  seesDriver,
  wasBuiltForGpu,
} from '../../../src/smoke/contract/pytorch/with-gpu.ts';

const { signal } = new AbortController();
const cuda: Declared = { accelerator: 'cuda', cuda: '13.0', architectures: 'sm_80 sm_90' };
const cpu: Declared = { accelerator: 'cpu', cuda: undefined, architectures: undefined };
const foreign: Declared = { accelerator: undefined, cuda: undefined, architectures: undefined };

/** A server whose kernel answers everything in this way. */
function answering(execution: Partial<Execution>, declared: Declared): TorchPod {
  const session: Pick<KernelSession, 'execute'> = {
    execute: async () => ({ status: 'ok', output: '', durationMs: 1, ...execution }),
  };
  // The clauses use nothing of the pod but its kernel, and nothing of the kernel but this.
  const pod = { kernel: async () => ok(session) } as unknown as Pod;
  return { pod, absent: '', declared, log: async () => ok('') };
}

async function resultOf(clause: Clause<TorchPod>, subject: TorchPod): Promise<string> {
  const found = await clause.test(subject, signal);
  if (!found.ok) throw new Error(found.error.message);
  return found.value.result;
}

const printed = (facts: Readonly<Record<string, string>>) =>
  Object.entries(facts)
    .map(([name, value]) => `hubwright ${name} ${value}\n`)
    .join('');

describe('with a GPU', () => {
  test.each([
    ['the driver lists it', seesDriver, { uid: '1000', list: 'GPU 0: NVIDIA H200' }, 'pass'],
    ['it is there for root alone', seesDriver, { uid: '0', list: 'GPU 0: NVIDIA H200' }, 'fail'],
    ['the driver lists nothing', seesDriver, { uid: '1000', list: '' }, 'fail'],
    ['torch finds it', findsGpu, { available: 'True', name: 'H200', cuda: '13.0' }, 'pass'],
    ['torch does not find it', findsGpu, { available: 'False', name: 'none', cuda: '13.0' }, 'fail'],
    ['torch was built without CUDA', findsGpu, { available: 'False', name: 'none', cuda: 'none' }, 'fail'],
    ['the product lies on it', computesOnGpu, { device: 'cuda', equal: 'True' }, 'pass'],
    ['the product fell back to the processor', computesOnGpu, { device: 'cpu', equal: 'True' }, 'fail'],
    ['the product is wrong', computesOnGpu, { device: 'cuda', equal: 'False' }, 'fail'],
    ['torch was built for it', wasBuiltForGpu, { capability: 'sm_90', list: 'sm_80 sm_90' }, 'pass'],
    ['torch was not built for it', wasBuiltForGpu, { capability: 'sm_9', list: 'sm_80 sm_90' }, 'fail'],
  ])('%s', async (_, clause, facts, expected) => {
    expect(await resultOf(clause, answering({ output: printed(facts) }, cuda))).toBe(expected);
    expect(await resultOf(clause, answering({ output: printed(facts) }, foreign))).toBe(expected);
    expect(await resultOf(clause, answering({ output: printed(facts) }, cpu))).toBe('not-applicable');
  });

  test.each([seesDriver, findsGpu, computesOnGpu, wasBuiltForGpu])(
    '$id is not run without one',
    async (clause) => {
      const nobody: TorchPod = { ...answering({}, cuda), pod: undefined, absent: 'no GPU' };
      const found = await clause.test(nobody, signal);
      expect(found).toEqual(ok({ result: 'not-run', evidence: ['no GPU'] }));
    },
  );

  test.each([seesDriver, findsGpu, computesOnGpu, wasBuiltForGpu])(
    '$id fails where the code does',
    async (clause) => {
      for (const status of ['error', 'silent', 'lost'] as const)
        expect(await resultOf(clause, answering({ status }, cuda)), status).toBe('fail');
      expect(await resultOf(clause, answering({ output: '' }, cuda)), 'silence').toBe('fail');
    },
  );
});

describe('without a GPU', () => {
  test.each([
    ['the declared CUDA', isBuiltForDeclaredCuda, cuda, { cuda: '13.0' }, 'pass'],
    ['another CUDA', isBuiltForDeclaredCuda, cuda, { cuda: '13.2' }, 'fail'],
    ['none instead', isBuiltForDeclaredCuda, cuda, { cuda: 'none' }, 'fail'],
    ['none where none is declared', isBuiltForDeclaredCuda, cpu, { cuda: 'none' }, 'pass'],
    ['one where none is declared', isBuiltForDeclaredCuda, cpu, { cuda: '13.0' }, 'fail'],
    [
      'anything where nothing is declared',
      isBuiltForDeclaredCuda,
      foreign,
      { cuda: '12.8' },
      'not-applicable',
    ],
    ['no GPU is found', livesWithoutGpu, cuda, { available: 'False', device: 'False' }, 'pass'],
    ['one that is not there', livesWithoutGpu, cuda, { available: 'True', device: 'False' }, 'fail'],
    [
      'one that the engine hands to all',
      livesWithoutGpu,
      cuda,
      { available: 'True', device: 'True' },
      'not-run',
    ],
    ['every target', hasCodeForTargets, cuda, { list: 'sm_75 sm_80 sm_90' }, 'pass'],
    ['a target is missing', hasCodeForTargets, cuda, { list: 'sm_75 sm_80' }, 'fail'],
    ['no list', hasCodeForTargets, cuda, { list: '' }, 'fail'],
    ['all libraries', findsItsLibraries, cpu, { files: '9', missing: '' }, 'pass'],
    ['the driver’s are missing', findsItsLibraries, cuda, { files: '9', missing: 'libcuda.so.1' }, 'pass'],
    [
      'another is missing',
      findsItsLibraries,
      cuda,
      { files: '9', missing: 'libcuda.so.1 libmpi.so.40' },
      'fail',
    ],
    ['no library at all', findsItsLibraries, cpu, { files: '0', missing: '' }, 'fail'],
    ['nothing to look with', findsItsLibraries, cuda, { files: 'none: there is no ldd' }, 'not-run'],
    ['the data', loadsData, cpu, { sum: '16777216', shm: '64' }, 'pass'],
    ['part of the data', loadsData, cpu, { sum: '16777215', shm: '64' }, 'fail'],
  ])('%s', async (_, clause, declared, facts, expected) => {
    expect(await resultOf(clause, answering({ output: printed(facts) }, declared))).toBe(expected);
  });

  test('right results pass, with numpy or without it', async () => {
    const right = { trace: '180', product: 'True', gradient: '[2, 4, 6]', threads: '1' };
    const judge = (facts: Readonly<Record<string, string>>) =>
      resultOf(computes, answering({ output: printed({ ...right, ...facts }) }, cpu));
    expect(await judge({ numpy: '[0.0, 1.0, 2.0]' })).toBe('pass');
    expect(await judge({ numpy: 'absent' })).toBe('pass');
    expect(await judge({ numpy: '' })).toBe('fail');
    expect(await judge({ numpy: 'absent', trace: '179' })).toBe('fail');
  });

  test('what else a kernel prints is no fact', () => {
    expect(factsIn('UserWarning: hubwright a 1\nhubwright b 2\nhubwright c 3 4\r\n')).toEqual(
      new Map([
        ['b', '2'],
        ['c', '3 4'],
      ]),
    );
  });
});

test('the gate asks PyTorch of the user’s server itself: without a GPU it starts the image no further time', () => {
  const gate = scenes.pytorch.filter(({ clauses }) => clauses.some(({ tier }) => tier === 'gate'));
  expect(gate.map(({ title }) => title)).toEqual(['description', "a user's server", 'PyTorch with a GPU']);
});
