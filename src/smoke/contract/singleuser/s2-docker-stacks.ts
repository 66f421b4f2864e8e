/** Clause S2: what the images of docker-stacks promise beyond the hub's own command. */
import { basename } from 'node:path/posix';
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import { excerpt, seconds } from '../../evidence.ts';
import { lastComplaint, lastError } from '../../last-error.ts';
import type { ServerOutcome } from '../../live-container.ts';
import type { Pod } from '../../pod.ts';
import type { Clause } from '../clause.ts';
import { answersAsServer } from './s1-starts-through-entrypoint.ts';

const script = /^start-(notebook|singleuser)(\.py|\.sh)?$/;
const singleuserScripts = ['/usr/local/bin/start-singleuser.py', '/usr/local/bin/start-singleuser.sh'];
const startMs = 60_000;

export const startsAsDockerStacks: Clause<Pod> = {
  id: 'S2',
  title:
    "docker-stacks' own commands (`start-notebook`, `start-singleuser`), where the image has them, become the hub's server",
  why: "Many a hub is configured with `start-singleuser.sh`, or with no command at all, so that the image's CMD starts. Under a hub both have to become `jupyterhub-singleuser`.",
  met: ['jupyter/docker-stacks#1055'],
  severity: 'must',
  tier: 'gate',
  tested:
    "Started once more with the image's CMD where that is one of these scripts, and with `start-singleuser` where the image has it and CMD does not lead there.",
  remedy:
    'Let `start-notebook` hand over to `start-singleuser` where JUPYTERHUB_API_TOKEN is set, and that end in `exec jupyterhub-singleuser "$@"`.',
  needs: ['S6'],
  async test(pod, signal) {
    const ways = await declaredWays(pod, signal);
    if (!ways.ok) return ways;
    if (ways.value.length === 0) {
      return ok({ result: 'not-applicable', evidence: ['the image has none of these commands'] });
    }
    const tried = await Promise.all(ways.value.map((way) => tryWay(pod, way, signal)));
    const evidence: string[] = [];
    let works = true;
    let astray = false;
    for (const each of tried) {
      if (!each.ok) return each;
      evidence.push(each.value.evidence);
      works &&= each.value.works;
      astray ||= each.value.astray;
    }
    if (works) return ok({ result: 'pass', evidence });
    const hint = astray
      ? "this command starts the hub's server on a port of its own, where no hub knocks: take `--port` and `--ip` out of the script, the environment says where to listen"
      : 'this command does not become the hub\'s server: it has to end in `exec jupyterhub-singleuser "$@"` where JUPYTERHUB_API_TOKEN is set';
    return ok({ result: 'fail', evidence, hint });
  },
};

/** Whether a CMD is one of these commands. */
export function isDockerStacks(cmd: readonly string[]): boolean {
  return script.test(basename(cmd[0] ?? ''));
}

interface Way {
  readonly name: string;
  readonly cmd: readonly string[] | 'image';
}

/** CMD, and the script that CMD does not lead to by itself. */
async function declaredWays(
  { image }: Pod,
  signal: AbortSignal,
): Promise<Result<readonly Way[], EngineError>> {
  const [program = ''] = image.cmd;
  const fromCmd = isDockerStacks(image.cmd);
  const ways: Way[] = fromCmd ? [{ name: image.cmd.join(' '), cmd: 'image' }] : [];
  const path = program.startsWith('/') ? program : `/usr/local/bin/${program}`;
  const text = fromCmd ? await image.readFile(path, signal) : ok('');
  if (!text.ok) return text;
  for (const candidate of singleuserScripts) {
    const name = basename(candidate);
    if (basename(program) === name || text.value?.includes(name) === true) return ok(ways);
    const found = await image.readFile(candidate, signal);
    if (!found.ok) return found;
    if (found.value !== undefined) return ok([...ways, { name, cmd: [name] }]);
  }
  return ok(ways);
}

async function tryWay(
  pod: Pod,
  { name, cmd }: Way,
  signal: AbortSignal,
): Promise<
  Result<{ readonly works: boolean; readonly astray: boolean; readonly evidence: string }, EngineError>
> {
  const started = await pod.startAgain({ cmd, readinessBudgetMs: startMs }, signal);
  if (!started.ok) return started;
  const { outcome } = started.value;
  const works = outcome.kind === 'ready' && answersAsServer(started.value);
  const said = works ? `jupyterhub-singleuser answers after ${seconds(outcome.afterMs)}` : fault(outcome);
  const error = works ? ok(undefined) : await endOf(started.value, signal);
  if (!error.ok) return error;
  const evidence = `${excerpt(name, 100)}: ${said}${error.value === undefined ? '' : `; the log: ${error.value}`}`;
  return ok({ works, astray: outcome.kind === 'elsewhere', evidence });
}

function fault(outcome: ServerOutcome): string {
  switch (outcome.kind) {
    case 'ended':
      return `it ended with exit code ${outcome.exitCode}`;
    case 'ready':
      return `something else answers (${outcome.answer.status}, without X-JupyterHub-Version)`;
    case 'elsewhere':
      return `jupyterhub-singleuser answers on port ${outcome.port} instead`;
    case 'refused':
      return excerpt(outcome.message);
    case 'not-ready':
      return 'nothing answers';
    default:
      return outcome satisfies never;
  }
}

/** What an ended container calls an error, if anything. */
async function endOf(pod: Pod, signal: AbortSignal): Promise<Result<string | undefined, EngineError>> {
  if (pod.outcome.kind !== 'ended') return ok(undefined);
  const log = await pod.log(signal);
  return log.ok ? ok(lastError(log.value) ?? lastComplaint(log.value)) : log;
}
