/** Pushes by a real engine to a real registry that breaks off, starts anew, or says no. */
import { expect, test } from 'vitest';
import type { RunEvent } from '../../src/core/event.ts';
import type { Release } from '../../src/run/schema.ts';
import { startCuttingProxy } from '../rig/cutting-proxy.ts';
import { patience, valueOf } from '../rig/engine.ts';
import { remarksOf } from '../rig/events.ts';
import { startRegistry } from '../rig/registry.ts';
import { matrixOf, trivial, workspace } from '../rig/workspace.ts';

const publishing = (names: readonly string[]): string => matrixOf(names, 'registry: ${DOCKER_REGISTRY}\n');

/** A family of one image, and a registry behind a proxy. */
async function publishingFamily() {
  const registry = await startRegistry();
  const proxy = await startCuttingProxy(registry.host);
  const family = await workspace({ 'matrix.yaml': publishing(['base']), 'base/Dockerfile': trivial });
  return {
    proxy,
    family,
    env: { DOCKER_REGISTRY: proxy.host },
    async [Symbol.asyncDispose]() {
      await family[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
    },
  };
}

function failureOf(events: readonly RunEvent[]) {
  return events.flatMap((event) =>
    event.kind === 'image-finished' && event.outcome.kind === 'failed' ? [event.outcome] : [],
  )[0];
}

test('a layer that the engine tries again by itself is told: it may take a minute', async () => {
  await using rig = await publishingFamily();
  rig.proxy.refuse(/^POST .*\/blobs\/uploads\//, 1, 500, 'UNKNOWN');
  const run = await rig.family.events(['--push'], rig.env);
  expect(run.exitCode, run.stderr).toBe(0);
  expect(remarksOf(run.events)).toEqual([
    'the registry does not take a layer of it; the engine tries that again, for about a minute',
  ]);
});

test('why a push failed is told before what was pushed, and a registry that fails by itself what to look at', async () => {
  await using rig = await publishingFamily();
  rig.proxy.refuse(keyManifest, 1, 507, 'UNKNOWN');
  const run = await rig.family.events(['--push'], rig.env);
  expect(run.exitCode, run.stderr).toBe(3);
  expect(failureOf(run.events)?.failure.message).toMatch(
    /^received unexpected HTTP status: 507 Insufficient Storage; the registry failed by itself: .* \(pushing \S+:key-\w+\)$/,
  );
});

const keyManifest = /^PUT .*\/manifests\/key-/;

test('a push whose connection breaks is tried again after a pause, and said', async () => {
  await using rig = await publishingFamily();
  rig.proxy.cut(keyManifest, 1);
  const run = await rig.family.events(['--push'], rig.env);
  expect(run.exitCode, run.stderr).toBe(0);
  expect(rig.proxy.count(keyManifest)).toBe(2);
  expect(remarksOf(run.events)).toEqual([
    expect.stringMatching(/^the network failed its push \(.*EOF\); it is tried once more$/),
  ]);
  const again = await rig.family.build(['images', '--changed', '--push'], rig.env);
  expect(again.stderr).toContain('Nothing to do');
});

test.each([
  ['a login that is refused', 403, 'DENIED'],
  ['a manifest that is refused', 400, 'MANIFEST_INVALID'],
])(
  '%s is not tried again: 3, never the image’s fault, and the next run publishes',
  async (_name, status, code) => {
    await using rig = await publishingFamily();
    rig.proxy.refuse(keyManifest, 1, status, code);
    const run = await rig.family.events(['--push'], rig.env);
    expect(run.exitCode, run.stderr).toBe(3);
    expect(failureOf(run.events)).toMatchObject({ stage: 'push', failure: { blame: 'environment' } });
    expect(rig.proxy.count(keyManifest)).toBe(1);
    const plan = await rig.family.build(['plan', '--push'], rig.env);
    expect(plan.stdout).toContain('publish');
    // At once: the next run tidies up after this one, and must leave alone what it pushes itself.
    for (const round of [1, 2]) {
      const again = await rig.family.events(['--changed', '--push'], rig.env);
      expect(
        again.exitCode,
        `round ${round}: ${again.stderr} ${failureOf(again.events)?.failure.message}`,
      ).toBe(0);
    }
  },
);

test('a push that was killed goes on without sending a blob again that the registry has acknowledged', async () => {
  await using rig = await publishingFamily();
  const held = Promise.withResolvers<void>();
  // All blobs are there, and the manifest never arrives.
  rig.proxy.replace(keyManifest, 1, () => held.resolve());
  const running = rig.family.start(['images', '--push'], rig.env);
  await held.promise;
  running.kill('SIGKILL');
  await running;
  const uploads = /^PUT .*base\/blobs\/uploads\//;
  const acknowledged = rig.proxy.count(uploads);
  expect(acknowledged).toBeGreaterThanOrEqual(2);

  const again = await rig.family.events(['--changed', '--push'], rig.env);
  expect(again.exitCode, again.stderr).toBe(0);
  const release = JSON.parse(await rig.family.read('release.json')) as Release; // our own file
  const { layers = [] } = release.images[0] ?? {};
  expect(layers.length).toBeGreaterThanOrEqual(1);
  for (const { digest } of layers)
    expect(rig.proxy.count(new RegExp(`^PUT .*digest=${encodeURIComponent(digest)}`)), digest).toBe(1);
});

test('a name that another run takes away while the engine looks for its registry is given once more', async () => {
  await using rig = await publishingFamily();
  const { images } = rig.family.engine;
  let taken = 0;
  const takeName = async (): Promise<void> => {
    const tags = valueOf(await images.list({}, patience())).flatMap((image) => image.tags);
    const name = tags.find((tag) => tag.startsWith(`${rig.proxy.host}/`));
    if (name === undefined || taken > 0) return;
    taken += 1;
    valueOf(await images.remove(name, patience()));
  };
  // The engine asks the registry who it is between finding the image and finding its name; we ask as well, before.
  for (let question = 0; question < 4; question += 1) rig.proxy.before(/^GET \/v2\/$/, takeName);
  const run = await rig.family.events(['--push'], rig.env);
  expect(run.exitCode, run.stderr).toBe(0);
  expect(taken).toBe(1);
  expect(remarksOf(run.events)).toEqual([]);
});
