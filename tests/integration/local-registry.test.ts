/** The local registry on a real engine, from an image made of this machine's docker-registry. */
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createRegistryClient, type RegistryClient } from '../../registry/client.ts';
import {
  localRegistryStatus,
  startLocalRegistry,
  stopLocalRegistry,
} from '../../src/setup/local-registry.ts';
import { engineRig, errorOf, patience, valueOf, type EngineRig } from '../rig/engine.ts';
import { freePort } from '../rig/free-port.ts';
import { referenceTo } from '../rig/registry-image.ts';
import { REGISTRY_BINARY } from '../rig/registry.ts';

let rig: EngineRig;
let image = '';
let name = '';

beforeAll(async () => {
  rig = await engineRig('classic');
  name = `${rig.name}-registry`;
  image = await registryImage(rig);
}, 60_000);

afterEach(async () => {
  valueOf(await stopLocalRegistry(rig.engine, { name, removeData: true }, patience()));
});

afterAll(() => rig[Symbol.asyncDispose]());

/** The program, the two libraries that it needs, and a configuration: no distribution around them. */
async function registryImage({ engine, name: own, labels, request }: EngineRig): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hubwright-local-registry-'));
  try {
    const { stdout } = await execa('ldd', [REGISTRY_BINARY]);
    const libraries = [...stdout.matchAll(/(?:^|\s)(\/\S+)/g)].map(([, path = '']) => path);
    for (const path of [REGISTRY_BINARY, ...libraries]) {
      await mkdir(dirname(join(folder, 'root', path)), { recursive: true });
      await copyFile(path, join(folder, 'root', path));
    }
    await mkdir(join(folder, 'root/var/lib/registry'), { recursive: true });
    const storage = { filesystem: { rootdirectory: '/var/lib/registry' } };
    const config = { version: 0.1, log: { level: 'warn' }, storage, http: { addr: ':5000' } };
    await writeFile(join(folder, 'root/config.yml'), JSON.stringify(config));
    const tar = join(folder, 'root.tar');
    await execa('tar', [
      '--numeric-owner',
      '--owner=0',
      '--group=0',
      '-C',
      join(folder, 'root'),
      '-cf',
      tar,
      '.',
    ]);
    const root = `hubwright/${own}:registry-root`;
    valueOf(await engine.images.importTar(tar, root, labels, patience()));
    const tag = `hubwright/${own}:registry`;
    const dockerfile = `FROM ${root}\nENTRYPOINT ["${REGISTRY_BINARY}", "serve", "/config.yml"]\n`;
    valueOf(await engine.build(request(dockerfile, { tags: [tag] }), () => undefined, patience()));
    return tag;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function client(): RegistryClient {
  return createRegistryClient({ credentials: async () => undefined, retry: { attempts: 1 } });
}

async function containerId(): Promise<string> {
  return valueOf(await rig.engine.inspectContainer(name, patience())).id;
}

test('it answers when it has been started, keeps its data when it is stopped, and has it when it starts again', async () => {
  const port = await freePort();
  const absent = { state: 'absent', volume: name };
  expect(valueOf(await localRegistryStatus(rig.engine, patience(), name))).toEqual(absent);

  const { address } = valueOf(await startLocalRegistry(rig.engine, { image, port, name }, patience()));
  expect(address).toBe(`localhost:${port}`);
  const running = { state: 'running', address, image, volume: name };
  expect(valueOf(await localRegistryStatus(rig.engine, patience(), name))).toEqual(running);
  const stored = await client().uploadBlob(referenceTo(`${address}/a`), Buffer.from('kept'), patience());
  if (stored.kind === 'failed') throw new Error(stored.error.message);

  valueOf(await stopLocalRegistry(rig.engine, { name }, patience()));
  expect(valueOf(await localRegistryStatus(rig.engine, patience(), name))).toEqual({
    state: 'stopped',
    volume: name,
  });
  expect(await client().ping(address, patience())).toMatchObject({ kind: 'failed' });

  valueOf(await startLocalRegistry(rig.engine, { image, port, name }, patience()));
  const again = await client().headBlob(referenceTo(`${address}/a`), stored.digest, patience());
  expect(again).toEqual({ kind: 'found' });

  valueOf(await stopLocalRegistry(rig.engine, { name, removeData: true }, patience()));
  expect(valueOf(await localRegistryStatus(rig.engine, patience(), name))).toEqual(absent);
});

test('one that runs is left alone, and one of another port is replaced', async () => {
  const port = await freePort();
  valueOf(await startLocalRegistry(rig.engine, { image, port, name }, patience()));
  const first = await containerId();
  valueOf(await startLocalRegistry(rig.engine, { image, port, name }, patience()));
  expect(await containerId()).toBe(first);

  const other = await freePort();
  const moved = valueOf(await startLocalRegistry(rig.engine, { image, port: other, name }, patience()));
  expect(moved.address).toBe(`localhost:${other}`);
  expect(await containerId()).not.toBe(first);
});

test('it is offered to this machine alone', async () => {
  const port = await freePort();
  valueOf(await startLocalRegistry(rig.engine, { image, port, name }, patience()));
  const { stdout } = await execa('/usr/bin/docker', ['port', name]);
  expect(stdout).toBe(`5000/tcp -> 127.0.0.1:${port}`);
});

test('a port in use is told, and nothing is left behind', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // As above.
  server.on('connection', (socket) => socket.destroy());
  const error = errorOf(await startLocalRegistry(rig.engine, { image, port, name }, patience()));
  server.close();
  expect(error).toMatchObject({ code: 'port-in-use', message: `port ${port} of this machine is in use` });
  expect(errorOf(await rig.engine.inspectContainer(name, patience())).kind).toBe('not-found');
});

test('another registry at the port is told as that', async () => {
  const port = await freePort();
  const neighbour = `${name}-2`;
  valueOf(await startLocalRegistry(rig.engine, { image, port, name: neighbour }, patience()));
  const error = errorOf(await startLocalRegistry(rig.engine, { image, port, name }, patience()));
  valueOf(await stopLocalRegistry(rig.engine, { name: neighbour, removeData: true }, patience()));
  expect(error.message).toContain('another registry answers there');
});

test('a container of the same name that is not ours is left alone', async () => {
  const spec = { name, image: rig.root, cmd: ['sleep', '60'], env: {}, labels: rig.labels, mounts: [] };
  const id = valueOf(await rig.engine.createContainer(spec, patience()));
  const port = await freePort();
  const error = errorOf(await startLocalRegistry(rig.engine, { image, port, name }, patience()));
  expect(error.code).toBe('name-in-use');
  valueOf(await stopLocalRegistry(rig.engine, { name, removeData: true }, patience()));
  expect(await containerId()).toBe(id);
  valueOf(await rig.engine.removeContainer(id, patience()));
});

test('an image that ends at once is told with its last words', async () => {
  const port = await freePort();
  const broken = `hubwright/${rig.name}:broken`;
  const dockerfile = `FROM ${rig.root}\nCMD ["sh", "-c", "echo no such thing; exit 3"]\n`;
  valueOf(await rig.engine.build(rig.request(dockerfile, { tags: [broken] }), () => undefined, patience()));
  const error = errorOf(await startLocalRegistry(rig.engine, { image: broken, port, name }, patience()));
  expect(error.code).toBe('registry-silent');
  expect(error.notes?.[0]?.message).toContain('no such thing');
  expect(errorOf(await rig.engine.inspectContainer(name, patience())).kind).toBe('not-found');
});
