/** The release as an artifact beside the images: found by machines that have no file of it, and never moved for nothing. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createRegistryClient } from '../../registry/client.ts';
import { loadRelease } from '../../src/run/load-release.ts';
import { fetchRelease, releaseReference, type ReleaseRegistry } from '../../src/run/release-artifact.ts';
import type { Release } from '../../src/run/schema.ts';
import { startRegistry } from '../rig/registry.ts';
import { matrixOf, trivial, workspace, type Workspace } from '../rig/workspace.ts';

const { signal } = new AbortController();
const registry: ReleaseRegistry = createRegistryClient({ credentials: async () => undefined });

const targetAt = (host: string) => ({ prefix: `${host}/family`, naming: 'repository-per-image' }) as const;

async function releaseAt(host: string, tag: string): Promise<Release | undefined> {
  const reference = releaseReference(targetAt(host), tag);
  if (reference === undefined) throw new Error(`no reference for ${tag}`);
  const fetched = await fetchRelease(registry, reference, signal);
  if (!fetched.ok) throw new Error(fetched.error);
  return fetched.value;
}

const files = {
  'matrix.yaml': matrixOf(['base', 'course'], 'registry: ${DOCKER_REGISTRY:-}\n'),
  'base/Dockerfile': trivial,
  'course/Dockerfile': 'FROM {p}base\nCOPY . /data/\n',
};

const push = (family: Workspace, host: string, ...more: readonly string[]) =>
  family.build(['images', '{p}base', '{p}course', '--changed', '--push', ...more], {
    DOCKER_REGISTRY: `${host}/family`,
  });

test('a family is released as an artifact, and a checkout without a file carries forward what is there', async () => {
  await using rig = await startRegistry();
  await using family = await workspace(files);
  const first = await push(family, rig.host);
  expect(first.exitCode, first.stderr).toBe(0);
  const newest = await releaseAt(rig.host, 'newest');
  expect(newest).toEqual(JSON.parse(await family.read('release.json')));
  expect(await releaseAt(rig.host, 'green')).toEqual(newest);
  expect(await releaseAt(rig.host, newest?.run ?? '')).toEqual(newest);
  const [base, course] = newest?.images ?? [];
  expect(course?.layers?.slice(0, base?.layers?.length)).toEqual(base?.layers);
  expect(base?.size.compressed).toBe(base?.layers?.reduce((sum, { size }) => sum + size, 0));

  // What changes nothing, here or in a checkout that has no file, releases nothing.
  await rm(path.join(family.directory, 'release.json'));
  expect((await push(family, rig.host)).exitCode).toBe(0);
  expect(await releaseAt(rig.host, 'newest')).toEqual(newest);
  expect(JSON.parse(await family.read('release.json'))).toEqual(newest);

  // A broken image is held back with its older digest, and the family is not green.
  await rm(path.join(family.directory, 'release.json'));
  await family.write('course/Dockerfile', 'FROM {p}base\nCOPY . /data/\nCMD ["false"]\n');
  await family.write('base/more', 'more\n');
  expect((await push(family, rig.host)).exitCode).toBe(1);
  const broken = await releaseAt(rig.host, 'newest');
  expect(broken?.images.map(({ state, digest }) => ({ state, digest }))).toMatchObject([
    { state: 'current' },
    { state: 'held-back', digest: course?.digest },
  ]);
  expect(broken?.images[0]?.digest).not.toBe(base?.digest);
  // Only what a node with the last release lacks.
  expect(broken?.images[0]?.size.added).toBeLessThan(broken?.images[0]?.size.compressed ?? 0);
  expect(await releaseAt(rig.host, 'green')).toEqual(newest);
});

test('whoever reads releases finds them by a file, by a reference, and in the registry of the family', async () => {
  await using rig = await startRegistry();
  await using family = await workspace(files);
  expect((await push(family, rig.host)).exitCode).toBe(0);
  const release: unknown = JSON.parse(await family.read('release.json'));
  const source = { cwd: family.directory, directory: family.directory, target: targetAt(rig.host), registry };
  const load = (named?: string) => loadRelease({ ...source, named }, signal);
  expect(await load()).toEqual({ ok: true, value: release });
  expect(await load('release.json')).toEqual({ ok: true, value: release });
  expect(await load(`${rig.host}/family/hubwright-release:green`)).toEqual({ ok: true, value: release });
  await rm(path.join(family.directory, 'release.json'));
  expect(await load()).toEqual({ ok: true, value: release });
  expect(await load('release.json')).toMatchObject({
    ok: false,
    error: [{ message: 'the release `release.json` cannot be read: there is no such file' }],
  });
  expect(await load(`${rig.host}/family/hubwright-release:other`)).toMatchObject({
    ok: false,
    error: [
      {
        message: `the release \`${rig.host}/family/hubwright-release:other\` cannot be read: the registry has no such release`,
      },
    ],
  });
  await family.write('matrix.json', '{}\n');
  expect(await load('matrix.json')).toMatchObject({ ok: false, error: [{ code: 'no-release' }] });
});

test('a run of some images does not call the family green', async () => {
  await using rig = await startRegistry();
  await using family = await workspace(files);
  const env = { DOCKER_REGISTRY: `${rig.host}/family` };
  const some = await family.build(['images', '{p}base', '--changed', '--push'], env);
  expect(some.exitCode, some.stderr).toBe(0);
  expect((await releaseAt(rig.host, 'newest'))?.images).toHaveLength(1);
  expect(await releaseAt(rig.host, 'green')).toBeUndefined();
  expect((await push(family, rig.host)).exitCode).toBe(0);
  expect((await releaseAt(rig.host, 'green'))?.images).toHaveLength(2);
});
