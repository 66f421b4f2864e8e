/**
 * The way of an image to a user, on a real kubelet: published to a registry, brought to the node by `build prepull`,
 * started there by the family's own hub, its database beside it; then a newer release. The hub and its proxy are
 * containers on this machine's network; pods reach the hub by the node's address. The tests go on from one another.
 */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  askHub,
  followProgress,
  parseHubUrl,
  serverStateOf,
  type HubAddress,
} from '../../src/hub/hub-api.ts';
import { askServer, type ServerAddress } from '../../src/hub/jupyter-api.ts';
import { openKernel } from '../../src/smoke/kernel-session.ts';
import { build, type Answer } from '../rig/command.ts';
import { valueOf } from '../rig/engine.ts';
import { familyCopy, type FamilyCopy } from '../rig/family-copy.ts';
import { coldFamilyMs, realImages, referenceIn } from '../rig/family.ts';
import { freePort } from '../rig/free-port.ts';
import { KubernetesRig, kubernetesFolder, nodeAddress } from '../rig/kubernetes/control-plane.ts';
import { startRealNode, type RealNode } from '../rig/kubernetes/kubelet.ts';
import { startRegistry, type RegistryRig } from '../rig/registry.ts';
import { removeTagsOf } from '../rig/registry-tags.ts';
import { temporaryFolder, type TemporaryFolder } from '../rig/temporary-folder.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: coldFamilyMs + 600_000 });

const published = ['base', 'db', 'hub', 'proxy', 'pause'] as const;
/** What the pool brings to the node, and what a user's pod is made of. */
const pulled = ['base', 'db'] as const;
const pods = '/api/v1/namespaces/default/pods';
const purpose = { 'hub.jupyter.org/node-purpose': 'user' };
const pools = `
pools:
  students: { images: [${pulled.join(', ')}], selector: ${JSON.stringify(purpose)} }
`;
const startMs = 300_000;
const stem = `hubwright-test-cluster-${process.pid}`;
const token = randomBytes(16).toString('hex');
const all = new AsyncDisposableStack();

let images: ReadonlyMap<string, string>;
let registry: RegistryRig;
let copy: FamilyCopy;
let rig: KubernetesRig;
let node: RealNode;
let folder: TemporaryFolder;
let hub: HubAddress;
let url = '';

beforeAll(async () => {
  // First: who has no cluster shall not wait for images.
  kubernetesFolder();
  images = await realImages(published);
  registry = all.use(await startRegistry());
  copy = all.use(await familyCopy());
  all.defer(() => removeTagsOf(registry.host));
  await copy.append('matrix.yaml', pools);
  await publish();
  rig = all.use(await KubernetesRig.start([]));
  node = all.use(
    await startRealNode(rig, {
      sandboxImage: (await copy.released('pause')).reference,
      registry: registry.host,
      labels: purpose,
    }),
  );
  folder = all.use(await temporaryFolder({ token }));
});

afterAll(async () => {
  await stopHub();
  await all[Symbol.asyncDispose]();
});

async function publish(): Promise<void> {
  const args = [...published, '--changed', '--push'];
  const run = await copy.images(args, { DOCKER_REGISTRY: registry.host });
  expect(run.exitCode, run.stderr).toBe(0);
}

function command(...args: readonly string[]): Promise<Answer> {
  return build(copy.directory, args, { DOCKER_REGISTRY: registry.host });
}

const onCluster = () => ['--kubeconfig', rig.kubeconfig];
const withToken = () => ['--token-file', path.join(folder.path, 'token')];

/** What a site adds to the hub's own configuration: a token, and the database beside every notebook. */
function siteConfig(hubPort: number, database: string): string {
  const sidecar = {
    name: 'database',
    image: database,
    env: [{ name: 'MYSQL_ALLOW_EMPTY_PASSWORD', value: '1' }],
  };
  return `
c = get_config()
c.JupyterHub.hub_bind_url = "http://0.0.0.0:${hubPort}"
c.JupyterHub.services = [{"name": "test", "api_token": "${token}"}]
c.JupyterHub.load_roles = [
    {"name": "test", "services": ["test"], "scopes": ["admin:users", "admin:servers", "access:servers"]}
]
c.KubeSpawner.extra_containers = [${JSON.stringify(sidecar)}]
`;
}

/** Starts the family's hub and proxy, as the newest release has base and database for them. */
async function startHub(): Promise<void> {
  const [hubPort, port, apiPort] = await Promise.all([0, 0, 0].map(freePort));
  const [base, db] = [await copy.released('base'), await copy.released('db')];
  await folder.write('site.py', siteConfig(hubPort ?? 0, db.reference));
  const env = {
    CONFIGPROXY_AUTH_TOKEN: token,
    HUB_CONNECT_URL: `http://${nodeAddress}:${hubPort}`,
    PROXY_API_URL: `http://127.0.0.1:${apiPort}`,
    SINGLEUSER_IMAGE: base.reference,
    IDLE_TIMEOUT: '0',
    KUBECONFIG: '/kubeconfig',
  };
  const authority = path.join(rig.folder, 'ca.crt');
  const mounts = {
    [rig.kubeconfig]: '/kubeconfig',
    [authority]: authority,
    [path.join(folder.path, 'site.py')]: '/usr/local/etc/jupyterhub/jupyterhub_config.d/site.py',
  };
  const run = (name: string, ...args: readonly string[]) =>
    execa('docker', [
      'run',
      '--detach',
      '--network=host',
      '--label=hubwright=test',
      `--name=${stem}-${name}`,
      ...Object.entries(env).map((pair) => `--env=${pair.join('=')}`),
      ...args,
    ]);
  const volumes = Object.entries(mounts).map((pair) => `--volume=${pair.join(':')}:ro`);
  await run('hub', ...volumes, referenceIn(images, 'hub'));
  const ports = ['--ip=127.0.0.1', `--port=${port}`, '--api-ip=127.0.0.1', `--api-port=${apiPort}`];
  await run('proxy', referenceIn(images, 'proxy'), ...ports, `--default-target=http://127.0.0.1:${hubPort}`);
  url = `http://127.0.0.1:${port}`;
  const address = parseHubUrl(url, token);
  if (address === undefined) throw new Error(url);
  hub = address;
  await until('the hub answers', async () => (await fetch(`${url}/hub/health`)).status === 200);
}

async function stopHub(): Promise<void> {
  await execa('docker', ['rm', '--force', '--volumes', `${stem}-hub`, `${stem}-proxy`], { reject: false });
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + startMs;
  while (!(await holds().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${startMs / 1000} s\n${await hubLog()}`);
    await sleep(500);
  }
}

async function hubLog(): Promise<string> {
  const log = await execa('docker', ['logs', '--tail', '40', `${stem}-hub`], { all: true, reject: false });
  return log.all;
}

/** A user's server, from nothing to ready; throws with what the hub says where it does not come up. */
async function startServer(user: string): Promise<ServerAddress> {
  const signal = AbortSignal.timeout(startMs);
  const api = `users/${user}`;
  await askHub(hub, { method: 'POST', api }, signal);
  const asked = valueOf(
    await askHub(hub, { method: 'POST', api: `${api}/server`, timeoutMs: startMs }, signal),
  );
  expect(asked.status, asked.body).toBeLessThan(300);
  const told = valueOf(await followProgress(hub, user, startMs, signal));
  const state = serverStateOf(hub, valueOf(await askHub(hub, { method: 'GET', api }, signal)));
  if (state.kind !== 'ready') throw new Error(`${state.kind}: ${told.message}\n${await hubLog()}`);
  return state.server;
}

interface Pod {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly containers: readonly { readonly name: string; readonly image: string }[] };
  readonly status: { readonly containerStatuses?: readonly { readonly ready: boolean }[] };
}

/** Pods that the hub has started. */
async function userPods(): Promise<readonly Pod[]> {
  const list = await rig.ask('GET', `${pods}?labelSelector=component%3Dsingleuser-server`);
  return (list as { items: Pod[] }).items; // as the API says
}

interface ToldEvent {
  readonly reason: string;
  readonly message: string;
}

async function eventsOf(pod: string): Promise<readonly ToldEvent[]> {
  const selector = `fieldSelector=involvedObject.name%3D${pod}`;
  const list = await rig.ask('GET', `/api/v1/namespaces/default/events?${selector}`);
  return (list as { items: ToldEvent[] }).items; // as the API says
}

const pullsOf = (events: readonly ToldEvent[]) =>
  events.filter(({ reason }) => ['Pulling', 'Pulled', 'Failed', 'BackOff'].includes(reason));

/** Runs code in a notebook's kernel. */
async function compute(server: ServerAddress, code: string): Promise<string> {
  const signal = AbortSignal.timeout(startMs);
  const kernel = valueOf(await openKernel(server, signal));
  const { status, output, error } = await kernel.execute(code, 120_000);
  await kernel.close(signal);
  return status === 'ok' ? output : `${status}: ${error}\n${output}`;
}

/** The kubelet found every image of the release's on its node, and fetched none. */
async function expectPresent(pod: string): Promise<void> {
  const wanted = await Promise.all(pulled.map(async (name) => (await copy.released(name)).reference));
  const pulls = () => eventsOf(pod).then(pullsOf);
  await until('the kubelet tells of each image', async () => (await pulls()).length >= wanted.length);
  const told = (await pulls()).map(({ reason, message }) => `${reason}: ${message}`).toSorted();
  expect(told).toHaveLength(wanted.length);
  for (const [at, image] of wanted.toSorted().entries()) {
    expect(told[at]).toMatch(/^Pulled: .*already present on machine/);
    expect(told[at]).toContain(image);
  }
}

/** What `build prune` would remove if nothing were too young and one release kept what it names. */
async function expired(...args: readonly string[]): Promise<readonly string[]> {
  const now = ['--older-than', '1s', '--keep-releases', '1', '--json'];
  const { exitCode, stdout, stderr } = await command('prune', ...now, ...args);
  expect(exitCode, stderr).toBe(0);
  const document = JSON.parse(stdout) as { expired: { reference: string }[] }; // our own
  return document.expired.map(({ reference }) => reference);
}

function restart(...args: readonly string[]): Promise<Answer> {
  const where = ['--hub', url, ...withToken(), '--namespace', 'default'];
  return command('restart-servers', ...where, ...onCluster(), ...args);
}

test('the pool’s images come to the node, and stay when the pods that brought them are gone', async () => {
  const run = await command('prepull', 'run', '--pool', 'students', '--deadline', '8m', ...onCluster());
  expect(run, run.stderr).toMatchObject({ exitCode: 0 });
  expect(run.stdout).toContain('1 of 1 node has 2 images');
  const [daemon] = await rig.names(pods);
  const brought = pullsOf(await eventsOf(daemon ?? '')).filter(({ reason }) => reason === 'Pulling');
  // This is what a pull looks like: no user's pod may show one.
  for (const name of pulled)
    expect(brought.map(({ message }) => message).join('\n')).toContain((await copy.released(name)).digest);
  expect(await command('prepull', 'delete', ...onCluster())).toMatchObject({ exitCode: 0 });
  await until('the node is empty', async () => (await node.containers()).length === 0);
});

test('the family’s hub starts a user’s server with its database, and nothing is pulled', async () => {
  await startHub();
  const server = await startServer('ann');
  expect(server.servicePrefix).toBe('/user/ann/');
  const api = valueOf(await askServer(server, { method: 'GET', api: 'api' }, AbortSignal.timeout(60_000)));
  expect(api).toMatchObject({ status: 200 });
  expect(api.headers['x-jupyterhub-version']).toBeDefined();

  const [pod, ...others] = await userPods();
  expect(others).toEqual([]);
  const wanted = await Promise.all(pulled.map(async (name) => (await copy.released(name)).reference));
  expect(pod?.spec.containers.map(({ image }) => image)).toEqual(wanted);

  await expectPresent(pod?.metadata.name ?? '');
});

test('a notebook reaches the database beside it', async () => {
  const server = serverStateOf(
    hub,
    valueOf(await askHub(hub, { method: 'GET', api: 'users/ann' }, AbortSignal.timeout(60_000))),
  );
  if (server.kind !== 'ready') throw new Error(server.kind);
  const [pod] = await userPods();
  expect(pod?.status.containerStatuses?.map(({ ready }) => ready)).toEqual([true, true]);
  const greeting = await compute(
    server.server,
    `
import socket, time
for attempt in range(60):
    try:
        print(socket.create_connection(("127.0.0.1", 3306), 5).recv(200))
        break
    except OSError as error:
        print(error)
        time.sleep(1)
`,
  );
  // What MariaDB says first to everybody who connects.
  expect(greeting).toMatch(/\d+\.\d+\.\d+-MariaDB/);
});

test('after a newer release, what a pod still runs stays in the registry, and no longer than that', async () => {
  const older = await copy.released('db');
  await copy.append('images/db/Dockerfile', '\nLABEL newer=yes\n');
  await publish();
  expect((await copy.released('db')).digest).not.toBe(older.digest);
  expect(await expired()).toEqual([older.reference]);
  expect(await expired('--from-cluster', ...onCluster())).toEqual([]);
});

test('a server with an older database is stopped, though not while somebody works in it', async () => {
  const shown = await restart('--dry-run');
  expect(shown, shown.stderr).toMatchObject({ exitCode: 0 });
  expect(shown.stdout).toContain('1 older and in use');
  expect(await userPods()).toHaveLength(1);
  const stopped = await restart('--all', '--yes');
  expect(stopped, stopped.stderr).toMatchObject({ exitCode: 0 });
  expect(stopped.stdout).toContain('stop  ann');
  await until('the pod is gone', async () => (await userPods()).length === 0);
  expect(await expired('--from-cluster', ...onCluster())).toHaveLength(1);
});

test('the next server has the newer one, prepulled as well; the probe of running hubs finds it usable', async () => {
  const run = await command('prepull', 'run', '--pool', 'students', '--deadline', '8m', ...onCluster());
  expect(run, run.stderr).toMatchObject({ exitCode: 0 });
  await stopHub();
  await startHub();
  await askHub(hub, { method: 'POST', api: 'users/ben' }, AbortSignal.timeout(60_000));
  const probe = await command('smoke', '--spawn', url, ...withToken(), '--user', 'ben');
  expect(probe, `${probe.stdout}${probe.stderr}`).toMatchObject({ exitCode: 0 });
  await expectPresent('jupyter-ben');
  expect(await command('prepull', 'delete', ...onCluster())).toMatchObject({ exitCode: 0 });
  await until('nothing runs any more', async () => (await node.containers()).length === 0);
  expect(await rig.names(pods)).toEqual([]);
});
