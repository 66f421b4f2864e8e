/** What is read off a machine, and what is said of it. The machine's answers are data. */
import { describe, expect, it } from 'vitest';
import { err, ok } from '../../../src/core/result.ts';
import type { EngineInfo } from '../../../src/engine/engine.ts';
import type { Host } from '../../../src/setup/host.ts';
import { type AskEngine, inspectMachine } from '../../../src/setup/inspect-machine.ts';
import type { Purpose, Requirement, RequirementId } from '../../../src/setup/requirement.ts';

/** A machine's answers; what is not named is not there. */
interface Answers {
  readonly files?: Readonly<Record<string, string>>;
  readonly commands?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly userId?: number;
  readonly free?: number;
}

const signal = new AbortController().signal;
const everything: Purpose = { bootstrap: true, tests: true };
const plain: Purpose = { bootstrap: false, tests: false };

const noEngine: AskEngine = () => Promise.resolve(err({ kind: 'unreachable', message: 'no socket' }));
const noRights: AskEngine = () => Promise.resolve(err({ kind: 'not-allowed', message: 'permission denied' }));

describe('inspectMachine', () => {
  it('finds a bare machine to be one', async () => {
    const found = await inspect(noEngine, everything);
    expect(states(found)).toEqual({
      node: 'ok',
      npm: 'ok',
      git: 'missing',
      engine: 'missing',
      disk: 'ok',
      mmdebstrap: 'missing',
      'debian-archive-keyring': 'missing',
      'docker-registry': 'missing',
      'busybox-static': 'missing',
      iproute2: 'missing',
      make: 'missing',
      cosign: 'missing',
    });
    expect(found.requirements.filter(({ state, mend }) => state !== 'ok' && mend === undefined)).toEqual([]);
  });

  it('finds a full machine to be one, with versions', async () => {
    const found = await inspect(engineOf('26.1.5+dfsg1'), everything, {
      files: { '/usr/share/keyrings/debian-archive-trixie-stable.gpg': '' },
      commands: {
        'git --version': 'git version 2.39.5\n',
        'cosign version': 'GitVersion:    v2.5.0\n',
        'dpkg-query': [
          'installed mmdebstrap 1.3.5-7',
          'installed debian-archive-keyring 2023.3+deb12u2',
          'installed docker-registry 2.8.2+ds1-1',
          'installed busybox-static 1:1.35.0-4',
          'installed iproute2 6.1.0-3',
          'installed make 4.4.1-2',
        ].join('\n'),
      },
    });
    expect(new Set(Object.values(states(found)))).toEqual(new Set(['ok']));
    expect(requirement(found, 'engine').found).toBe('26.1.5+dfsg1, classic store');
    expect(requirement(found, 'git').found).toBe('2.39.5');
  });

  it('looks for a browser where one is asked for', async () => {
    const purpose = { ...plain, browser: true };
    expect(requirement(await inspect(noEngine, purpose), 'chromium')).toMatchObject({
      state: 'missing',
      mend: 'apt-get install chromium',
    });
    for (const program of ['chromium', 'google-chrome']) {
      const commands = { [`${program} --version`]: 'Chromium 156.0.8078.79 built on Debian\n' };
      const found = await inspect(noEngine, purpose, { commands });
      expect(requirement(found, 'chromium')).toMatchObject({ state: 'ok', found: '156.0.8078.79' });
    }
  });

  it('wants cosign for tests where apt has it, and where the family signs wherever it is to be had from', async () => {
    const known = { 'apt-cache policy docker.io': policyOf('docker.io') };
    const without = await inspect(noEngine, everything, { commands: known });
    expect(states(without)).not.toHaveProperty('cosign');
    const signs = { bootstrap: false, tests: false, signing: true };
    expect(states(await inspect(noEngine, signs, { commands: known }))).toMatchObject({ cosign: 'missing' });
    const both = { ...known, 'apt-cache policy cosign': policyOf('cosign') };
    const offered = await inspect(noEngine, everything, { commands: both });
    expect(states(offered)).toMatchObject({ cosign: 'missing' });
  });

  it('asks for nothing that the purpose does not need', async () => {
    const found = await inspect(noEngine, plain);
    expect(found.requirements.map(({ id }) => id)).toEqual(['node', 'npm', 'git', 'engine', 'disk']);
  });

  it('looks for what makes roots where tests are to run, since they make one', async () => {
    const found = await inspect(noEngine, { bootstrap: false, tests: true });
    expect(requirement(found, 'mmdebstrap').state).toBe('missing');
  });

  it('does not take a removed package with settings left for an installed one', async () => {
    const commands = { 'dpkg-query': 'config-files docker-registry 2.8.2+ds1-1' };
    const found = await inspect(noEngine, everything, { commands });
    expect(requirement(found, 'docker-registry').state).toBe('missing');
  });

  it('knows a keyring of before Debian 13', async () => {
    const commands = { 'dpkg-query': 'installed debian-archive-keyring 2023.3' };
    const found = await inspect(noEngine, everything, { commands });
    expect(requirement(found, 'debian-archive-keyring').state).toBe('too-old');
  });

  it.each([
    ['an engine that is too old', engineOf('20.10.24'), {}, 'too-old', '20.10.24, classic store'],
    ['a daemon that does not run', noEngine, dockerd('26.1.5'), 'not-running', '26.1.5, not answering'],
    [
      'a daemon that is too old to be started',
      noEngine,
      dockerd('20.10.24'),
      'too-old',
      '20.10.24, not answering',
    ],
    ['an engine that we may not talk to', noRights, dockerd('26.1.5'), 'not-allowed', 'permission denied'],
  ])('tells %s', async (_name, askEngine, commands, state, what) => {
    const found = await inspect(askEngine, plain, { commands });
    expect(requirement(found, 'engine')).toMatchObject({ state, found: what });
  });

  it("looks for space where the engine's settings say that its data lies", async () => {
    const files = { '/etc/docker/daemon.json': '{"data-root": "/data/docker"}' };
    const found = await inspect(noEngine, plain, { files, free: 3e9 });
    expect(requirement(found, 'disk')).toMatchObject({
      state: 'missing',
      found: '3 GB free at /data/docker',
    });
  });

  it('reads what decides how things are had', async () => {
    const { machine } = await inspect(noEngine, plain, {
      userId: 1000,
      env: { DOCKER_HOST: 'tcp://a.example:2375' },
      files: {
        '/usr/bin/apt-get': '',
        '/run/systemd/system': '',
        '/etc/apt/sources.list': 'deb http://mirror.example/debian bookworm main\n',
        '/etc/apt/sources.list.d/a.sources':
          'Types: deb\nURIs: http://b.example/x\nSuites: y\nComponents: z\n',
        '/etc/apt/sources.list.d/old.list.disabled': 'deb http://off.example/debian sid main\n',
      },
      commands: {
        'apt-cache policy docker.io':
          'docker.io:\n  Version table:\n     26.1.5 500\n        500 u trixie/main amd64 Packages\n',
      },
    });
    expect(machine).toMatchObject({
      root: false,
      apt: true,
      serviceManager: 'systemd',
      engineAddress: { address: 'tcp://a.example:2375', chosenBy: { name: '`DOCKER_HOST`' } },
      engineVersions: [{ version: '26.1.5', priority: 500, suites: ['trixie'] }],
    });
    expect(machine.sources.map(({ uri }) => uri)).toEqual([
      'http://mirror.example/debian',
      'http://b.example/x',
    ]);
  });
});

type Found = Awaited<ReturnType<typeof inspectMachine>>;

function inspect(askEngine: AskEngine, purpose: Purpose, answers: Answers = {}): Promise<Found> {
  return inspectMachine(hostOf(answers), askEngine, purpose, signal);
}

function hostOf({ files = {}, commands = {}, env = {}, userId = 0, free = 100e9 }: Answers): Host {
  return {
    env,
    userId,
    nodeVersion: '24.21.0',
    readText: (path) => Promise.resolve(files[path]),
    list: (folder) =>
      Promise.resolve(
        Object.keys(files)
          .filter((path) => path.startsWith(`${folder}/`))
          .map((path) => path.slice(folder.length + 1)),
      ),
    exists: (path) => Promise.resolve(files[path] !== undefined),
    output: (command, args) => Promise.resolve(commands[[command, ...args].join(' ')] ?? commands[command]),
    freeBytes: () => Promise.resolve(free),
  };
}

function engineOf(version: string): AskEngine {
  const info: EngineInfo = {
    version,
    store: 'classic',
    architecture: 'amd64',
    cpus: 2,
    memoryBytes: 1e9,
    dataRoot: '/var/lib/docker',
  };
  return () => Promise.resolve(ok(info));
}

function dockerd(version: string): Readonly<Record<string, string>> {
  return { 'dockerd --version': `Docker version ${version}, build abc\n` };
}

function states({ requirements }: Found): Readonly<Record<string, string>> {
  return Object.fromEntries(requirements.map(({ id, state }) => [id, state]));
}

function requirement({ requirements }: Found, id: RequirementId): Requirement {
  const found = requirements.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no requirement ${id}`);
  return found;
}

function policyOf(name: string): string {
  return `${name}:\n  Installed: (none)\n  Version table:\n     2.5.0-2 500\n        500 http://deb.example.org trixie/main amd64 Packages\n`;
}
