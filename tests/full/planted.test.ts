/**
 * Faults planted in single images of the real family: a known hole, a private key in a layer, a stranger's image under
 * a key's tag, a server that is gone. Each keeps back exactly its branch, and the display says why; what is sound is
 * published and proven, and with the faults mended everything is. The tests go on from one another.
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Release } from '../../src/run/schema.ts';
import { coldFamilyMs, command, familyEnvironment, realImages } from '../rig/family.ts';
import { familyCopy, type FamilyCopy } from '../rig/family-copy.ts';
import { startRegistry, type RegistryRig } from '../rig/registry.ts';
import { putImage, quickClient, referenceTo } from '../rig/registry-image.ts';
import { digestBehind, registrySnapshot } from '../rig/registry-snapshot.ts';
import { removeTagsOf } from '../rig/registry-tags.ts';
import { KEY_PASSWORD, makeKeyPair } from '../rig/signing-keys.ts';
import { realTrivy, writeDatabase, type Advisory } from '../rig/trivy-database.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: coldFamilyMs * 2 });

const sound = ['base', 'course-first-steps-student', 'pause'];
const leaky = 'course-leaky-student';
const broken = 'course-broken-student';
const family = [...sound, 'db', leaky, 'tutor', broken];

/** In a package that of these images the database alone has. */
const hole: Advisory = {
  id: 'CVE-2099-0001',
  where: 'debian 13',
  name: 'mariadb',
  fixed: '9:1',
  severity: 'CRITICAL',
};
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const secret = String(privateKey.export({ type: 'pkcs1', format: 'pem' }));

let rig: RegistryRig;
let copy: FamilyCopy;
let env: NodeJS.ProcessEnv;
let keyOfPause: string;
let foreign: string;

beforeAll(async () => {
  await realImages(['base', 'course-first-steps-student', 'db', 'pause']);
  rig = await startRegistry();
  copy = await familyCopy();
  const own = path.join(copy.directory, '.rig');
  await mkdir(own);
  await makeKeyPair(own, 'ours');
  await writeDatabase(path.join(own, 'trivy'), [hole]);
  const matrix = await copy.read('matrix.yaml');
  const tutor = '  tutor: { context: images/tutor, kind: custom, check: "true" }\n';
  await copy.write(
    'matrix.yaml',
    `${matrix.replace('\nimages:\n', `\nimages:\n${tutor}`)}\nscan: {}\nsign: { key: .rig/ours.key }\ntrust: [{ key: .rig/ours.pub }]\n`,
  );
  await copy.write('images/tutor/Dockerfile', `FROM ${leaky}\nENV ROLE=tutor\n`);
  for (const name of ['leaky', 'broken'])
    await copy.append('courses.yaml', `- name: ${name}\n  repo: https://rig.example/${name}\n  base: base\n`);
  await copy.write('courses/leaky/deploy_key', secret);
  await copy.write('courses/leaky/postBuild', 'install -D -m 644 deploy_key /opt/course/deploy_key\n');
  await copy.write('courses/broken/postBuild', 'rm "$(command -v jupyterhub-singleuser)"\n');
  env = {
    ...familyEnvironment(),
    IMG_VERSION: copy.version,
    DOCKER_REGISTRY: `${rig.host}/hub`,
    COSIGN_PASSWORD: KEY_PASSWORD,
    HUBWRIGHT_TRIVY: await realTrivy(),
    HUBWRIGHT_TRIVY_CACHE: path.join(own, 'trivy'),
  };
  const { images } = await copy.plan(['pause']);
  keyOfPause = images.find(({ name }) => name === 'pause')?.key ?? '';
  foreign = await putImage(quickClient(), referenceTo(`${rig.host}/hub/pause:key-${keyOfPause}`), [1000]);
});

afterAll(async () => {
  await removeTagsOf(rig.host);
  await copy[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

test('each fault keeps back its branch and no other, and is told with its reason', async () => {
  const { exitCode, stderr } = await build('images', ...family, '--changed', '--push');
  expect(exitCode, stderr).toBe(1);
  expect(lineOf(stderr, 'db')).toMatch(/CVE-2099-0001 \(critical\) in \S+ 1:11\.\S+, mended in 9:1/);
  expect(lineOf(stderr, leaky)).toContain('secret private-key in /opt/course/deploy_key');
  expect(lineOf(stderr, broken)).toContain('smoke failed: S1 ');
  expect(stderr).toContain('`jupyterhub-singleuser` is not on PATH');
  expect(stderr).toContain(`tutor  blocked by ${leaky}`);
  expect(stderr).not.toContain(secret.split('\n')[1]);

  expect(await published()).toEqual(sound);
  const release = JSON.parse(await copy.read('release.json')) as Release; // our own file
  expect(release.images.map(({ name, state }) => `${name} ${state}`).toSorted()).toEqual(
    sound.map((name) => `${name} current`),
  );
  // A name in a registry is anybody's to give: the stranger's image is nobody's predecessor, and lost it.
  expect(await digestBehind(rig.host, 'hub/pause', `key-${keyOfPause}`)).not.toBe(foreign);
  expect(await proven(sound)).toEqual(sound.map((name) => `${name} proven`));
  expect(Object.values(await registrySnapshot(rig.host))).not.toContain(foreign);
});

test('with the faults mended everything is published and proven', async () => {
  await writeDatabase(env['HUBWRIGHT_TRIVY_CACHE'] ?? '', []);
  await copy.write('courses/leaky/deploy_key', '');
  await copy.write('courses/broken/postBuild', 'true\n');
  const { exitCode, stderr } = await build('images', ...family, '--changed', '--push');
  expect(exitCode, stderr).toBe(0);
  expect(await published()).toEqual(family.toSorted());
  expect(await proven(family)).toEqual(family.map((name) => `${name} proven`));
});

async function build(...args: readonly string[]) {
  const [node, ...script] = command;
  const options = { env, extendEnv: false, reject: false, stdin: 'ignore' } as const;
  return await execa(node, [...script, ...args, '--directory', copy.directory], options);
}

/** What the display says of an image that failed. */
function lineOf(text: string, name: string): string {
  return text.split('\n').find((line) => line.includes(`✗ ${name}`)) ?? text;
}

/** The images that have the name by which people start them. */
async function published(): Promise<readonly string[]> {
  const names = Object.keys(await registrySnapshot(rig.host));
  return names.flatMap((name) => {
    const [, image, tag] = /^hub\/([^:]+):(.*)$/.exec(name) ?? [];
    return image !== undefined && tag === copy.version ? [image] : [];
  });
}

async function proven(names: readonly string[]): Promise<readonly string[]> {
  const references = names.map((name) => `${rig.host}/hub/${name}:${copy.version}`);
  const { stdout } = await build('verify', '--json', ...references);
  const { images } = JSON.parse(stdout) as { images: readonly { state: string }[] }; // our own document, in our order
  return names.map((name, at) => `${name} ${images[at]?.state}`);
}
