/**
 * Finds Trivy and runs it: with the little of our environment that it needs, without a shell, and judged by what it
 * wrote. Its exit code is never asked about findings, for operational trouble has the same one.
 */
import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { childEnvironment, networkNames } from '../core/child-environment.ts';
import { err, ok, type Result } from '../core/result.ts';
import { engineVariables, findEngine } from '../engine/engine-address.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A sentence for a person, and what to do where that is known; never an image's fault. */
export interface ScanTrouble {
  readonly kind: 'cancelled' | 'missing' | 'failed';
  readonly message: string;
  readonly help?: string;
}

/** A Trivy that is there, and the folder of its database. */
export interface TrivyProgram {
  readonly program: string;
  readonly cache: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The version that `--setup` builds: src/setup/trivy/go.mod names the same. */
export const trivyVersion = '0.70.0';

/** Enough to find the engine and the registries' logins. */
const passedOn = [...networkNames, 'DOCKER_CONFIG'];

const maxOutputBytes = 16 * 1024 * 1024;

/** Where a Trivy that was built here lies, under the name of its version. */
export function builtTrivy(env: Environment): string {
  return path.join(cacheOf(env), 'programs', `trivy-${trivyVersion}`);
}

/** The program that `HUBWRIGHT_TRIVY` names, else the one on PATH, else the one that was built here. */
export async function findTrivy(env: Environment): Promise<Result<TrivyProgram, ScanTrouble>> {
  const named = env['HUBWRIGHT_TRIVY'];
  const places = named ? placesOf(named, env) : [...placesOf('trivy', env), builtTrivy(env)];
  for (const program of places) {
    if (await isExecutable(program)) return ok(trivyAt(program, env));
  }
  return err({
    kind: 'missing',
    message: named
      ? `\`HUBWRIGHT_TRIVY\` names \`${named}\`, which is no program that can be run`
      : 'scanning needs Trivy, which is not there',
    help: named
      ? 'name a Trivy there, or unset it: then the one on PATH is taken, or the one that `build setup --scanner` builds'
      : '`build setup --scanner` builds it with Go; or install it, or name it in `HUBWRIGHT_TRIVY`',
  });
}

/** A Trivy at a known place. */
function trivyAt(program: string, env: Environment): TrivyProgram {
  return {
    program,
    cache: env['HUBWRIGHT_TRIVY_CACHE'] || path.join(cacheOf(env), 'trivy'),
    env: childEnvironment(env, passedOn, engineVariables(findEngine(env))),
  };
}

export interface TrivyCall {
  readonly args: readonly string[];
  /** In the child's environment and nowhere else: arguments can be seen by everybody on the machine. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Runs Trivy to its end. What it found lies in the file that the arguments name. */
export async function runTrivy(
  { program, cache, env }: TrivyProgram,
  { args, secrets, timeoutMs }: TrivyCall,
  signal: AbortSignal,
): Promise<Result<void, ScanTrouble>> {
  if (signal.aborted) return err(cancelledScan);
  const ran = await execa(program, ['--cache-dir', cache, '--quiet', ...args], {
    env: { ...env, ...secrets },
    extendEnv: false,
    stdin: 'ignore',
    timeout: timeoutMs,
    cancelSignal: signal,
    maxBuffer: maxOutputBytes,
    reject: false,
  });
  if (!ran.failed) return ok(undefined);
  if (signal.aborted) return err(cancelledScan);
  const how = ran.timedOut ? `took longer than ${timeoutMs / 60_000} minutes` : lastWords(ran.stderr);
  return err({ kind: 'failed', message: `Trivy ${args[0] ?? ''}: ${how}` });
}

export const cancelledScan: ScanTrouble = { kind: 'cancelled', message: 'cancelled' };

function cacheOf(env: Environment): string {
  return path.join(env['XDG_CACHE_HOME'] || path.join(env['HOME'] || homedir(), '.cache'), 'hubwright');
}

function placesOf(name: string, env: Environment): readonly string[] {
  if (name.includes('/')) return [path.resolve(name)];
  const folders = (env['PATH'] ?? '').split(':').filter((folder) => folder !== '');
  return folders.map((folder) => path.join(folder, name));
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Trivy's last line, without its time and level or the star of a list, and what it says of its own flags. */
function lastWords(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const last = lines.at(-1) ?? 'it failed without a word';
  return last.replace(/^(?:\S+\tFATAL\t|\s*\*\s+)/, '').slice(0, 500);
}
