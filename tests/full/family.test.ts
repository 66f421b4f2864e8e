/**
 * The family end to end, by the real command: real slapd, hub, proxy, MariaDB, NFS server and Chromium. Afterwards
 * nothing of it is in the engine.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test, vi } from 'vitest';
import { connectDocker } from '../../src/engine/docker/docker-engine.ts';
import type { StepResult } from '../../src/smoke/story.ts';
import { patience, valueOf } from '../rig/engine.ts';
import { coldFamilyMs, command, familyEnvironment, realImages, repository } from '../rig/family.ts';

const course = 'first-steps';
const images = ['hub', 'proxy', 'db', 'nfs', `course-${course}-student`, `course-${course}-instructor`];

vi.setConfig({ testTimeout: 900_000, hookTimeout: 2 * coldFamilyMs });

let references: ReadonlyMap<string, string>;

beforeAll(async () => {
  references = await realImages(images);
});

async function smokeFamily(signal?: AbortSignal) {
  const [node, ...script] = command;
  const args = [...script, 'smoke', '--family', '--course', course, '--json', '--directory', repository];
  return await execa(node, args, {
    env: familyEnvironment(),
    extendEnv: false,
    reject: false,
    ...(signal === undefined ? {} : { cancelSignal: signal, forceKillAfterDelay: false }),
  });
}

/** Names of what the story makes in the engine: containers, volumes, networks, images. */
async function leftInEngine(): Promise<readonly string[]> {
  await using closing = { engine: connectDocker(), [Symbol.asyncDispose]: () => closing.engine.close() };
  const { engine } = closing;
  const containers = valueOf(await engine.listContainers('hubwright', patience()));
  const volumes = valueOf(await engine.listVolumes('hubwright', patience()));
  const networks = valueOf(await engine.listNetworks('hubwright', patience()));
  const stored = valueOf(await engine.images.list({ label: 'hubwright' }, patience()));
  return [
    ...containers.map(({ name }) => name),
    ...volumes,
    ...networks.map(({ name }) => name),
    ...stored.flatMap(({ tags }) => tags),
  ].filter((name) => name.startsWith('hubwright-family-'));
}

test('the hub’s own tests pass in its image', async () => {
  const image = references.get('hub') ?? '';
  const mount = `${path.join(repository, 'images/hub/tests')}:/tests:ro`;
  const run = ['run', '--rm', '--label', 'hubwright=hub-tests', '--volume', mount, image];
  const { stderr } = await execa('docker', [...run, 'python3', '-m', 'unittest', 'discover', '/tests']);
  expect(stderr).toMatch(/Ran [1-9]\d+ tests/);
});

test('the family’s users log in, work, hand in and leave', async () => {
  const { exitCode, stdout, stderr } = await smokeFamily();
  // Our own document, from our own process.
  const { steps } = JSON.parse(stdout || '{"steps":[]}') as { steps: readonly StepResult[] };
  const failures = steps.filter(({ result }) => result !== 'pass');
  expect(failures, stderr).toEqual([]);
  expect(steps.map(({ id }) => id)).toEqual([
    'directory',
    'exchange',
    'hub',
    'browser',
    'denied-group',
    'denied-password',
    'denied-blank',
    'foreign-ca',
    'login',
    'choose',
    'spawn',
    'lab',
    'nbgitpuller',
    'database',
    'release',
    'submit',
    'collect',
    'privacy',
    'nfs',
    'stop',
    'probe',
    'logout',
  ]);
  expect(exitCode).toBe(0);
  const pictures = /^pictures: (.+)$/m.exec(stderr)?.[1] ?? '';
  const png = await readFile(path.resolve(process.cwd(), pictures, 'lab.png'));
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect(await leftInEngine()).toEqual([]);
});

test('Ctrl-C in the middle leaves nothing behind', async () => {
  const abort = new AbortController();
  const running = smokeFamily(abort.signal);
  await vi.waitFor(
    async () =>
      expect((await leftInEngine()).filter((name) => /-c\d+$/.test(name)).length).toBeGreaterThan(4),
    { timeout: 300_000, interval: 500 },
  );
  abort.abort();
  await running;
  expect(await leftInEngine()).toEqual([]);
});
