/**
 * A second Docker Engine beside the machine's, with the other kind of image store, for one run of tests.
 * The first test file that needs it starts it, the others wait for it, the run's teardown ends it. It
 * touches nothing of the first engine: own data, own sockets, own bridge, own addresses, and no firewall
 * rules, for an engine that starts empties the chains that all engines share.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { connectDocker } from '../../src/engine/docker/docker-engine.ts';

export const sharedFolderPrefix = 'engine-';

export type Store = 'classic' | 'containerd';

const startDeadlineMs = 60_000;
const endDeadlineMs = 20_000;

/** The socket of the run's second engine, which is started if nobody has yet. */
export async function secondEngineSocket(folder: string, store: Store): Promise<string> {
  const socket = join(folder, 'docker.sock');
  const mine = await mkdir(join(folder, 'lock')).then(
    () => true,
    () => false,
  );
  if (mine) await start(folder, store, socket);
  await until(
    async () => exists(join(folder, 'ready')),
    startDeadlineMs,
    `${folder}/dockerd.log has no start`,
  );
  return socket;
}

/** Ends the engine of a folder, if one was started, and removes all that it had. */
export async function endSecondEngine(folder: string): Promise<void> {
  await endProcess(join(folder, 'dockerd.pid'));
  await endProcess(join(folder, 'exec', 'containerd', 'containerd.pid'));
  await killInside(folder);
  const { bridge } = addressesOf(folder);
  if (await exists(join('/sys/class/net', bridge))) await execa('ip', ['link', 'delete', bridge]);
  await unmountBelow(folder);
  await rm(folder, { recursive: true, force: true });
}

/** Ends what runs of tests left behind that were killed themselves. */
export async function sweepAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = new RegExp(`^${sharedFolderPrefix}(\\d+)-`).exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) await endSecondEngine(join(tmpdir(), name));
  }
}

/** Ends an engine as a crash would: the containers that it ran go on, what it had stays. */
export async function killEngine(folder: string): Promise<void> {
  // Its containerd as well: the next engine would wait ten seconds for this one before it starts another.
  for (const file of ['dockerd.pid', 'exec/containerd/containerd.pid']) {
    const pid = Number(await readFile(join(folder, file), 'utf8'));
    kill(pid);
    await until(async () => !isAlive(pid), endDeadlineMs, `process ${pid} does not end`);
  }
}

async function start(folder: string, store: Store, socket: string): Promise<void> {
  const { bridge, gateway, pool } = addressesOf(folder);
  await execa('ip', ['link', 'add', bridge, 'type', 'bridge']);
  await execa('ip', ['address', 'add', gateway, 'dev', bridge]);
  await execa('ip', ['link', 'set', bridge, 'up']);
  await writeFile(
    join(folder, 'daemon.json'),
    JSON.stringify({
      features: { 'containerd-snapshotter': store === 'containerd' },
      'default-address-pools': [{ base: pool, size: 24 }],
      'data-root': join(folder, 'data'),
      'exec-root': join(folder, 'exec'),
      pidfile: join(folder, 'dockerd.pid'),
      hosts: [`unix://${socket}`],
      bridge,
      iptables: false,
      ip6tables: false,
      'ip-forward': false,
      'ip-masq': false,
    }),
  );
  await launchEngine(folder);
  await writeFile(join(folder, 'ready'), '');
}

/**
 * Starts an engine that was killed again, on what it had. It finds its containers alive: without `live-restore` it
 * would make its default network anew, and an engine with address pools of its own removes docker0 then, which is
 * the first engine's (moby, daemon_unix.go, initNetworkController).
 */
export async function restartEngine(folder: string): Promise<void> {
  const file = join(folder, 'daemon.json');
  const settings: object = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify({ ...settings, 'live-restore': true }));
  await launchEngine(folder);
}

/** Returns once the engine answers. */
async function launchEngine(folder: string): Promise<void> {
  await using log = await open(join(folder, 'dockerd.log'), 'a');
  spawn('dockerd', ['--config-file', join(folder, 'daemon.json')], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  }).unref();
  const engine = connectDocker({ socket: join(folder, 'docker.sock') });
  const patience = AbortSignal.timeout(startDeadlineMs);
  await until(
    async () => (await engine.info(patience)).ok,
    startDeadlineMs,
    'the second engine does not answer',
  );
  await engine.close();
}

/** Names and addresses of a run's own, so that two runs on one machine do not meet. */
function addressesOf(folder: string): { bridge: string; gateway: string; pool: string } {
  const digest = createHash('sha256').update(folder).digest();
  const net = 64 + ((digest[0] ?? 0) % 128);
  return {
    bridge: `hw${digest.toString('hex', 0, 5)}`,
    gateway: `10.${net}.255.1/24`,
    pool: `10.${net}.0.0/17`,
  };
}

async function endProcess(pidFile: string): Promise<void> {
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
  if (!(pid > 0) || !isAlive(pid)) return;
  process.kill(pid, 'SIGTERM');
  const ended = until(async () => !isAlive(pid), endDeadlineMs, '');
  await ended.catch(() => kill(pid));
}

/** An engine that was killed leaves its containers running: processes whose root lies in its data. */
async function killInside(folder: string): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const mounts = await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => '');
    const root = mounts.split('\n').find((line) => line.split(' ')[4] === '/');
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const shim = command.includes(`\0${folder}/exec/`) && command.includes('containerd-shim');
    if (shim || root?.includes(`=${folder}/`)) kill(Number(pid));
  }
}

function kill(pid: number): void {
  // It may have ended by itself since it was seen.
  if (isAlive(pid)) process.kill(pid, 'SIGKILL');
}

/** It leaves their mounts behind as well. */
async function unmountBelow(folder: string): Promise<void> {
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  const below = mounts.split('\n').flatMap((line) => line.split(' ')[1] ?? []);
  for (const path of below.filter((target) => target.startsWith(`${folder}/`)).toReversed())
    await execa('umount', ['--lazy', path], { reject: false });
}

/** A process that has ended and that nobody reaps, as in a container without an init, has ended. */
function isAlive(pid: number): boolean {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !line.slice(line.lastIndexOf(')')).startsWith(') Z');
  } catch {
    return false;
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Asks again and again until the answer is yes; throws with `complaint` when that takes too long. */
export async function until(
  question: () => Promise<boolean>,
  deadlineMs: number,
  complaint: string,
): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!(await question())) {
    if (Date.now() > end) throw new Error(complaint);
    await sleep(50);
  }
}
