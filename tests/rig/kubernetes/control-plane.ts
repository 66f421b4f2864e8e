/**
 * A real Kubernetes for tests: etcd, API server, controllers and scheduler as processes of this machine, with nodes that
 * kwok plays. Its programs are built by build-binaries.sh; HUBWRIGHT_KUBERNETES names their folder. kubelet.ts adds nodes
 * that really pull.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, mkdir, open, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { freePort } from '../free-port.ts';

const programs = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kwok'];
/** For a machine that is busy with other things. */
const startMs = 240_000;

/** The folder with the programs; throws, with how to get them, where there is none: a suite that is skipped is no proof. */
export function kubernetesFolder(): string {
  const folder = process.env['HUBWRIGHT_KUBERNETES'] ?? '';
  const missing = programs.filter((name) => !existsSync(path.join(folder, 'bin', name)));
  if (folder !== '' && missing.length === 0) return folder;
  throw new Error(
    `The programs of the Kubernetes rig are missing (${folder === '' ? 'HUBWRIGHT_KUBERNETES is not set' : missing.join(', ')}).\n` +
      'Build them once (ten minutes): tests/rig/kubernetes/build-binaries.sh DIR\n' +
      'Then: HUBWRIGHT_KUBERNETES=DIR npm run test:full -- prepull hub-on-cluster',
  );
}

const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
/** An address of this machine that is not its loopback: nodes may have no other. */
export const nodeAddress =
  addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';

export class KubernetesRig implements AsyncDisposable {
  readonly folder: string;
  readonly programs: string;
  #port = 0;
  #etcdPort = 0;
  readonly #running = new Map<string, ChildProcess>();

  private constructor(folder: string, binaries: string) {
    this.folder = folder;
    this.programs = binaries;
  }

  /** The control plane with the simulated nodes; every node is ready. */
  static async start(nodes: readonly string[]): Promise<KubernetesRig> {
    const binaries = kubernetesFolder();
    const rig = new KubernetesRig(await mkdtemp(path.join(tmpdir(), 'hubwright-kubernetes-')), binaries);
    try {
      await rig.#startControlPlane();
      await rig.#startNodes(nodes);
    } catch (error) {
      await rig[Symbol.asyncDispose]();
      throw error;
    }
    return rig;
  }

  get server(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  /** Path of the administrator's kubeconfig. */
  get kubeconfig(): string {
    return this.#configOf('admin');
  }

  /** Sends a request as the administrator; throws where it is refused. */
  async ask(method: string, at: string, body?: object, contentType?: string): Promise<unknown> {
    return await this.applyText(
      at,
      body === undefined ? undefined : JSON.stringify(body),
      contentType,
      method,
    );
  }

  /** As {@link ask}, with a body that is text already. */
  async applyText(
    at: string,
    body: string | undefined,
    contentType = 'application/json',
    method = 'PATCH',
  ): Promise<unknown> {
    const args = [
      '--silent',
      '--show-error',
      '--fail-with-body',
      '--cacert',
      path.join(this.folder, 'ca.crt'),
    ];
    const sent =
      body === undefined ? [] : ['--header', `content-type: ${contentType}`, '--data-binary', '@-'];
    const { stdout } = await execa(
      'curl',
      [
        ...args,
        '--header',
        'authorization: Bearer admin-token',
        '--request',
        method,
        ...sent,
        `${this.server}${at}`,
      ],
      body === undefined ? {} : { input: body },
    );
    return JSON.parse(stdout);
  }

  /** Names of the objects of a collection. */
  async names(collection: string): Promise<readonly string[]> {
    const list = (await this.ask('GET', collection)) as { items: { metadata: { name: string } }[] }; // as the API says
    return list.items.map(({ metadata }) => metadata.name);
  }

  /** A kubeconfig of somebody with a token. */
  async writeConfig(name: string, token: string): Promise<string> {
    const cluster = { server: this.server, 'certificate-authority': path.join(this.folder, 'ca.crt') };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'rig', cluster }],
      users: [{ name, user: { token } }],
      contexts: [{ name: 'rig', context: { cluster: 'rig', user: name } }],
      'current-context': 'rig',
    };
    await writeFile(this.#configOf(name), JSON.stringify(config));
    return this.#configOf(name);
  }

  /** The API server ends as by a crash; etcd keeps what it knew. */
  async stopServer(): Promise<void> {
    await this.end('kube-apiserver');
  }

  /** The API server again, at the same address. */
  async startServer(): Promise<void> {
    await this.#spawnServer();
    await this.#serverReady();
  }

  /** A node that nobody plays: its kubelet is silent. */
  async makeSilentNode(name: string): Promise<void> {
    const now = new Date().toISOString();
    const condition = {
      type: 'Ready',
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
      lastHeartbeatTime: now,
      lastTransitionTime: now,
    };
    const room = { cpu: '32', memory: '256Gi', pods: '110' };
    await this.ask('POST', '/api/v1/nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { 'kubernetes.io/hostname': name, simulated: 'yes' } },
      status: { capacity: room, allocatable: room, conditions: [condition] },
    });
  }

  /** Nodes that kwok plays, by one curl: a thousand of them take most of a minute to start. */
  async #makeNodes(names: readonly string[]): Promise<void> {
    const room = { cpu: '32', memory: '256Gi', pods: '110', 'ephemeral-storage': '100Gi' };
    const requests = names.map((name) => {
      const node = {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: {
          name,
          annotations: { 'kwok.x-k8s.io/node': 'fake', 'node.alpha.kubernetes.io/ttl': '0' },
          labels: { 'kubernetes.io/hostname': name, simulated: 'yes' },
        },
        status: { capacity: room, allocatable: room },
      };
      return [
        'silent\nshow-error\nfail-with-body',
        'output = "/dev/null"',
        `cacert = ${JSON.stringify(path.join(this.folder, 'ca.crt'))}`,
        'header = "authorization: Bearer admin-token"',
        'header = "content-type: application/json"',
        `data-binary = ${JSON.stringify(JSON.stringify(node))}`,
        `url = "${this.server}/api/v1/nodes"`,
      ].join('\n');
    });
    const together = ['--fail-early', '--parallel', '--parallel-max', '16'];
    await execa('curl', [...together, '--config', '-'], { input: requests.join('\nnext\n') });
  }

  /** A further process of the rig; its output goes to `NAME.log`, and it ends with the rig. */
  async spawn(name: string, program: string, args: readonly string[]): Promise<void> {
    const log = await open(path.join(this.folder, `${name}.log`), 'a');
    const file = program.includes('/') ? program : path.join(this.programs, 'bin', program);
    const env = { PATH: process.env['PATH'] ?? '', HOME: this.folder };
    this.#running.set(name, spawn(file, [...args], { stdio: ['ignore', log.fd, log.fd], env }));
    await log.close();
  }

  /** Asks a process to end, and makes it end where it does not. */
  async end(name: string): Promise<void> {
    const child = this.#running.get(name);
    this.#running.delete(name);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  }

  /** Waits until a condition holds. */
  async until(what: string, condition: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + startMs;
    while (!(await condition().catch(() => false))) {
      if (Date.now() > deadline)
        throw new Error(`${what}: not within ${startMs / 1000} s (logs in ${this.folder})`);
      await sleep(300);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of [...this.#running.keys()].toReversed()) await this.end(name);
    await rm(this.folder, { recursive: true, force: true });
  }

  #configOf(name: string): string {
    return path.join(this.folder, `${name}.kubeconfig`);
  }

  async #startControlPlane(): Promise<void> {
    await makeCertificates(this.folder);
    const [port, etcd, peer, manager, scheduler] = await Promise.all([0, 0, 0, 0, 0].map(freePort));
    this.#port = port ?? 0;
    this.#etcdPort = etcd ?? 0;
    for (const who of ['admin', 'manager', 'scheduler', 'kwok']) await this.writeConfig(who, `${who}-token`);
    const etcdUrl = `http://127.0.0.1:${etcd}`;
    const peerUrl = `http://127.0.0.1:${peer}`;
    await this.spawn('etcd', 'etcd', [
      `--data-dir=${path.join(this.folder, 'etcd')}`,
      '--unsafe-no-fsync',
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      '--log-level=warn',
    ]);
    await this.startServer();
    const speed = ['--kube-api-qps=300', '--kube-api-burst=600'];
    await this.spawn('manager', 'kube-controller-manager', [
      `--kubeconfig=${this.#configOf('manager')}`,
      `--authentication-kubeconfig=${this.#configOf('manager')}`,
      `--authorization-kubeconfig=${this.#configOf('manager')}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${manager}`,
      `--cert-dir=${path.join(this.folder, 'manager')}`,
      `--service-account-private-key-file=${path.join(this.folder, 'sa.key')}`,
      `--root-ca-file=${path.join(this.folder, 'ca.crt')}`,
      '--use-service-account-credentials',
      '--node-monitor-grace-period=500s',
      ...speed,
    ]);
    await this.spawn('scheduler', 'kube-scheduler', [
      `--kubeconfig=${this.#configOf('scheduler')}`,
      `--authentication-kubeconfig=${this.#configOf('scheduler')}`,
      `--authorization-kubeconfig=${this.#configOf('scheduler')}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${scheduler}`,
      `--cert-dir=${path.join(this.folder, 'scheduler')}`,
      ...speed,
    ]);
    await this.until('the default account', async () =>
      (await this.names('/api/v1/namespaces/default/serviceaccounts')).includes('default'),
    );
  }

  async #spawnServer(): Promise<void> {
    const file = (name: string): string => path.join(this.folder, name);
    await this.spawn('kube-apiserver', 'kube-apiserver', [
      `--etcd-servers=http://127.0.0.1:${this.#etcdPort}`,
      '--bind-address=127.0.0.1',
      `--advertise-address=${nodeAddress}`,
      `--secure-port=${this.#port}`,
      `--tls-cert-file=${file('server.crt')}`,
      `--tls-private-key-file=${file('server.key')}`,
      `--client-ca-file=${file('ca.crt')}`,
      `--token-auth-file=${file('tokens.csv')}`,
      '--authorization-mode=Node,RBAC',
      '--service-cluster-ip-range=10.96.0.0/16',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${file('sa.pub')}`,
      `--service-account-signing-key-file=${file('sa.key')}`,
      '--endpoint-reconciler-type=none',
      '--max-requests-inflight=2000',
      '--max-mutating-requests-inflight=1000',
      // kwok watches from version 0, which the server takes for a watch with all objects first and refuses on Debian's
      // etcd: that needs 3.4.31 for it. kwok then only lists, up to a minute apart.
      '--feature-gates=WatchList=false',
    ]);
  }

  async #serverReady(): Promise<void> {
    // Ready, and not only answering: the controllers' own permissions are among the last things that it makes.
    await this.until('the API server', async () => {
      const { stdout } = await execa('curl', [
        '--silent',
        '--cacert',
        path.join(this.folder, 'ca.crt'),
        '--header',
        'authorization: Bearer admin-token',
        `${this.server}/readyz`,
      ]);
      return stdout === 'ok';
    });
  }

  async #startNodes(nodes: readonly string[]): Promise<void> {
    if (nodes.length === 0) return;
    const port = await freePort();
    await this.spawn('kwok', 'kwok', [
      `--kubeconfig=${this.#configOf('kwok')}`,
      '--manage-all-nodes=false',
      '--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake',
      '--cidr=10.200.0.0/16',
      '--node-ip=127.0.0.1',
      '--node-name=kwok',
      `--node-port=${port}`,
      `--server-address=127.0.0.1:${port}`,
      '--node-lease-duration-seconds=400',
      `--config=${path.join(import.meta.dirname, 'kwok.yaml')}`,
    ]);
    await this.#makeNodes(nodes);
    await this.until('the nodes', async () => (await this.#readyNodes()) >= nodes.length);
  }

  async #readyNodes(): Promise<number> {
    const list = (await this.ask('GET', '/api/v1/nodes')) as {
      items: { status: { conditions?: { type: string; status: string }[] } }[];
    }; // as the API says
    return list.items.filter(({ status }) =>
      status.conditions?.some((each) => each.type === 'Ready' && each.status === 'True'),
    ).length;
  }
}

/** An authority, the server's certificate, keys for accounts, and who has which token. */
async function makeCertificates(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const openssl = async (...args: string[]): Promise<void> => {
    await execa('openssl', args, { cwd: folder });
  };
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  await openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-days',
    '2',
    '-subj',
    '/CN=rig',
    // Python's strict verification wants this, and the server's authorityKeyIdentifier.
    '-addext',
    'keyUsage=critical,keyCertSign,cRLSign',
  );
  await openssl('genrsa', '-out', 'sa.key', '2048');
  await openssl('rsa', '-in', 'sa.key', '-pubout', '-out', 'sa.pub');
  await openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=kube-apiserver');
  const names = `DNS:kubernetes.default.svc,DNS:localhost,IP:127.0.0.1,IP:10.96.0.1,IP:${nodeAddress}`;
  await writeFile(
    path.join(folder, 'server.ext'),
    `extendedKeyUsage=serverAuth\nauthorityKeyIdentifier=keyid\nsubjectAltName=${names}\n`,
  );
  await openssl(
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '2',
    '-out',
    'server.crt',
    '-extfile',
    'server.ext',
  );
  const tokens = [
    'admin-token,admin,admin,"system:masters"',
    'manager-token,system:kube-controller-manager,manager',
    'scheduler-token,system:kube-scheduler,scheduler',
    'kwok-token,kwok,kwok,"system:masters"',
    'nobody-token,nobody,nobody',
    'real-0-token,system:node:real-0,real-0,"system:nodes"',
    'real-1-token,system:node:real-1,real-1,"system:nodes"',
  ];
  await writeFile(path.join(folder, 'tokens.csv'), `${tokens.join('\n')}\n`);
}
