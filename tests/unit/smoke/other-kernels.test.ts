import { execa } from 'execa';
import { expect, test } from 'vitest';
import { absentPrograms } from '../../../src/smoke/contract/singleuser/other-kernels.ts';
import type { Execution } from '../../../src/smoke/kernel-session.ts';

/** Stands for the kernel: runs its code in this machine's Python. */
async function execute(code: string): Promise<Execution> {
  const { stdout } = await execa('python3', ['-c', code]);
  return { status: 'ok', output: stdout, durationMs: 1 };
}

async function nothing(): Promise<Execution> {
  throw new Error('asked');
}

async function silent(): Promise<Execution> {
  return { status: 'silent', output: '', durationMs: 1 };
}

test('of the other kernels those are told whose programs are not there', async () => {
  const others = new Map([
    ['python38', '/opt/conda/envs/"py 38"/bin/python'],
    ['shell', 'sh'],
    ['r', 'no-such-program'],
    ['own', 'python3.8'],
    ['beside', '{resource_dir}/start.sh'],
    ['bare', ''],
    ['there', '/bin/sh'],
  ]);
  expect(await absentPrograms({ others, execute }, 1000)).toEqual([
    ['python38', '/opt/conda/envs/"py 38"/bin/python'],
    ['r', 'no-such-program'],
  ]);
});

test('where there is no other kernel, or none that this machine has to bring, nothing is asked', async () => {
  expect(await absentPrograms({ others: new Map([['own', 'python3']]), execute: nothing }, 1000)).toEqual([]);
});

test('a kernel that does not tell accuses nobody', async () => {
  expect(await absentPrograms({ others: new Map([['r', 'no-such']]), execute: silent }, 1000)).toEqual([]);
});
