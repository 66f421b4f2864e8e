import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { openKernel, ranPlainCode } from '../../../src/smoke/kernel-session.ts';
import type { KernelSession } from '../../../src/smoke/kernel-session.ts';
import { clientText, serverFrame, WebSocketRig } from '../../rig/websocket-server.ts';

const { signal } = new AbortController();
const soonMs = 2000;
const python = { spec: { argv: ['/usr/bin/python3', '-m', 'ipykernel'], language: 'python' } };

/** What a Jupyter server answers before the websocket. */
function answerAs(kernelspecs: object, started = 201) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const specs = request.url?.endsWith('/api/kernelspecs') === true;
    response.writeHead(specs ? 200 : started);
    response.end(JSON.stringify(specs ? { default: 'python3', kernelspecs } : { id: 'k1' }));
  };
}

type Say = (type: string, content: object, parent?: string) => void;

async function kernelOf({ port }: WebSocketRig): Promise<KernelSession> {
  const opened = await openKernel(
    { host: '127.0.0.1', port, servicePrefix: '/user/ada/', token: 't' },
    signal,
  );
  if (!opened.ok) throw new Error(opened.error.evidence);
  return opened.value;
}

/** A kernel that does to each request what `react` says. */
function speaking(react: (say: Say, id: string, socket: Duplex) => void): (socket: Duplex) => void {
  return (socket) => {
    socket.on('data', (frame: Buffer) => {
      if (((frame[0] ?? 0) & 0x0f) !== 1) return;
      const { msg_id: id } = JSON.parse(clientText(frame)).header;
      const say: Say = (type, content, parent = id) =>
        void socket.write(
          serverFrame(
            JSON.stringify({ header: { msg_type: type }, parent_header: { msg_id: parent }, content }),
          ),
        );
      react(say, id, socket);
    });
  };
}

describe('a kernel', () => {
  it.each([
    [
      'that ran the code, whose last output comes after the reply',
      (say: Say) => {
        say('status', { execution_state: 'busy' });
        say('execute_reply', { status: 'ok' });
        say('stream', { text: 'not ours' }, 'another');
        say('stream', { text: '42' });
        say('status', { execution_state: 'idle' });
      },
      { status: 'ok', output: '42' },
    ],
    [
      'that raised an error',
      (say: Say) => {
        say('execute_reply', { status: 'error', ename: 'NameError', evalue: 'x' });
        say('status', { execution_state: 'idle' });
      },
      { status: 'error', error: 'NameError: x' },
    ],
    [
      'that died and is started anew',
      (say: Say) => say('status', { execution_state: 'restarting' }, 'nothing'),
      { status: 'lost' },
    ],
    [
      'whose connection breaks',
      (_say: Say, _id: string, socket: Duplex) => socket.destroy(),
      { status: 'lost' },
    ],
    ['that never answers', () => {}, { status: 'silent' }],
  ])('%s is told as such', async (_, react, expected) => {
    await using rig = await WebSocketRig.listen({
      onOpen: speaking(react),
      onRequest: answerAs({ python3: python }),
    });
    const kernel = await kernelOf(rig);
    expect(kernel).toMatchObject({ spec: 'python3', language: 'python', interpreter: '/usr/bin/python3' });
    const limitMs = expected.status === 'silent' ? 50 : soonMs;
    expect(kernel.usable).toBe(true);
    expect(await kernel.execute('6 * 7', limitMs)).toMatchObject(expected);
    // What died or hangs is of no use to whoever comes next; an error in the code is no harm.
    expect(kernel.usable).toBe(!['lost', 'silent'].includes(expected.status));
  });

  it.each([
    ['is in no list', {}, 201, 'specs'],
    ['cannot be started', { python3: python }, 500, 'start'],
  ])('that %s is told with the step', async (_, specs, status, step) => {
    await using rig = await WebSocketRig.listen({ onRequest: answerAs(specs, status) });
    const server = { host: '127.0.0.1', port: rig.port, servicePrefix: '/user/ada/', token: 't' };
    expect(await openKernel(server, signal)).toMatchObject({ ok: false, error: { step } });
  });

  it('whose websocket is refused is told with the status', async () => {
    await using rig = await WebSocketRig.listen({ onRequest: answerAs({ other: python }), refuse: 500 });
    const server = { host: '127.0.0.1', port: rig.port, servicePrefix: '/user/ada/', token: 't' };
    const opened = await openKernel(server, signal);
    expect(opened).toMatchObject({ ok: false, error: { step: 'websocket' } });
    expect(opened.ok ? '' : opened.error.evidence).toContain('500');
  });

  it.each([
    ['python', 'ok', true],
    ['bash', 'ok', true],
    ['bash', 'error', true],
    ['SQL', 'error', true],
    ['python', 'error', false],
    ['R', 'error', false],
    ['bash', 'silent', false],
    ['bash', 'lost', false],
  ] as const)('in %s that answers a mere number with %s works: %s', (language, status, works) => {
    expect(ranPlainCode({ status, output: '', durationMs: 1 }, language)).toBe(works);
  });
});
