/** Clause S3: the entry point becomes what it is told to run. */
import { basename } from 'node:path/posix';
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import { excerpt } from '../../evidence.ts';
import type { ImageLook } from '../../image-look.ts';
import { hostProcesses, processes } from '../../inside.ts';
import type { HostProcess } from '../../inside.ts';
import type { Pod } from '../../pod.ts';
import type { Clause, Finding } from '../clause.ts';
import {
  answersAsServer,
  inits,
  isServer,
  serverProgram,
  stillWaits,
} from './s1-starts-through-entrypoint.ts';
import { isDockerStacks } from './s2-docker-stacks.ts';
import { standIn } from './stand-in.ts';

/** Starting it fails in an entry point that executes its arguments (126, 127), after all that this does before. */
export const probe = '/hubwright/no-such-command';
export const probeMs = 10_000;

/** Of a server that was told to end. Terminals and kernels that are closed say something like it. */
const lastWords = /received signal \d+, stopping|shutting down \d+ (kernel|terminal|extension)/i;

const dropHint =
  'the ENTRYPOINT does not execute the arguments that it is given: let its script end in `exec "$@"`, and put a default command into CMD rather than into ENTRYPOINT';
const deafHint =
  'what the entry point leaves above or before the server (a shell, `sleep`, a launcher) gets the signals and hands none on, so that the server is killed in the middle of its work: let the script end in `exec "$@"`, without `&`';

const ownServerHint =
  'the ENTRYPOINT starts the server by itself and drops what it is given: flags and commands that the hub is configured with (`singleuser.cmd`, `extraArgs`, those of a profile) silently do not count. Let its script end in `exec "$@"`, and put the server into CMD';

export const executesArguments: Clause<Pod> = {
  id: 'S3',
  title: 'the ENTRYPOINT executes its arguments, and signals reach the server',
  why: "An entry point that keeps its arguments to itself starts something that the hub does not know; one that does not `exec` leaves a shell that hears the signals in the server's place.",
  met: ['jupyter/docker-stacks#1055'],
  severity: 'must',
  tier: 'gate',
  tested:
    "The server must be among the processes; where anything but an init stands above it, or was started before it, SIGTERM must reach it all the same. Where the container ended well without a server, and where the entry point is more than an init and CMD no command of docker-stacks, it is started with a command that does not exist: it must fail at that, and may not start the server all the same. A script of the image's own by the name of the server is S1's matter.",
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
        const waits = await stillWaits(pod, running.value, signal);
        if (!waits.ok) return waits;
        if (waits.value) return ok(notYet);
        const other = await standIn(pod, serverProgram, signal);
        if (!other.ok) return other;
        if (other.value !== undefined) return ok(notTheServer);
        const evidence = running.value.slice(0, 3).map((words) => `runs: ${excerpt(words.join(' '), 160)}`);
        return ok({ result: 'fail', evidence, hint: dropHint });
      }
    }
    const between = hearsInstead((await hostProcesses(state.value)) ?? []);
    if (between !== undefined) return signalBehind(pod, between, signal);
    const evidence = ['the server runs, and nothing takes the signals in its place'];
    if (!mayKeepArguments(pod)) return ok({ result: 'pass', evidence });
    const again = await pod.startAgain({ cmd: [probe], readinessBudgetMs: probeMs }, signal);
    if (!again.ok) return again;
    if (!answersAsServer(again.value)) return ok({ result: 'pass', evidence });
    return ok({
      result: 'fail',
      evidence: [`started with the command ${probe}: it starts jupyterhub-singleuser all the same`],
      hint: ownServerHint,
    });
  },
};

const notSeen: Finding = { result: 'not-run', evidence: ['nothing runs that could be looked at'] };

const notYet: Finding = {
  result: 'not-run',
  evidence: ['the entry point has not come to its arguments: see S1'],
};

const notTheServer: Finding = {
  result: 'not-run',
  evidence: ["what runs may be what the image's own `jupyterhub-singleuser` starts: see S1"],
};

/** What gets the signals in the server's place: its parent, or what an init has started before it. */
export function hearsInstead(all: readonly HostProcess[]): HostProcess | undefined {
  const server = all.find(({ args }) => isServer(args));
  const parent = all.find(({ pid }) => pid === server?.parent);
  if (server === undefined || parent === undefined) return undefined;
  if (!isInit(parent)) return parent;
  return all.find(
    (each) =>
      each.parent === parent.pid && each.pid < server.pid && each.state !== 'Z' && !isServer(each.args),
  );
}

/**
 * Whether there is anything in the entry point that could keep arguments to itself, and a start left to see that: of
 * the three that an image gets, docker-stacks' commands (S2) may take two.
 */
function mayKeepArguments({ image }: Pod): boolean {
  return !isDockerStacks(image.cmd) && runsScript(image);
}

/** Whether the entry point is more than an init. */
export function runsScript({ entrypoint }: Pick<ImageLook, 'entrypoint'>): boolean {
  const [program, ...rest] = entrypoint;
  if (program === undefined) return false;
  return !inits.has(basename(program)) || rest.some((word) => !word.startsWith('-'));
}

function isInit({ args }: HostProcess): boolean {
  return inits.has(basename(args[0] ?? ''));
}

async function signalBehind(
  pod: Pod,
  between: HostProcess,
  signal: AbortSignal,
): Promise<Result<Finding, EngineError>> {
  const stopped = await pod.stop(signal);
  if (!stopped.ok) return stopped;
  const log = await pod.log(signal);
  if (!log.ok) return log;
  const heard = stopped.value.exitCode === 0 || lastWords.test(log.value);
  const evidence = [
    `above or before the server: ${excerpt(between.args.join(' '), 160)}`,
    `SIGTERM: ended with exit code ${stopped.value.exitCode}, ${heard ? 'the server heard it' : 'the server never heard of it'}`,
  ];
  return ok(
    heard || signalsGroup(pod) ? { result: 'pass', evidence } : { result: 'fail', evidence, hint: deafHint },
  );
}

/** An init that signals all of its group ends the server beside its parent. */
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
