/** A terminal of a user's server, opened as JupyterLab opens one. It tells whether a shell is there; judges nothing. */
import { jsonIn } from '../../registry/parse-json.ts';
import { excerpt, exchangeLine, handshakeLine } from './evidence.ts';
import { askServer, jsonOf, textField, tokenHeader } from '../hub/jupyter-api.ts';
import type { ServerAddress } from '../hub/jupyter-api.ts';
import { patient } from '../hub/patience.ts';
import { openWebSocket } from './websocket.ts';
import type { WebSocketLink } from './websocket.ts';

export interface TerminalTry {
  /**
   * `answers`: a shell did what it was told. `stays`: something runs there that is no such shell. `ends`: it came and
   * went, or did not come. `absent`: the server knows no terminals. `shut`: its websocket is not opened.
   */
  readonly kind: 'answers' | 'stays' | 'ends' | 'absent' | 'shut';
  readonly evidence: readonly string[];
}

const budgetMs = 15_000;

/** Printed by any shell; the line that is typed does not hold it, though the terminal echoes that. */
const word = 'hubwright';
const command = "echo hub''wright";

/** Opens a terminal and runs one command in it. */
export async function tryTerminal(server: ServerAddress, signal: AbortSignal): Promise<TerminalTry> {
  const made = await askServer(
    server,
    { method: 'POST', api: 'api/terminals', timeoutMs: patient(budgetMs) },
    signal,
  );
  const name = made.ok && made.value.status === 200 ? textField(jsonOf(made.value), 'name') : undefined;
  const evidence = [exchangeLine('POST api/terminals', made)];
  if (name === undefined) {
    return { kind: made.ok && made.value.status === 404 ? 'absent' : 'ends', evidence };
  }
  const path = `${server.servicePrefix}terminals/websocket/${encodeURIComponent(name)}`;
  const { host, port } = server;
  const shaken = await openWebSocket({ host, port, path, headers: tokenHeader(server) }, signal);
  if (!shaken.ok || shaken.value.kind === 'refused') {
    return { kind: 'shut', evidence: [...evidence, `its websocket: ${handshakeLine(shaken)}`] };
  }
  using link = shaken.value.link;
  const { kind, output } = await talk(link);
  await askServer(server, { method: 'DELETE', api: `api/terminals/${encodeURIComponent(name)}` }, signal);
  return { kind, evidence: [...evidence, `${command}: ${excerpt(output, 120) || 'nothing'}`] };
}

/** Terminado's messages: `["stdout", text]`, `["disconnect", 1]`, and ours `["stdin", text]`. */
async function talk(link: WebSocketLink): Promise<{ kind: 'answers' | 'stays' | 'ends'; output: string }> {
  const end = performance.now() + patient(budgetMs);
  link.send(JSON.stringify(['stdin', `${command}\r`]));
  let output = '';
  for (;;) {
    const text = await link.receive(end - performance.now());
    if (text === undefined) return { kind: link.open && output !== '' ? 'stays' : 'ends', output };
    const message = jsonIn(text);
    if (!Array.isArray(message)) continue;
    if (message[0] === 'disconnect') return { kind: 'ends', output };
    if (message[0] === 'stdout') output = (output + String(message[1])).slice(-4096);
    if (output.includes(word)) return { kind: 'answers', output };
  }
}
