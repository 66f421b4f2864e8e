/**
 * Nights of a family that signs, trusts and scans, and whose root moves: what is published is signed and scanned, what
 * is not is left alone, and believed. A real engine, a real registry, real cosign; the scanner is the rig's.
 */
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { NightSummary } from '../../src/nightly/verdicts.ts';
import { patience, valueOf } from '../rig/engine.ts';
import { fakeTrivy, type FakeTrivy } from '../rig/fake-trivy.ts';
import { publishRoot } from '../rig/outside-root.ts';
import { startPackageIndex, type PackageIndex } from '../rig/package-index.ts';
import { startRegistry, type RegistryRig } from '../rig/registry.ts';
import { registrySnapshot } from '../rig/registry-snapshot.ts';
import { KEY_PASSWORD, makeKeyPair } from '../rig/signing-keys.ts';
import { workspace, type Workspace } from '../rig/workspace.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const images = ['base', 'child', 'lab', 'seed', 'tool'];
let rig: RegistryRig;
let index: PackageIndex;
let kit: Workspace;
let trivy: FakeTrivy;
let env: Readonly<Record<string, string>>;

/** base installs by apt, child has nothing of its own, lab installs by pip; seed and tool share a root, of which seed takes one file. */
beforeAll(async () => {
  rig = await startRegistry();
  index = await startPackageIndex();
  index.debian.set('curl', '8.1');
  index.python.set('jupyterlab', '4.5.0');
  const definitions = images.map((name) => `  {p}${name}: { context: ${name}, kind: custom }`).join('\n');
  const lists = 'RUN mkdir -p /data && cat /usr/share/*/version > /data/packages';
  kit = await workspace({
    'matrix.yaml': `registry: ${rig.host}
tags: [latest]
scan: {}
sign: { key: keys/ours.key }
trust: [{ key: keys/ours.pub }]
roots:
  "{p}root": { from: "rig.example/{p}root:1", bootstrap: { debian: trixie } }
  upstream: { from: "${rig.host}/{p}upstream:1" }
images:
${definitions}
`,
    'base/Dockerfile': `FROM rig.example/{p}root:1\nARG EPOCH\n${index.apt}\n${lists}\nCMD ["true"]\n`,
    'child/Dockerfile': 'FROM {p}base\nCOPY own /srv/\n',
    'child/own': 'the child’s own\n',
    'lab/Dockerfile': `FROM rig.example/{p}root:1\nARG EPOCH\n${index.pip}\nCMD ["true"]\n`,
    'seed/Dockerfile': `FROM ${rig.host}/{p}upstream:1 AS upstream
FROM rig.example/{p}root:1\nCOPY --from=upstream /data/seed /srv/\nCMD ["true"]\n`,
    'tool/Dockerfile': `FROM ${rig.host}/{p}upstream:1\nCOPY own /srv/\nCMD ["true"]\n`,
    'tool/own': 'the tool’s own\n',
    'keys/.keep': '',
  });
  await makeKeyPair(`${kit.directory}/keys`, 'ours');
  trivy = await fakeTrivy(path.join(kit.directory, '.trivy'));
  env = { ...trivy.env, COSIGN_PASSWORD: KEY_PASSWORD };
  await publishRoot(kit, rig.host, 'one');
  const pushed = await kit.build(['images', '--push'], env);
  expect(pushed.exitCode, pushed.stderr).toBe(0);
});

afterAll(async () => {
  await kit[Symbol.asyncDispose]();
  await index[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

test('a night that changes nothing leaves images, signatures and scans alone, and believes them', async () => {
  const before = await registrySnapshot(rig.host);
  expect(Object.keys(before).some((name) => name.endsWith('.sig'))).toBe(true);
  const summary = await night('2026-11-02');
  expect(ends(summary)).toEqual({ base: 'same', child: 'same', lab: 'same', seed: 'same', tool: 'same' });
  expect(await registrySnapshot(rig.host)).toEqual(before);
  await forgetLocally();
  expect(await planned()).toEqual(all('reuse'));
});

test('an advisory that a newer package mends makes its image affected, by its bill alone', async () => {
  const known = { id: 'CVE-2099-0001', severity: 'critical' };
  await trivy.publish({ curl: known });
  const before = await registrySnapshot(rig.host);
  const hopeless = await night('2026-11-03', '--security-only', '--dry-run');
  expect(ends(hopeless)).toEqual({ base: 'same', child: 'same', lab: 'same', seed: 'same', tool: 'same' });

  await trivy.publish({ curl: { ...known, fixed: '8.2' } });
  await trivy.forgetCalls();
  const foreseen = await night('2026-11-03', '--security-only', '--dry-run');
  expect(ends(foreseen)).toMatchObject({ base: 'would-try', lab: 'same', seed: 'same', tool: 'same' });
  expect((await trivy.calls()).filter((call) => call === 'image')).toEqual([]);
  expect(await localImages()).toEqual([]);
  expect(await registrySnapshot(rig.host)).toEqual(before);
});

test('with --security-only the images with a hole that is mended move, signed and scanned, and the others stay', async () => {
  index.debian.set('curl', '8.2');
  index.python.set('jupyterlab', '4.5.1');
  const installs = index.installs.pip;
  const summary = await night('2026-11-04', '--security-only', '--summary', 'night.md');
  expect(ends(summary)).toEqual({
    base: 'changed',
    child: 'changed',
    lab: 'same',
    seed: 'same',
    tool: 'same',
  });
  expect(index.installs.pip).toBe(installs);
  const lock = await kit.read('matrix.lock');
  expect(lock).toContain(`${kit.prefix}base: 2026-11-04`);
  expect(lock).not.toContain(`${kit.prefix}lab`);
  expect(await kit.read('night.md')).toContain('  | curl (deb) | 8.1 | 8.2 |');

  const verified = await kit.build(['verify', '--json', ...references('base', 'child')], env);
  expect(verified.exitCode, verified.stdout).toBe(0);
  const proven = { state: 'proven', passes: [{ tier: 'deep' }], scans: [{ counts: { critical: 0 } }] };
  expect(JSON.parse(verified.stdout)).toMatchObject({ images: [proven, proven] });
  await forgetLocally();
  expect(await planned()).toEqual(all('reuse'));
});

test('of a root that moves, the image that nobody could tell apart is proven under its new key as well', async () => {
  await publishRoot(kit, rig.host, 'two');
  const summary = await night('2026-11-05', '--security-only');
  expect(ends(summary)).toMatchObject({ seed: 'same', tool: 'same' });
  const before = await registrySnapshot(rig.host);
  const moved = await night('2026-11-05');
  expect(ends(moved)).toMatchObject({
    base: 'same',
    child: 'same',
    lab: 'changed',
    seed: 'same',
    tool: 'changed',
  });
  const after = await registrySnapshot(rig.host);
  const latest = `${kit.prefix}seed:latest`;
  expect(after[latest]).toBe(before[latest]);
  await forgetLocally();
  expect(await planned()).toEqual(all('reuse'));
  expect((await kit.build(['verify', ...references(...images)], env)).exitCode).toBe(0);
});

async function night(day: string, ...args: readonly string[]): Promise<NightSummary> {
  const result = await kit.build(['nightly', '--day', day, '--json', ...args], env);
  expect(result.exitCode, result.stderr).toBe(0);
  return JSON.parse(result.stdout) as NightSummary; // our own document
}

function ends({ images: ended }: NightSummary): Readonly<Record<string, string>> {
  return Object.fromEntries(ended.map(({ name, state }) => [name.replace(kit.prefix, ''), state]));
}

function all(action: string): Readonly<Record<string, string>> {
  return Object.fromEntries(images.map((name) => [name, action]));
}

async function planned(): Promise<Readonly<Record<string, string>>> {
  const { stdout } = await kit.build(['plan', '--push', '--format', 'json'], env);
  const plan = JSON.parse(stdout) as { images: readonly { name: string; action: string }[] }; // our own document
  return Object.fromEntries(plan.images.map(({ name, action }) => [name.replace(kit.prefix, ''), action]));
}

function references(...names: readonly string[]): readonly string[] {
  return names.map((name) => `${rig.host}/${kit.prefix}${name}:latest`);
}

/** As on another machine: the engine has the root, and none of the family. */
async function forgetLocally(): Promise<void> {
  for (const reference of await localImages()) await kit.engine.images.remove(reference, patience());
}

async function localImages(): Promise<readonly string[]> {
  const stored = valueOf(await kit.engine.images.list({}, patience()));
  return stored
    .flatMap(({ tags, digests }) => [...tags, ...digests])
    .filter((reference) => images.some((name) => reference.includes(`${kit.prefix}${name}`)));
}
