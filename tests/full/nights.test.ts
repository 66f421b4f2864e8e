/**
 * Thirty nights of a family of four against a real engine and a real registry, with an index of packages and a root
 * that move as the world's do. Something is rebuilt and published on the nights when something changed, and on no other.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import type { NightImage, NightSummary } from '../../src/nightly/verdicts.ts';
import { publishRoot } from '../rig/outside-root.ts';
import { startPackageIndex, type PackageIndex } from '../rig/package-index.ts';
import { startRegistry } from '../rig/registry.ts';
import { workspace, type Workspace } from '../rig/workspace.ts';

vi.setConfig({ testTimeout: 1_800_000 });

const images = ['base', 'child', 'lab', 'tool'] as const;
type Image = (typeof images)[number];

/** base installs by apt, lab by pip on top of it, child has nothing of its own, tool stands on a root of the registry's. */
function files(index: PackageIndex, registry: string): Readonly<Record<string, string>> {
  const definitions = images.map(
    (name) => `  {p}${name}: { context: ${name}, kind: custom, check: "[ ! -e /usr/share/broken ]" }`,
  );
  return {
    'matrix.yaml': `registry: ${registry}
tags: [latest, "{date}-{key}"]
freeze: [2026-11-20/2026-11-22]
roots:
  "{p}root": { from: "rig.example/{p}root:1", bootstrap: { debian: trixie } }
  upstream: { from: "${registry}/{p}upstream:1" }
images:
${definitions.join('\n')}
`,
    'base/Dockerfile': `FROM rig.example/{p}root:1\nARG EPOCH\n${index.apt}\nCMD ["true"]\n`,
    'child/Dockerfile': 'FROM {p}base\nCOPY own /data/\n',
    'child/own': 'the child’s own\n',
    'lab/Dockerfile': `FROM {p}base\nARG EPOCH\n${index.pip}\n`,
    'tool/Dockerfile': `FROM ${registry}/{p}upstream:1\nCOPY own /data/\nCMD ["true"]\n`,
    'tool/own': 'the tool’s own\n',
  };
}

interface World {
  readonly family: Workspace;
  readonly index: PackageIndex;
  readonly registry: string;
}

async function digests({ family, registry }: World): Promise<Readonly<Record<Image, string>>> {
  const accept =
    'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json';
  const found = await Promise.all(
    images.map(async (name) => {
      const url = `http://${registry}/v2/${family.prefix}${name}/manifests/latest`;
      const answer = await fetch(url, { method: 'HEAD', headers: { accept } });
      return [name, answer.headers.get('docker-content-digest') ?? ''] as const;
    }),
  );
  return Object.fromEntries(found) as Record<Image, string>; // of exactly these names
}

async function epochs({ directory }: Workspace): Promise<string> {
  return await readFile(path.join(directory, 'matrix.lock'), 'utf8').catch(() => '');
}

interface Night {
  /** What happens in the world before it. */
  readonly before?: (world: World) => unknown;
  readonly changed?: readonly Image[];
  readonly heldBack?: readonly Image[];
  readonly moved?: readonly string[];
}

/** By the night's day in November; the others are quiet. */
const nights: Readonly<Record<number, Night>> = {
  // Nothing of the packages, but all that is another in every build.
  3: { before: (world) => publishRoot(world.family, world.registry, 'one') },
  5: {
    before: ({ index }) => index.debian.set('curl', '8.15.0-1'),
    changed: ['base', 'child', 'lab'],
    moved: ['pkg:deb/curl?arch=amd64 8.14.1-2 8.15.0-1'],
  },
  8: {
    before: ({ index }) => index.python.set('jupyterlab', '4.5.1'),
    changed: ['lab'],
    moved: ['pkg:pypi/jupyterlab 4.5.0 4.5.1'],
  },
  11: { before: (world) => publishRoot(world.family, world.registry, 'two'), changed: ['tool'] },
  14: { before: (world) => publishRoot(world.family, world.registry, 'two') },
  // A package that the image's own check refuses.
  16: { before: ({ index }) => index.debian.set('broken', '1'), heldBack: ['base'] },
  17: { heldBack: ['base'] },
  18: { before: ({ index }) => index.debian.delete('broken') },
  // In the freeze, which lasts from the 20th to the 22nd.
  21: { before: ({ index }) => index.debian.set('curl', '8.16.0-1') },
  23: { changed: ['base', 'child', 'lab'], moved: ['pkg:deb/curl?arch=amd64 8.15.0-1 8.16.0-1'] },
  // An index that is broken itself.
  25: { before: ({ index }) => (index.broken = true), heldBack: ['base', 'lab'] },
  26: { before: ({ index }) => (index.broken = false) },
  28: {
    before: async (world) => {
      world.index.python.set('numpy', '2.4.0');
      await publishRoot(world.family, world.registry, 'three');
    },
    changed: ['lab', 'tool'],
    moved: ['pkg:pypi/numpy undefined 2.4.0'],
  },
};

test('thirty nights', async () => {
  await using registry = await startRegistry();
  await using index = await startPackageIndex();
  index.debian.set('curl', '8.14.1-2').set('tini', '0.19.0-1');
  index.python.set('jupyterlab', '4.5.0');
  await using family = await workspace(files(index, registry.host));
  const world: World = { family, index, registry: registry.host };
  await publishRoot(world.family, world.registry, 'one');
  const all = images.map((name) => `${family.prefix}${name}`);
  const first = await family.build(['images', ...all, '--changed', '--push']);
  expect(first.exitCode, first.stderr).toBe(0);

  for (let day = 1; day <= 30; day += 1) {
    const night = nights[day] ?? {};
    await night.before?.(world);
    const lock = await epochs(family);
    const before = await digests(world);
    const date = `2026-11-${String(day).padStart(2, '0')}`;
    const { exitCode, stdout, stderr } = await family.build(['nightly', ...all, '--day', date, '--json']);
    const told = `night ${day}: ${stderr}${stdout}`;
    expect(exitCode, told).toBe(night.heldBack === undefined ? 0 : 1);
    const summary = JSON.parse(stdout) as NightSummary; // our own document
    const after = await digests(world);
    expect(
      images.filter((name) => before[name] !== after[name]),
      told,
    ).toEqual(night.changed ?? []);
    expect(namesIn(summary, 'changed', family.prefix), told).toEqual(night.changed ?? []);
    expect(namesIn(summary, 'held-back', family.prefix), told).toEqual(night.heldBack ?? []);
    expect(packageMoves(summary), told).toEqual(night.moved ?? []);
    // The first night closes what was open.
    if (night.changed === undefined && day > 1) expect(await epochs(family), told).toBe(lock);
    // What is published is what the files and the lock say.
    const plan = await family.build(['plan', ...all, '--push']);
    expect(plan.stdout, told).toContain('Nothing to do');
  }
});

function namesIn(
  { images: ended }: NightSummary,
  state: NightImage['state'],
  prefix: string,
): readonly string[] {
  return ended.filter((image) => image.state === state).map(({ name }) => name.replace(prefix, ''));
}

/** The packages that moved, of the images that installed them. */
function packageMoves({ images: ended }: NightSummary): readonly string[] {
  const moves = ended.flatMap((image) =>
    image.state === 'changed' ? (image.difference?.packages ?? []) : [],
  );
  return [...new Set(moves.map(({ name, from, to }) => `${name} ${from} ${to}`))];
}
