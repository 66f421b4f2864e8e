/**
 * A kernel of a user's server, started over the API and spoken to over its websocket, as a notebook does: Jupyter's
 * messages (protocol 5) as JSON texts. It runs code and tells what came of it; what that means is the clauses' matter.
 */
import { jsonIn } from '../../registry/parse-json.ts';
import { randomUUID } from 'node:crypto';
import { err, ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import { exchangeLine } from './evidence.ts';
import { askServer, field, jsonOf, textField, tokenHeader } from '../hub/jupyter-api.ts';
import type { ServerAddress } from '../hub/jupyter-api.ts';
import { patient } from '../hub/patience.ts';
import { openWebSocket } from './websocket.ts';
import type { WebSocketLink } from './websocket.ts';

/** Why there is no kernel to speak to. */
export interface KernelTrouble {
  /** At which step: the list of kernels, the start of one, or the way to it. */
  readonly step: 'specs' | 'start' | 'websocket';
  /** What was asked and answered. */
  readonly evidence: string;
  /** The websocket's handshake was answered as a plain request is: nobody between heard of an upgrade. */
  readonly notUpgraded?: true;
}

/** What came of a piece of code. `silent`: no end in time. `lost`: the connection broke, or the kernel died. */
export interface Execution {
  readonly status: 'ok' | 'error' | 'silent' | 'lost';
  /** What it printed, both streams, at most 64 KiB. */
  readonly output: string;
  /** `NameError: name 'x' is not defined` */
  readonly error?: string;
  readonly durationMs: number;
}

export interface KernelSession {
  /** The kernelspec's name (`python3`), its language, and the program that it starts. */
  readonly spec: string;
  readonly language: string;
  readonly interpreter: string;
  /** The other kernels that the page offers and this machine starts: name to program. */
  readonly others: ReadonlyMap<string, string>;
  /** Path of its websocket, for others who try it; the server takes a second one with our session for ours. */
  readonly channelsPath: string;
  /** False once the kernel died or was lost, or did not come to the end of what it was given. */
  readonly usable: boolean;
  execute(code: string, timeoutMs: number): Promise<Execution>;
  /** Runs code that goes on for long, and interrupts it as soon as it has printed something. */
  interrupt(code: string, timeoutMs: number, signal: AbortSignal): Promise<Execution>;
  /** Ends the kernel. */
  close(signal: AbortSignal): Promise<void>;
}

/** A kernel that imports half the world at its start is slow, and still one. */
const startMs = 30_000;
const maxOutput = 64 * 1024;

/** What a server says of a kernel that died under it; it may start another in its place. */
const deathStates = new Set(['dead', 'restarting', 'autorestarting']);

/** Languages in which a number alone is code; in a shell or in SQL it is none, and the answer is an error. */
const takesNumber = /^(python|r|julia|octave|javascript|typescript|ruby|scala|groovy|kotlin|haskell)$/i;

/** What `execute` is given where a kernel shall only show that it runs code. */
export const plainCode = '1';

/** Whether a kernel of this language has answered to `plainCode` as one that works. */
export function ranPlainCode({ status }: Execution, language: string): boolean {
  return status === 'ok' || (status === 'error' && !takesNumber.test(language));
}

/** Starts a kernel of the default kind and opens the way to it. */
export async function openKernel(
  server: ServerAddress,
  signal: AbortSignal,
): Promise<Result<KernelSession, KernelTrouble>> {
  const spec = await chooseSpec(server, signal);
  if (!spec.ok) return spec;
  // As a page does for a notebook in the folder that the server shows.
  const body = { name: spec.value.name, path: '' };
  const started = await askServer(
    server,
    { method: 'POST', api: 'api/kernels', body, timeoutMs: patient(startMs) },
    signal,
  );
  const id = started.ok && started.value.status === 201 ? textField(jsonOf(started.value), 'id') : undefined;
  if (id === undefined) {
    return err({ step: 'start', evidence: exchangeLine('POST api/kernels', started) });
  }
  const session = randomUUID();
  const channelsPath = `${server.servicePrefix}api/kernels/${encodeURIComponent(id)}/channels`;
  const shaken = await openWebSocket(
    { ...server, path: `${channelsPath}?session_id=${session}`, headers: tokenHeader(server) },
    signal,
  );
  if (!shaken.ok || shaken.value.kind === 'refused') {
    const answer = shaken.ok ? 'refused' : shaken.error.message;
    const status = shaken.ok && shaken.value.kind === 'refused' ? ` with ${shaken.value.status}` : '';
    const evidence = `websocket api/kernels/…/channels: ${answer}${status}`;
    // What tornado answers to a request for a websocket that does not say so (RFC 6455, 4.2.1).
    const plain = shaken.ok && shaken.value.kind === 'refused' && [400, 426].includes(shaken.value.status);
    return err({ step: 'websocket', evidence, ...(plain ? { notUpgraded: true } : {}) });
  }
  const { link } = shaken.value;
  const api = `api/kernels/${encodeURIComponent(id)}`;
  const interrupt = (own: AbortSignal) => askServer(server, { method: 'POST', api: `${api}/interrupt` }, own);
  let stuck = false;
  const run = async (code: string, timeoutMs: number, onOutput: () => void): Promise<Execution> => {
    const execution = await execute(link, session, code, timeoutMs, onOutput);
    stuck ||= execution.status === 'silent';
    return execution;
  };
  return ok({
    spec: spec.value.name,
    language: spec.value.language,
    interpreter: spec.value.interpreter,
    others: spec.value.others,
    channelsPath,
    get usable() {
      return link.open && !stuck;
    },
    execute: (code, timeoutMs) => run(code, timeoutMs, () => {}),
    interrupt: (code, timeoutMs, own) => run(code, timeoutMs, () => void interrupt(own)),
    async close(own) {
      link[Symbol.dispose]();
      await askServer(server, { method: 'DELETE', api }, own);
    },
  });
}

interface Spec {
  readonly name: string;
  readonly language: string;
  readonly interpreter: string;
  readonly others: ReadonlyMap<string, string>;
}

/** The default kernel where it is installed, else the first that is. */
async function chooseSpec(server: ServerAddress, signal: AbortSignal): Promise<Result<Spec, KernelTrouble>> {
  const asked = await askServer(
    server,
    { method: 'GET', api: 'api/kernelspecs', timeoutMs: patient(startMs) },
    signal,
  );
  const evidence = exchangeLine('GET api/kernelspecs', asked);
  if (!asked.ok || asked.value.status !== 200) return err({ step: 'specs', evidence });
  const reply = jsonOf(asked.value);
  const specs = field(reply, 'kernelspecs');
  const names = typeof specs === 'object' && specs !== null ? Object.keys(specs) : [];
  const preferred = textField(reply, 'default');
  const name = preferred !== undefined && names.includes(preferred) ? preferred : names[0];
  if (name === undefined) return err({ step: 'specs', evidence });
  const specOf = (each: string): unknown => field(field(specs, each), 'spec');
  const others = names.filter((each) => each !== name && startsHere(specOf(each)));
  return ok({
    name,
    language: textField(specOf(name), 'language') ?? '',
    interpreter: programOf(specOf(name)),
    others: new Map(others.map((each) => [each, programOf(specOf(each))])),
  });
}

function programOf(spec: unknown): string {
  const argv = field(spec, 'argv');
  return Array.isArray(argv) ? String(argv[0] ?? '') : '';
}

/** Kernels of another provisioner run elsewhere, or are started by a program that no list names. */
function startsHere(spec: unknown): boolean {
  const provisioner = textField(field(field(spec, 'metadata'), 'kernel_provisioner'), 'provisioner_name');
  return provisioner === undefined || provisioner === 'local-provisioner';
}

async function execute(
  link: WebSocketLink,
  session: string,
  code: string,
  timeoutMs: number,
  onOutput: () => void,
): Promise<Execution> {
  const started = performance.now();
  const limit = patient(timeoutMs);
  const remaining = (): number => limit - (performance.now() - started);
  const request = executeRequest(session, code);
  link.send(JSON.stringify(request));
  const { msg_id: id } = request.header;
  let output = '';
  let reply: Pick<Execution, 'status' | 'error'> | undefined;
  let idle = false;
  // The reply and the last of the output come by different ways: both have to be there.
  while (!(reply !== undefined && idle)) {
    const text = await link.receive(remaining());
    if (text === undefined) {
      const status = link.open ? 'silent' : 'lost';
      return { ...(reply ?? { status }), output, durationMs: performance.now() - started };
    }
    const message = parseMessage(text);
    if (message.type === 'status' && deathStates.has(message.state)) link[Symbol.dispose]();
    if (message.parent !== id) continue;
    if (message.type === 'stream') {
      if (output === '') onOutput();
      output = (output + message.text).slice(0, maxOutput);
    } else if (message.type === 'status') {
      idle = message.state === 'idle';
    } else if (message.type === 'execute_reply') {
      reply = message.reply;
    }
  }
  return { ...reply, output, durationMs: performance.now() - started };
}

function executeRequest(session: string, code: string) {
  return {
    channel: 'shell',
    header: {
      msg_id: randomUUID(),
      msg_type: 'execute_request',
      session,
      username: 'hubwright',
      version: '5.3',
      date: new Date().toISOString(),
    },
    parent_header: {},
    metadata: {},
    content: {
      code,
      silent: false,
      store_history: false,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    },
    buffers: [],
  };
}

type Message =
  | { readonly type: 'stream'; readonly parent: string | undefined; readonly text: string }
  | { readonly type: 'status'; readonly parent: string | undefined; readonly state: string }
  | {
      readonly type: 'execute_reply';
      readonly parent: string | undefined;
      readonly reply: Pick<Execution, 'status' | 'error'>;
    }
  | { readonly type: 'other'; readonly parent: undefined };

function parseMessage(text: string): Message {
  const message = jsonIn(text);
  const content = field(message, 'content');
  const parent = textField(field(message, 'parent_header'), 'msg_id');
  switch (textField(field(message, 'header'), 'msg_type')) {
    case 'stream':
      return { type: 'stream', parent, text: textField(content, 'text') ?? '' };
    case 'status':
      return { type: 'status', parent, state: textField(content, 'execution_state') ?? '' };
    case 'execute_reply': {
      if (textField(content, 'status') === 'ok') {
        return { type: 'execute_reply', parent, reply: { status: 'ok' } };
      }
      const error = `${textField(content, 'ename') ?? 'aborted'}: ${textField(content, 'evalue') ?? ''}`;
      return { type: 'execute_reply', parent, reply: { status: 'error', error } };
    }
    default:
      return { type: 'other', parent: undefined };
  }
}
