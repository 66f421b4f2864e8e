/** Clause S4: the server listens where JUPYTERHUB_SERVICE_URL says. */
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import type { Pod } from '../../pod.ts';
import { processes } from '../../inside.ts';
import type { ListeningSocket } from '../../inside.ts';
import { excerpt, seconds } from '../../evidence.ts';
import { serverPort } from '../../pod-environment.ts';
import { shellText } from '../../shell-text.ts';
import type { Clause, Finding } from '../clause.ts';
import { deafFinding } from '../common/port-finding.ts';
import { isServer, withoutServer } from './s1-starts-through-entrypoint.ts';

const asked = `JUPYTERHUB_SERVICE_URL asks for 0.0.0.0:${serverPort}`;

export const bindsServiceUrl: Clause<Pod> = {
  id: 'S4',
  title: `listens on the host and port of JUPYTERHUB_SERVICE_URL (0.0.0.0:${serverPort})`,
  why: 'The hub knocks at that port alone. A `--port` on the command line, or in the entry point, beats the environment and leaves it dead.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested:
    "JUPYTERHUB_SERVICE_URL asks for a port, and a connection is tried there for as long as a start may take; where it is refused, the ports that the container does listen on are told. Where no server runs at all, S1 says so. A CMD that is the hub's server must carry no port or address of its own.",
  remedy:
    "Take `--ip` and `--port` out of ENTRYPOINT, its script and CMD, and `NotebookApp.…` out of the image's configuration: the environment says where to listen.",
  async test(pod, signal) {
    const { outcome, image } = pod;
    const flag = misleadingFlag(image.cmd);
    if (flag !== undefined) return ok(flagFinding(image.cmd, flag));
    switch (outcome.kind) {
      case 'ready':
        return ok({ result: 'pass', evidence: [asked, `answered there after ${seconds(outcome.afterMs)}`] });
      case 'elsewhere':
        return ok(deaf(outcome.listening, outcome.port));
      case 'not-ready':
        if (!outcome.last.ok && outcome.last.error.kind !== 'mute' && outcome.last.error.kind !== 'garbled') {
          return stillStarting(pod, outcome.listening, signal);
        }
        return ok({ result: 'pass', evidence: [asked, 'something listens there'] });
      case 'ended':
      case 'refused':
        return ok({ result: 'not-run', evidence: ['nothing runs that could listen'] });
      default:
        return outcome satisfies never;
    }
  },
};

const noServer: Finding = {
  result: 'not-run',
  evidence: [asked, 'no server runs that could listen there: see S1'],
};

/** A server that listens nowhere at all has not come so far: that is a matter of time, and S19's. */
async function stillStarting(
  pod: Pod,
  listening: readonly ListeningSocket[] | undefined,
  signal: AbortSignal,
): Promise<Result<Finding, EngineError>> {
  if (listening === undefined || listening.length > 0) return ok(deaf(listening, undefined));
  if (withoutServer.has(pod)) return ok(noServer);
  const state = await pod.engine.inspectContainer(pod.containerId, signal);
  if (!state.ok) return state;
  const running = await processes(pod.engine, state.value, signal);
  if (!running.ok) return running;
  if (running.value?.some(isServer) !== true) return ok(deaf(listening, undefined));
  return ok({ result: 'not-run', evidence: [asked, 'the server runs and listens nowhere yet: see S19'] });
}

function deaf(listening: readonly ListeningSocket[] | undefined, serverAt: number | undefined): Finding {
  const { evidence, hint } = deafFinding(serverPort, listening, serverAt);
  const advice =
    'a flag on the command line (`--port`, `--ip`), or an option of Notebook 6 in the configuration (`NotebookApp.ip`, `NotebookApp.port`), beats JUPYTERHUB_SERVICE_URL';
  return { result: 'fail', evidence: [asked, ...evidence], hint: `${hint}; ${advice}` };
}

const hubsPrograms = /(^|\/)(jupyterhub-singleuser|start-singleuser(\.py|\.sh)?|start-notebook(\.py|\.sh)?)$/;
const listeningFlag = /^--(?:(?:\w+\.)?(?:port|ip|base_url)|base-url)(?:=(.*))?$/;

/** A flag in a CMD that is the hub's own server: a spawner without a command of its own starts that. */
export function misleadingFlag(cmd: readonly string[]): string | undefined {
  const words = lastCommandOf(cmd);
  if (!hubsPrograms.test(words[0] ?? '')) return undefined;
  return words.find((word, index) => {
    const match = listeningFlag.exec(word);
    if (match === null) return false;
    const value = match[1] ?? words[index + 1] ?? '';
    return !['0.0.0.0', '*', '', '::', String(serverPort)].includes(value);
  });
}

/** What a shell's text ends in (`sh -c TEXT`, CMD's shell form), as far as blanks part it; else CMD itself. */
function lastCommandOf(cmd: readonly string[]): readonly string[] {
  const text = shellText(cmd);
  if (text === undefined) return cmd;
  const words = (text.split(/&&|\|\||[;\n]/).at(-1) ?? '').trim().split(/\s+/);
  const start = words.findIndex((word) => word !== 'exec' && !/^\w+=/.test(word));
  return words.slice(start).map((word) => word.replace(/^(["'])(.*)\1$/, '$2'));
}

function flagFinding(cmd: readonly string[], flag: string): Finding {
  const evidence = [asked, `the image's CMD: ${excerpt(cmd.join(' '))}`];
  const hint = `a spawner without a command of its own (KubeSpawner's default) starts this CMD, and \`${excerpt(flag, 60)}\` beats what the hub asks for: take it out`;
  return { result: 'fail', evidence, hint };
}
