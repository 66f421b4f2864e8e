/**
 * A database as the sidecar of a user's server: MYSQL_ROOT_PASSWORD in the environment, port 3306 in the
 * pod's own network, a fresh volume as Kubernetes gives it. Asked with the client inside the image.
 */
import { randomBytes } from 'node:crypto';
import { err, ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { ContainerEngine, EngineError } from '../../../engine/engine.ts';
import type { Bench } from '../../bench.ts';
import { excerpt } from '../../evidence.ts';
import { ownByGroup } from '../../home-volume.ts';
import { listeningSockets } from '../../inside.ts';
import { launch, readinessBudgetMs } from '../../live-container.ts';
import type { LiveContainer, Start } from '../../live-container.ts';
import { patient } from '../../../hub/patience.ts';
import { pause } from '../../pause.ts';
import { prepareVolume, workplace } from '../../prepared-volume.ts';
import { endedAs } from '../../readiness.ts';
import { Rest } from '../../rest.ts';
import type { SmokeRequest } from '../../request.ts';
import { serviceSpec } from '../../service-spec.ts';

export type Answer =
  | { readonly kind: 'answered'; readonly text: string }
  | { readonly kind: 'failed'; readonly text: string }
  /** It listens, and the image has no client to ask it with. */
  | { readonly kind: 'unasked'; readonly text: string };

/** One start of the database, and what its first question brought. */
export interface Database extends LiveContainer<Start> {
  /** The last try to ask it something, and how long after the start that was. */
  readonly greeting: { readonly answer: Answer; readonly afterMs: number };
}

export interface DatabaseSubject extends Database {
  readonly rootPassword: string;
  /** Starts another container on the same volume, with the same credentials. */
  again(signal: AbortSignal): Promise<Result<Database, EngineError>>;
  /** Starts a further container with nothing mounted. */
  withoutVolume(signal: AbortSignal): Promise<Result<Database, EngineError>>;
}

export const databasePort = 3306;

/** Where MySQL's and MariaDB's images keep their data. */
const dataFolder = '/var/lib/mysql';
/** What is said of an image that has neither `mariadb` nor `mysql`. */
export const noClient = 'no client in the image';

const maxAnswerBytes = 16 * 1024;
/** How long nobody is asked where the port is seen to be shut: each question is a client that is started inside. */
const shutMs = 5000;
/**
 * How long a database that does nothing else may turn its root away before that is its answer. Some entry points start
 * it, sleep until it should be up, and only then set the password.
 */
const deniedMs = 30_000;

/** Starts the database on a fresh volume, and waits until it takes a query. */
export async function openDatabase(
  request: SmokeRequest,
  bench: Bench,
  signal: AbortSignal,
): Promise<Result<DatabaseSubject, EngineError>> {
  const network = await bench.network(signal);
  if (!network.ok) return network;
  // Every ext4 volume of a cloud brings a `lost+found`, at which an entry point may stumble.
  const script = `mkdir -m 0700 ${workplace}/lost+found && ${ownByGroup}`;
  const prepared = await prepareVolume(bench, request.reference, { script, file: '/etc/passwd' }, signal);
  if (!prepared.ok) return prepared;
  const rootPassword = randomBytes(16).toString('hex');
  const start = (volume: string | undefined) => (own: AbortSignal) =>
    startDatabase(request, bench, { network: network.value.name, volume, rootPassword }, own);
  const onVolume = start(prepared.value.volume);
  const first = await onVolume(signal);
  return first.ok
    ? ok({ ...first.value, rootPassword, again: onVolume, withoutVolume: start(undefined) })
    : first;
}

async function startDatabase(
  request: SmokeRequest,
  bench: Bench,
  {
    network,
    volume,
    rootPassword,
  }: { readonly network: string; readonly volume: string | undefined; readonly rootPassword: string },
  signal: AbortSignal,
): Promise<Result<Database, EngineError>> {
  const started = performance.now();
  const launched = await launch(
    bench,
    network,
    {
      ...serviceSpec(request),
      env: { MYSQL_ROOT_PASSWORD: rootPassword },
      groupAdd: ['100'],
      mounts: volume === undefined ? [] : [{ kind: 'volume', volume, target: dataFolder, noCopy: true }],
    },
    signal,
  );
  if (!launched.ok) return launched;
  const live = launched.value;
  const budgetMs = request.readinessBudgetMs ?? readinessBudgetMs;
  let answer: Answer = { kind: 'failed', text: 'never asked' };
  let askedAt = Number.NEGATIVE_INFINITY;
  let deniedAt: number | undefined;
  const rest = new Rest();
  while (live.outcome.kind === 'running' && performance.now() - started < patient(budgetMs)) {
    const state = await bench.engine.inspectContainer(live.containerId, signal);
    if (!state.ok) return state;
    const afterMs = performance.now() - started;
    if (state.value.status === 'exited') {
      const outcome = endedAs(state.value, afterMs);
      return ok({ ...live, outcome, greeting: { answer, afterMs } });
    }
    const sockets = await listeningSockets(bench.engine, state.value, signal);
    if (!sockets.ok) return sockets;
    const isOpen = sockets.value?.some(({ port }) => port === databasePort);
    if (isOpen !== false || afterMs - askedAt >= shutMs) {
      askedAt = afterMs;
      const asked = await ask(bench.engine, live.containerId, rootPassword, 'SELECT 1', signal);
      if (!asked.ok) return asked;
      answer = asked.value;
      if (answer.kind === 'answered') break;
      deniedAt = isDenial(answer.text) ? (deniedAt ?? afterMs) : undefined;
      // Nobody inside can ask; all that can be seen is that the port is open.
      if (isOpen === true && answer.text.includes(noClient)) {
        answer = { kind: 'unasked', text: `${noClient}; port ${databasePort} is open` };
        break;
      }
    }
    await rest.look(state.value);
    if (rest.hasHadItsTime(afterMs, budgetMs)) break;
    // It is up and says no; while it works, somebody may yet set the password.
    if (afterMs - (deniedAt ?? afterMs) >= deniedMs && rest.inARowMs >= deniedMs) break;
    if (!(await pause(pauseAfter(afterMs), signal))) return err({ kind: 'cancelled', message: 'cancelled' });
  }
  return ok({ ...live, greeting: { answer, afterMs: performance.now() - started } });
}

/** The longer nobody answers, the seldomer it is looked at, never later than by a twentieth of the time. */
function pauseAfter(afterMs: number): number {
  return Math.min(2000, Math.max(300, afterMs / 20));
}

/** Asks over TCP, on 127.0.0.1: `localhost` would mean a socket that the notebook beside it does not have. */
export async function ask(
  engine: ContainerEngine,
  containerId: string,
  password: string,
  statement: string,
  signal: AbortSignal,
): Promise<Result<Answer, EngineError>> {
  const script =
    `client=$(command -v mariadb || command -v mysql) || { echo "${noClient}" >&2; exit 127; }; ` +
    `exec "$client" --protocol=tcp --host=127.0.0.1 --port=${databasePort} --user=root --connect-timeout=5 ` +
    '--batch --skip-column-names --execute="$1"';
  const ran = await engine.exec(
    containerId,
    ['/bin/sh', '-c', script, 'ask', statement],
    { env: { MYSQL_PWD: password }, maxBytes: maxAnswerBytes },
    signal,
  );
  if (!ran.ok) {
    if (ran.error.kind === 'unreachable' || ran.error.kind === 'cancelled') return ran;
    return ok({ kind: 'failed', text: excerpt(ran.error.message) });
  }
  const { exitCode, stdout, stderr } = ran.value;
  if (exitCode === 0) return ok({ kind: 'answered', text: stdout.trim() });
  return ok({ kind: 'failed', text: excerpt(withoutWarnings(stderr) || stdout) });
}

/** Whether these are a server's words for one who may not come in, rather than for none that listens. */
export function isDenial(words: string): boolean {
  return /access denied|is not allowed to connect/i.test(words);
}

/** The client warns before it says why it failed. */
function withoutWarnings(words: string): string {
  return words.replace(/^WARNING: .*$/gm, '').trim();
}
