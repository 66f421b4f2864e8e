/**
 * Looks at the machine: what is there, in which version, and what could be had. It changes nothing
 * and decides nothing; `build doctor` shows its answer, plan-setup.ts decides on it.
 */
import type { Result } from '../core/result.ts';
import type { EngineError, EngineInfo } from '../engine/engine.ts';
import { findEngine } from '../engine/engine-address.ts';
import { joinEngineGroup } from '../engine/engine-diagnostic.ts';
import { majorOf, parsePolicy } from './apt-policy.ts';
import { parseAptSources } from './apt-sources.ts';
import { type Host, readFolder } from './host.ts';
import { inspectCosign } from './inspect-cosign.ts';
import { inspectTrivy } from './inspect-trivy.ts';
import { oldestEngine } from './plan-setup.ts';
import type { AptSource, Machine, PackageVersion, Purpose, Requirement } from './requirement.ts';

/** How an engine is asked who it is; `Engine.info` fits. */
export type AskEngine = (signal: AbortSignal) => Promise<Result<EngineInfo, EngineError>>;

export interface Inspection {
  readonly requirements: readonly Requirement[];
  readonly machine: Machine;
}

const oldestNode = 24;
/** What the reference family and the layers of its builds take, with room to build it once more. */
const neededDiskBytes = 15e9;
const defaultDataRoot = '/var/lib/docker';
/** Present exactly where the keyring knows the suite that roots are made of. */
const trixieKeys = [
  '/usr/share/keyrings/debian-archive-trixie-stable.gpg',
  '/usr/share/keyrings/debian-archive-trixie-stable.pgp',
];

/**
 * Answers every requirement that the purpose has, in the order in which a person would mend them,
 * and the facts that planSetup needs. Never fails: what cannot be found out is not there.
 */
export async function inspectMachine(
  host: Host,
  askEngine: AskEngine,
  purpose: Purpose,
  signal: AbortSignal,
): Promise<Inspection> {
  const [engine, daemon, packages, git, npm, sources, engineVersions, systemd, disk] = await Promise.all([
    askEngine(signal),
    host.output('dockerd', ['--version'], signal),
    installedPackages(host, signal),
    host.output('git', ['--version'], signal),
    host.output('npm', ['--version'], signal),
    readSources(host),
    readEngineVersions(host, signal),
    host.exists('/run/systemd/system'),
    inspectDisk(host),
  ]);
  const daemonVersion = daemon === undefined ? undefined : firstVersion(daemon);
  const machine: Machine = {
    root: host.userId === 0,
    apt: await host.exists('/usr/bin/apt-get'),
    serviceManager: systemd ? 'systemd' : 'none',
    sources,
    engineVersions,
    daemon: daemonVersion,
    engineAnswers: engine.ok,
    engineAddress: findEngine(host.env),
  };
  const requirements = [
    inspectNode(host.nodeVersion),
    inspectNpm(npm),
    inspectGit(git),
    inspectEngine(engine, daemonVersion),
    disk,
    ...(purpose.bootstrap || purpose.tests ? await inspectBootstrap(host, packages) : []),
    ...(purpose.tests ? testPackages.map((wanted) => inspectPackage(wanted, packages)) : []),
    ...(await inspectCosign(host, purpose, engineVersions.length > 0, signal)),
    ...(purpose.scanning === true ? await inspectTrivy(host, host.env, signal) : []),
    ...(purpose.browser === true ? [await inspectBrowser(host, signal)] : []),
  ];
  return { requirements, machine };
}

function inspectNode(version: string): Requirement {
  const fits = majorOf(version) >= oldestNode;
  return {
    id: 'node',
    name: 'Node.js',
    why: 'runs this tool',
    needed: `${oldestNode} or newer`,
    found: version,
    state: fits ? 'ok' : 'too-old',
    mend: fits ? undefined : 'start it by its launcher, `build`, which brings its own',
  };
}

/** npm has done its work once this runs; it is wanted again only when the lock file changes. */
function inspectNpm(version: string | undefined): Requirement {
  return {
    id: 'npm',
    name: 'npm',
    why: 'installs the locked dependencies when they change',
    needed: 'any',
    found: version?.trim() ?? 'none, and all dependencies are installed',
    state: 'ok',
    mend: undefined,
  };
}

function inspectGit(output: string | undefined): Requirement {
  const found = output === undefined ? undefined : firstVersion(output);
  return {
    id: 'git',
    name: 'git',
    why: 'resolves the git references of courses',
    needed: 'any',
    found,
    state: found === undefined ? 'missing' : 'ok',
    mend: found === undefined ? 'apt-get install git' : undefined,
  };
}

function inspectEngine(answer: Result<EngineInfo, EngineError>, daemon: string | undefined): Requirement {
  const common = {
    id: 'engine',
    name: 'Docker Engine',
    why: 'builds and runs the images',
    needed: `${oldestEngine} or newer, answering`,
  } as const;
  const mend = '`build setup`';
  if (answer.ok) {
    const { version, store } = answer.value;
    const fits = majorOf(version) >= oldestEngine;
    const found = `${version}, ${store} store`;
    return {
      ...common,
      found,
      state: fits ? 'ok' : 'too-old',
      mend: fits ? undefined : 'upgrade Docker Engine',
    };
  }
  const { kind, message, chosenBy } = answer.error;
  if (kind === 'not-allowed')
    return { ...common, found: message, state: 'not-allowed', mend: joinEngineGroup };
  if (chosenBy !== undefined)
    return { ...common, found: message, state: 'not-running', mend: `mend it there, or ${chosenBy.undo}` };
  if (daemon === undefined) return { ...common, found: undefined, state: 'missing', mend };
  const fits = majorOf(daemon) >= oldestEngine;
  return { ...common, found: `${daemon}, not answering`, state: fits ? 'not-running' : 'too-old', mend };
}

async function inspectDisk(host: Host): Promise<Requirement> {
  const dataRoot = (await configuredDataRoot(host)) ?? defaultDataRoot;
  const free = await host.freeBytes(dataRoot);
  const fits = free === undefined || free >= neededDiskBytes;
  return {
    id: 'disk',
    name: 'Disk space',
    why: "holds the engine's images and layers",
    needed: `${gigabytes(neededDiskBytes)} free`,
    found: free === undefined ? undefined : `${gigabytes(free)} free at ${dataRoot}`,
    state: fits ? 'ok' : 'missing',
    mend: fits ? undefined : `free some space at ${dataRoot}, or give the engine another data-root`,
  };
}

async function configuredDataRoot(host: Host): Promise<string | undefined> {
  const text = await host.readText('/etc/docker/daemon.json');
  return /"data-root"\s*:\s*"(\/[^"]*)"/.exec(text ?? '')?.[1];
}

interface WantedPackage {
  readonly id: 'mmdebstrap' | 'docker-registry' | 'busybox-static' | 'iproute2' | 'make';
  readonly why: string;
}

const testPackages: readonly WantedPackage[] = [
  { id: 'docker-registry', why: 'the registry that the tests publish to' },
  { id: 'busybox-static', why: 'the trivial images of the tests' },
  { id: 'iproute2', why: 'the bridge of the tests’ second engine' },
  { id: 'make', why: 'the Makefile that the tests compare references with' },
];

function inspectPackage(wanted: WantedPackage, installed: ReadonlyMap<string, string>): Requirement {
  const found = installed.get(wanted.id);
  return {
    id: wanted.id,
    name: wanted.id,
    why: wanted.why,
    needed: 'any',
    found,
    state: found === undefined ? 'missing' : 'ok',
    mend: found === undefined ? `apt-get install ${wanted.id}` : undefined,
  };
}

/** Google's own does as well as Debian's. */
async function inspectBrowser(host: Host, signal: AbortSignal): Promise<Requirement> {
  const output =
    (await host.output('chromium', ['--version'], signal)) ??
    (await host.output('google-chrome', ['--version'], signal));
  const found = output === undefined ? undefined : firstVersion(output);
  return {
    id: 'chromium',
    name: 'Chromium',
    why: 'opens JupyterLab in `build smoke --family`',
    needed: 'any',
    found,
    state: found === undefined ? 'missing' : 'ok',
    mend: found === undefined ? 'apt-get install chromium' : undefined,
  };
}

async function inspectBootstrap(
  host: Host,
  installed: ReadonlyMap<string, string>,
): Promise<readonly Requirement[]> {
  const known = await Promise.all(trixieKeys.map((path) => host.exists(path)));
  const found = installed.get('debian-archive-keyring');
  const knowsSuite = known.includes(true);
  return [
    inspectPackage({ id: 'mmdebstrap', why: 'makes a Debian root on the spot' }, installed),
    {
      id: 'debian-archive-keyring',
      name: 'Debian archive keys',
      why: "verify that root's packages",
      needed: 'those of trixie',
      found,
      state: knowsSuite ? 'ok' : found === undefined ? 'missing' : 'too-old',
      mend: knowsSuite ? undefined : 'apt-get install debian-archive-keyring',
    },
  ];
}

async function installedPackages(host: Host, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const names = ['mmdebstrap', 'debian-archive-keyring', ...testPackages.map(({ id }) => id)];
  // dpkg-query exits with 1 as soon as one name is unknown, and prints the others all the same.
  const format = '${db:Status-Status} ${Package} ${Version}\\n';
  const output =
    (await host.output('dpkg-query', ['--show', `--showformat=${format}`, ...names], signal)) ?? '';
  return new Map(
    output.split('\n').flatMap((line) => {
      const [status, name, version] = line.split(' ');
      return status === 'installed' && name !== undefined && version !== undefined ? [[name, version]] : [];
    }),
  );
}

async function readSources(host: Host): Promise<readonly AptSource[]> {
  const single = await host.readText('/etc/apt/sources.list');
  const folder = await readFolder(
    host,
    '/etc/apt/sources.list.d',
    (name) => name.endsWith('.list') || name.endsWith('.sources'),
  );
  const files = [...(single === undefined ? [] : [{ path: 'sources.list', text: single }]), ...folder];
  return files.flatMap(({ path, text }) => parseAptSources(path, text));
}

async function readEngineVersions(host: Host, signal: AbortSignal): Promise<readonly PackageVersion[]> {
  return parsePolicy((await host.output('apt-cache', ['policy', 'docker.io'], signal)) ?? '');
}

function firstVersion(text: string): string | undefined {
  return /\d+(?:\.\d+)+/.exec(text)?.[0];
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(0)} GB`;
}
