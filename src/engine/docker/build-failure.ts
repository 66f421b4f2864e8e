/**
 * Names the failure of a build that BuildKit ended: a step of the Dockerfile, or a Dockerfile that
 * cannot be solved. The build endpoint gives an error as text alone, so the exit code and the line
 * of a syntax error are read out of BuildKit's own sentences (its ExitError, and "parse error on
 * line N" of its Dockerfile parser); nothing else is.
 */
import type { BuildFailure, BuildRequest } from '../engine.ts';
import type { FailedStep } from './build-trace.ts';
import { stepName } from './build-trace.ts';

/** The failure behind an error line; `step` is the one that the trace marked as failed. */
export async function buildFailure(
  request: BuildRequest,
  message: string,
  step: FailedStep | undefined,
): Promise<BuildFailure> {
  if (step === undefined)
    return { kind: 'not-solvable', message, line: numberIn(/\bon line (\d+)/, message) };
  const { locateStep } = await import('./dockerfile-lines.ts');
  const located = locateStep(request.dockerfile, step.fullName);
  const name = stepName(step.fullName);
  // What is copied or started from is looked up while the build is being solved: only RUN really runs.
  if (!name.startsWith('RUN'))
    return { kind: 'not-solvable', message: withoutPlaces(message), line: located?.line };
  return {
    kind: 'step-failed',
    message: step.message,
    stepName: located?.text ?? name,
    line: located?.line,
    exitCode: numberIn(/exit code: (\d+)/, step.message),
  };
}

/** A missing file's error names BuildKit's own places for the files: new with every build, and of use to nobody. */
function withoutPlaces(message: string): string {
  return message
    .replace(/^.*failed to calculate checksum of ref \S+: /, '')
    .replaceAll(/\S*\/buildkit-mount\d+(?=\/)/g, '');
}

function numberIn(pattern: RegExp, text: string): number | undefined {
  const digits = pattern.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
