/**
 * An image that says that it is made for another processor, made from one of this machine's: its layers are the
 * same, so that nothing is copied. The engine cannot build such an image where it cannot run programs for it.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { ImageDetails } from '../../src/engine/engine.ts';

/** Loads the image's description with another architecture under the reference, which moves. */
export async function tagAsForeign(
  details: ImageDetails,
  reference: string,
  architecture: string,
): Promise<void> {
  const { config } = details;
  const description = {
    architecture,
    os: details.os,
    config: {
      Entrypoint: config.entrypoint,
      Cmd: config.cmd,
      User: config.user,
      WorkingDir: config.workingDir,
      Env: config.env,
      Labels: details.labels,
    },
    rootfs: { type: 'layers', diff_ids: details.diffIds },
    history: [],
  };
  // An engine that has a layer does not read it again; its file only has to be there (moby, image/tarexport/load.go).
  const layers = details.diffIds.map((_, index) => `layer-${index}.tar`);
  const manifest = [{ Config: 'config.json', RepoTags: [reference], Layers: layers }];
  const folder = await mkdtemp(path.join(tmpdir(), 'hubwright-foreign-'));
  try {
    const tree = path.join(folder, 'image');
    await mkdir(tree);
    await Promise.all([
      writeFile(path.join(tree, 'config.json'), JSON.stringify(description)),
      writeFile(path.join(tree, 'manifest.json'), JSON.stringify(manifest)),
      ...layers.map((name) => writeFile(path.join(tree, name), '')),
    ]);
    const archive = path.join(folder, 'image.tar');
    await execa('tar', ['-C', tree, '-cf', archive, '.']);
    await execa('docker', ['load', '--quiet', '--input', archive]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
