/** Clause S25: where nbgitpuller is part of the image, a link pulls a repository. */
import { jsonIn } from '../../../../registry/parse-json.ts';
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { ExecResult } from '../../../engine/container.ts';
import type { EngineError } from '../../../engine/engine.ts';
import { brokenScript } from '../../broken-script.ts';
import { exchangeLine, excerpt } from '../../evidence.ts';
import { askServer, textField } from '../../../hub/jupyter-api.ts';
import { serverOf } from '../../pod.ts';
import type { Pod } from '../../pod.ts';
import type { Clause } from '../clause.ts';

const source = '/tmp/hubwright-source';
const repository = '/tmp/hubwright-course.git';
const pullMs = 60_000;
const person = ['-c', 'user.name=hubwright', '-c', 'user.email=hubwright@localhost'];

/** A bare repository with one file in one commit, made by git alone: the image may have no shell. */
const making: readonly (readonly string[])[] = [
  ['git', 'init', '--quiet', '--initial-branch=main', source],
  ['git', 'config', '--file', `${source}/course.ini`, 'course.name', 'hubwright'],
  ['git', '-C', source, 'add', 'course.ini'],
  ['git', '-C', source, ...person, 'commit', '--quiet', '--message', 'Begin'],
  ['git', 'clone', '--quiet', '--bare', source, repository],
];

const greeting = ['gitpuller', '--help'] as const;

/**
 * Whether gitpuller is, line by line, what starts the server, but for the module: one installer wrote both, for one
 * interpreter. The server runs and loads that module for each pull, so that starting it once more would show nothing.
 */
export const startsAsServer = `
startsAsServer() {
  own=$(command -v gitpuller) && hubs=$(command -v jupyterhub-singleuser) && [ -x "$own" ] || return 1
  exec 3< "$own" 4< "$hubs" || return 1
  while IFS= read -r a <&3; do
    IFS= read -r b <&4 || return 1
    case $a in
      '#!'*) a=\${a%% -*} b=\${b%% -*} ;;
      'from nbgitpuller.pull import main') a='from jupyterhub.singleuser import main' ;;
    esac
    [ "$a" = "$b" ] || return 1
  done
  ! IFS= read -r b <&4
}`;

export const pullsRepository: Clause<Pod> = {
  id: 'S25',
  title: 'nbgitpuller, where it is installed, pulls a repository; `git` and `gitpuller` are on PATH',
  why: 'Courses are handed out as nbgitpuller links. Where they break, a lecture begins with an error page.',
  met: ['jupyterhub/zero-to-jupyterhub-k8s#1606'],
  severity: 'must',
  tier: 'gate',
  tested:
    'A bare repository is made inside, and pulled by way of the server as a link would; its file must be there.',
  remedy: 'Install `git` beside nbgitpuller, and leave its server extension enabled.',
  needs: ['S6'],
  async test(pod, signal) {
    const declared = await isDeclared(pod, signal);
    if (!declared.ok) return declared;
    if (!declared.value) return ok({ result: 'not-applicable', evidence: ['nbgitpuller is not installed'] });
    const failure = await firstFailure(pod, [greeting, ...making], signal);
    if (!failure.ok) return failure;
    if (failure.value !== undefined) {
      const { command, exitCode, stderr } = failure.value;
      const evidence = [`\`${command.join(' ')}\`: ${excerpt(stderr) || `exit code ${exitCode}`}`];
      const [program = ''] = command;
      const script = await brokenScript(pod, [program], signal);
      if (!script.ok) return script;
      return ok({ result: 'fail', evidence, hint: script.value ?? failedCommand(program, exitCode) });
    }
    const query = new URLSearchParams({ repo: repository, branch: 'main', targetpath: 'hubwright-course' });
    const api = `git-pull/api?${query.toString()}`;
    const pulled = await askServer(serverOf(pod), { method: 'GET', api, timeoutMs: pullMs }, signal);
    const file = await askServer(
      serverOf(pod),
      { method: 'GET', api: 'api/contents/hubwright-course/course.ini' },
      signal,
    );
    const said = pulled.ok ? lastPullWords(pulled.value.body) : '';
    const evidence = [
      `GET git-pull/api: ${pulled.ok ? `${pulled.value.status} ${excerpt(said, 200)}` : excerpt(pulled.error.message)}`,
      exchangeLine('GET api/contents/hubwright-course/course.ini', file),
    ];
    const finished =
      pulled.ok && pulled.value.status === 200 && /"phase":\s*"finished"/.test(pulled.value.body);
    if (finished) return ok({ result: 'pass', evidence });
    const hint =
      pulled.ok && pulled.value.status === 404
        ? "nbgitpuller's server extension is not enabled, or does not load; the server's log tells why"
        : /Permission denied|could not create/i.test(said)
          ? 'the pull may not write where the server shows its files, which is the folder it starts in: let WORKDIR be the home, and leave `root_dir` alone'
          : 'the pull failed; its last words are in the evidence';
    return ok({ result: 'fail', evidence, hint });
  },
};

/** What git said of its failure in the stream of a pull's events, else the stream's end. */
export function lastPullWords(stream: string): string {
  const said = [...stream.matchAll(/^data: (\{.*\})$/gm)].flatMap(([, json = '']) => {
    const event = jsonIn(json);
    return [textField(event, 'output'), textField(event, 'message')].filter((text) => text !== undefined);
  });
  const lines = said.flatMap((text) => text.split('\n'));
  return lines.findLast((line) => /^(fatal|error): /.test(line.trim())) ?? stream.slice(-300);
}

function failedCommand(program: string, exitCode: number): string {
  if (exitCode === 126 || exitCode === 127) {
    return `\`${program}\` is not on PATH, or uid 1000 may not run it: install it beside nbgitpuller, and name its folder in PATH with ENV (a postStart hook sees nothing of what the entry point exports)`;
  }
  return `\`${program}\` is there and fails; its own words are above. Look for a broken /etc/gitconfig, variables such as GIT_DIR in the image, or a /tmp that uid 1000 may not write`;
}

/** Its package is there, or the server knows its address. */
async function isDeclared(pod: Pod, signal: AbortSignal): Promise<Result<boolean, EngineError>> {
  const seen = await pod.versions(signal);
  if (!seen.ok) return seen;
  if (seen.value !== undefined && 'nbgitpuller' in seen.value.packages) return ok(true);
  const page = await askServer(serverOf(pod), { method: 'GET', api: 'git-pull' }, signal);
  return ok(page.ok && page.value.status < 400);
}

interface Failure {
  readonly command: readonly string[];
  readonly exitCode: number;
  readonly stderr: string;
}

/**
 * Runs commands one after another until one fails; undefined where none does. One shell runs them all: each command
 * that the engine runs costs more than git does. An image without a shell, or with one that fails, has them one by one.
 */
async function firstFailure(
  pod: Pod,
  commands: readonly (readonly string[])[],
  signal: AbortSignal,
): Promise<Result<Failure | undefined, EngineError>> {
  if (pod.image.hasShell) {
    const run = await runInside(pod, ['/bin/sh', '-c', scriptOf(commands)], signal);
    if (!run.ok) return run;
    const { exitCode, stdout, stderr } = run.value;
    const [, index, code] = /^(\d+) (\d+)$/m.exec(stdout) ?? [];
    const command = index === undefined ? undefined : commands[Number(index)];
    if (command !== undefined) return ok({ command, exitCode: Number(code), stderr });
    if (exitCode === 0) return ok(undefined);
  }
  for (const command of commands) {
    const run = await runInside(pod, command, signal);
    if (!run.ok) return run;
    if (run.value.exitCode !== 0) return ok({ command, ...run.value });
  }
  return ok(undefined);
}

/** Says which command failed, by its index, and with which exit code. No word of ours holds a quote. */
function scriptOf(commands: readonly (readonly string[])[]): string {
  const lines = commands.map((words) => {
    const line = `run ${words.map((word) => `'${word}'`).join(' ')}`;
    return words === greeting ? `if startsAsServer; then index=$((index + 1)); else ${line}; fi` : line;
  });
  const run = 'run() { "$@" > /dev/null || { echo "$index $?"; exit; }; index=$((index + 1)); }';
  return [startsAsServer, 'index=0', run, ...lines].join('\n');
}

/** A program that is not there is an answer like another. */
async function runInside(
  pod: Pod,
  command: readonly string[],
  signal: AbortSignal,
): Promise<Result<ExecResult, EngineError>> {
  const run = await pod.engine.exec(pod.containerId, command, { maxBytes: 4096 }, signal);
  if (run.ok) {
    const { exitCode, stdout } = run.value;
    // The runtime says on stdout that it found no such program.
    return exitCode === 126 || exitCode === 127
      ? ok({ ...run.value, stderr: run.value.stderr || stdout })
      : run;
  }
  if (run.error.kind === 'unreachable' || run.error.kind === 'cancelled') return run;
  return ok({ exitCode: 127, stdout: '', stderr: run.error.message });
}
