/**
 * Starts an installed Docker Engine and waits until it answers: through systemd where that runs, else
 * the daemon by hand, detached from us. An engine that answers, or is about to, is left alone.
 */
import { spawn } from 'node:child_process';
import { open, readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { childEnvironment, networkNames } from '../core/child-environment.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import { systemPath } from './host.ts';
import type { AskEngine } from './inspect-machine.ts';
import type { Machine } from './requirement.ts';

/** Where a daemon that was started by hand leaves its traces; .ci/run ends it by the second. */
const daemonLog = '/var/log/hubwright-dockerd.log';
const daemonPidFile = '/run/hubwright-dockerd.pid';
/** Written by every dockerd, whoever started it. */
const anyDaemonPidFile = '/run/docker.pid';

const patienceMs = 60_000;
const pauseMs = 200;

/** Answers when the engine answers; an error with the end of its log where it ends, or stays silent for a minute. */
export async function startEngine(
  serviceManager: Machine['serviceManager'],
  askEngine: AskEngine,
  signal: AbortSignal,
): Promise<Result<void, Diagnostic>> {
  if ((await askEngine(signal)).ok) return ok(undefined);
  if (serviceManager === 'systemd') {
    const result = await execa('systemctl', ['start', 'docker'], {
      env: childEnvironment(process.env),
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      cancelSignal: signal,
    });
    signal.throwIfAborted();
    if (result.exitCode !== 0) return err(startFailed(result.stderr, 'journalctl --unit docker'));
    return waitForEngine(askEngine, () => Promise.resolve(true), 'journalctl --unit docker', signal);
  }
  // Installing the package may have started one that is still on its way.
  const running = await pidIn(anyDaemonPidFile);
  const pid = running ?? (await startDaemon());
  if (pid === undefined) return err(startFailed('`dockerd` could not be run', `less ${daemonLog}`));
  return waitForEngine(askEngine, () => Promise.resolve(isAlive(pid)), `less ${daemonLog}`, signal);
}

/** Its pid, or undefined where it could not be run. It outlives us, in a session of its own. */
async function startDaemon(): Promise<number | undefined> {
  await using log = await open(daemonLog, 'a');
  const child = spawn('dockerd', [], {
    detached: true,
    cwd: '/',
    stdio: ['ignore', log.fd, log.fd],
    // It outlives us, and its environment is to be read in /proc as long.
    env: childEnvironment(process.env, [...networkNames, 'DOCKER_TMPDIR', 'DOCKER_RAMDISK'], {
      PATH: systemPath(process.env),
    }),
  });
  // Without a listener a missing program would end this process; the pid says as much.
  child.on('error', () => undefined);
  child.unref();
  if (child.pid !== undefined) await writeFile(daemonPidFile, `${child.pid}\n`);
  return child.pid;
}

async function waitForEngine(
  askEngine: AskEngine,
  stillRuns: () => Promise<boolean>,
  logCommand: string,
  signal: AbortSignal,
): Promise<Result<void, Diagnostic>> {
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline) {
    if ((await askEngine(signal)).ok) return ok(undefined);
    if (!(await stillRuns())) return err(startFailed(await logTail(), logCommand));
    await sleep(pauseMs, undefined, { signal });
  }
  return err(startFailed(`no answer for ${patienceMs / 1000} seconds\n${await logTail()}`, logCommand));
}

async function pidIn(path: string): Promise<number | undefined> {
  const pid = Number.parseInt(await readFile(path, 'utf8').catch(() => ''), 10);
  return Number.isInteger(pid) && isAlive(pid) ? pid : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function logTail(): Promise<string> {
  const text = await readFile(daemonLog, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-20).join('\n');
}

function startFailed(output: string, logCommand: string): Diagnostic {
  return {
    category: 'environment',
    severity: 'error',
    code: 'engine-not-started',
    message: 'Docker Engine was started and does not answer',
    notes: [{ message: output }],
    help: `Its log says why: \`${logCommand}\``,
  };
}
