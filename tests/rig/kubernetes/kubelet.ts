/**
 * A node of the rig that really pulls and really runs: kubelet and containerd as processes of this machine, with a
 * store of images of their own. Needs root, and Debian's containerd; the network plugins are build-binaries.sh's.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, readlink, rm, rmdir, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { freePort } from '../free-port.ts';
import { nodeAddress, type KubernetesRig } from './control-plane.ts';

const containerd = '/usr/bin/containerd';
const cgroups = '/sys/fs/cgroup';
/** What a kubelet sets for the whole machine, and what is set back after it. */
const sysctls = [
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
].map((name) => path.join('/proc/sys', name));

/** Where a kubelet names the logs of its containers. */
const logLinks = '/var/log/containers';
/** What network plugins remember of pods that they were not asked to take down. */
const networkCache = '/var/lib/cni/results';
/** Where a kubelet waits for those who offer devices; its socket outlives it. */
const devicePlugins = '/var/lib/kubelet/device-plugins';
/** What it makes outside its own folder, innermost first: taken away where it was not there before. */
const strayFolders = [logLinks, devicePlugins, '/var/lib/kubelet', networkCache, '/var/lib/cni'];

export interface RealNode extends AsyncDisposable {
  readonly name: string;
  /** Names of the containers that run on it, those that only hold a pod's network included. */
  containers(): Promise<readonly string[]>;
}

export interface NodeSetup {
  /** Keeps a pod's network; has to be in `registry`. */
  readonly sandboxImage: string;
  /** `127.0.0.1:PORT`, asked without TLS. */
  readonly registry: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Starts the node `real-NUMBER` and waits until it is ready. Several may stand side by side; they are ended in the
 * reverse order, for the first one notes what the machine was like without them.
 */
export async function startRealNode(
  rig: KubernetesRig,
  setup: NodeSetup,
  number: number = 0,
): Promise<RealNode> {
  if (!existsSync(containerd)) throw new Error(`${containerd} is missing: apt-get install containerd`);
  const before = await Promise.all(sysctls.map((file) => readFile(file, 'utf8')));
  const node = new Node(rig, number, before);
  try {
    await node.start(setup);
  } catch (error) {
    await node[Symbol.asyncDispose]();
    throw error;
  }
  return node;
}

class Node implements RealNode {
  readonly name: string;
  readonly #number: number;
  readonly #rig: KubernetesRig;
  readonly #sysctls: readonly string[];
  readonly #folder: string;
  readonly #socket: string;
  /** Own to this rig: what other kubelets of the machine have is not touched. */
  readonly #cgroup: string;
  readonly #strays = strayFolders.filter((folder) => !existsSync(folder));

  constructor(rig: KubernetesRig, number: number, before: readonly string[]) {
    this.name = `real-${number}`;
    this.#number = number;
    this.#rig = rig;
    this.#sysctls = before;
    this.#folder = path.join(rig.folder, this.name);
    this.#socket = path.join(this.#folder, 'containerd.sock');
    this.#cgroup = `${path.basename(rig.folder)}-${number}`;
  }

  async start(setup: NodeSetup): Promise<void> {
    await this.#startContainerd(setup);
    await this.#makeCgroups();
    const config = path.join(this.#folder, 'kubelet.json');
    await writeFile(config, JSON.stringify(await this.#kubeletConfig()));
    await this.#rig.spawn(this.#process('kubelet'), 'kubelet', [
      `--config=${config}`,
      `--kubeconfig=${await this.#rig.writeConfig(this.name, `${this.name}-token`)}`,
      `--root-dir=${path.join(this.#folder, 'kubelet')}`,
      `--cert-dir=${path.join(this.#folder, 'pki')}`,
      `--hostname-override=${this.name}`,
      `--node-ip=${nodeAddress}`,
      `--node-labels=${Object.entries(setup.labels)
        .map((pair) => pair.join('='))
        .join(',')}`,
    ]);
    await this.#rig.until('the node', async () => {
      const node = (await this.#rig.ask('GET', `/api/v1/nodes/${this.name}`)) as {
        status: { conditions?: { type: string; status: string }[] };
      }; // as the API says
      return (node.status.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');
    });
  }

  async containers(): Promise<readonly string[]> {
    return await this.#ctr('tasks', 'ls', '--quiet');
  }

  /** Ends what runs on it, and takes away what it mounted and set. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#rig.end(this.#process('kubelet'));
    // Containers outlive containerd: they are ended while it can still be asked.
    for (const verb of [
      ['kill', '--signal', '9'],
      ['rm', '--force'],
    ])
      for (const id of await this.containers().catch(() => [])) {
        await this.#ctr('tasks', ...verb, id).catch(() => []);
        await sleep(100);
      }
    for (const id of await this.#ctr('containers', 'ls', '--quiet').catch(() => []))
      await this.#ctr('containers', 'rm', id).catch(() => []);
    await this.#rig.end(this.#process('containerd'));
    await unmountBelow(this.#folder);
    for (const folder of [...(await cgroupFolders()), path.join(cgroups, 'unified')])
      await removeCgroup(path.join(folder, this.#cgroup));
    await unlinkInto(logLinks, this.#folder);
    await forget(networkCache, `${this.#folder}/`);
    if (this.#strays.includes(devicePlugins))
      await rm(path.join(devicePlugins, 'kubelet.sock'), { force: true });
    for (const folder of this.#strays) await rmdir(folder).catch(() => {});
    for (const [at, file] of sysctls.entries()) await writeFile(file, this.#sysctls[at] ?? '');
  }

  /** By which the rig knows one of its processes. */
  #process(program: string): string {
    return `${program}-${this.#number}`;
  }

  async #startContainerd({ sandboxImage, registry }: NodeSetup): Promise<void> {
    const below = (name: string): string => path.join(this.#folder, name);
    const hosts = below(`certs.d/${registry}`);
    await mkdir(hosts, { recursive: true });
    await writeFile(
      path.join(hosts, 'hosts.toml'),
      `server = "http://${registry}"\n[host."http://${registry}"]\n  capabilities = ["pull", "resolve"]\n`,
    );
    await mkdir(below('net.d'), { recursive: true });
    await writeFile(
      below('net.d/10-rig.conflist'),
      JSON.stringify({
        cniVersion: '0.4.0',
        name: 'rig',
        plugins: [
          {
            type: 'ptp',
            ipMasq: false,
            ipam: {
              type: 'host-local',
              dataDir: below('ipam'),
              ranges: [[{ subnet: `10.250.${this.#number}.0/24` }]],
              routes: [{ dst: '0.0.0.0/0' }],
            },
          },
        ],
      }),
    );
    const config = `version = 2
root = "${below('containerd/root')}"
state = "${below('containerd/state')}"
[grpc]
  address = "${this.#socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${below('containerd/opt')}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${sandboxImage}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${path.join(this.#rig.programs, 'cni/bin')}"
    conf_dir = "${below('net.d')}"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "${below('certs.d')}"
`;
    await writeFile(below('containerd.toml'), config);
    await this.#rig.spawn(this.#process('containerd'), containerd, ['--config', below('containerd.toml')]);
    await this.#rig.until('containerd', async () => {
      await this.#ctr('version');
      return true;
    });
  }

  async #kubeletConfig(): Promise<object> {
    const below = (name: string): string => path.join(this.#folder, name);
    return {
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      failCgroupV1: false,
      cgroupDriver: 'cgroupfs',
      cgroupRoot: `/${this.#cgroup}`,
      containerRuntimeEndpoint: `unix://${this.#socket}`,
      podLogsDir: below('logs'),
      volumePluginDir: below('volume-plugins'),
      failSwapOn: false,
      makeIPTablesUtilChains: false,
      address: '127.0.0.1',
      port: await freePort(),
      healthzPort: await freePort(),
      readOnlyPort: 0,
      authentication: { anonymous: { enabled: false }, webhook: { enabled: false } },
      authorization: { mode: 'AlwaysAllow' },
      // The machine's disk is shared with other work: the node shall not be emptied because that fills it.
      imageGCHighThresholdPercent: 100,
      imageGCLowThresholdPercent: 99,
      evictionHard: {
        'memory.available': '50Mi',
        'nodefs.available': '1%',
        'imagefs.available': '1%',
        'nodefs.inodesFree': '1%',
      },
      oomScoreAdj: 0,
      resolvConf: '',
      clusterDNS: ['10.96.0.10'],
      clusterDomain: 'cluster.local',
    };
  }

  async #makeCgroups(): Promise<void> {
    for (const folder of await cgroupFolders()) {
      const own = path.join(folder, this.#cgroup);
      await mkdir(own, { recursive: true });
      if (path.basename(folder) !== 'cpuset') continue;
      // In the first version of cgroups a new set of processors is empty, and nothing can run in it.
      for (const file of ['cpuset.cpus', 'cpuset.mems'])
        await writeFile(path.join(own, file), await readFile(path.join(folder, file), 'utf8'));
    }
  }

  async #ctr(...args: readonly string[]): Promise<readonly string[]> {
    const { stdout } = await execa('ctr', ['--address', this.#socket, '--namespace', 'k8s.io', ...args]);
    return stdout.split('\n').filter((line) => line !== '');
  }
}

/** Where a cgroup is made: at one place, or, in the first version, at one for each controller. */
async function cgroupFolders(): Promise<readonly string[]> {
  if (existsSync(path.join(cgroups, 'cgroup.controllers'))) return [cgroups];
  const found = await readdir(cgroups, { withFileTypes: true });
  return found
    .filter((each) => each.isDirectory() && each.name !== 'unified')
    .map(({ name }) => path.join(cgroups, name));
}

async function removeCgroup(folder: string): Promise<void> {
  const found = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const each of found) if (each.isDirectory()) await removeCgroup(path.join(folder, each.name));
  await rmdir(folder).catch(() => {});
}

async function unmountBelow(folder: string): Promise<void> {
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
  for (const mount of mounts.filter((each) => each.startsWith(`${folder}/`)).toReversed())
    await execa('umount', ['--lazy', '--', mount], { reject: false });
}

/** Removes the symbolic links of a folder that lead into another one. */
async function unlinkInto(links: string, folder: string): Promise<void> {
  for (const name of await readdir(links).catch(() => [])) {
    const link = path.join(links, name);
    const target = await readlink(link).catch(() => '');
    if (target.startsWith(`${folder}/`)) await unlink(link);
  }
}

/** Removes the files of a folder that mention a name. */
async function forget(folder: string, name: string): Promise<void> {
  for (const each of await readdir(folder).catch(() => [])) {
    const file = path.join(folder, each);
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text.includes(name)) await rm(file, { force: true });
  }
}
