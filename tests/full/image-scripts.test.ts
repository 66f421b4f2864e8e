/** The programs that images bring, each tested by its own Python tests inside the image that runs it. */
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test, vi } from 'vitest';
import { coldFamilyMs, realImages, referenceIn, repository } from '../rig/family.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: coldFamilyMs });

let images: ReadonlyMap<string, string> = new Map();

beforeAll(async () => {
  images = await realImages(['base', 'hub']);
});

test.each([
  ['the hub’s modules', 'hub', 'images/hub', 'tests'],
  ['the datasets of `local`', 'base', 'images/local', 'tests'],
  ['the examples for a site’s own users', 'base', 'images/base', 'examples'],
])('%s', async (_, image, folder, tests) => {
  const container = 'run --rm --network none --label hubwright=test --user 0 --entrypoint python3'.split(' ');
  const mount = ['--volume', `${path.join(repository, folder)}:/work:ro`];
  const discover = ['-B', '-m', 'unittest', 'discover', `/work/${tests}`];
  const { stderr } = await execa('docker', [...container, ...mount, referenceIn(images, image), ...discover]);
  expect(stderr).toMatch(/^Ran [1-9]\d* tests/m);
  expect(stderr).toMatch(/^OK$/m);
});
