/** Clause S1: the image's ENTRYPOINT starts jupyterhub-singleuser. */
import { basename } from 'node:path/posix';
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import { brokenScript } from '../../broken-script.ts';
import { excerpt } from '../../evidence.ts';
import { processes } from '../../inside.ts';
import { podEnvironment } from '../../pod-environment.ts';
import type { Pod } from '../../pod.ts';
import { isShell, shellText } from '../../shell-text.ts';
import type { Clause, Finding } from '../clause.ts';
import { startFailure } from '../common/start-finding.ts';
import { causeOf } from './start-cause.ts';
import type { Condition } from './start-cause.ts';
import { standIn } from './stand-in.ts';

export const serverProgram = 'jupyterhub-singleuser';
const asked = 'started with the arguments `jupyterhub-singleuser` through the ENTRYPOINT';

/** Programs made to be PID 1, which hand a signal on to what they have started. */
export const inits: ReadonlySet<string> = new Set([
  'tini',
  'tini-static',
  'dumb-init',
  'docker-init',
  'catatonit',
]);

const setByHub: ReadonlySet<string> = new Set(
  Object.keys(
    podEnvironment({
      user: { name: '', serverToken: '', userToken: '', clientId: '', callbackPath: '' },
      servicePrefix: '',
      port: 0,
      image: '',
      memory: 0,
      cpu: 0,
    }),
  ),
);

/** Pods in which S1 found something else than the server: that nothing listens there is no news. */
export const withoutServer = new WeakSet<Pod>();

const hintFor = {
  home: 'it starts only with the home that the image has: see S14',
  privileges: 'it starts only where programs may gain privileges: see S17',
  user: 'it starts only as another user than the hub says: see S13',
  'service-links': 'it starts only without JUPYTER_PORT: see S22',
  memory: 'it needs more memory than the hub will grant: see S23',
} as const satisfies Record<Condition, string>;

export const startsThroughEntrypoint: Clause<Pod> = {
  id: 'S1',
  title: '`jupyterhub-singleuser` starts through the ENTRYPOINT',
  why: "z2jh names this command as the container's arguments: an image without it, or whose entry point drops its arguments, starts nothing that the hub knows.",
  met: [
    'jupyterhub/jupyterhub#3007',
    'jupyterhub/jupyterhub#4242',
    'jupyterhub/jupyterhub#1361',
    'jupyterhub/jupyterhub#2310',
    'jupyterhub/jupyterhub#4518',
    'jupyterhub/jupyterhub#4933',
    'jupyter/docker-stacks#1055',
  ],
  severity: 'must',
  tier: 'gate',
  tested:
    "The container is started with the arguments `jupyterhub-singleuser`, its ENTRYPOINT kept, as KubeSpawner does; then its server has to answer, or the program to be seen among the container's processes.",
  remedy:
    'Install the `jupyterhub` package so that `jupyterhub-singleuser` is on PATH without a shell\'s profile, and let the entry point end in `exec "$@"`.',
  async test(pod, signal) {
    const failure = await startFailure(pod, asked, signal);
    if (!failure.ok) return failure;
    if (failure.value === undefined) return lookForServer(pod, signal);
    const cause = await causeOf(pod, signal);
    if (!cause.ok) return cause;
    if (cause.value === undefined) {
      const script = await brokenScript(pod, [...pod.image.entrypoint, serverProgram], signal);
      if (!script.ok) return script;
      const hint = script.value ?? lostInShell(pod.image.entrypoint);
      const variables = tellingVariables(pod.image.env);
      const evidence =
        variables.length === 0
          ? failure.value.evidence
          : [...failure.value.evidence, `the image sets ${excerpt(variables.join(', '), 160)}`];
      return ok(hint === undefined ? { ...failure.value, evidence } : { result: 'fail', evidence, hint });
    }
    const hint = hintFor[cause.value.condition];
    return ok({ result: 'fail', evidence: [...failure.value.evidence, cause.value.evidence], hint });
  },
};

const standInHint =
  "the image's `jupyterhub-singleuser` is a script of its own that starts another server, which knows nothing of the hub: take it away, and install the `jupyterhub` package";

async function lookForServer(pod: Pod, signal: AbortSignal): Promise<Result<Finding, EngineError>> {
  if (answersAsServer(pod)) {
    return ok({ result: 'pass', evidence: [asked, 'its server answers as jupyterhub-singleuser does'] });
  }
  const state = await pod.engine.inspectContainer(pod.containerId, signal);
  if (!state.ok) return state;
  if (state.value.status !== 'running') {
    const evidence = [
      asked,
      `something answered, and then it ended with exit code ${state.value.exitCode ?? 'unknown'}`,
    ];
    return ok({
      result: 'fail',
      evidence,
      hint: 'another program of the image took the port, and the server ended for want of it',
    });
  }
  const running = await processes(pod.engine, state.value, signal);
  if (!running.ok) return running;
  if (running.value === undefined) {
    return ok({ result: 'pass', evidence: [asked, 'it runs; its processes cannot be seen'] });
  }
  const server = running.value.find(isServer);
  if (server !== undefined)
    return ok({ result: 'pass', evidence: [asked, `runs: ${excerpt(server.join(' '))}`] });
  const waits = await stillWaits(pod, running.value, signal);
  if (!waits.ok) return waits;
  withoutServer.add(pod);
  const evidence = [asked, ...running.value.slice(0, 5).map((words) => `runs: ${excerpt(words.join(' '))}`)];
  const other = await standIn(pod, serverProgram, signal);
  if (!other.ok) return other;
  if (other.value !== undefined) {
    evidence.push(`${other.value.path}: ${excerpt(other.value.text, 160)}`);
    return ok({ result: 'fail', evidence, hint: standInHint });
  }
  return ok({
    result: 'fail',
    evidence,
    hint: waits.value
      ? 'the entry point has not come to the server: it waits for something that does not come (a host, a lock, an answer from a terminal), or never executes its arguments. The end of the log tells how far it got; let it give up after some seconds'
      : (lostInShell(pod.image.entrypoint) ??
        'the image runs something else: its ENTRYPOINT does not execute the arguments that it is given. Let a script end in `exec "$@"`, and put a default command into CMD rather than into ENTRYPOINT'),
  });
}

/**
 * Names of the image's variables that change how Python, the linker or Jupyter start, where the hub does not set them
 * itself. Their values may be secrets.
 */
export function tellingVariables(env: ReadonlyMap<string, string>): readonly string[] {
  const telling =
    /^(PYTHON(PATH|HOME|STARTUP|WARNINGS|OPTIMIZE|UTF8|USERBASE)|LD_(PRELOAD|LIBRARY_PATH|AUDIT)|JUPYTER(HUB|LAB)?_\w+|IPYTHONDIR|XDG_\w+|TMPDIR)$/;
  return [...env.keys()].filter((name) => telling.test(name) && !setByHub.has(name)).toSorted();
}

/**
 * Whether something still has the hub's command before it, while nothing listens: a program that keeps it, or a shell
 * whose script names its arguments. A script that never does will not come to them.
 */
export async function stillWaits(
  { outcome, image }: Waiting,
  running: readonly (readonly string[])[],
  signal: AbortSignal,
): Promise<Result<boolean, EngineError>> {
  if (outcome.kind !== 'not-ready' || outcome.listening === undefined || outcome.listening.length > 0)
    return ok(false);
  const waiting = running.find(
    ([program = '', ...rest]) => !inits.has(basename(program)) && rest.includes(serverProgram),
  );
  if (waiting === undefined) return ok(false);
  const script = await scriptOf(waiting, image, signal);
  if (!script.ok) return script;
  return ok(script.value === undefined || /\$\{?[@*#\d]/.test(script.value));
}

/** What a shell was given to run; undefined for other programs, and where it cannot be read. */
async function scriptOf(
  words: readonly string[],
  image: Waiting['image'],
  signal: AbortSignal,
): Promise<Result<string | undefined, EngineError>> {
  const [program = '', file = ''] = words;
  return isShell(program) && file.startsWith('/') ? await image.readFile(file, signal) : ok(shellText(words));
}

interface Waiting {
  readonly outcome: Pod['outcome'];
  readonly image: Pick<Pod['image'], 'readFile'>;
}

/** The advice for an ENTRYPOINT that ends in a shell's text: the shell takes the hub's command for its own name. */
export function lostInShell(entrypoint: readonly string[]): string | undefined {
  const text = shellText(entrypoint.slice(-3));
  // Who names `$0` knows of it.
  if (text === undefined || /\$0|\$\{0/.test(text)) return undefined;
  return 'the ENTRYPOINT is a shell\'s text (its shell form, or `sh -c` with nothing behind it), in which the command that the hub gives is lost. Write it as a list that ends in one more word: `["tini", "--", "sh", "-c", "…; exec \\"$@\\"", "--"]`, or let a script end in `exec "$@"`';
}

/** Whether what answers, on whatever port, is jupyterhub-singleuser by its own words. */
export function answersAsServer({ outcome }: Pod): boolean {
  if (outcome.kind === 'elsewhere') return true;
  return outcome.kind === 'ready' && outcome.answer.headers['x-jupyterhub-version'] !== undefined;
}

/** The program itself, not a shell or an init that merely carries the name among its arguments. */
export function isServer(words: readonly string[]): boolean {
  const [program = '', ...rest] = words;
  if (basename(program) === serverProgram) return true;
  if (!/^(python|pypy)[\d.]*$/.test(basename(program))) return false;
  const module = rest.indexOf('-m');
  const script = rest.findIndex((word) => !word.startsWith('-'));
  if (module !== -1 && module < script) return rest[module + 1] === 'jupyterhub.singleuser';
  return !rest.slice(0, script).includes('-c') && basename(rest[script] ?? '') === serverProgram;
}
