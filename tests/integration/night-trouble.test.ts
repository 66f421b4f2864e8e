/**
 * Nights on which something outside goes wrong: the registry, the lock, the clock, a root, another night. Nothing moves
 * that is not whole, the summary says so, and the next night makes it good.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { NightSummary } from '../../src/nightly/verdicts.ts';
import { startCuttingProxy, type CuttingProxy } from '../rig/cutting-proxy.ts';
import { patience, valueOf } from '../rig/engine.ts';
import { publishRoot } from '../rig/outside-root.ts';
import { startPackageIndex, type PackageIndex } from '../rig/package-index.ts';
import { startRegistry, type RegistryRig } from '../rig/registry.ts';
import { registrySnapshot } from '../rig/registry-snapshot.ts';
import { workspace, type CommandResult, type Workspace } from '../rig/workspace.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let rig: RegistryRig;
let proxy: CuttingProxy;
let roots: RegistryRig;
let index: PackageIndex;
let kit: Workspace;
let version = 1;

beforeAll(async () => {
  rig = await startRegistry();
  proxy = await startCuttingProxy(rig.host);
  roots = await startRegistry();
  index = await startPackageIndex();
  index.debian.set('curl', '1');
  kit = await workspace({
    'matrix.yaml': `registry: ${proxy.host}
tags: [latest]
freeze: [2026-10-30]
roots:
  "{p}root": { from: "rig.example/{p}root:1", bootstrap: { debian: trixie } }
  upstream: { from: "${roots.host}/{p}upstream:1" }
images:
  "{p}base": { context: base, kind: custom }
  "{p}child": { context: child, kind: custom }
  "{p}tool": { context: tool, kind: custom }
`,
    'base/Dockerfile': `FROM rig.example/{p}root:1\nARG EPOCH\n${index.apt}\nCMD ["true"]\n`,
    'child/Dockerfile': 'FROM {p}base\nCOPY own /data/\n',
    'child/own': 'the child’s own\n',
    'tool/Dockerfile': `FROM ${roots.host}/{p}upstream:1\nARG EPOCH\nRUN echo one > /data/tool\nCMD ["true"]\n`,
  });
  await publishRoot(kit, roots.host, 'one');
  const first = await kit.build(['images', '--push']);
  expect(first.exitCode, first.stderr).toBe(0);
  // The first night closes what is open.
  expect((await night('2026-11-01')).exitCode).toBe(0);
});

beforeEach(() => {
  version += 1;
  index.debian.set('curl', String(version));
});

afterAll(async () => {
  await kit[Symbol.asyncDispose]();
  await index[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  await roots[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

test('a registry that goes while images are tried: nothing moves, and the summary says why', async () => {
  const before = await state();
  index.meanwhile = async () => proxy.refuse(/./, Infinity, 503, 'UNAVAILABLE');
  const ended = await night('2026-11-02', '--summary', 'night.md');
  healed();
  expect(ended.exitCode, ended.stderr).toBe(3);
  expect(await state()).toEqual(before);
  expect(await kit.read('night.md')).toContain('2026-11-02: the night ended before its time: the registry');
  expect(JSON.parse(await kit.read('.hubwright/nightly/summary.json'))).toMatchObject({
    day: '2026-11-02',
    ended: [expect.stringContaining('503')],
    images: [],
  });
  await goodNight('2026-11-02');
});

test('a registry that takes no more while it is published: the lock has moved, and the next night publishes the rest', async () => {
  proxy.refuse(new RegExp(`^P.*${kit.prefix}child/`), Infinity, 403, 'DENIED');
  const ended = await night('2026-11-03', '--json');
  healed();
  expect(ended.exitCode, ended.stderr).toBe(3);
  expect(await kit.read('matrix.lock')).toContain(`${kit.prefix}base: 2026-11-03`);
  expect(summaryOf(ended).images).toMatchObject([
    { state: 'changed', name: `${kit.prefix}base` },
    { state: 'held-back', name: `${kit.prefix}child`, why: expect.stringContaining('denied') },
    { state: 'same', name: `${kit.prefix}tool` },
  ]);
  const { [`${kit.prefix}base:latest`]: base } = await registrySnapshot(rig.host);
  const next = await night('2026-11-04', '--json');
  expect(summaryOf(next).images).toMatchObject([{ state: 'same' }, { state: 'changed' }, { state: 'same' }]);
  expect(await registrySnapshot(rig.host)).toMatchObject({ [`${kit.prefix}base:latest`]: base });
  expect((await kit.build(['plan', '--push'])).stdout).toContain('Nothing to do');
});

test('a lock that cannot be written: nothing is published', async () => {
  const before = await state();
  const lock = path.join(kit.directory, 'matrix.lock');
  await execa('mount', ['--bind', lock, lock]);
  const ended = await night('2026-11-05');
  await execa('umount', [lock]);
  expect(ended.exitCode, ended.stderr).toBe(3);
  expect(ended.stderr).toContain('`matrix.lock` cannot be written');
  expect(await state()).toEqual(before);
  await goodNight('2026-11-05');
});

test('files that are edited while it runs: it ends, and the edit is left as it is', async () => {
  const before = await registrySnapshot(rig.host);
  const edit = `# taken in by hand\n${(await kit.read('matrix.lock')).replace(/-05$/m, '-06')}`;
  index.meanwhile = () => kit.write('matrix.lock', edit);
  const ended = await night('2026-11-07');
  healed();
  expect(ended.exitCode, ended.stderr).toBe(3);
  expect(ended.stderr).toContain('was edited while it ran');
  expect(await kit.read('matrix.lock')).toBe(edit);
  expect(await registrySnapshot(rig.host)).toEqual(before);
  await goodNight('2026-11-07');
});

test('a second night in the same repository: it says whose turn it is; one that was killed is in nobody’s way', async () => {
  let second: CommandResult | undefined;
  index.meanwhile = async () => {
    index.meanwhile = undefined;
    second = await night('2026-11-08');
  };
  const first = await night('2026-11-08', '--json');
  healed();
  expect(second).toMatchObject({ exitCode: 3 });
  expect(second?.stderr).toContain('another night is under way');
  expect(first.exitCode, first.stderr).toBe(0);
  expect(summaryOf(first).images).toMatchObject([
    { state: 'changed' },
    { state: 'changed' },
    { state: 'same' },
  ]);
  // As a process that has another's number now left it.
  await kit.write('.hubwright/nightly/process', `${process.pid} 1 another-boot`);
  await goodNight('2026-11-08');
});

test('a clock that is behind: no day goes back', async () => {
  const before = await state();
  const ended = await night('2026-10-31');
  expect(ended.exitCode, ended.stderr).toBe(3);
  expect(ended.stderr).toContain(`has system packages as of 2026-11-08 (\`${kit.prefix}base\`)`);
  expect(await state()).toEqual(before);
});

test('a root that vanished: what starts from it is held back, the others move, and the summary tells of it', async () => {
  await rm(path.join(roots.dataFolder, 'docker/registry/v2/repositories', `${kit.prefix}upstream`), {
    recursive: true,
  });
  await forgetRoot();
  const ended = await night('2026-11-09', '--json');
  expect(ended.exitCode, ended.stderr).toBe(1);
  const { images, notes } = summaryOf(ended);
  expect(images).toMatchObject([
    { state: 'changed' },
    { state: 'changed' },
    { state: 'held-back', why: expect.stringContaining('not found') },
  ]);
  expect(notes).toEqual([expect.stringContaining('its registry has no such image')]);
});

test('edits that nobody committed or published are published, and called by their name', async () => {
  await kit.write('child/own', 'edited');
  const ended = await night('2026-11-10', '--json', `${kit.prefix}child`);
  expect(ended.exitCode, ended.stderr).toBe(0);
  expect(summaryOf(ended).images).toMatchObject([
    { name: `${kit.prefix}base`, state: 'changed' },
    {
      name: `${kit.prefix}child`,
      state: 'changed',
      because: ['child/own edited', `${kit.prefix}base changed`],
    },
  ]);
  expect((await kit.build(['plan', '--push'])).stdout).toContain('Nothing to do');
});

async function night(day: string, ...args: readonly string[]): Promise<CommandResult> {
  return await kit.build(['nightly', '--day', day, ...args]);
}

/** What was tried in vain is made good, and then nothing is left to do. */
async function goodNight(day: string): Promise<void> {
  const good = await night(day, '--json');
  expect(good.exitCode, good.stderr).toBe(0);
  expect((await kit.build(['plan', '--push'])).stdout).toContain('Nothing to do');
}

function healed(): void {
  proxy.heal();
  index.meanwhile = undefined;
}

function summaryOf({ stdout }: CommandResult): NightSummary {
  return JSON.parse(stdout) as NightSummary; // our own document
}

/** As on a machine that never built from it. */
async function forgetRoot(): Promise<void> {
  const stored = valueOf(await kit.engine.images.list({}, patience()));
  const names = stored.flatMap(({ tags, digests }) => [...tags, ...digests]);
  for (const name of names.filter((each) => each.includes(`${kit.prefix}upstream`)))
    await kit.engine.images.remove(name, patience());
}

/** What a night may move. */
async function state(): Promise<unknown> {
  return { lock: await kit.read('matrix.lock'), registry: await registrySnapshot(rig.host) };
}
