/**
 * Carries out a plan of setup, step by step, and stops at the first that fails. What to do was
 * decided, shown and confirmed before; nothing is decided here but whether a step worked.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { execa } from 'execa';
import { childEnvironment, networkNames } from '../core/child-environment.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import { parsePolicy } from './apt-policy.ts';
import { systemPath } from './host.ts';
import type { AskEngine } from './inspect-machine.ts';
import { aptInstall } from './plan-setup.ts';
import type { SetupPlan, SetupStep } from './requirement.ts';
import { startEngine } from './start-engine.ts';

export interface SetupOptions {
  readonly askEngine: AskEngine;
  /** Called before each step. */
  readonly onStep: (step: SetupStep) => void;
}

/** apt asks nobody anything: old settings stay, and another apt's lock is waited for. */
const aptOptions = [
  '-o',
  'Dpkg::Options::=--force-confdef',
  '-o',
  'Dpkg::Options::=--force-confold',
  '-o',
  'DPkg::Lock::Timeout=300',
];
const shownLines = 20;

/**
 * Does all steps in order. The error of the first that fails carries the end of what its command said;
 * the steps before it stay done, so that a second run has less to do. Rejects with the signal's reason
 * when aborted.
 */
export async function performSetup(
  plan: SetupPlan,
  { askEngine, onStep }: SetupOptions,
  signal: AbortSignal,
): Promise<Result<void, Diagnostic>> {
  for (const step of plan.steps) {
    signal.throwIfAborted();
    onStep(step);
    const done = await performStep(step, askEngine, signal);
    if (!done.ok) return done;
  }
  return ok(undefined);
}

async function performStep(
  step: SetupStep,
  askEngine: AskEngine,
  signal: AbortSignal,
): Promise<Result<void, Diagnostic>> {
  switch (step.kind) {
    case 'write-file':
      return writeWhole(step);
    case 'refresh-package-lists':
      return runCommand(step, ['apt-get', 'update'], signal);
    case 'install': {
      const optional = await Promise.all(
        step.optional.map(async (name) => ((await isAvailable(name, signal)) ? [name] : [])),
      );
      const packages = [...step.packages, ...optional.flat()];
      return runCommand(step, aptInstall(packages, step.suite), signal);
    }
    case 'build-trivy': {
      const { buildTrivy } = await import('./build-trivy.ts');
      const built = await buildTrivy(process.env, signal);
      return built.ok ? ok(undefined) : err(stepFailed(step, built.error));
    }
    case 'start-engine':
      return startEngine(step.serviceManager, askEngine, signal);
    default:
      return step satisfies never;
  }
}

/** Written beside and renamed, so that apt never reads half a file. */
async function writeWhole(
  step: Extract<SetupStep, { kind: 'write-file' }>,
): Promise<Result<void, Diagnostic>> {
  // apt ignores files of this ending silently, should an interruption leave one.
  const temporary = `${step.path}.bak`;
  try {
    await mkdir(dirname(step.path), { recursive: true });
    await writeFile(temporary, step.content, { mode: 0o644 });
    await rename(temporary, step.path);
    return ok(undefined);
  } catch (cause) {
    return err(stepFailed(step, cause instanceof Error ? cause.message : String(cause)));
  }
}

async function isAvailable(name: string, signal: AbortSignal): Promise<boolean> {
  const { stdout } = await execa('apt-cache', ['policy', name], {
    stdin: 'ignore',
    reject: false,
    cancelSignal: signal,
    env: childEnvironment(process.env, [], { LC_ALL: 'C' }),
    extendEnv: false,
  });
  return parsePolicy(stdout).length > 0;
}

async function runCommand(
  step: SetupStep,
  [command = '', ...args]: readonly string[],
  signal: AbortSignal,
): Promise<Result<void, Diagnostic>> {
  const result = await execa(command, [...aptOptions, ...args], {
    stdin: 'ignore',
    all: true,
    reject: false,
    cancelSignal: signal,
    env: childEnvironment(process.env, networkNames, {
      DEBIAN_FRONTEND: 'noninteractive',
      LC_ALL: 'C',
      PATH: systemPath(process.env),
    }),
    extendEnv: false,
  });
  signal.throwIfAborted();
  if (result.exitCode === 0) return ok(undefined);
  const output = result.all.split('\n').slice(-shownLines).join('\n');
  return err(stepFailed(step, output === '' ? (result.shortMessage ?? 'it could not be run') : output));
}

function stepFailed(step: SetupStep, output: string): Diagnostic {
  return {
    category: 'environment',
    severity: 'error',
    code: 'setup-failed',
    message: `setup stopped at: ${step.title}`,
    notes: [{ message: output }],
    help: `See what it says, then run \`build setup\` again; by hand: ${step.shown.join(' && ')}`,
  };
}
