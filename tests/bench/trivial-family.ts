/**
 * Families of images that cost the engine next to nothing, with a bake file of the same images beside them: what
 * is measured with them is what an orchestrator itself costs.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { patience, valueOf } from '../rig/engine.ts';
import { runLauncher } from './launcher.ts';
import { benchEngine } from './bench-engine.ts';
import { matrixOf, workspace, type Workspace } from '../rig/workspace.ts';

/** All on one root, or each on the one before. */
export type Shape = 'fanned' | 'chained';

export interface TrivialFamily extends AsyncDisposable {
  readonly folder: Workspace;
  /** Builds everything anew with our command; throws where that fails. */
  ours(): Promise<void>;
  /** The same with `docker buildx bake`. */
  bake(): Promise<void>;
  /** Removes what a newer build has taken the name of: an engine with a thousand images answers slowly. */
  removeOld(): Promise<void>;
}

const docker = '/usr/bin/docker';

/** One layer: the engine refuses an image of more than 127. A `RUN` would measure how quickly containers start. */
function dockerfileOf(parent: string): string {
  return `FROM ${parent}\nCOPY . /data/\n`;
}

/** `count` images, each with a folder of its own, that nobody checks. */
export async function trivialFamily(shape: Shape, count: number): Promise<TrivialFamily> {
  const names = Array.from({ length: count }, (_, index) => `image${index}`);
  const parentOf = (index: number): string | undefined =>
    shape === 'chained' && index > 0 ? names[index - 1] : undefined;
  const files = names.flatMap((name, index) => {
    const parent = parentOf(index);
    const from = parent === undefined ? 'rig.example/{p}root:1' : `{p}${parent}`;
    return [[`${name}/Dockerfile`, dockerfileOf(from)] as const, [`${name}/data`, `${name}\n`] as const];
  });
  const matrix = matrixOf(names).replaceAll('kind: custom', 'kind: builder');
  const folder = await workspace({ ...Object.fromEntries(files), 'matrix.yaml': matrix }, benchEngine.where);

  const root = await rootOf(folder);
  const target: Record<string, object> = {};
  for (const [index, name] of names.entries()) {
    const parent = parentOf(index);
    const text = dockerfileOf(parent ?? root);
    await writeFile(path.join(folder.directory, name, 'Dockerfile.bake'), text);
    target[name] = {
      context: name,
      dockerfile: 'Dockerfile.bake',
      tags: [`${folder.prefix}bake-${name}`],
      ...(parent === undefined ? {} : { contexts: { [parent]: `target:${parent}` } }),
    };
  }
  await writeFile(
    path.join(folder.directory, 'docker-bake.json'),
    JSON.stringify({ group: { default: { targets: names } }, target }),
  );
  return {
    folder,
    async ours() {
      const images = names.map((name) => `${folder.prefix}${name}`);
      await runLauncher(folder, ['images', ...images, '--force', '--no-cache']);
    },
    async bake() {
      await execa(docker, ['buildx', 'bake', '--no-cache', '--progress=plain'], { cwd: folder.directory });
    },
    removeOld: () => removeUntagged(folder),
    async [Symbol.asyncDispose]() {
      await removeUntagged(folder);
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Ours and bake's alike: both have the root's label. */
async function removeUntagged({ engine, prefix }: Workspace): Promise<void> {
  const images = valueOf(await engine.images.list({ label: `hubwright=${prefix}` }, patience()));
  // Children before their parents, which the engine does not give up before.
  for (const { id } of images
    .filter(({ tags }) => tags.length === 0)
    .toSorted((a, b) => b.created - a.created))
    await engine.images.remove(id, patience());
}

/** The exact reference of the workspace's root, as ours is resolved to. */
async function rootOf({ engine, prefix }: Workspace): Promise<string> {
  const images = valueOf(await engine.images.list({ label: `hubwright=${prefix}` }, patience()));
  const tag = images[0]?.tags[0];
  if (tag === undefined) throw new Error('the workspace has no root');
  return tag;
}
