/** What setup decides on machines of several kinds, given as data. */
import { describe, expect, it } from 'vitest';
import { parseAptSources } from '../../../src/setup/apt-sources.ts';
import { planSetup } from '../../../src/setup/plan-setup.ts';
import type { Machine, Requirement, SetupStep } from '../../../src/setup/requirement.ts';

const bookworm = parseAptSources('x.list', 'deb http://mirror.example/debian bookworm main');
const trixie = parseAptSources('x.list', 'deb http://mirror.example/debian trixie main');

const elsewhere = {
  kind: 'known' as const,
  address: 'tcp://a.example:1',
  chosenBy: { name: '`DOCKER_HOST`', undo: 'unset `DOCKER_HOST`' },
};

const bareMachine: Machine = {
  root: true,
  apt: true,
  serviceManager: 'none',
  sources: bookworm,
  engineVersions: [],
  daemon: undefined,
  engineAnswers: false,
  engineAddress: { kind: 'known', address: '/var/run/docker.sock' },
};

const old = { version: '20.10.24+dfsg1-1', priority: 500, suites: ['bookworm'] };
const pinned = { version: '26.1.5+dfsg1-9', priority: 100, suites: ['trixie'] };

describe('planSetup', () => {
  it('plans nothing where all is there', () => {
    expect(planSetup([engine('ok'), git('ok')], { ...bareMachine, root: false })).toEqual({
      ok: true,
      value: { steps: [] },
    });
  });

  it('takes the engine of Debian 13 on Debian 12, from the same mirror, with everything else held back', () => {
    const steps = stepsOf([engine('missing')], { ...bareMachine, engineVersions: [old] });
    expect(steps.map(({ kind }) => kind)).toEqual([
      'write-file',
      'write-file',
      'refresh-package-lists',
      'install',
      'start-engine',
    ]);
    const [pin, source] = steps.filter((step) => step.kind === 'write-file');
    expect(pin?.content).toBe('Package: *\nPin: release n=trixie\nPin-Priority: 100\n');
    expect(source?.content).toBe(
      'Types: deb\nURIs: http://mirror.example/debian\nSuites: trixie\nComponents: main\n' +
        'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n',
    );
    expect(shown(steps)).toContain(
      'apt-get install -y --no-install-recommends -t trixie docker.io iptables docker-cli docker-buildx',
    );
  });

  it('does the same without package lists, as in a fresh container', () => {
    const steps = stepsOf([engine('missing')], bareMachine);
    expect(steps.filter(({ kind }) => kind === 'write-file')).toHaveLength(2);
  });

  it('adds no source a second time', () => {
    const machine = { ...bareMachine, sources: [...bookworm, ...trixie], engineVersions: [pinned, old] };
    expect(stepsOf([engine('missing')], machine).map(({ kind }) => kind)).toEqual([
      'refresh-package-lists',
      'install',
      'start-engine',
    ]);
    expect(shown(stepsOf([engine('missing')], machine)).join()).toContain('-t trixie docker.io');
  });

  it.each([
    ['Debian 13', trixie, [{ ...pinned, priority: 500 }]],
    ['Debian 13 without lists', trixie, []],
    [
      'Ubuntu 24.04',
      parseAptSources('x.list', 'deb http://mirror.example/ubuntu noble universe'),
      [{ version: '28.2.2-0ubuntu1', priority: 500, suites: ['noble-updates'] }],
    ],
  ])("takes the machine's own engine on %s", (_name, sources, engineVersions) => {
    const steps = stepsOf([engine('missing')], { ...bareMachine, sources, engineVersions });
    expect(shown(steps)).toEqual([
      'apt-get update',
      'apt-get install -y --no-install-recommends docker.io iptables docker-cli docker-buildx',
      'dockerd, detached; its log: /var/log/hubwright-dockerd.log',
    ]);
  });

  it('takes an engine from backports where a machine has them', () => {
    const backport = { ...pinned, suites: ['bookworm-backports'] };
    const steps = stepsOf([engine('missing')], { ...bareMachine, engineVersions: [backport, old] });
    expect(shown(steps).join()).toContain('-t bookworm-backports docker.io');
  });

  it('only starts an installed engine, through systemd where that runs', () => {
    const machine: Machine = { ...bareMachine, serviceManager: 'systemd', daemon: '26.1.5' };
    expect(shown(stepsOf([engine('not-running')], machine))).toEqual(['systemctl start docker']);
  });

  it('replaces an installed engine that is too old and does not run', () => {
    const machine = { ...bareMachine, daemon: '20.10.24' };
    expect(stepsOf([engine('too-old')], machine).map(({ kind }) => kind)).toContain('install');
  });

  it('installs several packages at once, after the lists', () => {
    const steps = stepsOf([git('missing'), registry('missing')], bareMachine);
    expect(shown(steps)).toEqual([
      'apt-get update',
      'apt-get install -y --no-install-recommends git docker-registry',
    ]);
  });

  it.each<[string, readonly Requirement[], Partial<Machine>, string]>([
    ['a plain user', [engine('missing')], { root: false }, 'setup-needs-root'],
    ['a machine without apt', [git('missing')], { apt: false }, 'setup-needs-apt'],
    ['a running engine that is too old', [engine('too-old')], { engineAnswers: true }, 'engine-too-old'],
    [
      'an engine elsewhere, whoever asks',
      [engine('missing')],
      { engineAddress: elsewhere, root: false },
      'engine-unreachable',
    ],
    [
      'an engine that runs and is not open to a plain user',
      [engine('not-allowed')],
      { root: false, daemon: '26.1.5' },
      'engine-not-allowed',
    ],
    [
      'a release whose engine is too old',
      [engine('missing')],
      { sources: [], engineVersions: [old] },
      'engine-not-available',
    ],
  ])('refuses %s', (_name, requirements, facts, code) => {
    const plan = planSetup(requirements, { ...bareMachine, ...facts });
    expect(plan).toMatchObject({ ok: false, error: { code, category: 'environment' } });
  });
});

function stepsOf(requirements: readonly Requirement[], machine: Machine): readonly SetupStep[] {
  const plan = planSetup(requirements, machine);
  if (!plan.ok) throw new Error(plan.error.message);
  return plan.value.steps;
}

function shown(steps: readonly SetupStep[]): readonly string[] {
  return steps.flatMap((step) => step.shown);
}

function engine(state: Requirement['state']): Requirement {
  return requirement('engine', state);
}

function git(state: Requirement['state']): Requirement {
  return requirement('git', state);
}

function registry(state: Requirement['state']): Requirement {
  return requirement('docker-registry', state);
}

function requirement(id: Requirement['id'], state: Requirement['state']): Requirement {
  return { id, name: id, why: 'why', needed: 'any', found: undefined, state, mend: undefined };
}
