/**
 * Decides what setup does on a machine, and says it before it is done. Pure: the requirements and the
 * machine's facts come in as data, the steps go out as data; perform-setup.ts carries them out.
 */
import { environmentError, type Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { EngineAddress, EngineChoice } from '../engine/engine-address.ts';
import { joinEngineGroup } from '../engine/engine-diagnostic.ts';
import { majorOf } from './apt-policy.ts';
import { type DebianMirror, findDebianMirror, hasSuite } from './apt-sources.ts';
import type {
  Machine,
  PackageVersion,
  Requirement,
  RequirementId,
  SetupPlan,
  SetupStep,
} from './requirement.ts';

/** The oldest engine whose BuildKit has what our builds ask for. */
export const oldestEngine = 23;

/** Debian 12's own engine is too old; the next release's is taken, and nothing else unless asked by name. */
const donorSuite = 'trixie';
const sourcesFile = '/etc/apt/sources.list.d/hubwright-trixie.sources';
const preferencesFile = '/etc/apt/preferences.d/hubwright-trixie';

/** What apt installs for a requirement. Node, npm and the disk are not apt's to mend. */
const packageOf: Partial<Record<RequirementId, string>> = {
  git: 'git',
  mmdebstrap: 'mmdebstrap',
  'debian-archive-keyring': 'debian-archive-keyring',
  'docker-registry': 'docker-registry',
  'busybox-static': 'busybox-static',
  iproute2: 'iproute2',
  make: 'make',
  chromium: 'chromium',
  go: 'golang-go',
};

/** Asked of apt only where its archive has them: Debian 12 and older Ubuntus have not. */
const optionalOf: Partial<Record<RequirementId, string>> = { cosign: 'cosign' };

/**
 * The steps that bring a machine from its requirements' state to ok: none where all is ok.
 * An error where setup is not able or not allowed to do them: no root, no apt, an engine that is
 * somebody else's to upgrade.
 */
export function planSetup(
  requirements: readonly Requirement[],
  machine: Machine,
): Result<SetupPlan, Diagnostic> {
  const open = requirements.filter((requirement) => requirement.state !== 'ok');
  const engine = open.find((requirement) => requirement.id === 'engine');
  const packages = open.flatMap((requirement) => packageOf[requirement.id] ?? []);
  const optional = open.flatMap((requirement) => optionalOf[requirement.id] ?? []);
  const wanted = [...packages, ...optional];
  const trivy = planTrivy(open);
  if (!trivy.ok) return trivy;
  if (engine === undefined && wanted.length === 0) return ok({ steps: trivy.value });

  if (engine?.state === 'not-allowed') return err(engineNotAllowed(engine));
  const { engineAddress: address } = machine;
  if (engine !== undefined && address.chosenBy !== undefined)
    return err(engineIsElsewhere(address, address.chosenBy));
  if (!machine.root) return err(setupNeedsRoot(open));
  const engineSteps = engine === undefined ? ok(noSteps) : planEngine(engine, machine);
  if (!engineSteps.ok) return engineSteps;
  const { sources, install, start } = engineSteps.value;

  const installs = [...install, ...(wanted.length === 0 ? [] : [installPackages(packages, optional, open)])];
  if (installs.length > 0 && !machine.apt) return err(setupNeedsApt(open));
  const refresh = installs.length === 0 ? [] : [refreshLists];
  return ok({ steps: [...sources, ...refresh, ...installs, ...start, ...trivy.value] });
}

/** Trivy is built where it is missing; with which Go, the machine tells. */
function planTrivy(open: readonly Requirement[]): Result<readonly SetupStep[], Diagnostic> {
  const [trivy, go] = ['trivy', 'go'].map((id) => open.find((requirement) => requirement.id === id));
  if (trivy === undefined) return ok([]);
  if (trivy.mend?.startsWith('`build') !== true)
    return err(
      environmentError('trivy-missing', 'there is no Trivy where one is said to be', trivy.mend ?? ''),
    );
  if (go !== undefined && go.mend?.startsWith('apt-get') !== true)
    return err(
      environmentError(
        'go-not-available',
        `no package has Trivy here, and building it needs Go ${go.needed}; there is ${go.found ?? 'none'}`,
        `${go.mend ?? ''}; or install Trivy, or name one in \`HUBWRIGHT_TRIVY\``,
      ),
    );
  return ok([buildTrivy]);
}

const buildTrivy: SetupStep = {
  kind: 'build-trivy',
  title: 'Build Trivy',
  reason: 'it scans what is published (about ten minutes on two processors, once)',
  shown: ['go build github.com/aquasecurity/trivy/cmd/trivy, as src/setup/trivy/go.mod pins it'],
};

/** The command line of an installation, as it is run and as it is shown. */
export function aptInstall(packages: readonly string[], suite: string | undefined): readonly string[] {
  const from = suite === undefined ? [] : ['-t', suite];
  return ['apt-get', 'install', '-y', '--no-install-recommends', ...from, ...packages];
}

interface EngineSteps {
  readonly sources: readonly SetupStep[];
  readonly install: readonly SetupStep[];
  readonly start: readonly SetupStep[];
}

const noSteps: EngineSteps = { sources: [], install: [], start: [] };

const refreshLists: SetupStep = {
  kind: 'refresh-package-lists',
  title: 'Refresh the package lists',
  reason: 'so that apt knows what it can install',
  shown: ['apt-get update'],
};

function planEngine(engine: Requirement, machine: Machine): Result<EngineSteps, Diagnostic> {
  const start = [startEngine(machine.serviceManager)];
  if (engine.state === 'not-running') return ok({ ...noSteps, start });
  if (machine.engineAnswers) return err(engineIsTooOld(engine));

  const source = chooseEngineSource(machine);
  if (!source.ok) return source;
  return ok({
    sources: source.value.added,
    install: [installEngine(source.value.suite)],
    start,
  });
}

function fits({ version }: PackageVersion): boolean {
  return majorOf(version) >= oldestEngine;
}

/** Which suite the engine comes from (undefined: the machine's own), and what must be added for that. */
function chooseEngineSource(
  machine: Machine,
): Result<{ suite: string | undefined; added: readonly SetupStep[] }, Diagnostic> {
  const known = machine.engineVersions;
  const preferred = known.toSorted((a, b) => b.priority - a.priority)[0];
  if (preferred !== undefined && fits(preferred)) return ok({ suite: undefined, added: [] });
  const other = known.find((version) => fits(version) && version.suites.length > 0);
  if (other !== undefined) return ok({ suite: other.suites[0], added: [] });

  // The sources tell the release; /etc/os-release does not, once a package of the next one came in.
  if (hasSuite(machine.sources, 'bookworm')) {
    const mirror = findDebianMirror(machine.sources);
    if (hasSuite(machine.sources, donorSuite)) return ok({ suite: donorSuite, added: [] });
    if (mirror !== undefined) return ok({ suite: donorSuite, added: addDonorSuite(mirror) });
  }
  // Without lists nothing is known yet; the engine that gets installed is asked for its version later.
  if (known.length === 0) return ok({ suite: undefined, added: [] });
  return err(noEngineForThisRelease(preferred?.version ?? 'none'));
}

function addDonorSuite(mirror: DebianMirror): readonly SetupStep[] {
  const source = [
    'Types: deb',
    `URIs: ${mirror.main}`,
    `Suites: ${donorSuite}`,
    'Components: main',
    `Signed-By: ${mirror.keyring}`,
    '',
  ].join('\n');
  const pin = ['Package: *', `Pin: release n=${donorSuite}`, 'Pin-Priority: 100', ''].join('\n');
  return [
    // The pin goes first: without it, an interruption here would let the next upgrade move the machine on.
    writeFile(
      'Hold Debian 13 back',
      preferencesFile,
      pin,
      'so that nothing moves to it unless asked by name',
    ),
    writeFile('Add Debian 13 as a further source', sourcesFile, source, "Debian 12's own engine is too old"),
  ];
}

function writeFile(title: string, path: string, content: string, reason: string): SetupStep {
  return { kind: 'write-file', title, reason, path, content, shown: [`write ${path}`] };
}

function installEngine(suite: string | undefined): SetupStep {
  const packages = ['docker.io', 'iptables'];
  const optional = ['docker-cli', 'docker-buildx'];
  return {
    kind: 'install',
    title: 'Install Docker Engine',
    reason:
      suite === undefined
        ? 'it builds and runs the images (docker-cli and docker-buildx where the archive has them)'
        : `it builds and runs the images; apt also takes what it depends on, such as libc6, from ${suite}`,
    packages,
    optional,
    suite,
    shown: [aptInstall([...packages, ...optional], suite).join(' ')],
  };
}

function installPackages(
  packages: readonly string[],
  optional: readonly string[],
  open: readonly Requirement[],
): SetupStep {
  const wanted = [...packages, ...optional];
  const reasons = open.flatMap(({ id, why }) =>
    (packageOf[id] ?? optionalOf[id]) === undefined ? [] : [why],
  );
  return {
    kind: 'install',
    title: `Install ${wanted.join(', ')}`,
    reason: reasons.join('; '),
    packages,
    optional,
    suite: undefined,
    shown: [aptInstall(wanted, undefined).join(' ')],
  };
}

function startEngine(serviceManager: Machine['serviceManager']): SetupStep {
  const bySystemd = serviceManager === 'systemd';
  return {
    kind: 'start-engine',
    title: 'Start Docker Engine',
    reason: bySystemd ? 'it does not answer' : 'it does not answer, and no service manager runs here',
    serviceManager,
    shown: [
      bySystemd ? 'systemctl start docker' : 'dockerd, detached; its log: /var/log/hubwright-dockerd.log',
    ],
  };
}

function setupNeedsRoot(open: readonly Requirement[]): Diagnostic {
  return environmentError(
    'setup-needs-root',
    `only root can set up what is missing: ${names(open)}`,
    'Run `sudo build setup`',
  );
}

function setupNeedsApt(open: readonly Requirement[]): Diagnostic {
  return environmentError(
    'setup-needs-apt',
    `setup installs with apt, which this machine does not have; missing: ${names(open)}`,
    'Install them by hand; `build doctor` tells what is needed',
  );
}

function engineIsElsewhere(engine: EngineAddress, { name, undo }: EngineChoice): Diagnostic {
  return environmentError(
    'engine-unreachable',
    engine.kind === 'lost'
      ? engine.trouble
      : `${name} names \`${engine.address}\`, where no fitting engine answers`,
    `Mend it there, or ${undo} to use an engine of this machine`,
  );
}

function engineNotAllowed(engine: Requirement): Diagnostic {
  return environmentError(
    'engine-not-allowed',
    engine.found ?? 'the engine is not open to this user',
    joinEngineGroup,
  );
}

function engineIsTooOld(engine: Requirement): Diagnostic {
  return environmentError(
    'engine-too-old',
    `a Docker Engine runs here that is too old: ${engine.found ?? 'unknown'}, needed is ${engine.needed}`,
    'Upgrade it when what runs in it may stop; setup does not touch a running engine',
  );
}

function noEngineForThisRelease(found: string): Diagnostic {
  return environmentError(
    'engine-not-available',
    `apt offers Docker Engine ${found} here, needed is ${oldestEngine} or newer`,
    `Install a newer Docker Engine by hand, or use Debian 12, Debian 13 or Ubuntu 24.04`,
  );
}

function names(requirements: readonly Requirement[]): string {
  return requirements.map((requirement) => requirement.name).join(', ');
}
