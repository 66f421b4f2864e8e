import { execa } from 'execa';
import { createServer as createPlainServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { AddressInfo, Server } from 'node:net';
import path from 'node:path';
import { createServer } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { err, ok } from '../../../src/core/result.ts';
import { hubHealth } from '../../../src/smoke/contract/hub/h2-health.ts';
import { exchange } from '../../../src/hub/http-exchange.ts';
import type { LiveContainer, ServerOutcome } from '../../../src/smoke/live-container.ts';
import { speaksTls } from '../../../registry/speaks-tls.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

const host = '127.0.0.1';
const signal = AbortSignal.timeout(20_000);
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  // What listens on a port has an address of this kind.
  return (server.address() as AddressInfo).port;
}

async function overTls(): Promise<number> {
  await using folder = await temporaryFolder();
  const [keyout, out] = [path.join(folder.path, 'key'), path.join(folder.path, 'cert')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=hub'];
  await execa('openssl', ['req', '-x509', ...kind, '-keyout', keyout, '-out', out]);
  const [key, cert] = await Promise.all([readFile(keyout), readFile(out)]);
  return listen(createServer({ key, cert }, (socket) => socket.end()));
}

function hint(last: Extract<ServerOutcome, { kind: 'not-ready' }>['last']) {
  const outcome = { kind: 'not-ready', afterMs: 0, waitedMs: 0, last, listening: undefined } as const;
  // The clause asks for nothing else of a container whose port gives no sign of TLS.
  return hubHealth.test({ outcome, address: host } as unknown as LiveContainer<ServerOutcome>, signal);
}

test('a port that speaks TLS is told from one that speaks HTTP, and from one where nobody is', async () => {
  const plain = await listen(createPlainServer((_, response) => void response.end('hello')));
  expect(await speaksTls(host, await overTls(), signal)).toBe(true);
  expect(await speaksTls(host, plain, signal)).toBe(false);
  expect(await speaksTls(host, 1, signal)).toBe(false);
});

test('of a hub that leads beneath another base URL the cause is told', async () => {
  const location = '/teaching/hub/hub/health';
  const port = await listen(
    createPlainServer((_, response) => void response.writeHead(302, { location }).end()),
  );
  const answered = await exchange({ host, port, path: '/hub/health' }, signal);
  expect(await hint(answered)).toMatchObject({
    ok: true,
    value: { result: 'fail', hint: expect.stringContaining('lives under /teaching/ and') },
  });
});

test('of another answer no base URL is guessed', async () => {
  const answer = {
    status: 302,
    headers: { location: '/hub/login' },
    body: '',
    truncated: false,
    durationMs: 1,
  };
  for (const last of [ok(answer), err({ kind: 'garbled', message: 'socket hang up' } as const)]) {
    expect(await hint(last)).toMatchObject({ ok: true, value: { hint: expect.stringContaining('log') } });
  }
});
