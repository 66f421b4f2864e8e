/** The reference family as a file for `docker buildx bake`: the same contexts, arguments, secrets and Dockerfiles. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { recordReference, keyTag } from '../../src/core/labels.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { exactDockerfile } from '../../src/graph/image-graph.ts';
import { buildArgs } from '../../src/key/content-key.ts';
import { readFamily } from '../../src/plan/draw-plan.ts';
import { patience, valueOf } from '../rig/engine.ts';
import { familyEnvironment, planOf } from '../rig/family.ts';

const docker = '/usr/bin/docker';

export interface FamilyBake extends AsyncDisposable {
  /** How many images it builds. */
  readonly count: number;
  run(args: readonly string[]): Promise<void>;
}

/**
 * The file for the images `names` of the repository at `directory`, and all that they stand on. `parents: 'built'`
 * starts each image from the very parent that ours starts from, `'targets'` from what bake builds itself.
 */
export async function familyBake(
  engine: Engine,
  directory: string,
  names: readonly string[],
  parents: 'built' | 'targets',
): Promise<FamilyBake> {
  const environment = familyEnvironment();
  const { graph } = valueOf(await readFamily(directory, environment, patience()));
  const { images } = await planOf(directory, names, environment);
  const references = new Map(images.map(({ name, key }) => [name, recordReference(name, keyTag(key))]));
  const root = await bootstrappedRoot(engine);
  const ca = process.env['SSL_CERT_FILE'];
  const folder = path.join(directory, '.hubwright', 'bake');
  await mkdir(path.join(folder, 'empty'), { recursive: true });
  const target: Record<string, object> = {};
  for (const { name } of images) {
    const node = graph.nodes.get(name);
    if (node === undefined) throw new Error(`no image ${name}`);
    const dockerfile = path.join(folder, `${name}.Dockerfile`);
    const text = exactDockerfile(node, (reference) => {
      if (reference.kind === 'root') return root ?? reference.root;
      return parents === 'targets' ? reference.name : (references.get(reference.name) ?? '');
    });
    await writeFile(dockerfile, text);
    const { context } = node.image;
    target[name] = {
      context: context === undefined ? path.join(folder, 'empty') : path.join(directory, context),
      dockerfile,
      args: buildArgs(node),
      tags: [`bench-bake-${name}`],
      ...(node.image.target === undefined ? {} : { target: node.image.target }),
      ...(ca === undefined ? {} : { secret: [`id=ca,src=${ca}`] }),
      ...(parents === 'built'
        ? {}
        : { contexts: Object.fromEntries(node.parents.map((parent) => [parent, `target:${parent}`])) }),
    };
  }
  const file = path.join(folder, 'docker-bake.json');
  const targets = images.map(({ name }) => name);
  await writeFile(file, JSON.stringify({ group: { default: { targets } }, target }));
  return {
    count: images.length,
    async run(args) {
      await execa(docker, ['buildx', 'bake', '--progress=plain', '-f', file, ...args], { cwd: directory });
    },
    async [Symbol.asyncDispose]() {
      for (const name of targets) await engine.images.remove(`bench-bake-${name}`, patience());
    },
  };
}

/** The exact reference of a root that was made on the spot; undefined where it was pulled. */
async function bootstrappedRoot(engine: Engine): Promise<string | undefined> {
  const images = valueOf(await engine.images.list({ label: 'hubwright.root=debian' }, patience()));
  return images.flatMap(({ tags }) => tags).find((tag) => tag.startsWith('hubwright/root-debian:'));
}
