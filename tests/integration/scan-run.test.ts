/**
 * What a run does with what a scanner finds, from the plan to the registry. The scanner is the rig's; that the real one
 * is understood, tests/full holds.
 */
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { createRegistryClient } from '../../registry/client.ts';
import { parseReference } from '../../registry/reference.ts';
import type { RunEvent } from '../../src/core/event.ts';
import type { Release } from '../../src/run/schema.ts';
import { readArtifact } from '../../src/scan/kept-artifacts.ts';
import { readScanRecord, type ScanRecord } from '../../src/scan/scan-record.ts';
import { patience, valueOf } from '../rig/engine.ts';
import { remarksOf } from '../rig/events.ts';
import { fakeTrivy, type FakeTrivy } from '../rig/fake-trivy.ts';
import { startRegistry } from '../rig/registry.ts';
import { matrixOf, workspace, type Workspace } from '../rig/workspace.ts';

// Each test starts several commands, which start a scanner each.
vi.setConfig({ testTimeout: 240_000 });

const settings = 'registry: ${DOCKER_REGISTRY}\ntags: [latest]\n';
const scanned = 'scan: { exceptions: exceptions.yaml }\n';
const files = {
  'matrix.yaml': matrixOf(['base', 'course', 'hub'], `${settings}${scanned}`),
  'exceptions.yaml': '[]\n',
  'base/Dockerfile': 'FROM rig.example/{p}root:1\nCOPY . /data/\nCMD ["true"]\n',
  'base/packages': 'openssl 3.0\n',
  'base/system': 'debian\n',
  'course/Dockerfile': 'FROM {p}base\nCOPY . /data/\nCMD ["true"]\n',
  'course/packages': 'numpy 1.0\n',
  'hub/Dockerfile': 'FROM rig.example/{p}root:1\nCOPY . /data/\nCMD ["true"]\n',
  'hub/packages': 'nothing 1\n',
};

/** How each image ended, by its name without the prefix. */
function endings(events: readonly RunEvent[], { prefix }: Workspace): Record<string, string> {
  const ends = events.flatMap((event) => {
    if (event.kind !== 'image-finished') return [];
    const { outcome } = event;
    const detail =
      outcome.kind === 'failed'
        ? ` ${outcome.stage}: ${outcome.failure.message}`
        : outcome.kind === 'blocked'
          ? ` by ${outcome.culprit.replace(prefix, '')}`
          : '';
    return [[event.image.replace(prefix, ''), `${outcome.kind}${detail}`] as const];
  });
  return Object.fromEntries(ends);
}

async function planned(family: Workspace, env: Readonly<Record<string, string>>): Promise<unknown> {
  const plan = JSON.parse((await family.build(['plan', '--push', '--format', 'json'], env)).stdout);
  const images: { name: string; action: string }[] = plan.images;
  return images.map(({ name, action }) => `${action} ${name.replace(family.prefix, '')}`);
}

async function bench(): Promise<
  AsyncDisposable & {
    readonly family: Workspace;
    readonly trivy: FakeTrivy;
    readonly env: Readonly<Record<string, string>>;
    readonly host: string;
  }
> {
  const registry = await startRegistry();
  const family = await workspace(files);
  const trivy = await fakeTrivy(path.join(family.directory, 'trivy'));
  return {
    family,
    trivy,
    host: registry.host,
    env: { ...trivy.env, DOCKER_REGISTRY: `${registry.host}/courses` },
    async [Symbol.asyncDispose]() {
      await family[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
    },
  };
}

const openssl = { openssl: { id: 'CVE-2099-0001', severity: 'critical', fixed: '3.1' } } as const;
const numpy = { numpy: { id: 'CVE-2099-0002', severity: 'critical', fixed: '1.1' } } as const;

test('a hole holds back its image and what stands on it, and is told once; nothing is scanned without --push', async () => {
  await using rig = await bench();
  const { family, trivy, env } = rig;
  await trivy.publish(openssl);
  const alone = await family.events([], env);
  expect(alone.exitCode, alone.stderr).toBe(0);
  expect(await trivy.calls()).toEqual([]);
  const run = await family.events(['--changed', '--push'], env);
  expect(run.exitCode).toBe(1);
  expect(endings(run.events, family)).toEqual({
    base: 'failed scan: CVE-2099-0001 (critical) in openssl 3.0, mended in 3.1',
    course: 'blocked by base',
    hub: 'done',
  });
  // One database, one server, each image once.
  const calls = await trivy.calls();
  expect(calls.filter((call) => call === 'download').length).toBe(1);
  expect(calls.filter((call) => call === 'server').length).toBe(1);
  // The course waits for the base's layers to be looked at, and then need not be.
  expect(calls.filter((call) => call === 'image').length).toBeLessThanOrEqual(3);
  const release: Release = JSON.parse(await family.read('release.json'));
  expect(release.images.map(({ name, scan }) => [name.replace(family.prefix, ''), scan?.known])).toEqual([
    ['hub', 0],
  ]);
});

test('what is published already warns with a deadline; what is new and worse holds back', async () => {
  await using rig = await bench();
  const { family, trivy, env } = rig;
  const first = await family.events(['--push'], env);
  expect(first.exitCode, first.stderr).toBe(0);
  expect(await planned(family, env)).toEqual(['reuse base', 'reuse course', 'reuse hub']);

  // The database learns of a hole in what is published: an edit that does not bring it in is not held back.
  await trivy.publish({ ...openssl, ...numpy });
  await family.write('base/more', 'edited');
  await trivy.forgetCalls();
  const edited = await family.events(['--changed', '--push'], env);
  expect(edited.exitCode, edited.stderr).toBe(0);
  const told = remarksOf(edited.events).filter((message) => message.includes('CVE-'));
  expect(told.length).toBe(2);
  expect(told.find((message) => message.includes('CVE-2099-0001'))).toMatch(
    new RegExp(
      `^CVE-2099-0001 \\(critical\\) in openssl 3.0, mended in 3.1: published since .*, to be mended by .*; reaches ${family.prefix}course$`,
    ),
  );
  // What was published was judged by its bill: no layer of it travelled.
  const calls = await trivy.calls();
  expect(calls.filter((call) => call === 'image').length).toBe(2);
  expect(calls.filter((call) => call === 'sbom').length).toBe(2);

  // A new package with a hole is worse than what is published.
  await trivy.publish({
    ...openssl,
    ...numpy,
    curl: { id: 'CVE-2099-0003', severity: 'critical', fixed: '9' },
  });
  await family.write('course/packages', 'numpy 1.0\ncurl 8\n');
  const worse = await family.events(['--changed', '--push'], env);
  expect(worse.exitCode).toBe(1);
  expect(endings(worse.events, family)).toEqual({
    base: 'reused',
    course: 'failed scan: CVE-2099-0003 (critical) in curl 8, mended in 9',
    hub: 'reused',
  });
});

test('a checkout without a release.json, of a family without moving tags, knows by the registry’s release what is published', async () => {
  await using rig = await bench();
  const { family, trivy, env } = rig;
  const tags = 'registry: ${DOCKER_REGISTRY}\ntags: ["{key}"]\n';
  await family.write('matrix.yaml', matrixOf(['base', 'course', 'hub'], `${tags}${scanned}`));
  const first = await family.events(['--push'], env);
  expect(first.exitCode, first.stderr).toBe(0);
  await rm(path.join(family.directory, 'release.json'));
  await trivy.publish(openssl);
  const known = await family.build(['scan', '--from-sbom', '{p}base'], env);
  expect(known.exitCode, known.stderr).toBe(0);
  expect(known.stdout).toContain('CVE-2099-0001 (critical) in openssl 3.0, mended in 3.1: to be mended by');

  await family.write('base/more', 'edited');
  const edited = await family.events(['--changed', '--push'], env);
  expect(edited.exitCode, edited.stderr).toBe(0);
  expect(remarksOf(edited.events).filter((message) => message.includes('published since')).length).toBe(1);
});

test('a secret in a layer and a system without fixes hold back, whatever their severity', async () => {
  await using rig = await bench();
  const { family, env } = rig;
  await family.write('hub/id_rsa', 'invented');
  await family.write('base/system', 'ancient\n');
  const run = await family.events(['--push'], env);
  expect(endings(run.events, family)).toEqual({
    base: 'failed scan: ancient 1 gets no fixes any more',
    course: 'blocked by base',
    hub: 'failed scan: secret private-key in /data/id_rsa',
  });
  expect(JSON.stringify(run.events)).not.toContain('invented');
});

test('an exception lets pass what it names; a changed policy means verify, and is judged without pulling a layer', async () => {
  await using rig = await bench();
  const { family, trivy, env } = rig;
  await trivy.publish(openssl);
  const soon = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10);
  await family.write(
    'exceptions.yaml',
    `- { id: CVE-2099-0001, images: ["{p}base", "{p}course"], reason: not reached, until: ${soon} }\n`,
  );
  const run = await family.build(['images', '--push'], env);
  expect(run.exitCode, run.stderr).toBe(0);
  expect(run.stderr).toContain(`the exception for \`CVE-2099-0001\` ends on ${soon}, within 14 days`);
  expect(run.stderr).toMatch(/vulnerability database of \S+ \S+ UTC, 0 h old/);
  expect(await planned(family, env)).toEqual(['reuse base', 'reuse course', 'reuse hub']);

  await family.write('exceptions.yaml', '[]\n');
  expect(await planned(family, env)).toEqual(['verify base', 'verify course', 'reuse hub']);
  await trivy.forgetCalls();
  const again = await family.events(['--changed', '--push'], env);
  expect(again.exitCode, again.stderr).toBe(0);
  expect(remarksOf(again.events).filter((message) => message.includes('published since')).length).toBe(1);
  expect((await trivy.calls()).toSorted()).toEqual(['download', 'sbom', 'sbom', 'server']);
  expect(again.events.some((event) => event.kind === 'stage-started' && event.stage === 'smoke')).toBe(false);
  expect(await planned(family, env)).toEqual(['reuse base', 'reuse course', 'reuse hub']);
});

test('without Trivy, or with a database that is too old or missing, nothing is built: exit code 3', async () => {
  await using rig = await bench();
  const { family, trivy, env } = rig;
  const missing = await family.build(['images', '--push'], { ...env, HUBWRIGHT_TRIVY: '/nowhere/trivy' });
  expect(missing.exitCode).toBe(3);
  expect(missing.stderr).toContain(
    '`HUBWRIGHT_TRIVY` names `/nowhere/trivy`, which is no program that can be run',
  );
  await trivy.publish({}, new Date(Date.now() - 100 * 3_600_000));
  for (const command of [['images', '--push'], ['nightly']]) {
    const old = await family.build(command, env);
    expect(old.exitCode, old.stderr).toBe(3);
    expect(old.stderr).toContain(
      'the vulnerability database is 100 h old, and 72 h are allowed (`maxDatabaseAge`)',
    );
  }
  await rm(path.join(family.directory, 'trivy/upstream/metadata.json'));
  await rm(path.join(family.directory, 'trivy/cache'), { recursive: true });
  const none = await family.build(['images', '--push'], env);
  expect(none.exitCode, none.stderr).toBe(3);
  expect(none.stderr).toContain('there is no vulnerability database: ');
  // Nothing was begun: no run has a journal, and the engine was given no work.
  const left = await readdir(path.join(family.directory, '.hubwright'), { recursive: true });
  expect(left.filter((file) => /events\.ndjson|logs/.test(file))).toEqual([]);
  const built = await family.engine.images.list({}, patience());
  const names = valueOf(built).flatMap(({ tags }) => tags);
  expect(names.filter((tag) => tag.startsWith(`hubwright/${family.prefix}`))).toEqual([]);
  const tags = await fetch(`http://${rig.host}/v2/_catalog`);
  expect(await tags.json()).toEqual({ repositories: [] });
});

test('what is published is judged anew by its bill: each finding once, with whom it reaches, and since when', async () => {
  await using rig = await bench();
  const { family, trivy, env } = rig;
  const run = await family.events(['--push'], env);
  expect(run.exitCode, run.stderr).toBe(0);
  await trivy.publish(openssl);
  await trivy.forgetCalls();
  const known = await family.build(['scan', '--from-sbom'], env);
  expect(known.exitCode, known.stderr).toBe(0);
  expect(await trivy.calls()).not.toContain('image');
  const today = new Date().toISOString().slice(0, 10);
  expect(known.stdout.replaceAll(family.prefix, '')).toMatch(
    /^CVE-2099-0001 \(critical\) in openssl 3.0, mended in 3.1: to be mended by \S+ {2}a hole in openssl\n {2}came in with base; reaches course\n\n✓ base +1 critical/,
  );
  const json = JSON.parse((await family.build(['scan', '--from-sbom', '--json', '{p}course'], env)).stdout);
  expect(json.findings).toMatchObject([{ status: 'known', since: today, finding: { id: 'CVE-2099-0001' } }]);
  expect(json.images).toMatchObject([{ counts: { critical: 1 }, passed: true }]);

  // Since when, other machines read from the registry.
  const release: Release = JSON.parse(await family.read('release.json'));
  const base = release.images.find(({ name }) => name.endsWith('base'));
  const record = await scanOf(base?.reference ?? '');
  expect(record.offending).toMatchObject([{ id: 'CVE-2099-0001', since: today }]);
  // What the engine has is compared with nothing.
  const here = await family.build(['scan', '{p}base', '{p}hub'], env);
  expect(here.exitCode).toBe(1);
  expect(here.stdout.replaceAll(family.prefix, '')).toContain('✗ base  1 critical  1 against the policy');
});

async function scanOf(reference: string): Promise<ScanRecord> {
  const registry = createRegistryClient({ credentials: async () => undefined });
  const subject = parseReference(reference);
  if (subject.kind !== 'reference') throw new Error(subject.message);
  const bytes = await readArtifact(registry, subject, 'scan', new AbortController().signal);
  const record = bytes.ok && bytes.value !== undefined ? readScanRecord(bytes.value) : undefined;
  if (record === undefined) throw new Error(`no scan is kept with ${reference}`);
  return record;
}
