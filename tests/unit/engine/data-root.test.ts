import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, test } from 'vitest';
import { connectDocker } from '../../../src/engine/docker/docker-engine.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

const { signal } = new AbortController();

/** The data root of an engine that listens there, as it is told to us who ask at `addressOf` it. */
async function dataRootAt(where: string | number, addressOf: (port: number) => string) {
  const info = {
    ServerVersion: '27.0.0',
    Architecture: 'x86_64',
    NCPU: 2,
    MemTotal: 1e9,
    DriverStatus: [],
    Runtimes: {},
    DockerRootDir: '/var/lib/docker',
  };
  const server = createServer((_, response) => response.end(JSON.stringify(info)));
  if (typeof where === 'string') server.listen(where);
  else server.listen(where, '127.0.0.1');
  await once(server, 'listening');
  // A number as the address asks for a port, and gets one.
  const port = typeof where === 'string' ? 0 : (server.address() as AddressInfo).port;
  const engine = connectDocker({ socket: addressOf(port) });
  const asked = await engine.info(signal);
  await engine.close();
  server.closeAllConnections();
  server.close();
  if (!asked.ok) throw new Error(asked.error.message);
  return asked.value.dataRoot;
}

test.each([['tcp://'], ['http://'], ['']])(
  'an engine at %s127.0.0.1 may be another machine’s: its disk is not looked at here',
  async (scheme) => {
    expect(await dataRootAt(0, (port) => `${scheme}127.0.0.1:${port}`)).toBeUndefined();
  },
);

test.each([[''], ['unix://']])(
  'an engine at a socket, written with %j before it, has its disk here',
  async (scheme) => {
    await using folder = await temporaryFolder();
    const socket = path.join(folder.path, 'engine.sock');
    expect(await dataRootAt(socket, () => `${scheme}${socket}`)).toBe('/var/lib/docker');
  },
);
