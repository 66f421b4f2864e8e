/** What an image with PyTorch goes through, beside what every user's server does. */
import { scene } from '../clause.ts';
import type { Scene } from '../clause.ts';
import { furtherScenes, serverLife } from '../singleuser/scenes.ts';
import { importsTorch } from './t1-imports.ts';
import { isBuiltForDeclaredCuda } from './t2-declared-cuda.ts';
import { livesWithoutGpu } from './t3-lives-without-gpu.ts';
import { computes } from './t4-computes.ts';
import { hasCodeForTargets } from './t5-target-gpus.ts';
import { findsItsLibraries } from './t6-libraries.ts';
import { loadsData, loadsMoreData } from './t7-loads-data.ts';
import { ofServer, openGpuTorchPod, openRoomyTorchPod } from './torch-pod.ts';
import { computesOnGpu, findsGpu, seesDriver, wasBuiltForGpu } from './with-gpu.ts';

/** Asked of the user's server itself: 64 MiB of shared memory is what Docker and Kubernetes give every container. */
const withoutGpu = [
  importsTorch,
  isBuiltForDeclaredCuda,
  livesWithoutGpu,
  computes,
  hasCodeForTargets,
  findsItsLibraries,
  loadsData,
].map(ofServer);

export const pytorchScenes: readonly Scene[] = [
  serverLife(withoutGpu),
  ...furtherScenes,
  scene('PyTorch with more shared memory', openRoomyTorchPod, [loadsMoreData]),
  scene('PyTorch with a GPU', openGpuTorchPod, [seesDriver, findsGpu, computesOnGpu, wasBuiltForGpu]),
];
