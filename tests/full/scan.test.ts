/**
 * The real Trivy on real package lists, with an invented database: that its words are understood, from a layer to the
 * registry and back. What a run does with findings in every case, tests/integration/scan-run.test.ts holds.
 */
import { generateKeyPairSync } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { parseReference } from '../../registry/reference.ts';
import type { RunEvent } from '../../src/core/event.ts';
import type { Release } from '../../src/run/schema.ts';
import { readArtifact } from '../../src/scan/kept-artifacts.ts';
import { startRegistry } from '../rig/registry.ts';
import { quickClient, referenceTo } from '../rig/registry-image.ts';
import { publishDatabase, realTrivy, writeDatabase, type Advisory } from '../rig/trivy-database.ts';
import { matrixOf, workspace, type Workspace } from '../rig/workspace.ts';

vi.setConfig({ testTimeout: 600_000 });

const { signal } = new AbortController();

const debianPackage = `Package: tini
Status: install ok installed
Priority: optional
Section: utils
Maintainer: Nobody <nobody@example.org>
Architecture: amd64
Version: 0.19.0-3
Description: tiny but valid init for containers

`;
const osRelease = (version: string): string => `PRETTY_NAME="Debian"\nID=debian\nVERSION_ID="${version}"\n`;
const copyAll = (from: string): string => `FROM ${from}\nCOPY . /\nCMD ["true"]\n`;
const files = {
  'matrix.yaml': matrixOf(['base', 'course'], 'registry: ${DOCKER_REGISTRY}\ntags: [latest]\nscan: {}\n'),
  'base/Dockerfile': copyAll('rig.example/{p}root:1'),
  'base/etc/os-release': osRelease('13'),
  'base/etc/debian_version': '13.1\n',
  'base/var/lib/dpkg/status': debianPackage,
  'course/Dockerfile': copyAll('{p}base'),
  'course/opt/lib/python3.13/site-packages/tornado-6.5.2.dist-info/METADATA':
    'Metadata-Version: 2.1\nName: tornado\nVersion: 6.5.2\n\n',
};
const tini: Advisory = {
  id: 'CVE-2099-0001',
  where: 'debian 13',
  name: 'tini',
  fixed: '99.0-1',
  severity: 'CRITICAL',
};
const tornado: Advisory = {
  id: 'CVE-2099-0002',
  where: 'pip',
  name: 'tornado',
  fixed: '99.0.0',
  severity: 'CRITICAL',
};

function failures(events: readonly RunEvent[], { prefix }: Workspace): Record<string, string> {
  const ends = events.flatMap((event) => {
    if (event.kind !== 'image-finished') return [];
    const { outcome } = event;
    const message = outcome.kind === 'failed' ? outcome.failure.message : outcome.kind;
    return [[event.image.replace(prefix, ''), message] as const];
  });
  return Object.fromEntries(ends);
}

async function environment(family: Workspace, host: string): Promise<Record<string, string>> {
  return {
    DOCKER_REGISTRY: `${host}/courses`,
    HUBWRIGHT_TRIVY: await realTrivy(),
    HUBWRIGHT_TRIVY_CACHE: path.join(family.directory, 'trivy'),
  };
}

test('holes are found in the layer that brought them in, held back, and told of what is published by its bill', async () => {
  await using registry = await startRegistry();
  await using family = await workspace(files);
  const env = await environment(family, registry.host);
  const cache = env['HUBWRIGHT_TRIVY_CACHE'] ?? '';
  await writeDatabase(cache, [tini]);
  const held = await family.events(['--push'], env);
  expect(failures(held.events, family)).toEqual({
    base: 'CVE-2099-0001 (critical) in tini 0.19.0-3, mended in 99.0-1',
    course: 'blocked',
  });

  await writeDatabase(cache, []);
  const run = await family.events(['--changed', '--push'], env);
  expect(run.exitCode, run.stderr).toBe(0);
  const release: Release = JSON.parse(await family.read('release.json'));
  const course = parseReference(release.images.find(({ name }) => name.endsWith('course'))?.reference ?? '');
  if (course.kind !== 'reference') throw new Error(course.message);
  const bill = await readArtifact(quickClient(), course, 'cyclonedx', signal);
  const { bomFormat, metadata, components } = JSON.parse(bill.ok ? String(bill.value) : bill.error);
  expect({ bomFormat, name: metadata.component.name }).toEqual({
    bomFormat: 'CycloneDX',
    name: `${registry.host}/courses/${family.prefix}course@${course.digest}`,
  });
  const purls: string[] = components.map(({ purl }: { purl?: string }) => purl ?? '');
  expect(purls.filter((purl) => /tini|tornado/.test(purl)).toSorted()).toEqual([
    'pkg:deb/debian/tini@0.19.0-3?arch=amd64&distro=debian-13.1',
    'pkg:pypi/tornado@6.5.2',
  ]);
  const spdx = await readArtifact(quickClient(), course, 'spdx', signal);
  expect(JSON.parse(spdx.ok ? String(spdx.value) : spdx.error).spdxVersion).toMatch(/^SPDX-2/);

  await writeDatabase(cache, [tini, tornado]);
  const scan = await family.build(['scan', '--from-sbom', '--json'], env);
  expect(scan.exitCode, scan.stderr).toBe(0);
  const told: { finding: { id: string }; origin: string; reaches: string[]; status: string }[] = JSON.parse(
    scan.stdout,
  ).findings;
  expect(
    told.map(({ finding, origin, reaches, status }) =>
      [finding.id, status, origin, ...reaches].join(' ').replaceAll(family.prefix, ''),
    ),
  ).toEqual(['CVE-2099-0001 known base course', 'CVE-2099-0002 known course']);
  // The same tenth hole does not hold tonight's build back.
  await family.write('course/more', 'edited');
  const edited = await family.events(['--changed', '--push'], env);
  expect(failures(edited.events, family)).toEqual({ base: 'reused', course: 'done' });
});

test('a private key in a layer, and a system past its end of life, hold back', async () => {
  await using registry = await startRegistry();
  await using family = await workspace({
    ...files,
    'base/etc/os-release': osRelease('8'),
    'base/etc/debian_version': '8.11\n',
    'course/Dockerfile': copyAll('rig.example/{p}root:1'),
  });
  const env = await environment(family, registry.host);
  await writeDatabase(env['HUBWRIGHT_TRIVY_CACHE'] ?? '', []);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = String(privateKey.export({ type: 'pkcs1', format: 'pem' }));
  await family.write('course/home/id_rsa', key);
  const run = await family.events(['--push'], env);
  expect(failures(run.events, family)).toEqual({
    base: 'debian 8.11 gets no fixes any more',
    course: 'secret private-key in /home/id_rsa',
  });
  expect(run.stdout).not.toContain(key.split('\n')[1]);
});

test('the database is taken from the family’s own registry, once it is mirrored there', async () => {
  await using registry = await startRegistry();
  const own = `${registry.host}/courses/trivy-db:2`;
  const upstream = `${registry.host}/public/trivy-db:2`;
  await using family = await workspace({
    ...files,
    'matrix.yaml': matrixOf(
      ['base', 'course'],
      `registry: \${DOCKER_REGISTRY}\ntags: [latest]\nscan: { databases: ["${own}", "${upstream}"] }\n`,
    ),
  });
  const env = await environment(family, registry.host);
  const cache = env['HUBWRIGHT_TRIVY_CACHE'] ?? '';
  await writeDatabase(cache, [tini]);
  await publishDatabase(upstream, 'db', path.join(cache, 'db'));
  await rm(path.join(cache, 'db'), { recursive: true });
  const mirrored = await family.build(['mirror', '--trivy-db'], env);
  expect(mirrored.exitCode, mirrored.stderr).toBe(0);
  const upstreamHead = await quickClient().headManifest(referenceTo(upstream), signal);
  if (upstreamHead.kind !== 'found') throw new Error('the database is not there');
  const run = await family.events(['--push'], env);
  expect(failures(run.events, family)['base']).toContain('CVE-2099-0001');
});
