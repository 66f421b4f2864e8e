/** A tree of files adopted in a folder of its own, and the family that came of it. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { adoptTree, type AdoptedTree } from '../../src/adopt/adopt-tree.ts';
import { readFamily, type Family } from '../../src/plan/draw-plan.ts';
import type { TreeFiles } from './dockerfile-trees.ts';
import { patience } from './engine.ts';
import { told } from './matrix-folder.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface Adoption {
  readonly tree: AdoptedTree;
  readonly family: Family;
}

/** Adopts the files and reads the family that came of it as every command does. */
export async function adopt(files: TreeFiles, below = '.'): Promise<Adoption> {
  await using folder = await temporaryFolder(files);
  const tree = await adoptTree({ root: folder.path, below, environment: {} }, patience());
  if (!tree.ok) throw new Error(tree.error.map(told).join('\n'));
  await writeFile(path.join(folder.path, 'matrix.yaml'), tree.value.text);
  const family = await readFamily(folder.path, {}, patience());
  if (!family.ok) throw new Error(family.error.map(told).join('\n'));
  return { tree: tree.value, family: family.value };
}

/** `name kind context ← parents, roots` of each image. */
export function shape({ family: { graph } }: Adoption): readonly string[] {
  return [...graph.nodes.values()].map(({ image, parents, roots }) => {
    const on = [...parents, ...roots.map(({ root }) => root)].join(', ');
    return `${image.name} ${image.kind} ${image.context ?? ''} ← ${on}`;
  });
}
