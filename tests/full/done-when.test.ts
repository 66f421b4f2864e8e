/**
 * The first capability from end to end, as a user meets it: a fresh clone, one command that publishes the family to
 * a local registry, and what follows an edit, a mistake and an image that nobody could use. The tests go on from one
 * another. The engine is the machine's: names of images are the clone's own, what it built is removed at the end.
 */
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { RunEvent } from '../../src/core/event.ts';
import { connectDocker } from '../../src/engine/docker/docker-engine.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { Release } from '../../src/run/schema.ts';
import { localRegistryStatus, stopLocalRegistry } from '../../src/setup/local-registry.ts';
import { patience, valueOf } from '../rig/engine.ts';
import { familyEnvironment, repository } from '../rig/family.ts';
import { changesOf, eventsOf, removeBuilt, type FamilyRun } from '../rig/family-copy.ts';
import { freePort } from '../rig/free-port.ts';
import { startRegistry, type RegistryRig } from '../rig/registry.ts';

// The whole family from nothing is allowed twelve minutes; the rest is for the clone and the launcher.
vi.setConfig({ testTimeout: 900_000, hookTimeout: 120_000 });

const physics = ['course-physics-instructor', 'course-physics-student'] as const;

let engine: Engine;
let clone = '';
let prefix = '';
/** Where this machine has a local registry already, it is left alone: a registry of the test's own takes its place. */
let registry: RegistryRig | undefined;
let imagesBefore: ReadonlySet<string> = new Set();

beforeAll(async () => {
  engine = connectDocker();
  clone = await mkdtemp(path.join(tmpdir(), 'hubwright-clone-'));
  await execa('git', ['clone', '--quiet', '--no-hardlinks', repository, clone]);
  const { state } = valueOf(await localRegistryStatus(engine, patience()));
  if (state !== 'absent') registry = await startRegistry();
  prefix = registry?.host ?? `localhost:${await freePort()}`;
  imagesBefore = new Set(valueOf(await engine.images.list({}, patience())).map(({ id }) => id));
});

afterAll(async () => {
  if (registry === undefined) valueOf(await stopLocalRegistry(engine, { removeData: true }, patience()));
  else await registry[Symbol.asyncDispose]();
  await removeBuilt(engine, clone, imagesBefore, (tag) => tag.startsWith(`${prefix}/`));
  await engine.close();
  await rm(clone, { recursive: true, force: true });
});

interface Told extends FamilyRun {
  readonly seconds: number;
}

/** `./build images --json` in the clone, by its own launcher. */
async function images(...args: readonly string[]): Promise<Told> {
  const started = performance.now();
  const env = { ...familyEnvironment(), DOCKER_REGISTRY: prefix };
  const command = ['images', '--json', ...args];
  const { exitCode, stdout, stderr } = await execa('./build', command, {
    cwd: clone,
    env,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });
  const events = eventsOf(stdout);
  return {
    exitCode,
    // With --json the reasons are in the events; a failing test shall show them.
    stderr: [stderr, ...failuresOf(events)].join('\n'),
    events,
    seconds: (performance.now() - started) / 1000,
  };
}

function failuresOf(events: readonly RunEvent[]): readonly string[] {
  return events.flatMap((event) =>
    event.kind === 'image-finished' && event.outcome.kind === 'failed'
      ? [`${event.image}: ${event.outcome.stage}: ${event.outcome.failure.message}`]
      : [],
  );
}

async function release(): Promise<Release> {
  // Our own file, from our own process.
  return JSON.parse(await readFile(path.join(clone, 'release.json'), 'utf8')) as Release;
}

/** The digest that the registry has under an image's moving tag; undefined where it has none. */
async function publishedDigest(name: string): Promise<string | undefined> {
  const accept =
    'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json';
  const answer = await fetch(`http://${prefix}/v2/${name}/manifests/latest`, {
    method: 'HEAD',
    headers: { accept },
  });
  return answer.headers.get('docker-content-digest') ?? undefined;
}

async function append(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(path.join(clone, file)), { recursive: true });
  await appendFile(path.join(clone, file), text);
}

async function restore(): Promise<void> {
  await execa('git', ['-C', clone, 'checkout', '--quiet', '--', '.']);
}

test('one command sets up, builds, tests and publishes the default group', async () => {
  const run = await images('--setup', '--yes', '--push');
  expect(run.exitCode, run.stderr).toBe(0);
  expect(run.seconds).toBeLessThan(12 * 60);
  const { images: released } = await release();
  expect(released.map(({ name }) => name).toSorted()).toEqual([
    'base',
    'course-data-science-instructor',
    'course-data-science-student',
    'course-first-steps-instructor',
    'course-first-steps-student',
    ...physics,
    'db',
    'hub',
    'local',
    'nfs',
    'pause',
    'proxy',
    'registry',
    'scientific',
  ]);
  for (const { name, digest, state } of released)
    expect([name, state, await publishedDigest(name)]).toEqual([name, 'current', digest]);
});

test('the same again with --changed does nothing, and says so', async () => {
  const run = await images('--changed', '--push');
  expect([run.exitCode, changesOf(run.events)], run.stderr).toEqual([0, []]);
  expect(run.events.filter((event) => event.kind === 'stage-started')).toEqual([]);
  const env = { ...familyEnvironment(), DOCKER_REGISTRY: prefix };
  const plain = await execa('./build', ['images', '--changed'], { cwd: clone, env, extendEnv: false });
  expect(plain.stderr).toContain('Nothing to do');
});

test('an edit in one course’s folder rebuilds and publishes its two images and no other', async () => {
  const before = await publishedDigest(physics[0]);
  await append('courses/physics/constants.csv', 'answer,42\n');
  const run = await images('--changed', '--push');
  expect(run.exitCode, run.stderr).toBe(0);
  expect(changesOf(run.events)).toEqual(physics.map((name) => `${name} done`));
  const digest = await publishedDigest(physics[0]);
  expect(digest).not.toBe(before);
  expect((await release()).images.find(({ name }) => name === physics[0])?.digest).toBe(digest);
});

test('a broken Dockerfile ends its own branch with 1, and what stands beside it is published', async () => {
  const held = await publishedDigest('scientific');
  await append('images/scientific/Dockerfile', 'RUN echo "out of cheese" && exit 4\n');
  await append('courses/first-steps/postBuild', 'install -d /srv/course\n');
  const run = await images('--changed', '--push');
  expect(run.exitCode, run.stderr).toBe(1);
  expect(changesOf(run.events)).toEqual([
    'course-data-science-instructor blocked',
    'course-data-science-student blocked',
    'course-first-steps-instructor done',
    'course-first-steps-student done',
    'course-physics-instructor blocked',
    'course-physics-student blocked',
    'local blocked',
    'scientific failed',
  ]);
  const [failure] = run.events.flatMap((event) =>
    event.kind === 'image-finished' && event.outcome.kind === 'failed' ? [event.outcome.failure] : [],
  );
  expect(failure?.diagnostic?.span?.file).toBe('images/scientific/Dockerfile');
  expect(failure?.tail.join('\n')).toContain('out of cheese');
  const states = new Map(
    (await release()).images.map(({ name, state, digest }) => [name, { state, digest }]),
  );
  expect(states.get('scientific')).toEqual({ state: 'held-back', digest: held });
  expect(states.get('course-first-steps-student')?.state).toBe('current');
  expect(await publishedDigest('course-first-steps-student')).toBe(
    states.get('course-first-steps-student')?.digest,
  );
  await restore();
});

test('an image whose entry point adds --port=9999 is refused with S4 named, and not published', async () => {
  const matrix = path.join(clone, 'matrix.yaml');
  const definition = '  port: { context: images/port, kind: singleuser }\n';
  await writeFile(
    matrix,
    (await readFile(matrix, 'utf8')).replace(/^images:\n/m, (line) => `${line}${definition}`),
  );
  const entryPoint = JSON.stringify(['tini', '--', 'sh', '-c', 'exec "$@" --port=9999', '--']);
  await append('images/port/Dockerfile', `FROM base\nENTRYPOINT ${entryPoint}\n`);
  const run = await images('port', '--push');
  expect(run.exitCode, run.stderr).toBe(1);
  expect(changesOf(run.events)).toEqual(['port failed']);
  const [failure] = run.events.flatMap((event) =>
    event.kind === 'image-finished' && event.outcome.kind === 'failed' ? [event.outcome.failure] : [],
  );
  expect(failure?.message).toContain('S4');
  expect(failure?.clauses?.map(({ id }) => id)).toEqual(['S4']);
  expect(await publishedDigest('port')).toBeUndefined();
});
