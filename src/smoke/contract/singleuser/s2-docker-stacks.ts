/** Clause S2: what the images of docker-stacks promise beyond the hub's own command. */
import { basename } from 'node:path/posix';
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import { excerpt } from '../../evidence.ts';
import type { Pod } from '../../pod.ts';
import type { Clause } from '../clause.ts';
import { lives, secondStart, startOnEmptyHome, tellStart } from './second-start.ts';

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
    if (ways.value.length === 0) {
      return ok({ result: 'not-applicable', evidence: ['the image has none of these commands'] });
    }
    const evidence: string[] = [];
    for (const [index, { name, cmd }] of ways.value.entries()) {
      const started = await (index === 0 ? startFirst : startOnEmptyHome)(pod, cmd, signal);
      if (!started.ok) return started;
      const told = await tellStart(started.value, signal);
      if (!told.ok) return told;
      evidence.push(`${excerpt(name, 100)}: ${told.value}`);
      if (lives(started.value)) continue;
      const hint = started.value.outcome.kind === 'elsewhere' ? strayHint : lostHint;
      return ok({ result: 'fail', evidence, hint });
    }
    return ok({ result: 'pass', evidence });
  },
};

const strayHint =
  "this command starts the hub's server on a port of its own, where no hub knocks: take `--port` and `--ip` out of the script, the environment says where to listen";

const lostHint =
  'this command does not become the hub\'s server: it has to end in `exec jupyterhub-singleuser "$@"` where JUPYTERHUB_API_TOKEN is set';

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

/** On the home that the pod leaves; that the home is at fault is S28's to tell. */
async function startFirst(pod: Pod, cmd: Way['cmd'], signal: AbortSignal): Promise<Result<Pod, EngineError>> {
  const second = await secondStart(pod, cmd, signal);
  return second.ok ? ok(second.value.onEmptyHome ?? second.value.onUsedHome) : second;
}
