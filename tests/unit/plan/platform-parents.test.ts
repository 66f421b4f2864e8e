import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readFamily } from '../../../src/plan/draw-plan.ts';
import { wrongPlatforms } from '../../../src/plan/wrong-platforms.ts';
import { ownPlatform } from '../../../src/core/own-platform.ts';
import { told } from '../../rig/matrix-folder.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

const { signal } = new AbortController();
const architecture = ownPlatform().slice('linux/'.length);
const foreign = architecture === 'amd64' ? 'linux/arm64' : 'linux/amd64';

/** A family of `tool-amd64`, `tool-arm64`, and `user`, whose Dockerfile is given. */
async function familyOf(dockerfile: string) {
  await using folder = await temporaryFolder();
  const texts = { 'tool-amd64': 'FROM debian:12\n', 'tool-arm64': 'FROM debian:12\n', user: dockerfile };
  for (const [name, text] of Object.entries(texts)) {
    await mkdir(path.join(folder.path, name));
    await writeFile(path.join(folder.path, name, 'Dockerfile'), text);
  }
  const lines = Object.keys(texts).map((name) => `  ${name}: { context: ${name}, kind: custom }\n`);
  await writeFile(path.join(folder.path, 'matrix.yaml'), `images:\n${lines.join('')}`);
  const family = await readFamily(folder.path, { XDG_CACHE_HOME: path.join(folder.path, '.cache') }, signal);
  if (!family.ok) throw new Error(family.error.map(({ message }) => message).join('\n'));
  return family.value.graph;
}

test.each([
  ['FROM tool-${TARGETARCH}\n'],
  ['ARG TARGETARCH\nFROM tool-$TARGETARCH\n'],
  ['ARG TOOL=tool-${TARGETARCH}\nFROM ${TOOL}\n'],
  ['FROM debian:12 AS build-amd64\nFROM debian:12 AS build-arm64\nFROM tool-$BUILDARCH\nCOPY --from=0 / /\n'],
])('a parent may hang on the platform: %j', async (dockerfile) => {
  const graph = await familyOf(dockerfile);
  expect(graph.nodes.get('user')?.parents).toEqual([`tool-${architecture}`]);
  const nodes = [...graph.nodes.values()];
  expect(wrongPlatforms(nodes, ownPlatform())).toEqual([]);
  expect(wrongPlatforms(nodes, foreign).map(told)).toEqual([
    `matrix.yaml:4:3 «user» wrong-platform: what \`user\` stands on hangs on the platform: it was read for \`${ownPlatform()}\`, and this engine builds \`${foreign}\` (help: build it on an engine of this machine, or leave it out here: \`'!user+'\`)`,
  ]);
});

test('what builds for the platform alone is for all of them', async () => {
  const graph = await familyOf(
    'ARG URL=https://a.example/$TARGETARCH\nFROM tool-amd64\nARG TARGETARCH\nRUN true\n',
  );
  expect(wrongPlatforms([...graph.nodes.values()], foreign)).toEqual([]);
});
