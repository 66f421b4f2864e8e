/** Clause S2: what the images of docker-stacks promise beyond the hub's own command. */
import { basename } from 'node:path/posix';
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import { excerpt } from '../../evidence.ts';
import type { Pod } from '../../pod.ts';
import type { Clause } from '../clause.ts';
import { lives, secondStart, startAnew, tellStart } from './second-start.ts';

const script = /^start-(notebook|singleuser)(\.py|\.sh)?$/;
const singleuserScripts = ['/usr/local/bin/start-singleuser.py', '/usr/local/bin/start-singleuser.sh'];

export const startsAsDockerStacks: Clause<Pod> = {
  id: 'S2',
  title:
    "docker-stacks' own commands (`start-notebook`, `start-singleuser`), where the image has them, become the hub's server",
  why: "Many a hub is configured with `start-singleuser.sh`, or with no command at all, so that the image's CMD starts. Under a hub both have to become `jupyterhub-singleuser`.",
  met: ['jupyter/docker-stacks#1055'],
  severity: 'must',
  tier: 'gate',
  tested:
    "Started once more, on the home that the server has left, with the image's CMD where that is one of these scripts, and with `start-singleuser` where the image has it and CMD does not lead there; a start that fails there is tried again on an empty home.",
  remedy:
    'Let `start-notebook` hand over to `start-singleuser` where JUPYTERHUB_API_TOKEN is set, and that end in `exec jupyterhub-singleuser "$@"`.',
  needs: ['S6'],
  async test(pod, signal) {
    const ways = await declaredWays(pod, signal);
    if (!ways.ok) return ways;
    const [first, ...others] = ways.value;
    if (first === undefined) {
      return ok({ result: 'not-applicable', evidence: ['the image has none of these commands'] });
    }
    const evidence: string[] = [];
    let works = true;
    let astray = false;
    for (const way of [first, ...others]) {
      const tried =
        way === first
          ? await tryFirst(pod, way, signal)
          : await tellOf(way, await startAnew(pod, way.cmd, 'empty', signal), signal);
      if (!tried.ok) return tried;
      evidence.push(tried.value.evidence);
      ({ works, astray } = tried.value);
      if (!works) break;
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

export interface Way {
  readonly name: string;
  readonly cmd: readonly string[] | 'image';
}

/** CMD, and the script that CMD does not lead to by itself. */
export async function declaredWays(
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

interface Trial {
  readonly works: boolean;
  readonly astray: boolean;
  readonly evidence: string;
}

async function tellOf(
  { name }: Way,
  started: Result<Pod, EngineError>,
  signal: AbortSignal,
): Promise<Result<Trial, EngineError>> {
  if (!started.ok) return started;
  const told = await tellStart(started.value, signal);
  if (!told.ok) return told;
  return ok({
    works: lives(started.value),
    astray: started.value.outcome.kind === 'elsewhere',
    evidence: `${excerpt(name, 100)}: ${told.value}`,
  });
}

/** The first way is tried on the home that the pod leaves; that the home is at fault is S28's to tell. */
async function tryFirst(pod: Pod, way: Way, signal: AbortSignal): Promise<Result<Trial, EngineError>> {
  const second = await secondStart(pod, way.cmd, signal);
  return second.ok ? tellOf(way, ok(second.value.onEmptyHome ?? second.value.onUsedHome), signal) : second;
}
