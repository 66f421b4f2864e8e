/**
 * `build registry start|stop|status`, and a push to it, as a user types them: on an engine of the test's own, since
 * an engine has one local registry, and with a registry image small enough to be built in a moment.
 */
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectDocker } from '../../src/engine/docker/docker-engine.ts';
import { ownerLabel } from '../../src/core/labels.ts';
import { localRegistryName, stopLocalRegistry } from '../../src/setup/local-registry.ts';
import { patience, valueOf } from '../rig/engine.ts';
import { freePort } from '../rig/free-port.ts';
import { REGISTRY_BINARY } from '../rig/registry.ts';
import { endSecondEngine, secondEngineSocket, sharedFolderPrefix } from '../rig/second-engine.ts';
import { trivial, workspace, type Workspace } from '../rig/workspace.ts';

let folder = '';
let socket = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), `${sharedFolderPrefix}${process.pid}-`));
  socket = await secondEngineSocket(folder, 'classic');
});

afterAll(() => endSecondEngine(folder));

const configuration = {
  version: 0.1,
  log: { level: 'warn' },
  storage: { filesystem: { rootdirectory: '/var/lib/registry' } },
  http: { addr: ':5000' },
};

const files = {
  'matrix.yaml': `registry: ""
tags: [latest]
roots:
  "{p}root": { from: "rig.example/{p}root:1", bootstrap: { debian: trixie } }
images:
  "{p}base": { context: base, kind: custom }
  "{p}store": { context: store, kind: registry }
groups:
  default: ["{p}base"]
`,
  'base/Dockerfile': trivial,
  'base/file': 'base',
  'store/config.json': JSON.stringify(configuration),
  'store/Dockerfile': `FROM rig.example/{p}root:1
COPY program /
COPY config.json /
VOLUME /var/lib/registry
ENTRYPOINT ["${REGISTRY_BINARY}", "serve", "/config.json"]
`,
};

/** The program and the libraries that it needs, for the image to copy. */
async function addProgram({ directory }: Workspace): Promise<void> {
  const { stdout } = await execa('ldd', [REGISTRY_BINARY]);
  const libraries = [...stdout.matchAll(/(?:^|\s)(\/\S+)/g)].map(([, library = '']) => library);
  for (const file of [REGISTRY_BINARY, ...libraries]) {
    const target = path.join(directory, 'store/program', file);
    await mkdir(path.dirname(target), { recursive: true });
    await copyFile(file, target);
  }
}

/** The workspace, whose registry and its data are gone afterwards. */
async function registryWorkspace(): Promise<Workspace> {
  const family = await workspace(files, { socket });
  await addProgram(family);
  return {
    ...family,
    async [Symbol.asyncDispose]() {
      valueOf(await stopLocalRegistry(family.engine, { removeData: true }, patience()));
      await family[Symbol.asyncDispose]();
    },
  };
}

async function repositories(port: number): Promise<unknown> {
  return (await fetch(`http://localhost:${port}/v2/_catalog`)).json();
}

test('it is built, checked and started; images are pushed to it; its data outlives a stop', async () => {
  await using family = await registryWorkspace();
  const port = await freePort();
  const absent = await family.build(['registry', 'status']);
  expect([absent.stdout, absent.stderr]).toEqual([
    'registry: absent',
    'next: build registry start, which builds the image of the kind `registry` and starts it',
  ]);

  const started = await family.build(['registry', 'start', '--port', String(port)]);
  expect(started.exitCode, started.stderr).toBe(0);
  expect(started.stdout).toBe(`registry: running at localhost:${port}`);
  expect(started.stderr).toContain(`✓ ${family.prefix}store`);
  const running = await family.build(['registry', 'status']);
  expect(running.stdout).toBe(`registry: running at localhost:${port}`);
  expect(running.stderr).toContain('next: build images --changed --push, ');

  const pushed = await family.events(['--push']);
  expect(pushed.exitCode, pushed.stderr).toBe(0);
  expect(await repositories(port)).toEqual({ repositories: ['hubwright-release', `${family.prefix}base`] });
  const release = JSON.parse(await family.read('release.json'));
  expect(release.images[0].reference).toMatch(new RegExp(`^localhost:${port}/${family.prefix}base@sha256:`));

  const stopped = await family.build(['registry', 'stop']);
  expect([stopped.exitCode, stopped.stdout]).toEqual([0, 'registry: stopped (its images are kept)']);
  const status = await family.build(['registry', 'status']);
  expect([status.stdout, status.stderr]).toEqual([
    'registry: stopped',
    'next: build registry start, which finds its images again',
  ]);
  await expect(repositories(port)).rejects.toThrow();

  const again = await family.build(['registry', 'start', '--port', String(port)]);
  expect([again.exitCode, again.stderr]).toEqual([0, '']);
  expect(await repositories(port)).toEqual({ repositories: ['hubwright-release', `${family.prefix}base`] });
  const idle = await family.events(['--changed', '--push']);
  expect(idle.events.filter((event) => event.kind === 'stage-started')).toEqual([]);
});

test('with --setup a push starts it where `registry:` names a port of this machine', async () => {
  await using family = await registryWorkspace();
  const port = await freePort();
  await family.write(
    'matrix.yaml',
    files['matrix.yaml'].replace('registry: ""', `registry: localhost:${port}`),
  );
  const without = await family.build(['images', '--push']);
  expect(without.exitCode).toBe(3);
  const run = await family.build(['images', '--push', '--setup', '--yes']);
  expect(run.exitCode, run.stderr).toBe(0);
  expect(await repositories(port)).toEqual({ repositories: ['hubwright-release', `${family.prefix}base`] });
});

test('one that fails its check is not started', async () => {
  await using family = await registryWorkspace();
  await family.write('store/config.json', JSON.stringify({ ...configuration, version: 9 }));
  const started = await family.build(['registry', 'start', '--port', String(await freePort())]);
  expect(started.exitCode).toBe(3);
  expect(started.stderr).toContain('R1');
  expect(started.stderr).toContain('the local registry was not started');
  expect((await family.build(['registry', 'status'])).stdout).toBe('registry: absent');
});

test('a port in use is told with exit code 3, and a family without a registry image with 2', async () => {
  await using family = await registryWorkspace();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = String((server.address() as AddressInfo).port); // It listens on TCP, so it is no pipe's name.
  const busy = await family.build(['registry', 'start', '--port', port]);
  server.close();
  expect([busy.exitCode, busy.stderr]).toEqual([
    3,
    expect.stringContaining(`port ${port} of this machine is in use`),
  ]);

  await family.write('matrix.yaml', files['matrix.yaml'].replace('kind: registry', 'kind: custom'));
  const none = await family.build(['registry', 'start']);
  expect([none.exitCode, none.stderr]).toEqual([
    2,
    expect.stringContaining('no image of the kind `registry`'),
  ]);
});

test('nothing is left behind', async () => {
  const engine = connectDocker({ socket });
  const signal = patience();
  expect(valueOf(await engine.listContainers(ownerLabel, signal))).toEqual([]);
  expect(valueOf(await engine.listVolumes(ownerLabel, signal))).not.toContain(localRegistryName);
  expect(valueOf(await engine.listNetworks(ownerLabel, signal))).toEqual([]);
  await engine.close();
});
