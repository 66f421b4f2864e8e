/** `build emit nfs` and `hub` as a user runs them in a family that calls its images otherwise. */
import { expect, test } from 'vitest';
import { build } from '../rig/command.ts';
import { matrixFolder } from '../rig/matrix-folder.ts';

const files = {
  'matrix.yaml': 'images:\n  nfs-server: {kind: nfs, context: nfs}\n  hubs: {kind: hub, context: hub}\n',
  'nfs/Dockerfile': 'FROM scratch\n',
  'hub/Dockerfile': 'FROM scratch\n',
};

test('an image that the family does not have is told with the option that names another', async () => {
  await using folder = await matrixFolder(files);
  const nfs = await build(folder.directory, ['emit', 'nfs']);
  expect(nfs.exitCode).toBe(2);
  expect(nfs.stderr).toContain('the family has no image `nfs`');
  expect(nfs.stderr).toContain('name its own: `--image NAME`');
  const hub = await build(folder.directory, ['emit', 'hub']);
  expect(hub.stderr).toContain('`--hub hubs`?');
  expect(hub.stderr).toContain('`--proxy NAME`');
});
