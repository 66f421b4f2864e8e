/** Tags that people use: those that move never go back to an older revision, those that hold a key never move at all. */
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { createRegistryClient } from '../../registry/client.ts';
import { digestOf } from '../../registry/digest.ts';
import type { Release } from '../../src/run/schema.ts';
import { referenceTo } from '../rig/registry-image.ts';
import { startRegistry } from '../rig/registry.ts';
import { matrixOf, trivial, workspace, type Workspace } from '../rig/workspace.ts';

const { signal } = new AbortController();
const registry = createRegistryClient({ credentials: async () => undefined });

async function digestAt(text: string): Promise<string | undefined> {
  const head = await registry.headManifest(referenceTo(text), signal);
  if (head.kind === 'failed') throw new Error(head.error.message);
  return head.kind === 'found' ? head.digest : undefined;
}

const releaseOf = async (family: Workspace): Promise<Release> =>
  JSON.parse(await family.read('release.json')) as Release; // our own file

const matrix = (tags: string): string =>
  matrixOf(['base'], `registry: \${DOCKER_REGISTRY:-}\ntags: ${tags}\n`);

test('a run of an older revision publishes, and leaves what moves on the later one', async () => {
  await using rig = await startRegistry();
  await using family = await workspace({
    'matrix.yaml': matrix('[latest, "of-{key}"]'),
    'base/Dockerfile': `${trivial}COPY file /file\n`,
    'base/file': 'one\n',
    '.gitignore': 'release.json\n.hubwright\nroot*\n',
  });
  const git = (...args: readonly string[]) =>
    execa('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: family.directory });
  const push = () => family.events(['--changed', '--push'], { DOCKER_REGISTRY: rig.host });
  const latest = `${rig.host}/${family.prefix}base:latest`;
  await git('init', '--quiet', '--initial-branch', 'main');
  await git('add', '.');
  await git('commit', '--quiet', '--message', 'one');
  await family.write('base/file', 'two\n');
  await git('commit', '--quiet', '--all', '--message', 'two');
  expect((await push()).exitCode).toBe(0);
  const two = await releaseOf(family);
  const head = (await git('rev-parse', 'HEAD')).stdout;
  expect(two.images[0]?.revision).toBe(head);

  // An older checkout publishes what it has under its key, and nothing that people follow goes back.
  await git('checkout', '--quiet', 'HEAD~');
  const older = await push();
  expect(older.exitCode, older.stderr).toBe(0);
  expect(await digestAt(latest)).toBe(two.images[0]?.digest);
  expect(await releaseOf(family)).toEqual(two);
  const remarks = older.events.flatMap((event) => (event.kind === 'remark' ? [event.message] : []));
  expect(remarks).toContain(`latest stays on what a later revision (${head.slice(0, 12)}) published`);

  // To take a change back is a later revision, and moves them.
  await git('checkout', '--quiet', 'main');
  await git('revert', '--no-edit', 'HEAD');
  expect((await push()).exitCode).toBe(0);
  const back = await releaseOf(family);
  expect(back.images[0]?.digest).not.toBe(two.images[0]?.digest);
  expect(await digestAt(latest)).toBe(back.images[0]?.digest);
});

test('a tag that holds a key and names another image fails that image, and stays as it is', async () => {
  await using rig = await startRegistry();
  await using family = await workspace({
    'matrix.yaml': matrix('["of-{key}"]'),
    'base/Dockerfile': trivial,
    [path.join('other', 'Dockerfile')]: trivial,
  });
  const env = { DOCKER_REGISTRY: rig.host };
  const planned = await family.build(['plan', '--format', 'json']);
  const key: string = JSON.parse(planned.stdout).images[0].key;
  const tag = `${rig.host}/${family.prefix}base:of-${key.slice(0, 12)}`;
  const config = Buffer.from('{}');
  expect(await registry.uploadBlob(referenceTo(tag), config, signal)).toMatchObject({ kind: 'stored' });
  const type = 'application/vnd.oci.image.manifest.v1+json';
  const planted = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: type,
      config: { mediaType: 'application/json', digest: digestOf(config), size: config.length },
      layers: [],
    }),
  );
  await registry.putManifest(referenceTo(tag), planted, type, signal);
  const run = await family.events(['--push'], env);
  expect(run.exitCode).toBe(1);
  expect(run.stdout).toContain(`${tag} names another image (${digestOf(planted)})`);
  expect(await digestAt(tag)).toBe(digestOf(planted));
});
