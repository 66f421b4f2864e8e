/**
 * Two runs that publish one family to one registry, on one machine and on two (an engine of its own each). Their
 * builds are never the same bytes, so that whatever is mixed up shows.
 */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createRegistryClient } from '../../registry/client.ts';
import type { PlanDocument } from '../../src/plan/plan.ts';
import { fetchRelease, releaseReference } from '../../src/run/release-artifact.ts';
import type { Release } from '../../src/run/schema.ts';
import { startCuttingProxy } from '../rig/cutting-proxy.ts';
import { buildsOf } from '../rig/events.ts';
import { startRegistry } from '../rig/registry.ts';
import { endSecondEngine, secondEngineSocket, sharedFolderPrefix } from '../rig/second-engine.ts';
import { matrixOf, workspace, type Files, type Workspace } from '../rig/workspace.ts';

vi.setConfig({ testTimeout: 300_000 });

const unique = 'RUN cat /proc/sys/kernel/random/uuid > /data/';
const files: Files = {
  'matrix.yaml': matrixOf(['base', 'child', 'grandchild'], 'registry: ${DOCKER_REGISTRY:-}\n'),
  'base/Dockerfile': `FROM rig.example/{p}root:1\n${unique}base\nCMD ["true"]\n`,
  'child/Dockerfile': `FROM {p}base\nCOPY . /data/\n${unique}child\nCMD ["true"]\n`,
  'child/file': 'first',
  'grandchild/Dockerfile': `FROM {p}child AS inner\n${unique}inner\nFROM inner\n${unique}grandchild\nCMD ["true"]\n`,
};

let folder = '';
let socket = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), `${sharedFolderPrefix}${process.pid}-`));
  socket = await secondEngineSocket(folder, 'classic');
});

afterAll(() => endSecondEngine(folder));

interface Published {
  readonly digest: string;
  readonly layers: readonly string[];
}

async function published(host: string, name: string, tag: string): Promise<Published> {
  const accept =
    'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json';
  const answer = await fetch(`http://${host}/v2/${name}/manifests/${tag}`, { headers: { accept } });
  if (!answer.ok) throw new Error(`${name}:${tag}: ${answer.status}`);
  const { layers } = (await answer.json()) as { layers: { digest: string }[] }; // a manifest, from a registry of ours
  return {
    digest: answer.headers.get('docker-content-digest') ?? '',
    layers: layers.map(({ digest }) => digest),
  };
}

/** What the registry tells of the family as a whole; the newest release holds every image of it and no older one. */
async function releaseArtifact(
  host: string,
  prefix: string,
): Promise<{ readonly newest: Release; readonly green: Release }> {
  const registry = createRegistryClient({ credentials: async () => undefined });
  const target = { prefix: host, naming: 'repository-per-image' } as const;
  const [newest, green] = await Promise.all(
    ['newest', 'green'].map(async (tag) => {
      const reference = releaseReference(target, tag);
      if (reference === undefined) throw new Error(`no reference for ${tag}`);
      const fetched = await fetchRelease(registry, reference, AbortSignal.timeout(30_000));
      if (!fetched.ok || fetched.value === undefined) throw new Error(`no ${tag} release of ${prefix}`);
      return fetched.value;
    }),
  );
  if (newest === undefined || green === undefined) throw new Error('two tags give two releases');
  return { newest, green };
}

/** All that has to be true of a registry and of the releases of those who published to it. */
async function expectConsistent(host: string, machines: readonly Workspace[]): Promise<void> {
  const [{ prefix, build }] = machines as readonly [Workspace];
  const { stdout } = await build(['plan', '--format', 'json']);
  const plan = JSON.parse(stdout) as PlanDocument; // our own document
  const digests = new Map<string, string>();
  let below: readonly string[] = [];
  for (const short of ['base', 'child', 'grandchild']) {
    const name = `${prefix}${short}`;
    const key = plan.images.find((image) => image.name === name)?.key;
    const byKey = await published(host, name, `key-${key}`);
    expect((await published(host, name, 'latest')).digest).toBe(byKey.digest);
    const { tags } = (await (await fetch(`http://${host}/v2/${name}/tags/list`)).json()) as {
      tags: string[];
    };
    const passed = tags.filter((tag) => tag.startsWith('pass-')).map((tag) => published(host, name, tag));
    expect((await Promise.all(passed)).map(({ digest }) => digest)).toContain(byKey.digest);
    expect(passed.length, 'a pass for each key').toBe(tags.filter((tag) => tag.startsWith('key-')).length);
    expect(byKey.layers.slice(0, below.length), `${short} stands on its parent`).toEqual(below);
    below = byKey.layers;
    digests.set(name, byKey.digest);
  }
  const artifact = await releaseArtifact(host, prefix);
  expect(new Map(artifact.newest.images.map(({ name, digest }) => [name, digest]))).toEqual(digests);
  expect(artifact.green, 'all is green').toEqual(artifact.newest);
  for (const { directory } of machines) {
    const text = await readFile(path.join(directory, 'release.json'), 'utf8');
    const release = JSON.parse(text) as Release; // our own file
    expect(new Map(release.images.map(({ name, digest }) => [name, digest]))).toEqual(digests);
  }
}

test('two runs at the same time on one machine', async () => {
  await using registry = await startRegistry();
  await using one = await workspace(files, { socket });
  await using other = await workspace(files, { socket, prefix: one.prefix });
  const env = { DOCKER_REGISTRY: registry.host };
  const runs = await Promise.all([one, other].map((each) => each.build(['images', '--push'], env)));
  for (const { exitCode, stderr } of runs) expect(exitCode, stderr).toBe(0);
  await expectConsistent(registry.host, [one, other]);
});

test('two runs at the same time on two machines', async () => {
  await using registry = await startRegistry();
  await using one = await workspace(files);
  await using other = await workspace(files, { socket, prefix: one.prefix });
  const env = { DOCKER_REGISTRY: registry.host };
  const runs = await Promise.all([one, other].map((each) => each.build(['images', '--push'], env)));
  for (const { exitCode, stderr } of runs) expect(exitCode, stderr).toBe(0);
  await expectConsistent(registry.host, [one, other]);
  // Whoever was second has learnt what is published: nothing is built again, and nothing is published.
  for (const each of [one, other]) {
    const again = await each.build(['images', '--changed', '--push'], env);
    expect(again.stderr).toContain('Nothing to do');
  }
});

test('a machine whose push ends after another has published the same key gives way', async () => {
  await using registry = await startRegistry();
  await using proxy = await startCuttingProxy(registry.host);
  await using one = await workspace(files);
  await using other = await workspace(files, { socket, prefix: one.prefix });
  // The other's manifest of `base` is held back until all of the first's is published: the last push does not win.
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  proxy.before(/^PUT .*base\/manifests\/key-/, async () => {
    held.resolve();
    await released.promise;
  });
  const late = other.events(['--push'], { DOCKER_REGISTRY: proxy.host });
  await held.promise;
  const first = await one.build(['images', '--push'], { DOCKER_REGISTRY: proxy.host });
  expect(first.exitCode, first.stderr).toBe(0);
  const before = await published(registry.host, `${one.prefix}base`, 'latest');
  released.resolve();
  const run = await late;
  expect(run.exitCode, run.stderr).toBe(0);
  expect(await published(registry.host, `${one.prefix}base`, 'latest')).toEqual(before);
  await expectConsistent(registry.host, [one, other]);
  expect(
    run.events.flatMap((event) => (event.kind === 'remark' ? [event.message] : [])).join('\n'),
  ).toContain('built elsewhere');
});

test('what was built on bytes that another machine published first is built again on those', async () => {
  await using registry = await startRegistry();
  await using one = await workspace(files);
  await using other = await workspace(files, { socket, prefix: one.prefix });
  const env = { DOCKER_REGISTRY: registry.host };
  const alone = await other.build(['images']);
  expect(alone.exitCode, alone.stderr).toBe(0);
  const first = await one.build(['images', '{p}base', '--push'], env);
  expect(first.exitCode, first.stderr).toBe(0);

  const run = await other.events(['--changed', '--push'], env);
  expect(run.exitCode, run.stderr).toBe(0);
  expect(buildsOf(run.events, other.prefix)).toContain('child');
  await expectConsistent(registry.host, [other]);

  // From now on its engine has the published bytes: an edit is built on them at once.
  await other.write('child/file', 'second');
  const edited = await other.events(['--changed', '--push'], env);
  expect(edited.exitCode, edited.stderr).toBe(0);
  expect(buildsOf(edited.events, other.prefix)).toEqual(['child', 'grandchild']);
  await expectConsistent(registry.host, [other]);
});
