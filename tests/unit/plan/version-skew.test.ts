import { expect, test } from 'vitest';
import type { Memory } from '../../../src/plan/schema.ts';
import { versionSkew } from '../../../src/plan/version-skew.ts';
import { loadFiles } from '../../rig/matrix-folder.ts';

const files = {
  'matrix.yaml': `images:
  hub: { context: a, kind: hub }
  base: { context: a, kind: singleuser }
  torch: { context: a, kind: pytorch }
  tool: { context: a, kind: custom }
`,
  'a/Dockerfile': '',
};

async function skew(versions: Readonly<Record<string, string>>, keyOf: (name: string) => string = () => 'k') {
  const { images } = await loadFiles(files);
  const memories = new Map(
    Object.entries(versions).map(([image, jupyterhub]): [string, Memory] => [
      image,
      {
        version: 2,
        builtAt: 1,
        image,
        key: 'k',
        imageId: 'i',
        buildMs: 0,
        smokeMs: 0,
        versions: { jupyterhub },
      },
    ]),
  );
  return versionSkew(images, memories, keyOf).map(({ severity, message }) => `${severity}: ${message}`);
}

test('another major version is told, with the hub’s own', async () => {
  expect(await skew({ hub: '5.5.1', base: '1.5.0', torch: '4.1.6', tool: '3.0' })).toEqual([
    'warning: `hub` holds jupyterhub 5.5.1, `base` 1.5.0, and 1 more differs',
  ]);
});

test('the same major version is none, nor what was not seen, nor what was seen of other bytes', async () => {
  expect(await skew({ hub: '5.5.1', base: '5.2.1' })).toEqual([]);
  expect(await skew({ base: '1.5.0' })).toEqual([]);
  expect(await skew({ hub: '5.5.1', base: '4.0' }, (name) => (name === 'base' ? 'new' : 'k'))).toEqual([]);
});
