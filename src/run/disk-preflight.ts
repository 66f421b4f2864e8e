/**
 * Whether the engine's disk has room for what a run is about to build, asked before anything is begun: a disk that
 * fills half-way fails whatever happens to write then. Goes by the sizes of earlier builds; frees nothing itself.
 */
import { statfs } from 'node:fs/promises';
import type { Diagnostic } from '../core/diagnostic.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { DrawnPlan } from '../plan/draw-plan.ts';
import type { Memory } from '../plan/schema.ts';

/** Room for what no earlier build tells of: new images, build caches, logs. */
const reserveBytes = 1e9;

/** What these builds will take. An image's own share is its size without its largest parent's, of which it holds the layers. Pure. */
export function estimateBytes(
  entries: readonly PlanEntry[],
  memories: ReadonlyMap<string, Pick<Memory, 'size'>>,
): number {
  const sizeOf = (name: string): number => memories.get(name)?.size ?? 0;
  return entries
    .filter(({ action }) => action === 'build')
    .map(({ name, parents }) => Math.max(0, sizeOf(name) - Math.max(0, ...parents.map(sizeOf))))
    .reduce((sum, share) => sum + share, reserveBytes);
}

/** Undefined where there is room, or where the engine's disk is not this machine's to look at. */
export async function lackOfSpace(
  { plan, memories, info }: Pick<DrawnPlan, 'plan' | 'memories' | 'info'>,
  freeBytes: (folder: string) => Promise<number | undefined> = freeBytesOf,
): Promise<Diagnostic | undefined> {
  const { dataRoot } = info;
  if (dataRoot === undefined) return undefined;
  const free = await freeBytes(dataRoot);
  const needed = estimateBytes(plan.entries, memories);
  if (free === undefined || free >= needed) return undefined;
  return {
    category: 'environment',
    severity: 'error',
    code: 'disk-space',
    message: `\`${dataRoot}\` has ${gigabytes(free)} free, but these builds need about ${gigabytes(needed)}`,
    notes: [{ message: '`docker system df` tells what takes the space' }],
    help: '`build prune --local --yes` removes what earlier builds left, `docker builder prune` empties the build cache',
  };
}

async function freeBytesOf(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    // The engine runs elsewhere, behind a socket that was brought here.
    return undefined;
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
