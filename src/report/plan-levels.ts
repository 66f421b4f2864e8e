/** A plan as matrices for GitHub Actions: one for each level, whose jobs can all run at once. Pure. */
import { describeReason } from '../key/reasons.ts';
import type { ShownPlan } from './plan-tree.ts';
import { cleanLine } from './text.ts';

/** GitHub refuses a matrix of more jobs. */
const mostJobs = 256;

interface Job {
  readonly image: string;
  readonly action: string;
  readonly key: string;
  readonly reason: string;
}

/**
 * One line of JSON, for `$GITHUB_OUTPUT`: a list of `{include: […]}`, one for each level, in which every image
 * stands after all its parents with something to do. Unchanged images and builders are left out: the first need no
 * job, the second exist on one machine alone, so that each job that needs one makes it.
 */
export function renderGithubMatrix({ entries }: ShownPlan): string {
  const levels: Job[][] = [];
  /** The first level in which something that stands on this image can run. */
  const after = new Map<string, number>();
  for (const { name, kind, action, key, parents, reasons } of entries) {
    const level = Math.max(0, ...parents.map((parent) => after.get(parent) ?? 0));
    const isJob = action !== 'reuse' && kind !== 'builder';
    after.set(name, isJob ? level + 1 : level);
    if (!isJob) continue;
    const [reason] = reasons;
    const text = reason === undefined ? '' : cleanLine(describeReason(reason));
    (levels[level] ??= []).push({ image: name, action, key, reason: text });
  }
  const matrices = levels.flatMap(inPieces).map((include) => ({ include }));
  return `${JSON.stringify(matrices)}\n`;
}

function inPieces(jobs: readonly Job[]): readonly (readonly Job[])[] {
  return Array.from({ length: Math.ceil(jobs.length / mostJobs) }, (_, index) =>
    jobs.slice(index * mostJobs, (index + 1) * mostJobs),
  );
}
