/** Names of images by their Dockerfiles' paths. */
import { describe, expect, it } from 'vitest';
import { isDockerfile } from '../../../src/adopt/find-dockerfiles.ts';
import { nameImages } from '../../../src/adopt/name-images.ts';

const namesOf = (...paths: readonly string[]): readonly string[] => [...nameImages(paths, 'Top').values()];

describe('an image’s name', () => {
  it.each([
    ['its folder', ['images/base/Dockerfile'], ['base']],
    ['the root’s name for what lies in the root', ['Dockerfile', 'sub/Dockerfile'], ['top', 'sub']],
    [
      'both folders for a variant in a sub-folder',
      ['images/pytorch-notebook/Dockerfile', 'images/pytorch-notebook/cuda12/Dockerfile'],
      ['pytorch-notebook', 'pytorch-notebook-cuda12'],
    ],
    [
      'both folders where only variants have a Dockerfile',
      ['torch/cpu/Dockerfile', 'torch/cuda12/Dockerfile'],
      ['torch-cpu', 'torch-cuda12'],
    ],
    ['the folder above one that only holds a Dockerfile', ['hub/docker/Dockerfile'], ['hub']],
    ['folder and suffix', ['lab/Dockerfile', 'lab/Dockerfile.gpu'], ['lab', 'lab-gpu']],
    ['the word before the suffix', ['docker/hub.Dockerfile', 'docker/proxy.dockerfile'], ['hub', 'proxy']],
    [
      'the word after an underscore or a hyphen',
      ['dockerfiles/Dockerfile_stats_1.2.0', 'lab/Dockerfile-gpu'],
      ['stats-1-2-0', 'lab-gpu'],
    ],
    [
      'folder and version where only the version names the file',
      ['calc/1.0.0.Dockerfile', 'calc/2.0.0.Dockerfile', 'draw/2.0.0.Dockerfile', 'draw/latest.Dockerfile'],
      ['calc-1-0-0', 'calc-2-0-0', 'draw-2-0-0', 'draw'],
    ],
    [
      'whole though it begins with the word of a variant',
      ['kit/full-house/Dockerfile', 'images/gpu-lab/Dockerfile', 'kit/developer/Dockerfile'],
      ['full-house', 'gpu-lab', 'developer'],
    ],
    [
      'that of a variant of several words',
      ['torch/gpu-cuda12.4/Dockerfile', 'torch/slim-bookworm/Dockerfile'],
      ['torch-gpu-cuda12-4', 'torch-slim-bookworm'],
    ],
    [
      'both folders where the inner one begins with a version of CUDA',
      ['images/robot/cuda12-humble/Dockerfile', 'images/maps/cuda12-torch-2.2/Dockerfile'],
      ['robot-cuda12-humble', 'maps-cuda12-torch-2-2'],
    ],
    [
      'not the root’s where only folders that hold stand above a variant',
      ['images/gpu/Dockerfile', 'docker/cpu.Dockerfile'],
      ['gpu', 'cpu'],
    ],
    [
      'what stands above `default`, as far as nobody else is called so',
      [
        'deploy/maths/images/default/Dockerfile',
        'deploy/hub/images/default/Dockerfile',
        'images/hub/Dockerfile',
      ],
      ['maths', 'deploy-hub', 'hub'],
    ],
    ['more folders where two would share it', ['a/web/Dockerfile', 'b/web/Dockerfile'], ['a-web', 'b-web']],
    ['the root’s where a folder is called as it', ['Dockerfile', 'a/top/Dockerfile'], ['top', 'a-top']],
    ['a number where nothing else helps', ['a/B/Dockerfile', 'a/b/Dockerfile'], ['a-b', 'a-b-2']],
    ['lower-case letters and digits', ['Über Lab__1/Dockerfile', '--/Dockerfile'], ['ber-lab-1', 'image']],
    ['never that of the group `default`', ['default/Dockerfile'], ['default-image']],
  ])('is %s', (_, paths, names) => {
    expect(namesOf(...paths)).toEqual(names);
  });
});

describe('a Dockerfile', () => {
  it.each([
    'Dockerfile',
    'dockerfile',
    'Containerfile',
    'Dockerfile.gpu',
    'gpu.Dockerfile',
    'a.b.dockerfile',
    'Dockerfile_lab_1.2.0',
    'Dockerfile-gpu',
  ])('is called %s', (name) => {
    expect(isDockerfile(name)).toBe(true);
  });

  it.each([
    'Dockerfile.dockerignore',
    'Dockerfile.bak',
    'Dockerfile~',
    'MyDockerfile',
    '.Dockerfile',
    'Dockerfile.j2',
    'Dockerfile_notes.md',
    'Dockerfile-lint.yaml',
    'dockerfile_parser',
  ])('is not called %s', (name) => {
    expect(isDockerfile(name)).toBe(false);
  });
});
