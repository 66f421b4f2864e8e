/**
 * What publishing costs once everything is built: beside `docker push` of each image, and beside `bake --push`, to one
 * registry. Each contender builds what it pushes itself, so that no layer is there already because another pushed it.
 *
 * All of them leave the same for people: one tag an image, `latest`, as a Makefile's `push-all` gives one. The loop is
 * one process an image, one after another, which is what such a target runs. What ours leaves besides (the key's name, the pass, the inputs,
 * the release) is work that the others do not do, and counts. No proxy stands between while it is timed: nobody has one
 * there, and on two processors it takes as much of them as the registry does, from whoever asks most.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { startCuttingProxy, type CuttingProxy } from '../rig/cutting-proxy.ts';
import { patience, valueOf } from '../rig/engine.ts';
import { startRegistry } from '../rig/registry.ts';
import { matrixOf, workspace, type Workspace } from '../rig/workspace.ts';
import { benchEngine } from './bench-engine.ts';
import { median, seconds, tabled } from './benchmark-table.ts';
import { runLauncher } from './launcher.ts';
import { compareOnce, type Comparison } from './side-by-side.ts';

const docker = '/usr/bin/docker';
const count = Number(process.env['BENCH_COURSES'] ?? 20);
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5);
const courses = Array.from({ length: count }, (_, index) => `course${index}`);
const baseBytes = 8_000_000;
const courseBytes = 200_000;

/** One way to build and to push the family; only pushing is timed. */
interface Contender {
  edit(names: readonly string[]): Promise<void>;
  build(): Promise<void>;
  push(): Promise<void>;
}

interface Rig {
  /** Counts what `counted` asks. */
  readonly proxy: CuttingProxy;
  readonly ours: Contender;
  /** Ours once more, to repositories of its own. */
  readonly counted: Contender;
  readonly loop: Contender;
  readonly bake: Contender;
}

async function withRig(work: (rig: Rig) => Promise<void>): Promise<void> {
  await using registry = await startRegistry();
  await using proxy = await startCuttingProxy(registry.host);
  const files = Object.fromEntries([
    ['base/Dockerfile', 'FROM rig.example/{p}root:1\nCOPY data /data/base\nCMD ["true"]\n'],
    ...courses.map((name) => [`${name}/Dockerfile`, `FROM {p}base\nCOPY data /data/${name}\nCMD ["true"]\n`]),
  ]);
  const matrix = matrixOf(['base', ...courses], 'registry: ${DOCKER_REGISTRY:-}\n');
  await using family = await workspace({ ...files, 'matrix.yaml': matrix }, benchEngine.where);
  const images = await family.engine.images.list({ label: `hubwright=${family.prefix}` }, patience());
  const root = valueOf(images)[0]?.tags[0] ?? '';
  try {
    await work({
      proxy,
      ours: oursIn(family, `${registry.host}/ours`),
      counted: oursIn(family, `${proxy.host}/counted`),
      loop: await bakeIn(family, root, `${registry.host}/loop`, 'push'),
      bake: await bakeIn(family, root, `${registry.host}/bake`, 'bake'),
    });
  } finally {
    await removeImages(family, [registry.host, proxy.host]);
  }
}

function oursIn(family: Workspace, registry: string): Contender {
  const env = { DOCKER_REGISTRY: registry };
  return {
    edit: (names) => writeData(family.directory, names),
    build: async () => void (await runLauncher(family, ['images', '--changed'], env)),
    push: async () => void (await runLauncher(family, ['images', '--changed', '--push'], env)),
  };
}

/** The same family in a folder of its own, built by bake, and pushed by it or by `docker push` of each image. */
async function bakeIn(
  family: Workspace,
  root: string,
  registry: string,
  by: 'push' | 'bake',
): Promise<Contender> {
  const folder = path.join(family.directory, '.hubwright', `bench-${by}`);
  const names = ['base', ...courses];
  const tagOf = (name: string): string => `${registry}/${name}:latest`;
  const target: Record<string, object> = {};
  for (const name of names) {
    await mkdir(path.join(folder, name), { recursive: true });
    const from = name === 'base' ? root : 'base';
    const text = `FROM ${from}\nCOPY data /data/${name}\nCMD ["true"]\n`;
    await writeFile(path.join(folder, name, 'Dockerfile'), text);
    target[name] = {
      context: name,
      tags: [tagOf(name)],
      labels: { hubwright: family.prefix },
      ...(name === 'base' ? {} : { contexts: { base: 'target:base' } }),
    };
  }
  const file = JSON.stringify({ group: { default: { targets: names } }, target });
  await writeFile(path.join(folder, 'docker-bake.json'), file);
  const run = async (args: readonly string[]): Promise<void> => {
    await execa(docker, args, { cwd: folder });
  };
  return {
    edit: (changed) => writeData(folder, changed),
    build: () => run(['buildx', 'bake', '--progress=plain']),
    async push() {
      if (by === 'bake') return await run(['buildx', 'bake', '--progress=plain', '--push']);
      for (const name of names) await run(['push', '--quiet', tagOf(name)]);
    },
  };
}

/** Bytes that nobody has, and nobody can compress. */
async function writeData(directory: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const bytes = name === 'base' ? baseBytes : courseBytes;
    await writeFile(path.join(directory, name, 'data'), randomBytes(bytes));
  }
}

async function removeImages({ engine, prefix }: Workspace, hosts: readonly string[]): Promise<void> {
  const images = valueOf(await engine.images.list({}, patience()));
  const tags = images
    .flatMap((image) => image.tags)
    .filter((tag) => hosts.some((host) => tag.startsWith(`${host}/`)));
  for (const tag of tags) await engine.images.remove(tag, patience());
  const left = valueOf(await engine.images.list({ label: `hubwright=${prefix}` }, patience()));
  for (const { id } of left
    .filter((image) => image.tags.length === 0)
    .toSorted((a, b) => b.created - a.created))
    await engine.images.remove(id, patience());
}

/** Ours beside another: before each push both have edited and built, which is not timed. */
async function beside(ours: Contender, theirs: Contender, changed: readonly string[]): Promise<Comparison> {
  const prepare = async (): Promise<void> => {
    for (const each of [ours, theirs]) {
      await each.edit(changed);
      await each.build();
    }
  };
  await prepare();
  return await compareOnce(rounds, ours.push, theirs.push, prepare);
}

function tell(what: string, pushed: Comparison, baked: Comparison, limit: number): void {
  const ratio = Math.max(pushed.ratio, baked.ratio);
  const times = `${seconds(median(pushed.ours))}; docker push ${seconds(median(pushed.theirs))}, bake --push ${seconds(median(baked.theirs))}`;
  const ratios = `ratios ${pushed.ratio.toFixed(2)}, ${baked.ratio.toFixed(2)}`;
  tabled({
    what,
    measured: `${times}; ${ratios} (medians of ${rounds} pairs)`,
    limit: `≤ ${limit} × the better`,
    met: ratio <= limit,
  });
  expect(ratio).toBeLessThanOrEqual(limit);
}

const patient = { timeout: 1_800_000 };
const all = ['base', ...courses];

test(
  'a push after one course changed sends its blobs alone, and waits for no other image',
  patient,
  async () => {
    await withRig(async ({ proxy, ours, counted, loop, bake }) => {
      for (const each of [counted, ours, loop, bake]) {
        await each.edit(all);
        await each.build();
        await each.push();
      }
      const uploads = /^PUT \/v2\/counted\/(?!hubwright-release)[^/]+\/blobs\/uploads\//;
      const [first = ''] = courses;
      await counted.push();
      const before = proxy.count(uploads);
      await counted.edit([first]);
      await counted.build();
      await counted.push();
      // The layer, the configuration, and what its key was made from with an empty configuration.
      expect(proxy.count(uploads) - before).toBeLessThanOrEqual(4);
      const pushed = await beside(ours, loop, [first]);
      const baked = await beside(ours, bake, [first]);
      tell(`push of ${count + 1} images after one course changed`, pushed, baked, 0.7);
    });
  },
);

test('a first push of the family', patient, async () => {
  await withRig(async ({ ours, loop, bake }) => {
    const pushed = await beside(ours, loop, all);
    const baked = await beside(ours, bake, all);
    tell(`first push of ${count + 1} images`, pushed, baked, 1.1);
  });
});
