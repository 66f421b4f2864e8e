/**
 * Real engines for tests, one for each kind of image store, and an image to begin with: a root of
 * busybox alone, made on the spot, since no registry of the world may be reachable.
 * Needs Debian's busybox-static, and the right to start an engine (root).
 */
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { inject } from 'vitest';
import { recordReference } from '../../src/core/labels.ts';
import type { Result } from '../../src/core/result.ts';
import { connectDocker } from '../../src/engine/docker/docker-engine.ts';
import type { BuildRequest, Engine } from '../../src/engine/engine.ts';
import { secondEngineSocket } from './second-engine.ts';
import type { Store } from './second-engine.ts';

export const stores = ['classic', 'containerd'] as const satisfies readonly Store[];

const busybox = '/bin/busybox';
const applets =
  'sh cat chmod cp echo env false head id ls mkdir nc readlink seq sha256sum sleep stat true wget yes';

/** A signal for calls that a test does not mean to cancel. */
export function patience(): AbortSignal {
  return AbortSignal.timeout(60_000);
}

/** The value, or a failed test that shows the error. */
export function valueOf<T>(result: Result<T, unknown>): T {
  if (result.ok) return result.value;
  throw new Error(JSON.stringify(result.error));
}

/** The error, or a failed test that shows the value. */
export function errorOf<E>(result: Result<unknown, E>): E {
  if (!result.ok) return result.error;
  throw new Error(`expected an error, got ${JSON.stringify(result.value)}`);
}

/** One engine with one image to start from; disposing removes all that carries its label. */
export interface EngineRig extends AsyncDisposable {
  readonly engine: Engine;
  readonly store: Store;
  readonly socket: string | undefined;
  /** Own to this rig: a name to put into the names of everything made. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Reference of the busybox image, tagged as the record tags. */
  readonly root: string;
  /** The tar that the image was imported from. */
  readonly rootTar: string;
  /** A build that needs nothing but a Dockerfile. */
  request(dockerfile: string, more?: Partial<BuildRequest>): BuildRequest;
}

/** The machine's engine if it has this kind of store, else the run's second one. */
export async function engineRig(store: Store): Promise<EngineRig> {
  const socket = await engineSocket(store);
  const engine = connectDocker(socket === undefined ? {} : { socket });
  const name = `rig-${randomUUID().slice(0, 8)}`;
  const labels = { hubwright: name };
  const folder = await mkdtemp(join(tmpdir(), 'hubwright-engine-'));
  const rootTar = await makeRootTar(folder);
  const root = recordReference(name, `key-${name}`);
  valueOf(await engine.images.importTar(rootTar, root, labels, patience()));
  return {
    engine,
    store,
    socket,
    name,
    labels,
    root,
    rootTar,
    request: (dockerfile, more = {}) => ({ ...buildRequest(name, dockerfile), labels, ...more }),
    async [Symbol.asyncDispose]() {
      await removeLabelled(engine, `hubwright=${name}`);
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The socket of the engine with this kind of store; undefined for the usual one. */
export async function engineSocket(store: Store): Promise<string | undefined> {
  const machine = connectDocker();
  try {
    const info = valueOf(await machine.info(patience()));
    return info.store === store ? undefined : await secondEngineSocket(inject('sharedFolder'), store);
  } finally {
    await machine.close();
  }
}

/** A build that needs nothing but a Dockerfile. */
export function buildRequest(name: string, dockerfile: string): BuildRequest {
  return {
    name,
    dockerfile,
    dockerfilePath: 'images/test/Dockerfile',
    context: undefined,
    args: {},
    labels: {},
    tags: [],
    secrets: new Map(),
    credentials: async () => undefined,
    noCache: false,
  };
}

/** One for each test file, so that a build of an earlier run is never found in the engine's cache. */
const madeAt = Math.floor(Math.random() * 1e9);

/** A root file system of busybox alone, as a tar in the folder: the same bytes each time in one test file. */
export async function makeRootTar(folder: string): Promise<string> {
  const tree = join(folder, 'root');
  for (const directory of ['bin', 'etc', 'tmp', 'data'])
    await mkdir(join(tree, directory), { recursive: true });
  await copyFile(busybox, join(tree, 'bin', 'busybox'));
  for (const applet of applets.split(' ')) await symlink('busybox', join(tree, 'bin', applet));
  await writeFile(join(tree, 'data', 'seed'), 'from the image\n');
  const tar = join(folder, 'root.tar');
  const same = ['--sort=name', `--mtime=@${madeAt}`, '--numeric-owner', '--owner=0', '--group=0'];
  await execa('tar', [...same, '-C', tree, '-cf', tar, '.']);
  return tar;
}

/** The kind of store that the machine's own engine does not have: an engine that is the tests' alone. */
export async function otherStore(): Promise<Store> {
  return (await engineSocket('classic')) === undefined ? 'containerd' : 'classic';
}

async function removeLabelled(engine: Engine, label: string): Promise<void> {
  const signal = patience();
  for (const { id } of valueOf(await engine.listContainers(label, signal)))
    valueOf(await engine.removeContainer(id, signal));
  for (const { name } of valueOf(await engine.listNetworks(label, signal)))
    valueOf(await engine.removeNetwork(name, signal));
  for (const name of valueOf(await engine.listVolumes(label, signal)))
    valueOf(await engine.removeVolume(name, signal));
  for (const { id, tags } of valueOf(await engine.images.list({ label }, signal)))
    for (const reference of tags.length === 0 ? [id] : tags) await engine.images.remove(reference, signal);
}
