import { expect, test } from 'vitest';
import { wrongPlatforms } from '../../../src/plan/wrong-platforms.ts';
import { loadFiles, tell, told } from '../../rig/matrix-folder.ts';

const files = {
  'matrix.yaml': `images:
  any:  { context: a, kind: custom }
  both: { context: a, kind: custom, platforms: [linux/amd64, linux/arm64] }
  cuda: { context: a, kind: pytorch, axes: { python: ["3.12", "3.13"] }, platforms: [linux/amd64] }
`,
  'a/Dockerfile': '',
};

test('a definition for other platforms is told once, where it stands', async () => {
  const { images } = await loadFiles(files);
  const nodes = images.map((image) => ({ image }));
  expect(wrongPlatforms(nodes, 'linux/amd64')).toEqual([]);
  expect(wrongPlatforms(nodes, 'linux/arm64').map(told)).toEqual([
    "matrix.yaml:4:3 «cuda» wrong-platform: `cuda` is for `linux/amd64`, and this engine builds `linux/arm64` (help: build it on an engine of its platform, or leave it out here: `'!cuda+'`)",
  ]);
  expect(wrongPlatforms(nodes.slice(0, 2), 'linux/arm64')).toEqual([]);
});

test('platforms are those that we build for, and at least one', async () => {
  const matrix = `images:
  a: { context: a, kind: custom, platforms: [linux/amd46, windows/amd64] }
  b: { context: a, kind: custom, platforms: [] }
`;
  expect(await tell({ ...files, 'matrix.yaml': matrix })).toEqual([
    'matrix.yaml:2:46 «linux/amd46» invalid-value: `platforms` cannot hold `linux/amd46` (help: did you mean `linux/amd64`?)',
    'matrix.yaml:2:59 «windows/amd64» invalid-value: `platforms` cannot hold `windows/amd64` (help: one of `linux/amd64`, `linux/arm64`)',
    'matrix.yaml:3:45 «[]» invalid-value: `platforms` names none (help: take it out where the image is for all)',
  ]);
});
