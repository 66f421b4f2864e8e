/** Versions never move: what counts as one, what is told where it is taken, and what a new one costs. */
import { expect, test, vi } from 'vitest';
import type { RunEvent } from '../../src/core/event.ts';
import { startCuttingProxy } from '../rig/cutting-proxy.ts';
import { startRegistry } from '../rig/registry.ts';
import { quickClient, referenceTo } from '../rig/registry-image.ts';
import { matrixOf, workspace } from '../rig/workspace.ts';

vi.setConfig({ testTimeout: 120_000 });

const { signal } = new AbortController();
const client = quickClient();

async function digestAt(text: string): Promise<string | undefined> {
  const head = await client.headManifest(referenceTo(text), signal);
  if (head.kind === 'failed') throw new Error(head.error.message);
  return head.kind === 'found' ? head.digest : undefined;
}

const plain = (text: string): string => text.replaceAll(/\s+/g, ' ');

const stages = (events: readonly RunEvent[]): readonly string[] => [
  ...new Set(events.flatMap((event) => (event.kind === 'stage-started' ? [event.stage] : []))),
];

const files = (tags: string): Record<string, string> => ({
  'matrix.yaml': matrixOf(['base', 'course'], `registry: \${DOCKER_REGISTRY}\ntags: ${tags}\n`),
  'base/Dockerfile': 'FROM rig.example/{p}root:1\nCOPY . /data/\nCMD ["true"]\n',
  'base/file': 'one\n',
  'course/Dockerfile': 'FROM {p}base\nCOPY . /more/\nCMD ["true"]\n',
});

/** The environment of a run that gives this version, with its registry behind a proxy. */
const through = (host: string) => (version: string) => ({
  DOCKER_REGISTRY: host,
  HUBWRIGHT_INSECURE_REGISTRIES: host,
  IMG_VERSION: version,
});

test('a version that names another image is told before anything is built, and stays; the next one is published', async () => {
  await using rig = await startRegistry();
  await using family = await workspace(files('["${IMG_VERSION}", latest]'));
  const at = (version: string) => ({ DOCKER_REGISTRY: rig.host, IMG_VERSION: version });
  const base = (tag: string): string => `${rig.host}/${family.prefix}base:${tag}`;
  const first = await family.events(['--push'], at('v1.4'));
  expect(first.exitCode, first.stderr).toBe(0);
  const one = await digestAt(base('v1.4'));

  await family.write('base/file', 'two\n');
  const plan = await family.build(['plan', '--push'], at('v1.4'));
  expect(plan.exitCode).toBe(0);
  expect(plain(plan.stderr)).toContain('warning[tag-taken]: `v1.4` never moves');
  const taken = await family.events(['--changed', '--push'], at('v1.4'));
  expect(taken.exitCode).toBe(2);
  expect(plain(taken.stderr)).toContain(
    `error[tag-taken]: \`v1.4\` never moves, and \`${base('v1.4')}\` names another image than this one; so do those of ${family.prefix}course`,
  );
  expect(plain(taken.stderr)).toContain(
    'help: count it up (`IMG_VERSION`); or let it move, in matrix.yaml: `tags: [{ tag: "v1.4", moves: true }]`',
  );
  expect(taken.events).toEqual([]);
  expect(await digestAt(base('v1.4'))).toBe(one);

  const next = await family.events(['--changed', '--push'], at('v1.5'));
  expect(next.exitCode, next.stderr).toBe(0);
  expect(await digestAt(base('v1.4'))).toBe(one);
  expect(await digestAt(base('v1.5'))).not.toBe(one);
  expect(await digestAt(base('latest'))).toBe(await digestAt(base('v1.5')));
});

test('a version that another machine takes during the run fails its image and what stands on it, and stays', async () => {
  await using rig = await startRegistry();
  await using proxy = await startCuttingProxy(rig.host);
  await using family = await workspace(files('["${IMG_VERSION}"]'));
  const at = through(proxy.host);
  expect((await family.events(['--push'], at('1.0'))).exitCode).toBe(0);
  const repository = `${rig.host}/${family.prefix}base`;
  const old = await client.getManifest(referenceTo(`${repository}:1.0`), signal);
  if (old.kind !== 'found') throw new Error('the first version is not there');
  await family.write('base/file', 'two\n');
  proxy.before(new RegExp(`^PUT /v2/${family.prefix}base/manifests/key-`), async () => {
    await client.putManifest(referenceTo(`${repository}:2.0`), old.bytes, old.mediaType, signal);
  });
  const run = await family.events(['--changed', '--push'], at('2.0'));
  expect(run.exitCode).toBe(1);
  expect(run.stdout).toContain('and a version never moves. Count it up');
  expect(await digestAt(`${repository}:2.0`)).toBe(old.digest);
  expect(await digestAt(`${rig.host}/${family.prefix}course:2.0`)).toBeUndefined();
});

test('matrix.yaml lets a version move, and holds what is none', async () => {
  await using rig = await startRegistry();
  await using family = await workspace(
    files('[{ tag: "${IMG_VERSION}", moves: true }, { tag: autumn, moves: false }]'),
  );
  const env = { DOCKER_REGISTRY: rig.host, IMG_VERSION: 'v1.4' };
  expect((await family.events(['--push'], env)).exitCode).toBe(0);
  await family.write('base/file', 'two\n');
  const held = await family.events(['--changed', '--push'], env);
  expect(held.exitCode).toBe(2);
  expect(held.stderr).toContain('`autumn` never moves');
  expect(held.stderr).not.toContain('`v1.4` never moves');
  await family.write('matrix.yaml', files('[{ tag: "${IMG_VERSION}", moves: true }]')['matrix.yaml'] ?? '');
  const version = `${rig.host}/${family.prefix}base:v1.4`;
  const before = await digestAt(version);
  const moved = await family.events(['--changed', '--push'], env);
  expect(moved.exitCode, moved.stderr).toBe(0);
  expect(await digestAt(version)).not.toBe(before);
});

test('a new version of what has not changed is a tag: nothing is built, checked or sent', async () => {
  await using rig = await startRegistry();
  await using proxy = await startCuttingProxy(rig.host);
  await using family = await workspace(files('["${IMG_VERSION}"]'));
  const at = through(proxy.host);
  expect((await family.events(['--push'], at('v1.4'))).exitCode).toBe(0);
  const sent = (repository: string): number =>
    proxy.count(new RegExp(`^(POST|PATCH|PUT) /v2/${repository}/blobs/`));
  const before = ['base', 'course'].map((name) => sent(`${family.prefix}${name}`));
  expect(Math.min(...before)).toBeGreaterThan(0);
  const again = await family.events(['--changed', '--push'], at('v1.5'));
  expect(again.exitCode, again.stderr).toBe(0);
  expect(stages(again.events)).toEqual(['push', 'tag']);
  expect(['base', 'course'].map((name) => sent(`${family.prefix}${name}`))).toEqual(before);
  for (const name of ['base', 'course']) {
    const repository = `${family.prefix}${name}`;
    expect(proxy.count(new RegExp(`^PUT /v2/${repository}/manifests/v1.5$`))).toBe(1);
    expect(await digestAt(`${rig.host}/${repository}:v1.5`)).toBe(
      await digestAt(`${rig.host}/${repository}:v1.4`),
    );
  }
});
