/**
 * A user's server with PyTorch in it, asked through its kernel: what a notebook would get is what counts. Started as
 * the hub starts it, once with more shared memory, and once with a GPU where one is at hand.
 */
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import type { Bench } from '../../bench.ts';
import { excerpt } from '../../evidence.ts';
import { openVariedPod } from '../../pod.ts';
import type { Pod, Variation } from '../../pod.ts';
import type { SmokeRequest } from '../../request.ts';
import type { Clause, Specimen } from '../clause.ts';

export interface TorchPod extends Specimen {
  /** Undefined where nothing was started; `absent` says why. */
  readonly pod: Pod | undefined;
  readonly absent: string;
  /** What the image says of its PyTorch, in its labels. */
  readonly declared: Declared;
}

/** Labels of the image; undefined where it has none. */
export interface Declared {
  readonly accelerator: string | undefined;
  readonly cuda: string | undefined;
  /** `sm_80 sm_90` */
  readonly architectures: string | undefined;
}

export const torchLabels = {
  accelerator: 'hubwright.torch.accelerator',
  cuda: 'hubwright.torch.cuda',
  architectures: 'hubwright.torch.architectures',
} as const;

/** What code printed in lines `hubwright NAME VALUE`, or how it went wrong. */
export type Told =
  | { readonly kind: 'told'; readonly facts: ReadonlyMap<string, string> }
  | { readonly kind: 'failed'; readonly line: string };

/** What a pod with a memory volume over /dev/shm has. */
export const openRoomyTorchPod = opener({ shmSize: 1024 ** 3 });
export const openGpuTorchPod = opener({ gpu: true });

function opener(variation: Variation) {
  return async (
    request: SmokeRequest,
    bench: Bench,
    signal: AbortSignal,
  ): Promise<Result<TorchPod, EngineError>> => {
    const nothing: Declared = { accelerator: undefined, cuda: undefined, architectures: undefined };
    if (variation.gpu === true && request.gpu !== true)
      return ok(absent('this machine offers its containers no GPU', nothing));
    const opened = await openVariedPod(variation, request, bench, signal);
    return opened.ok ? ok(torchPodOf(opened.value)) : opened;
  };
}

/** A clause as it is asked of the user's server itself, where that is the start that it is about. */
export function ofServer(clause: Clause<TorchPod>): Clause<Pod> {
  return {
    ...clause,
    test: (pod, signal) => clause.test(torchPodOf(pod), signal),
  };
}

function torchPodOf(pod: Pod): TorchPod {
  // An image without a program of its own makes no container: what it says of itself does not count.
  const labels = pod.containerId === '' ? {} : pod.image.labels;
  const declared: Declared = {
    // A Dockerfile cannot take a label of its parent's away, only empty it.
    accelerator: labels[torchLabels.accelerator] || undefined,
    cuda: labels[torchLabels.cuda] || undefined,
    architectures: labels[torchLabels.architectures] || undefined,
  };
  const log = (own: AbortSignal) => pod.log(own);
  if (pod.outcome.kind === 'ready') return { pod, absent: '', declared, log };
  return { ...absent('the server did not come up: see S1 to S6', declared), log };
}

function absent(why: string, declared: Declared): TorchPod {
  return { pod: undefined, absent: why, declared, log: async () => ok('') };
}

/** Runs Python in the pod's kernel. Whatever goes wrong is told in one line. */
export async function askPython(
  pod: Pod,
  code: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Told> {
  const kernel = await pod.kernel(signal);
  if (!kernel.ok) return { kind: 'failed', line: `no kernel: ${excerpt(kernel.error.evidence)}` };
  const { status, error, output } = await kernel.value.execute(code, timeoutMs);
  if (status === 'ok') return { kind: 'told', facts: factsIn(output) };
  const what = {
    error: `an error: ${error ?? 'unknown'}`,
    silent: `no end within ${timeoutMs / 1000} s`,
    lost: `the kernel died; it said last: ${output.slice(-200)}`,
  }[status];
  return { kind: 'failed', line: excerpt(what) };
}

/** `hubwright NAME VALUE` lines; whatever else was printed is left out. */
export function factsIn(output: string): ReadonlyMap<string, string> {
  return new Map(
    [...output.matchAll(/^hubwright (\S+) (.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
}
