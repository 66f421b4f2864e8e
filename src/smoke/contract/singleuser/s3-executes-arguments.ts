/** Clause S3: the entry point becomes what it is told to run. */
import { basename } from 'node:path/posix';
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import { excerpt } from '../../evidence.ts';
import { hostProcesses, processes } from '../../inside.ts';
import type { HostProcess } from '../../inside.ts';
import type { Pod } from '../../pod.ts';
import type { Clause, Finding } from '../clause.ts';
import { answersAsServer, isServer } from './s1-starts-through-entrypoint.ts';

const probe = '/hubwright/no-such-command';
const probeMs = 10_000;
const shells = new Set(['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh', 'busybox']);

const dropHint =
  'the ENTRYPOINT does not execute the arguments that it is given: let its script end in `exec "$@"`, and put a default command into CMD rather than into ENTRYPOINT';
const shellHint =
  'a shell stays between PID 1 and the server and passes no signal on: let the entry point\'s script end in `exec "$@"`';

export const executesArguments: Clause<Pod> = {
  id: 'S3',
  title: 'the ENTRYPOINT executes its arguments, and signals reach the server',
  why: "An entry point that keeps its arguments to itself starts something that the hub does not know; one that does not `exec` leaves a shell that hears the signals in the server's place.",
  met: ['jupyter/docker-stacks#1055'],
  severity: 'must',
  tier: 'gate',
  tested:
    'The server must be among the processes; where a shell stands above it, SIGTERM must reach it all the same. Where the container ended well without a server, it is started with a command that does not exist, at which it must fail.',
  remedy: 'Let the entry point\'s script end in `exec "$@"`.',
  async test(pod, signal) {
    const { outcome } = pod;
    if (outcome.kind === 'refused') return ok(notSeen);
    if (outcome.kind === 'ended') return outcome.exitCode === 0 ? probeArguments(pod, signal) : ok(notSeen);
    const state = await pod.engine.inspectContainer(pod.containerId, signal);
    if (!state.ok) return state;
    if (state.value.status !== 'running') return ok(notSeen);
    if (!answersAsServer(pod)) {
      const running = await processes(pod.engine, state.value, signal);
      if (!running.ok) return running;
      if (running.value !== undefined && !running.value.some(isServer)) {
        const evidence = running.value.slice(0, 3).map((words) => `runs: ${excerpt(words.join(' '), 160)}`);
        return ok({ result: 'fail', evidence, hint: dropHint });
      }
    }
    const shell = shellAbove((await hostProcesses(state.value)) ?? []);
    if (shell === undefined) {
      return ok({ result: 'pass', evidence: ['the server runs, and no shell stands between it and PID 1'] });
    }
    return signalBehindShell(pod, shell, signal);
  },
};

const notSeen: Finding = { result: 'not-run', evidence: ['nothing runs that could be looked at'] };

/** The shell that is an ancestor of the server, where there is one. */
function shellAbove(all: readonly HostProcess[]): HostProcess | undefined {
  let current = all.find(({ args }) => isServer(args));
  while (current !== undefined) {
    const { parent } = current;
    current = all.find(({ pid }) => pid === parent);
    if (current !== undefined && shells.has(basename(current.args[0] ?? '').replace(/^-/, '')))
      return current;
  }
  return undefined;
}

async function signalBehindShell(
  pod: Pod,
  shell: HostProcess,
  signal: AbortSignal,
): Promise<Result<Finding, EngineError>> {
  const stopped = await pod.stop(signal);
  if (!stopped.ok) return stopped;
  const log = await pod.log(signal);
  if (!log.ok) return log;
  const heard = stopped.value.exitCode === 0 || /received signal|stopping|shutting down/i.test(log.value);
  const evidence = [
    `above the server: ${excerpt(shell.args.join(' '), 160)}`,
    `SIGTERM: ended with exit code ${stopped.value.exitCode}, ${heard ? 'the server heard it' : 'the server never heard of it'}`,
  ];
  return ok(
    heard || signalsGroup(pod) ? { result: 'pass', evidence } : { result: 'fail', evidence, hint: shellHint },
  );
}

/** An init that signals all of its group ends the server beside the shell. */
function signalsGroup({ image: { entrypoint } }: Pod): boolean {
  const init = basename(entrypoint[0] ?? '');
  if (init === 'dumb-init') return !entrypoint.includes('--single-child') && !entrypoint.includes('-c');
  return init.startsWith('tini') && entrypoint.slice(0, entrypoint.indexOf('--') + 1).includes('-g');
}

/** A command that is not there fails in an entry point that executes it (126, 127), and in none that does not. */
async function probeArguments(pod: Pod, signal: AbortSignal): Promise<Result<Finding, EngineError>> {
  const again = await pod.startAgain({ cmd: [probe], readinessBudgetMs: probeMs }, signal);
  if (!again.ok) return again;
  const { outcome } = again.value;
  const question = `started with the command ${probe}`;
  if (outcome.kind === 'refused' || (outcome.kind === 'ended' && outcome.exitCode >= 126)) {
    return ok({ result: 'not-run', evidence: [`${question}: it tried to execute it`] });
  }
  const how = outcome.kind === 'ended' ? `ended with exit code ${outcome.exitCode}` : 'went on all the same';
  return ok({ result: 'fail', evidence: [`${question}: ${how}`], hint: dropHint });
}
