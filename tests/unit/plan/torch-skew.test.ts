/** The warning about different versions of PyTorch within one definition. */
import { expect, test } from 'vitest';
import type { Image } from '../../../src/matrix/image-set.ts';
import { torchSkew } from '../../../src/plan/torch-skew.ts';
import { imageOf } from '../../rig/image-set.ts';

const pytorch = (accelerator: string, args: Readonly<Record<string, string>>): Image =>
  imageOf(`pytorch-${accelerator}`, { definition: 'pytorch', kind: 'pytorch', args });
const cpu = pytorch('cpu', { TORCH: '2.6' });
const cuda = pytorch('cuda', { TORCH: '2.15', CUDA: '13.0' });

test('two versions are told, once, with what makes them one', () => {
  const both = [cpu, cuda];
  for (const chosen of [both, [cpu], [cuda]]) {
    expect(torchSkew(chosen, both)).toMatchObject([
      {
        severity: 'warning',
        message: '`pytorch-cpu` brings torch 2.6, `pytorch-cuda` torch 2.15',
        help: expect.stringContaining('TORCH_INDEX'),
      },
    ]);
  }
});

test('nothing is told where all have one version, or none says one', () => {
  const index = { TORCH: '2.6', TORCH_INDEX: 'https://wheels.example.org/cpu' };
  for (const family of [
    [pytorch('cpu', index), cuda],
    [pytorch('cpu', { TORCH: '2.15' }), cuda],
    [pytorch('cpu', {}), cuda],
    [cpu],
  ])
    expect(torchSkew(family, family)).toEqual([]);
});

test('nothing is told of images that are not asked for, or are none of PyTorch', () => {
  expect(torchSkew([imageOf('base')], [cpu, cuda])).toEqual([]);
  const others = [cpu, cuda].map((each) => ({ ...each, kind: 'singleuser' as const }));
  expect(torchSkew(others, others)).toEqual([]);
});
