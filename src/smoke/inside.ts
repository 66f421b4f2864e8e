/**
 * Looks into a running container from outside its own servers: on which ports it listens, which programs
 * run. Both come from /proc, read on this machine where the engine's containers are processes of it,
 * else by a command inside; an image that has no such command simply cannot be looked into.
 */
import { readdir, readFile } from 'node:fs/promises';
import { ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import type { ContainerState } from '../engine/container.ts';
import type { ContainerEngine, EngineError } from '../engine/engine.ts';
import { isEngineTrouble } from './engine-trouble.ts';

export interface ListeningSocket {
  readonly port: number;
  /** Only programs in the same container reach it. */
  readonly loopback: boolean;
}

const maxBytes = 256 * 1024;

/** A container that forks without end has no more of them asked, where that is done often. */
const mostProcesses = 200;

/** TCP ports that are listened on, lowest first; undefined where they cannot be seen. */
export async function listeningSockets(
  engine: ContainerEngine,
  state: ContainerState,
  signal: AbortSignal,
): Promise<Result<readonly ListeningSocket[] | undefined, EngineError>> {
  const fromHost = await readFromHost(state);
  if (fromHost !== undefined) return ok(parseSockets(fromHost));
  const read = await engine.exec(state.id, ['cat', '/proc/net/tcp', '/proc/net/tcp6'], { maxBytes }, signal);
  // A container that ended meanwhile, or an image without `cat`: nothing to see, and no trouble of the engine's.
  if (!read.ok) return isEngineTrouble(read.error) ? read : ok(undefined);
  return ok(read.value.stdout === '' ? undefined : parseSockets(read.value.stdout));
}

/** A process of a container, as this machine's /proc tells of it. */
export interface HostProcess {
  readonly pid: number;
  readonly parent: number;
  /** As the kernel writes it: `S` sleeps, `Z` is a zombie. */
  readonly state: string;
  readonly name: string;
  /** The program first; empty for a zombie. */
  readonly args: readonly string[];
}

/** The container's processes; undefined where they belong to another machine. Zombies may not be among them. */
export async function hostProcesses({
  id,
  pid,
}: ContainerState): Promise<readonly HostProcess[] | undefined> {
  if (pid === 0 || !(await belongsTo(id, String(pid)))) return undefined;
  return processesOf(id, await pidsInGroup(pid));
}

/** The same with all zombies, which control groups do not tell of: every process of this machine is looked at. */
export async function hostProcessesAndZombies({
  id,
  pid,
}: ContainerState): Promise<readonly HostProcess[] | undefined> {
  if (pid === 0 || !(await belongsTo(id, String(pid)))) return undefined;
  const numbers = await readdir('/proc').catch(() => []);
  return processesOf(
    id,
    numbers.filter((name) => /^\d+$/.test(name)),
  );
}

async function processesOf(id: string, pids: readonly string[]): Promise<readonly HostProcess[]> {
  const read = await Promise.all(pids.map((pid) => processOf(id, pid)));
  return read.filter((each) => each !== undefined);
}

/**
 * How long the container's processes have waited for a processor that others had (`run_delay` of the kernel's
 * schedstat), in milliseconds; the longest of them, since a start is one thing after another. 0 where it cannot be seen.
 */
export async function processorWaitMs({ id, pid }: ContainerState): Promise<number> {
  if (pid === 0 || !(await belongsTo(id, String(pid)))) return 0;
  const waits = (await pidsInGroup(pid)).slice(0, mostProcesses).map(async (each) => {
    const schedstat = await readFile(`/proc/${each}/schedstat`, 'utf8').catch(() => '');
    return Number(schedstat.split(' ')[1] ?? 0) / 1e6;
  });
  return Math.max(0, ...(await Promise.all(waits)));
}

/** The processes of a container, from its control group; cheaper than all of /proc. */
export async function pidsInGroup(pid: number): Promise<readonly string[]> {
  const listed = await readGroupFile(pid, 'pids', () => 'cgroup.procs');
  return listed === '' ? [String(pid)] : listed.trim().split('\n');
}

/**
 * A file of the control group that a process is in; empty where it cannot be read. In version 1 of control groups each
 * controller has a tree of its own (`8:pids:/docker/…`), in version 2 there is one for all (`0::/system.slice/…`).
 */
export async function readGroupFile(
  pid: number,
  controller: string,
  file: (version: 1 | 2) => string,
): Promise<string> {
  const cgroup = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
  const own = new RegExp(`^\\d+:((?:[\\w=]+,)*${controller}(?:,[\\w=]+)*|):(/.*)$`, 'm');
  const [, group = '', folder = ''] = own.exec(cgroup) ?? [];
  const name = file(group === '' ? 2 : 1);
  return await readFile(`/sys/fs/cgroup/${group}${folder}/${name}`, 'utf8').catch(() => '');
}

/** How often the kernel's memory killer has struck in a container; 0 where it cannot be seen. */
export async function memoryKills({ id, pid }: ContainerState): Promise<number> {
  if (pid === 0 || !(await belongsTo(id, String(pid)))) return 0;
  const counts = await readGroupFile(pid, 'memory', (version) =>
    version === 2 ? 'memory.events' : 'memory.oom_control',
  );
  return killsIn(counts);
}

/** The count in `memory.events`, or in `memory.oom_control` of version 1 of control groups. */
export function killsIn(counts: string): number {
  return Number(/^oom_kill (\d+)$/m.exec(counts)?.[1] ?? 0);
}

/** The arguments of every process, the program's name first; undefined where they cannot be seen. */
export async function processes(
  engine: ContainerEngine,
  state: ContainerState,
  signal: AbortSignal,
): Promise<Result<readonly (readonly string[])[] | undefined, EngineError>> {
  const fromHost = await hostProcesses(state);
  if (fromHost !== undefined) return ok(fromHost.map(({ args }) => args).filter((args) => args.length > 0));
  // A shell cannot hold the zero bytes between the arguments; `tr` is in coreutils and in busybox.
  const script = `for f in /proc/[0-9]*/cmdline; do tr '\\000\\012' '\\037 ' < "$f" 2>/dev/null; echo; done`;
  const read = await engine.exec(state.id, ['/bin/sh', '-c', script], { maxBytes }, signal);
  if (!read.ok) return isEngineTrouble(read.error) ? read : ok(undefined);
  if (read.value.exitCode !== 0) return ok(undefined);
  const found = read.value.stdout
    .split('\n')
    .map((line) => line.split('\u001f').slice(0, -1))
    .filter((words) => words.length > 0 && words[0] !== 'tr' && !words.includes(script));
  return ok(found);
}

/**
 * Reads `/proc/net/tcp` and `tcp6` as the kernel writes them: `sl local_address rem_address st …`, address in
 * hexadecimal (32-bit words in the machine's byte order), `0A` meaning "listens".
 */
export function parseSockets(text: string): readonly ListeningSocket[] {
  const found = new Map<number, boolean>();
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/);
    const [address = '', port = ''] = (fields[1] ?? '').split(':');
    if (fields[3] !== '0A' || !/^[0-9A-F]{4}$/.test(port)) continue;
    // Docker's own name server sits on 127.0.0.11 in every container of a user-defined network.
    if (address === '0B00007F') continue;
    const loopback = isLoopback(address);
    const number = Number.parseInt(port, 16);
    found.set(number, loopback && (found.get(number) ?? true));
  }
  return [...found].map(([port, loopback]) => ({ port, loopback })).toSorted((a, b) => a.port - b.port);
}

function isLoopback(address: string): boolean {
  if (address.length === 8) return address.endsWith('7F');
  return address === '00000000000000000000000001000000' || /^0{16}FFFF0000[0-9A-F]{6}7F$/.test(address);
}

/** The process's cgroup names its container: without that, the number belongs to a process of another machine. */
export async function belongsTo(containerId: string, pid: string): Promise<boolean> {
  return (await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '')).includes(containerId);
}

async function processOf(containerId: string, pid: string): Promise<HostProcess | undefined> {
  if (!(await belongsTo(containerId, pid))) return undefined;
  const [stat, cmdline] = await Promise.all(
    ['stat', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
  );
  // The name may hold anything, brackets as well.
  const [, name = '', state = '', parent = ''] = /\((.*)\) (\w) (\d+)/s.exec(stat ?? '') ?? [];
  if (state === '') return undefined;
  const args = (cmdline ?? '').split('\0').slice(0, -1);
  return { pid: Number(pid), parent: Number(parent), state, name, args };
}

async function readFromHost(state: ContainerState): Promise<string | undefined> {
  if (state.pid === 0) return undefined;
  try {
    if (!(await belongsTo(state.id, String(state.pid)))) return undefined;
    const v4 = await readFile(`/proc/${state.pid}/net/tcp`, 'utf8');
    const v6 = await readFile(`/proc/${state.pid}/net/tcp6`, 'utf8').catch(() => '');
    return v4 + v6;
  } catch {
    return undefined;
  }
}
