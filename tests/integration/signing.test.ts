/**
 * What is published with `sign:` and believed with `trust:`: a real engine, a real registry with bearer logins, real
 * cosign. What strangers put there is told apart from what we did.
 */
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { isDigest } from '../../registry/digest.ts';
import { withDigest, withTag } from '../../registry/reference.ts';
import { openSigner } from '../../src/attest/cosign.ts';
import type { Signer } from '../../src/attest/signer.ts';
import { signImage } from '../../src/attest/sign-image.ts';
import { predicateTypes, testResultStatement } from '../../src/attest/statement.ts';
import { fakeTrivy } from '../rig/fake-trivy.ts';
import { LOGIN, startRegistry, type RegistryRig } from '../rig/registry.ts';
import { putImage, quickClient, referenceTo } from '../rig/registry-image.ts';
import { cosignAgrees, KEY_PASSWORD, makeKeyPair } from '../rig/signing-keys.ts';
import { matrixOf, trivial, workspace, type Workspace } from '../rig/workspace.ts';

const signal = new AbortController().signal;
const names = ['base', 'child'];
let rig: RegistryRig;
let kit: Workspace;
let env: Readonly<Record<string, string>>;

const settings = (): string =>
  `registry: ${rig.host}\nscan: {}\nsign: { key: keys/ours.key }\ntrust: [{ key: keys/ours.pub }]\n`;

// Builds and signs, beside whatever else the machine does.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

beforeAll(async () => {
  rig = await startRegistry('token');
  kit = await workspace({
    'base/Dockerfile': trivial,
    'child/Dockerfile': 'FROM {p}base\nCOPY . /more/\n',
    'keys/.keep': '',
  });
  await makeKeyPair(`${kit.directory}/keys`, 'ours');
  await makeKeyPair(`${kit.directory}/keys`, 'stranger');
  await kit.write('matrix.yaml', matrixOf(names, settings()));
  const auth = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64');
  await kit.write('.docker/config.json', JSON.stringify({ auths: { [rig.host]: { auth } } }));
  const trivy = await fakeTrivy(path.join(kit.directory, '.trivy'));
  await trivy.publish({});
  env = { ...trivy.env, COSIGN_PASSWORD: KEY_PASSWORD };
});

afterAll(async () => {
  await kit[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

test('a family is published with its provenance and verdict, signed, and anybody with the key proves it', async () => {
  const pushed = await kit.build(['images', '--push'], env);
  expect(pushed.stderr).toContain('signed');
  expect(pushed.exitCode).toBe(0);

  const verified = await kit.build(['verify', '--json', ...references()]);
  expect(verified.exitCode).toBe(0);
  const { images } = JSON.parse(verified.stdout) as { images: readonly Record<string, unknown>[] };
  expect(images).toMatchObject([
    {
      state: 'proven',
      signers: ['keys/ours.pub'],
      passes: [{ image: `${kit.prefix}base`, profile: 'custom', tier: 'gate', signer: 'keys/ours.pub' }],
      provenance: [{ signer: 'keys/ours.pub' }],
      bills: [{ signer: 'keys/ours.pub' }],
      scans: [{ signer: 'keys/ours.pub', counts: { critical: 0 } }],
    },
    { state: 'proven', provenance: [{ signer: 'keys/ours.pub' }] },
  ]);
});

test('an image of the family is verified by its name', async () => {
  const run = await kit.build(['verify', '{p}base'], env);
  expect(run.exitCode, run.stderr).toBe(0);
  expect(run.stdout).toContain(`✓ ${rig.host}/${kit.prefix}base:latest\n`);
});

test('cosign itself verifies the signature and both attestations', async () => {
  const docker = `${kit.directory}/.docker`;
  process.env['DOCKER_CONFIG'] = docker;
  const key = ['--key', `${kit.directory}/keys/ours.pub`, '--insecure-ignore-tlog=true'];
  const [reference = ''] = references();
  expect(await cosignAgrees(['verify', ...key, reference])).toBe(true);
  for (const type of ['slsaprovenance1', 'cyclonedx', predicateTypes.testResult])
    expect(await cosignAgrees(['verify-attestation', ...key, '--type', type, reference])).toBe(true);
  // The form of cosign 3: bundles that refer to the image, here by an empty list of public logs.
  const roots = `${kit.directory}/no-logs.json`;
  await kit.write(
    'no-logs.json',
    '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}',
  );
  const bundles = [...key, '--new-bundle-format', '--trusted-root', roots];
  expect(await cosignAgrees(['verify-attestation', ...bundles, '--type', 'slsaprovenance1', reference])).toBe(
    true,
  );
  const strangers = ['--key', `${kit.directory}/keys/stranger.pub`, '--insecure-ignore-tlog=true'];
  expect(await cosignAgrees(['verify', ...strangers, reference])).toBe(false);
});

test('what is published and signed is not done again', async () => {
  const again = await kit.build(['plan', '--push', '--format', 'json']);
  expect(actions(again.stdout)).toEqual({ base: 'reuse', child: 'reuse' });
});

test('with another key than the one that signed nothing is proven, and verify answers 1', async () => {
  const answer = await kit.build(['verify', '--key', 'keys/stranger.pub', ...references()]);
  expect(answer.exitCode).toBe(1);
  expect(answer.stdout).toContain('not proven: keys/stranger.pub signed no pass of this digest');
});

test('a registry out of reach is no answer: exit code 3', async () => {
  const answer = await kit.build(['verify', '--key', 'keys/ours.pub', '127.0.0.1:1/gone:latest']);
  expect(answer.exitCode).toBe(3);
});

test('tags that a stranger planted are not believed, whether unsigned or signed by the stranger', async () => {
  const { key, verdictKey } = await entryOf('child');
  const target = referenceTo(`${rig.host}/${kit.prefix}child`);
  const client = quickClient(LOGIN);
  const planted = await putImage(client, withTag(target, `key-${key}`), [500]);
  const bytes = await client.getManifest(withDigest(target, planted), signal);
  if (bytes.kind !== 'found') throw new Error('the planted image is not there');
  await client.putManifest(withTag(target, `pass-${verdictKey}`), bytes.bytes, bytes.mediaType, signal);
  await forgetLocally('child');
  expect(await plannedReason('child')).toEqual(['build', 'not-signed']);

  // The stranger says that the image passed, in our very words, with another key.
  if (!isDigest(planted)) throw new Error('no digest');
  const subject = { repository: `${rig.host}/${kit.prefix}child`, digest: planted };
  const pass = {
    image: `${kit.prefix}child`,
    key,
    verdictKeys: [verdictKey],
    contract: 1,
    profile: 'custom',
    tier: 'gate',
    judged: new Date(),
    clauses: {},
  };
  const place = { registry: client, image: withDigest(target, planted) };
  const payload = testResultStatement(subject, pass);
  const statements = [{ predicateType: predicateTypes.testResult, payload }];
  const signed = await signImage(place, await stranger(), subject, statements, signal);
  expect(signed.ok).toBe(true);
  expect(await plannedReason('child')).toEqual(['build', 'not-signed']);

  // Built again, it takes its place back, and is proven.
  const pushed = await kit.build(['images', '--changed', '--push'], env);
  expect(pushed.exitCode).toBe(0);
  const head = await client.headManifest(withTag(target, `key-${key}`), signal);
  expect(head).not.toMatchObject({ digest: planted });
  expect((await kit.build(['verify', ...references()])).exitCode).toBe(0);
});

test('a pass that nobody signed means that the image is checked again', async () => {
  // Another day’s contract: the bytes are known to be ours, this pass is not.
  await kit.write(
    'matrix.yaml',
    matrixOf(names, settings()).replace('child, kind: custom', 'child, kind: custom, check: "true"'),
  );
  const before = await entryOf('child');
  expect((await kit.build(['images', '--changed'])).exitCode).toBe(0);
  const { key } = before;
  const verdictKey = (await localPasses('child')).find((each) => each !== before.verdictKey) ?? '';
  const target = referenceTo(`${rig.host}/${kit.prefix}child`);
  const client = quickClient(LOGIN);
  const image = await client.getManifest(withTag(target, `key-${key}`), signal);
  if (image.kind !== 'found') throw new Error('the image is not there');
  await client.putManifest(withTag(target, `pass-${verdictKey}`), image.bytes, image.mediaType, signal);
  await forgetLocally('child');
  expect(await plannedReason('child')).toEqual(['verify', 'not-signed']);
});

test('a release that a stranger put in the place of ours is not believed, and ours is', async () => {
  const [reference = ''] = [`${rig.host}/hubwright-release:newest`];
  await kit.write('values.yaml', 'singleuser: { image: { name: x, tag: y } }\n');
  const ours = await kit.build(['values', '--file', 'values.yaml', '--release', reference]);
  expect(ours.stderr).not.toContain('not signed');
  expect(ours.exitCode).not.toBe(2);
  await putImage(quickClient(LOGIN), referenceTo(reference), [100]);
  const planted = await kit.build(['values', '--file', 'values.yaml', '--release', reference]);
  expect(planted.stderr).toContain('is signed by nobody under `trust`');
  expect(planted.exitCode).toBe(2);
});

test('what is published without a key is told to count for nothing', async () => {
  const family = await kit.read('matrix.yaml');
  await kit.write('matrix.yaml', family.replace('keys/ours.key', '"${NO_KEY:-}"'));
  await kit.write('base/note.txt', 'published by somebody who has no key');
  const run = await kit.build(['images', '{p}base', '--changed', '--push'], env);
  await kit.write('matrix.yaml', family);
  expect(run.exitCode, run.stderr).toBe(0);
  expect(run.stderr.replaceAll(/\s+/g, ' ')).toContain(
    'remark: nothing that this run published counts: with `trust` it has to be signed, and `sign` in matrix.yaml names no key here',
  );
});

test('a wrong password is told before anything is built', async () => {
  const answer = await kit.build(['images', '--push', '--force'], { ...env, COSIGN_PASSWORD: 'wrong' });
  expect(answer.exitCode).toBe(2);
  expect(answer.stderr).toContain('the password in `COSIGN_PASSWORD` is not that key’s');
  expect(answer.stderr).not.toContain('built');
});

function references(): readonly string[] {
  return names.map((name) => `${rig.host}/${kit.prefix}${name}:latest`);
}

function actions(json: string): Record<string, string> {
  const { images } = JSON.parse(json) as { images: readonly { name: string; action: string }[] };
  return Object.fromEntries(images.map(({ name, action }) => [name.slice(kit.prefix.length), action]));
}

async function plannedReason(name: string): Promise<readonly string[]> {
  const { stdout } = await kit.build(['plan', '--push', '--format', 'json']);
  const { images } = JSON.parse(stdout) as {
    images: readonly { name: string; action: string; reasons: readonly { kind: string }[] }[];
  };
  const found = images.find((image) => image.name === `${kit.prefix}${name}`);
  return [found?.action ?? '', ...(found?.reasons ?? []).map(({ kind }) => kind)];
}

/** The keys of an image as the release tells them. */
async function entryOf(name: string): Promise<{ readonly key: string; readonly verdictKey: string }> {
  const text = await kit.read('release.json');
  const { images } = JSON.parse(text) as {
    images: readonly { name: string; key: string; verdict: { key: string } }[];
  };
  const found = images.find((image) => image.name === `${kit.prefix}${name}`);
  if (found === undefined) throw new Error(`${name} is not released`);
  return { key: found.key, verdictKey: found.verdict.key };
}

/** As on another machine: the engine does not know the image. */
async function forgetLocally(name: string): Promise<void> {
  for (const tag of await localTags(name)) await kit.engine.images.remove(tag, signal);
}

/** The verdict keys that the engine's record holds. */
async function localPasses(name: string): Promise<readonly string[]> {
  return (await localTags(name)).flatMap((tag) => /:pass-([0-9a-f]{64})$/.exec(tag)?.[1] ?? []);
}

async function localTags(name: string): Promise<readonly string[]> {
  const listed = await kit.engine.images.list({}, signal);
  if (!listed.ok) throw new Error('the engine does not answer');
  return listed.value.flatMap(({ tags }) => tags).filter((tag) => tag.includes(`${kit.prefix}${name}`));
}

async function stranger(): Promise<Signer> {
  const address = `${kit.directory}/keys/stranger.key`;
  const key = { kind: 'file', address, shown: 'stranger.key' } as const;
  const opened = await openSigner(key, { PATH: process.env['PATH'], ...env }, signal);
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}
