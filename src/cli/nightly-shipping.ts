/**
 * What a night does with what it published, where it is asked to: brings it to the nodes, and only when they have it,
 * writes it into Helm values. Both find out themselves that there is nothing to do.
 */
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import type { Quorum } from '../ship/prepull/judge.ts';
import type { CliContext } from './context.ts';

export interface NightlyShipping {
  readonly prepull: boolean;
  /** Pools of matrix.yaml; undefined: all. */
  readonly pool?: readonly string[];
  readonly quorum: Quorum;
  /** Milliseconds. */
  readonly deadline: number;
  /** The image that keeps the pullers running, where it is not the release's. */
  readonly pause?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Helm values files. */
  readonly values?: readonly string[];
}

export interface Shipped {
  readonly code: ExitCode;
  /** For the night's summary. */
  readonly notes: readonly string[];
}

/** Nodes first: values that name what a node lacks let a student wait for it. */
export async function shipNight(
  context: CliContext,
  directory: string,
  options: NightlyShipping,
): Promise<Shipped> {
  // stdout is the summary's.
  const aside = { ...context, stdout: context.stderr };
  const notes: string[] = [];
  if (options.prepull) {
    const { prepullRunCommand } = await import('./prepull-apply.ts');
    const { pool, pause, quorum, deadline, kubeconfig, context: cluster } = options;
    const code = await prepullRunCommand(aside, {
      directory,
      ...(pool === undefined ? {} : { pool }),
      ...(pause === undefined ? {} : { pause }),
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(cluster === undefined ? {} : { context: cluster }),
      quorum,
      deadline,
      minNodes: 1,
      priorityClass: false,
      createNamespace: false,
      forceConflicts: false,
      json: false,
      onEnd: (told) => notes.push(told),
    });
    if (code !== exitCode.ok) {
      const left = options.values === undefined ? '' : ': the values stay as they are';
      return { code, notes: [...notes, `not every pool has the release${left}`] };
    }
    notes.push('the nodes have the release');
  }
  if (options.values !== undefined) {
    const { valuesCommand } = await import('./values.ts');
    const files = { file: options.values, write: true, check: false, diff: false, json: false, directory };
    const code = await valuesCommand(aside, files);
    const names = options.values.join(', ');
    if (code === exitCode.ok) notes.push(`${names}: up to the release`);
    else if (code === exitCode.imageFailed)
      notes.push(`${names}: written, but not all in them is as released (\`build values --check\` tells)`);
    else notes.push('the values could not be written (see above)');
    return { code, notes };
  }
  return { code: exitCode.ok, notes };
}
