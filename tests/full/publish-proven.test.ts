/**
 * The whole family published to a registry behind a token server, as an operator does it: scanned by the real Trivy,
 * signed by the real cosign, proven by `build verify` and by cosign. The tests go on from one another.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { isDigest } from '../../registry/digest.ts';
import { withDigest, type DigestReference } from '../../registry/reference.ts';
import { predicateTypes } from '../../src/attest/statement.ts';
import type { RunEvent } from '../../src/core/event.ts';
import type { Release } from '../../src/run/schema.ts';
import { readArtifact } from '../../src/scan/kept-artifacts.ts';
import { coldFamilyMs, command, familyEnvironment, realImages } from '../rig/family.ts';
import { familyCopy, type FamilyCopy } from '../rig/family-copy.ts';
import { LOGIN, startRegistry, type RegistryRig } from '../rig/registry.ts';
import { quickClient, referenceTo } from '../rig/registry-image.ts';
import { removeTagsOf } from '../rig/registry-tags.ts';
import { cosignAgrees, KEY_PASSWORD, makeKeyPair } from '../rig/signing-keys.ts';
import { realTrivy, writeDatabase } from '../rig/trivy-database.ts';

// Every layer of the family is packed, scanned and sent.
vi.setConfig({ testTimeout: 900_000, hookTimeout: coldFamilyMs * 2 });

const { signal } = new AbortController();
const client = quickClient(LOGIN);
let rig: RegistryRig;
let copy: FamilyCopy;
let env: Readonly<Record<string, string>>;
/** What is published of each image, by its name. */
let published: ReadonlyMap<string, string>;

beforeAll(async () => {
  await realImages(['default']);
  rig = await startRegistry('token');
  copy = await familyCopy();
  const own = path.join(copy.directory, '.rig');
  await mkdir(own);
  await makeKeyPair(own, 'ours');
  const auth = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64');
  await copy.write('.rig/config.json', JSON.stringify({ auths: { [rig.host]: { auth } } }));
  await writeDatabase(path.join(own, 'trivy'), []);
  await copy.append(
    'matrix.yaml',
    '\nscan: {}\nsign: { key: .rig/ours.key }\ntrust: [{ key: .rig/ours.pub }]\n',
  );
  await copy.write('.gitignore', '.rig/\n.hubwright/\nrelease.json\n');
  const git = async (...args: readonly string[]): Promise<unknown> =>
    await execa('git', [
      '-C',
      copy.directory,
      '-c',
      'user.name=rig',
      '-c',
      'user.email=rig@example.org',
      ...args,
    ]);
  await git('init', '--quiet');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'The family');
  env = {
    DOCKER_REGISTRY: `${rig.host}/hub`,
    DOCKER_CONFIG: own,
    COSIGN_PASSWORD: KEY_PASSWORD,
    HUBWRIGHT_TRIVY: await realTrivy(),
    HUBWRIGHT_TRIVY_CACHE: path.join(own, 'trivy'),
  };
});

afterAll(async () => {
  await removeTagsOf(rig.host);
  await copy[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

test('the family is published, and of each image verdict, provenance, bill and scan are proven', async () => {
  const run = await copy.images(['--push'], env);
  expect(run.exitCode, troubles(run.events, run.stderr)).toBe(0);
  published = await digests();
  expect(published.size).toBe(15);

  const told = await verified([...published.keys()]);
  const { stdout: revision } = await execa('git', ['-C', copy.directory, 'rev-parse', 'HEAD']);
  const signer = '.rig/ours.pub';
  for (const [name, digest] of published)
    expect(told.get(name), name).toMatchObject({
      state: 'proven',
      digest,
      signers: [signer],
      passes: [{ image: name, signer }],
      provenance: [{ signer, revision, dirty: false }],
      bills: [{ signer }],
      scans: [{ signer, counts: { critical: 0 } }],
    });
});

test('the bills name what is in the images, and the release what an operator wants to know', async () => {
  for (const [name, ...packages] of [
    ['scientific', 'numpy', 'tini', 'jupyterlab'],
    ['hub', 'jupyterhub'],
    ['proxy', 'configurable-http-proxy'],
    ['db', 'mariadb-server-core'],
  ] as const) {
    const bill = await readArtifact(client, publishedImage(name), 'cyclonedx', signal);
    const components: readonly { name: string }[] = JSON.parse(
      bill.ok ? String(bill.value) : '{}',
    ).components;
    expect(components.map((each) => each.name)).toEqual(expect.arrayContaining(packages));
    const spdx = await readArtifact(client, publishedImage(name), 'spdx', signal);
    expect(JSON.parse(spdx.ok ? String(spdx.value) : '{}').spdxVersion).toMatch(/^SPDX-2/);
  }
  for (const { name, size, layers, verdict, scan, state } of (await release()).images) {
    expect([name, state]).toEqual([name, 'current']);
    expect(size.compressed, name).toBeGreaterThan(0);
    expect(size.unpacked, name).toBeGreaterThan(size.compressed ?? 0);
    expect(layers?.length, name).toBeGreaterThan(0);
    expect(verdict.contract, name).toBeGreaterThan(0);
    expect(scan?.findings.critical, name).toBe(0);
  }
});

test('cosign itself verifies an image of each kind, with its verdict, provenance, bill and scan', async () => {
  const key = ['--key', path.join(copy.directory, '.rig/ours.pub'), '--insecure-ignore-tlog=true'];
  const docker = { DOCKER_CONFIG: env['DOCKER_CONFIG'] ?? '' };
  for (const name of ['course-physics-student', 'hub', 'pause']) {
    const reference = `${rig.host}/hub/${name}@${published.get(name)}`;
    expect(await cosignAgrees(['verify', ...key, reference], docker), name).toBe(true);
    for (const type of ['slsaprovenance1', 'cyclonedx', 'vuln', predicateTypes.testResult])
      expect(await cosignAgrees(['verify-attestation', ...key, '--type', type, reference], docker)).toBe(
        true,
      );
  }
});

function publishedImage(name: string): DigestReference {
  const digest = published.get(name) ?? '';
  if (!isDigest(digest)) throw new Error(`${name} is not published`);
  return withDigest(referenceTo(`${rig.host}/hub/${name}`), digest);
}

async function digestAt(name: string, tag: string): Promise<string | undefined> {
  const head = await client.headManifest(referenceTo(`${rig.host}/hub/${name}:${tag}`), signal);
  return head.kind === 'found' ? head.digest : undefined;
}

/** What the moving tag of every image names in the registry. */
async function digests(): Promise<ReadonlyMap<string, string>> {
  const { images } = await release();
  const all = images.map(
    async ({ name }) => [name, (await digestAt(name, copy.version)) ?? 'absent'] as const,
  );
  return new Map((await Promise.all(all)).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

async function release(): Promise<Release> {
  return JSON.parse(await copy.read('release.json')) as Release; // our own file
}

/** What `build verify` says of each image's moving tag. */
async function verified(names: readonly string[]): Promise<ReadonlyMap<string, unknown>> {
  const [node, ...script] = command;
  const references = names.map((name) => `${rig.host}/hub/${name}:${copy.version}`);
  const args = [...script, 'verify', '--json', '--directory', copy.directory, ...references];
  const { stdout } = await execa(node, args, { env: { ...familyEnvironment(), ...env }, extendEnv: false });
  const { images } = JSON.parse(stdout) as { images: readonly unknown[] }; // our own document, in our order
  return new Map(names.map((name, index) => [name, images[index]]));
}

function troubles(events: readonly RunEvent[], stderr: string): string {
  const failed = events.flatMap((event) =>
    event.kind === 'image-finished' && event.outcome.kind === 'failed'
      ? [`${event.image}: ${event.outcome.stage}: ${event.outcome.failure.message}`]
      : [],
  );
  return [stderr, ...failed].join('\n');
}
