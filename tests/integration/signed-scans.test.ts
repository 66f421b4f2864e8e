/**
 * With `trust:`, what lies in the registry of a scan counts only where it is signed: a real engine, a real registry, real
 * cosign. The scanner is the rig's.
 */
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { isDigest, type Digest } from '../../registry/digest.ts';
import { withDigest, withTag, type Reference } from '../../registry/reference.ts';
import { scanTag } from '../../src/core/labels.ts';
import { defaultScanSettings } from '../../src/matrix/scan-settings.ts';
import type { Release } from '../../src/run/schema.ts';
import { scanKey } from '../../src/run/scan-policy.ts';
import { keepArtifact } from '../../src/scan/kept-artifacts.ts';
import { fakeTrivy, type FakeTrivy } from '../rig/fake-trivy.ts';
import { startRegistry, type RegistryRig } from '../rig/registry.ts';
import { quickClient, referenceTo } from '../rig/registry-image.ts';
import { cosignAgrees, KEY_PASSWORD, makeKeyPair } from '../rig/signing-keys.ts';
import { matrixOf, workspace, type Workspace } from '../rig/workspace.ts';

const { signal } = new AbortController();
const client = quickClient();
const openssl = { openssl: { id: 'CVE-2099-0001', severity: 'critical', fixed: '3.1' } } as const;
let rig: RegistryRig;
let kit: Workspace;
let trivy: FakeTrivy;
let env: Readonly<Record<string, string>>;

// Builds, signs and scans, beside whatever else the machine does.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const matrix = (scan: string): string =>
  matrixOf(
    ['base', 'course'],
    `registry: ${rig.host}\nscan: ${scan}\nsign: { key: keys/ours.key }\ntrust: [{ key: keys/ours.pub }]\n`,
  );

beforeAll(async () => {
  rig = await startRegistry();
  kit = await workspace({
    'base/Dockerfile': 'FROM rig.example/{p}root:1\nCOPY . /data/\nCMD ["true"]\n',
    'base/packages': 'openssl 3.0\n',
    'course/Dockerfile': 'FROM {p}base\nCOPY . /data/\nCMD ["true"]\n',
    'course/packages': 'numpy 1.0\n',
    'keys/.keep': '',
  });
  await makeKeyPair(`${kit.directory}/keys`, 'ours');
  await kit.write('matrix.yaml', matrix('{}'));
  trivy = await fakeTrivy(path.join(kit.directory, '.trivy'));
  env = { ...trivy.env, COSIGN_PASSWORD: KEY_PASSWORD };
  const pushed = await kit.build(['images', '--push'], env);
  expect(pushed.exitCode, pushed.stderr).toBe(0);
});

afterAll(async () => {
  await kit[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

test('what was scanned is signed as such: cosign agrees, and nothing is left to do', async () => {
  const key = ['--key', `${kit.directory}/keys/ours.pub`, '--insecure-ignore-tlog=true'];
  const reference = `${rig.host}/${kit.prefix}base:latest`;
  expect(await cosignAgrees(['verify-attestation', ...key, '--type', 'vuln', reference])).toBe(true);
  expect(await planned()).toEqual({ base: 'reuse', course: 'reuse' });
});

test('a planted `scan-` tag is not believed: the image is scanned anew', async () => {
  await kit.write('matrix.yaml', matrix('{ block: { severity: high } }'));
  const { key, subject } = await released('base');
  const settings = { ...defaultScanSettings, severity: 'high' as const };
  const policy = { settings, exceptions: [], today: '2026-11-26' };
  const image = await client.getManifest(subject, signal);
  if (image.kind !== 'found') throw new Error('the image is not there');
  const tag = scanTag(scanKey(policy, `${kit.prefix}base`, key));
  await client.putManifest(withTag(subject, tag), image.bytes, image.mediaType, signal);
  expect(await planned()).toEqual({ base: 'verify not-signed', course: 'verify not-scanned' });
  const again = await kit.build(['images', '--changed', '--push'], env);
  expect(again.exitCode, again.stderr).toBe(0);
  expect(await planned()).toEqual({ base: 'reuse', course: 'reuse' });
});

test('a planted bill does not hide a hole: the signed one is judged, and the other is told of', async () => {
  const { subject } = await released('base');
  await trivy.publish(openssl);
  await plant(subject);
  await trivy.forgetCalls();
  const scan = await kit.build(['scan', '--from-sbom', `${kit.prefix}base`], env);
  expect(scan.exitCode, scan.stderr).toBe(0);
  expect(scan.stdout).toContain('CVE-2099-0001 (critical) in openssl 3.0');
  expect(plain(scan.stderr)).toContain(
    'no key under `trust` signed the bill of materials and the scan beside it in the registry: not believed; it was judged by what one of these keys signed',
  );
  expect(await trivy.calls()).not.toContain('image');
});

test('where nothing signed is left, the image is scanned anew, and that is kept and signed', async () => {
  const { subject } = await released('base');
  await plant(subject);
  await forgetSignedScans(subject);
  await trivy.forgetCalls();
  const scan = await kit.build(['scan', '--from-sbom', `${kit.prefix}base`], env);
  expect(scan.exitCode, scan.stderr).toBe(0);
  expect(scan.stdout).toContain('CVE-2099-0001 (critical) in openssl 3.0');
  expect(plain(scan.stderr)).toContain('not believed; its layers were scanned anew');
  expect(await trivy.calls()).toContain('image');

  await trivy.forgetCalls();
  const next = await kit.build(['scan', '--from-sbom', `${kit.prefix}base`], env);
  expect(next.stdout).toContain('CVE-2099-0001 (critical) in openssl 3.0');
  expect(plain(next.stderr)).toContain('it was judged by what one of these keys signed');
  expect(await trivy.calls()).not.toContain('image');
});

test('without the key a scan is told and not kept, and says why', async () => {
  const { subject } = await released('base');
  await forgetSignedScans(subject);
  await plant(subject);
  const scan = await kit.build(['scan', '--from-sbom', `${kit.prefix}base`], trivy.env);
  expect(scan.exitCode, scan.stderr).toBe(0);
  expect(plain(scan.stderr)).toContain('was not kept in the registry: `keys/ours.key` is encrypted');
});

test('a hole is not let through because a stranger’s image has it under a tag that moves', async () => {
  await kit.write('course/packages', 'numpy 1.0\npillow 1.0\n');
  const built = await kit.build(['images', '--changed'], env);
  expect(built.exitCode, built.stderr).toBe(0);
  const latest = `${rig.host}/${kit.prefix}course:latest`;
  await execa('docker', ['push', '--quiet', latest]);
  await trivy.publish({ pillow: { id: 'CVE-2099-0003', severity: 'critical', fixed: '2.0' } });
  await kit.write('course/more', 'another key than that of the stranger’s');
  const run = await kit.build(['images', '--changed', '--push'], env);
  expect(run.exitCode, run.stderr).toBe(1);
  expect(plain(run.stderr)).toContain('scan failed: CVE-2099-0003 (critical) in pillow 1.0');
});

/** As it reads without the breaks of its lines. */
function plain(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

/** What a stranger would put there: an empty bill, and a scan that found nothing, both made a moment from now. */
async function plant(subject: Reference): Promise<void> {
  const made = new Date(Date.now() + 60_000);
  const contents = { diffIds: [], packages: [], secrets: [] };
  const bill = Buffer.from(JSON.stringify({ bomFormat: 'CycloneDX', contents, made }));
  const counts = { unknown: 0, low: 0, medium: 0, high: 0, critical: 0 };
  const record = {
    version: 1,
    image: 'base',
    scannedAt: made,
    databaseUpdatedAt: made,
    counts,
    offending: [],
  };
  const scan = Buffer.from(JSON.stringify(record));
  for (const [kind, bytes] of [
    ['cyclonedx', bill],
    ['scan', scan],
  ] as const) {
    const kept = await keepArtifact(client, subject, { kind, bytes, created: made }, signal);
    expect(kept.ok).toBe(true);
  }
}

/** Takes the signed scans away, and leaves every other signature: cosign's tag, and the list of referrers. */
async function forgetSignedScans(subject: Reference & { readonly digest: Digest }): Promise<void> {
  const hex = subject.digest.replace(':', '-');
  const attestations = withTag(subject, `${hex}.att`);
  const read = await client.getManifest(attestations, signal);
  if (read.kind !== 'found') throw new Error('there are no attestations');
  const manifest = JSON.parse(read.bytes.toString('utf8')) as {
    layers: readonly { annotations: Readonly<Record<string, string>> }[];
  };
  const layers = manifest.layers.filter(({ annotations }) => !annotations['predicateType']?.includes('vuln'));
  const fewer = Buffer.from(JSON.stringify({ ...manifest, layers }));
  await client.putManifest(attestations, fewer, read.mediaType, signal);
  const bundles = await client.listReferrers(
    subject,
    'application/vnd.dev.sigstore.bundle.v0.3+json',
    signal,
  );
  if (bundles.kind === 'failed') throw new Error(bundles.error.message);
  for (const { digest, annotations } of bundles.referrers)
    if (annotations['dev.sigstore.bundle.predicateType']?.includes('vuln') === true)
      expect(await client.deleteManifest(withDigest(subject, digest), signal)).toMatchObject({
        kind: 'deleted',
      });
}

/** Each image's action, and the reason of one that is to be verified. */
async function planned(): Promise<Record<string, string>> {
  const { stdout } = await kit.build(['plan', '--push', '--format', 'json'], env);
  const { images } = JSON.parse(stdout) as {
    images: readonly { name: string; action: string; reasons: readonly { kind: string }[] }[];
  };
  return Object.fromEntries(
    images.map(({ name, action, reasons }) => [
      name.slice(kit.prefix.length),
      [action, ...reasons.map(({ kind }) => kind)].join(' '),
    ]),
  );
}

async function released(
  name: string,
): Promise<{ readonly key: string; readonly subject: Reference & { readonly digest: Digest } }> {
  const release: Release = JSON.parse(await kit.read('release.json')) as Release; // our own file
  const image = release.images.find((each) => each.name === `${kit.prefix}${name}`);
  if (image === undefined || !isDigest(image.digest)) throw new Error(`${name} is not released`);
  const reference = referenceTo(`${rig.host}/${image.name}`);
  return { key: image.key, subject: withDigest(reference, image.digest) };
}
