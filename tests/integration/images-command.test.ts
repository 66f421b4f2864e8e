import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/core/event.ts';
import type { PlanDocument } from '../../src/plan/plan.ts';
import type { Release, ReleasedImage } from '../../src/run/schema.ts';
import { otherStore, patience, stores, valueOf } from '../rig/engine.ts';
import { LOGIN, startRegistry } from '../rig/registry.ts';
import { matrixOf, trivial, workspace, type Workspace } from '../rig/workspace.ts';

type PlannedJson = PlanDocument['images'][number];

const chain = {
  'matrix.yaml': matrixOf(['base', 'course', 'hub']),
  'base/Dockerfile': trivial,
  'base/file': 'base',
  'course/Dockerfile': 'FROM {p}base\nCOPY . /data/\nCMD ["true"]\n',
  'course/file': 'course',
  'hub/Dockerfile': trivial,
  'hub/file': 'hub',
};

/** `course done`, `base reused`: how each image ended. */
function endings(events: readonly RunEvent[], { prefix }: Workspace): readonly string[] {
  return events
    .flatMap((event) =>
      event.kind === 'image-finished' ? [`${event.image.replace(prefix, '')} ${event.outcome.kind}`] : [],
    )
    .toSorted();
}

function stagesOf(events: readonly RunEvent[], stage: string): readonly string[] {
  return events.flatMap((event) =>
    event.kind === 'stage-started' && event.stage === stage ? [event.image] : [],
  );
}

describe.each(stores)('on the %s store', (store) => {
  test('a family is built and checked; then there is nothing to do; then only what an edit touches', async () => {
    await using family = await workspace(chain, store);
    const first = await family.events([]);
    expect(first.exitCode, first.stderr).toBe(0);
    expect(endings(first.events, family)).toEqual(['base done', 'course done', 'hub done']);

    const second = await family.events(['--changed']);
    expect(endings(second.events, family)).toEqual(['base reused', 'course reused', 'hub reused']);
    expect(stagesOf(second.events, 'build')).toEqual([]);

    await family.write('course/file', 'edited');
    const plan = JSON.parse((await family.build(['plan', '--format', 'json'])).stdout);
    expect(
      plan.images.map(({ name, action, reasons }: PlannedJson) => [
        name.replace(family.prefix, ''),
        action,
        reasons[0]?.text,
      ]),
    ).toEqual([
      ['base', 'reuse', undefined],
      ['course', 'build', 'course/file edited'],
      ['hub', 'reuse', undefined],
    ]);
    const third = await family.events(['--changed']);
    expect(endings(third.events, family)).toEqual(['base reused', 'course done', 'hub reused']);
  });

  test('a child stands on the very parent of its key', async () => {
    await using family = await workspace(chain, store);
    await family.build(['images']);
    const [base, course] = await Promise.all(
      ['base', 'course'].map((name) =>
        family.engine.images.inspect(`${family.prefix}${name}:latest`, patience()),
      ),
    );
    const layers = valueOf(base!).diffIds;
    expect(valueOf(course!).diffIds.slice(0, layers.length)).toEqual(layers);
  });

  test('what passed is in the registry under all its names with one digest; a second push does nothing', async () => {
    await using registry = await startRegistry();
    await using family = await workspace(
      {
        ...chain,
        'matrix.yaml': matrixOf(
          ['base', 'course', 'hub'],
          'registry: ${DOCKER_REGISTRY}\ntags: [latest, "{date}-{key}"]\n',
        ),
      },
      store,
    );
    const env = { DOCKER_REGISTRY: `${registry.host}/courses` };
    const run = await family.events(['--push'], env);
    expect(run.exitCode, run.stderr).toBe(0);
    const release = JSON.parse(await family.read('release.json'));
    expect(
      release.images.map(({ name, state }: ReleasedImage) => [name.replace(family.prefix, ''), state]),
    ).toEqual([
      ['base', 'current'],
      ['course', 'current'],
      ['hub', 'current'],
    ]);
    for (const image of release.images) {
      const tags = await tagsIn(registry.host, `courses/${image.name}`);
      const inputs = [...tags.keys()].filter((tag) => tag.startsWith('inputs-'));
      expect(inputs).toEqual([`inputs-${image.key}`]);
      for (const tag of inputs) tags.delete(tag);
      expect(tags.size).toBe(4);
      expect(new Set(tags.values())).toEqual(new Set([image.digest]));
      expect(image.verdict).toMatchObject({ profile: 'custom', tier: 'gate', clauses: { C1: 'pass' } });
      expect(image.verdict.noop).toEqual(['/bin/sh', '-c', 'exit 0']);
    }
    const before = await family.read('release.json');
    const again = await family.events(['--changed', '--push'], env);
    expect(await family.read('release.json')).toBe(before);
    expect(endings(again.events, family)).toEqual(['base reused', 'course reused', 'hub reused']);
    // The key's tag served the push; people's names stay.
    const left = valueOf(await family.engine.images.list({}, patience())).flatMap(({ tags }) => tags);
    expect(left.filter((tag) => tag.startsWith(`${registry.host}/`) && tag.includes(':key-'))).toEqual([]);
  });
});

/** Every tag of a repository with the digest that the registry tells for it. */
async function tagsIn(host: string, repository: string, login?: typeof LOGIN): Promise<Map<string, string>> {
  const authorization =
    login === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}` };
  const list = await fetch(`http://${host}/v2/${repository}/tags/list`, { headers: authorization });
  const { tags } = (await list.json()) as { tags: string[] }; // the distribution specification's answer
  const accept =
    'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json';
  const entries = tags.map(async (tag) => {
    const answer = await fetch(`http://${host}/v2/${repository}/manifests/${tag}`, {
      method: 'HEAD',
      headers: { accept, ...authorization },
    });
    return [tag, answer.headers.get('docker-content-digest') ?? ''] as const;
  });
  return new Map(await Promise.all(entries));
}

/** Digest of each image of a release. */
function digests(release: Release): Map<string, string> {
  return new Map(release.images.map(({ name, digest }) => [name, digest]));
}

test('a machine that never built the family tells why it would, from what the registry keeps', async () => {
  await using registry = await startRegistry();
  await using family = await workspace({
    ...chain,
    'matrix.yaml': matrixOf(
      ['base', 'course', 'hub'],
      'registry: ${DOCKER_REGISTRY}\ntags: ["{date}-{key}", latest]\n',
    ),
  });
  const env = { DOCKER_REGISTRY: `${registry.host}/courses` };
  const run = await family.events(['--push'], env);
  expect(run.exitCode, run.stderr).toBe(0);
  await rm(path.join(family.directory, '.hubwright'), { recursive: true });
  for (const { tags } of valueOf(await family.engine.images.list({}, patience()))) {
    for (const tag of tags.filter((each) => each.includes(family.prefix) && !each.includes('root')))
      await family.engine.images.remove(tag, patience());
  }
  await family.write('base/file', 'edited');
  const plan = JSON.parse((await family.build(['plan', '--format', 'json'], env)).stdout);
  expect(
    plan.images.map(({ name, action, reasons }: PlannedJson) => [
      name.replace(family.prefix, ''),
      action,
      ...reasons.map(({ text }) => text.replace(family.prefix, '')),
    ]),
  ).toEqual([
    ['base', 'build', 'base/file edited'],
    ['course', 'build', 'base changed: base/file edited'],
    ['hub', 'reuse'],
  ]);
});

test('one repository for all images, behind a login: names as they were asked for, with the user’s credentials', async () => {
  await using registry = await startRegistry('htpasswd');
  await using family = await workspace({
    ...chain,
    'matrix.yaml': matrixOf(
      ['base', 'course', 'hub'],
      'registry: ${DOCKER_REGISTRY}\nnaming: single-repository\ntags: ["${IMG_VERSION}"]\n',
    ),
    'docker/config.json': JSON.stringify({
      auths: {
        [registry.host]: { auth: Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64') },
      },
    }),
  });
  const env = { DOCKER_REGISTRY: `${registry.host}/family/images`, IMG_VERSION: 'v1' };
  const stranger = await family.build(['images', '--push'], env);
  expect(stranger.exitCode).toBe(3);
  expect(stranger.stderr).toContain('docker login');

  const login = { ...env, DOCKER_CONFIG: path.join(family.directory, 'docker') };
  const run = await family.build(['images', '--push'], login);
  expect(run.exitCode, run.stderr).toBe(0);
  const tags = await tagsIn(registry.host, 'family/images', LOGIN);
  for (const name of ['base', 'course', 'hub'])
    expect([...tags.keys()]).toContain(`${family.prefix}${name}-v1`);
  expect(`${run.stdout}${run.stderr}${await journalOf(family)}`).not.toContain(LOGIN.password);

  // A new version is a new name for the same bytes: nothing is built, nothing is pushed again.
  const next = await family.events(['--changed', '--push'], { ...login, IMG_VERSION: 'v2' });
  expect([next.exitCode, stagesOf(next.events, 'build')]).toEqual([0, []]);
  const after = await tagsIn(registry.host, 'family/images', LOGIN);
  expect(after.get(`${family.prefix}hub-v2`)).toBe(after.get(`${family.prefix}hub-v1`));
});

/** All that the runs' journals hold. */
async function journalOf(family: Workspace): Promise<string> {
  const runs = await readdir(path.join(family.directory, '.hubwright/runs'));
  return (await Promise.all(runs.map((run) => family.read(`.hubwright/runs/${run}/events.ndjson`)))).join('');
}

test('a broken Dockerfile ends its own branch; the others are published, and the failure shows where', async () => {
  await using registry = await startRegistry();
  await using family = await workspace({
    ...chain,
    'matrix.yaml': matrixOf(['base', 'course', 'hub'], 'registry: ${DOCKER_REGISTRY}\n'),
  });
  const env = { DOCKER_REGISTRY: registry.host };
  expect((await family.build(['images', '--push'], env)).exitCode).toBe(0);
  const before = JSON.parse(await family.read('release.json'));

  await family.write(
    'base/Dockerfile',
    'FROM rig.example/{p}root:1\n# a comment\nRUN echo some output; exit 7\n',
  );
  await family.write('hub/file', 'edited');
  const run = await family.build(['images', '--changed', '--push'], env);
  expect(run.exitCode).toBe(1);
  const [base, course] = [`${family.prefix}base`, `${family.prefix}course`];
  expect(run.stderr).toContain(`--> base/Dockerfile:3:1`);
  expect(run.stderr).toContain('exit code 7');
  expect(run.stderr).toContain('│ some output');
  expect(run.stderr).toMatch(new RegExp(`the whole log: \\.hubwright/runs/.*/logs/${base}\\.log`));
  expect(run.stderr).toContain(`${course}  blocked by ${base}`);
  const log = /the whole log: (\S+)/.exec(run.stderr)?.[1] ?? '';
  expect(await family.read(log)).toContain('some output');

  const after = JSON.parse(await family.read('release.json'));
  expect(digests(after).get(base)).toBe(digests(before).get(base));
  expect(digests(after).get(`${family.prefix}hub`)).not.toBe(digests(before).get(`${family.prefix}hub`));
  expect(
    after.images.map(({ name, state }: ReleasedImage) => [name.replace(family.prefix, ''), state]),
  ).toEqual([
    ['base', 'held-back'],
    ['course', 'held-back'],
    ['hub', 'current'],
  ]);
});

test('what fails its check is neither tagged nor published, and what stands on it is blocked', async () => {
  await using registry = await startRegistry();
  await using family = await workspace({
    ...chain,
    'matrix.yaml': matrixOf(['base', 'course', 'hub'], 'registry: ${DOCKER_REGISTRY}\n'),
    'base/Dockerfile': 'FROM rig.example/{p}root:1\nCMD ["sh", "-c", "echo no good; exit 3"]\n',
  });
  const run = await family.events(['--push'], { DOCKER_REGISTRY: registry.host });
  expect(run.exitCode).toBe(1);
  expect(endings(run.events, family)).toEqual(['base failed', 'course blocked', 'hub done']);
  const repositories = await (await fetch(`http://${registry.host}/v2/_catalog`)).json();
  expect(repositories).toEqual({ repositories: ['hubwright-release', `${family.prefix}hub`] });
  const tags = valueOf(await family.engine.images.list({}, patience())).flatMap((image) => image.tags);
  expect(tags.filter((tag) => tag.startsWith(`${registry.host}/${family.prefix}base`))).toEqual([]);
});

test('builds run side by side, and no image starts before its parents', async () => {
  const meet = 'RUN sleep 1.5\n';
  await using family = await workspace({
    'matrix.yaml': matrixOf(['a', 'b', 'child']),
    'a/Dockerfile': `FROM rig.example/{p}root:1\nLABEL x=a\n${meet}CMD ["true"]\n`,
    'b/Dockerfile': `FROM rig.example/{p}root:1\nLABEL x=b\n${meet}RUN true\nCMD ["true"]\n`,
    'child/Dockerfile': 'FROM {p}a\nCOPY --from={p}b /data /b\nCMD ["true"]\n',
  });
  const run = await family.events(['--jobs', '2']);
  expect(run.exitCode, run.stderr).toBe(0);
  const at = (kind: string, name: string): number =>
    run.events.findIndex(
      (event) =>
        event.kind === kind &&
        'stage' in event &&
        event.stage === 'build' &&
        event.image === `${family.prefix}${name}`,
    );
  expect(Math.max(at('stage-started', 'a'), at('stage-started', 'b'))).toBeLessThan(
    Math.min(at('stage-finished', 'a'), at('stage-finished', 'b')),
  );
  expect(at('stage-started', 'child')).toBeGreaterThan(
    Math.max(at('stage-finished', 'a'), at('stage-finished', 'b')),
  );
  const one = await family.events(['--jobs', '1', '--force', '--no-cache']);
  const order = one.events.flatMap((event) =>
    'stage' in event && event.stage === 'build' && event.kind !== 'output' ? [event.kind] : [],
  );
  expect(order).toEqual([
    'stage-started',
    'stage-finished',
    'stage-started',
    'stage-finished',
    'stage-started',
    'stage-finished',
  ]);
});

test('a context that is the whole repository does not change by what a run writes into it', async () => {
  await using family = await workspace({
    'matrix.yaml':
      'roots:\n  "{p}root": { from: "rig.example/{p}root:1", bootstrap: { debian: trixie } }\nimages:\n  {p}all: { context: ., kind: builder }\ngroups: { default: ["{p}all"] }\n',
    Dockerfile: trivial,
  });
  await family.build(['images']);
  const again = await family.events(['--changed']);
  expect(endings(again.events, family)).toEqual(['all reused']);
});

test('Ctrl-C ends what runs, in the engine as well, closes the journal and answers 130', async () => {
  const marker = `sleep 3${Math.floor(Math.random() * 1e6)}`;
  await using family = await workspace({
    'matrix.yaml': matrixOf(['base', 'course']),
    'base/Dockerfile': `FROM rig.example/{p}root:1\nRUN ${marker}\n`,
    'course/Dockerfile': 'FROM {p}base\n',
  });
  const running = family.start(['images']);
  await expect.poll(async () => await processesWith(marker)).toBeGreaterThan(0);
  running.kill('SIGINT');
  const { exitCode, stderr } = await running;
  expect(exitCode).toBe(130);
  expect(stderr).toContain('Interrupted: 2 cancelled');
  await expect.poll(async () => await processesWith(marker)).toBe(0);
  const [run] = await readdir(path.join(family.directory, '.hubwright/runs'));
  const journal = (await family.read(`.hubwright/runs/${run}/events.ndjson`)).trim().split('\n');
  expect(JSON.parse(journal.at(-1) ?? '')).toMatchObject({ kind: 'run-finished', result: 'interrupted' });
});

/** Processes on this machine whose command line holds the text. */
async function processesWith(text: string): Promise<number> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.replaceAll('\0', ' ').includes(text) && !line.includes('vitest')).length;
}

test('mistakes in files and arguments answer 2 with a place, and nothing is built', async () => {
  await using family = await workspace({
    ...chain,
    'matrix.yaml': 'images:\n  {p}base: { contxt: base, kind: custom }\n',
  });
  const run = await family.build(['images']);
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain('matrix.yaml:2');
  expect(run.stderr).toContain('did you mean `context`');
  expect((await family.build(['images', '--jobs', 'many'])).exitCode).toBe(2);
  expect((await family.build(['imagse'])).exitCode).toBe(2);
  await family.write('matrix.yaml', chain['matrix.yaml']);
  const unknown = await family.build(['images', '{p}bsae']);
  expect(unknown.exitCode).toBe(2);
  expect(unknown.stderr).toContain(`${family.prefix}base`);
  const record = valueOf(await family.engine.images.list({}, patience())).flatMap(({ tags }) => tags);
  expect(record.filter((tag) => tag.startsWith(`hubwright/${family.prefix}`))).toEqual([]);
});

test('a push without a registry answers 2 and says how to get one', async () => {
  // An engine of our own, since the machine's may have a local registry.
  await using family = await workspace(chain, await otherStore());
  const run = await family.build(['images', '--push']);
  expect([run.exitCode, run.stderr]).toEqual([2, expect.stringContaining('build registry start')]);
});

test('where the engine that is named does not answer, the answer is 3 and what to do', async () => {
  await using family = await workspace(chain);
  const run = await family.build(['images'], { DOCKER_HOST: 'unix:///nowhere/docker.sock' });
  expect(run.exitCode).toBe(3);
  expect(run.stderr).toContain('which `DOCKER_HOST` names');
  expect(run.stderr).toContain('unset `DOCKER_HOST`');
});

test('without a registry that answers, a push is trouble outside: 3, and the images are kept', async () => {
  await using family = await workspace({
    ...chain,
    'matrix.yaml': matrixOf(['base', 'course', 'hub'], 'registry: ${DOCKER_REGISTRY}\n'),
  });
  const run = await family.build(['images', '--push'], { DOCKER_REGISTRY: '127.0.0.1:9' });
  expect(run.exitCode).toBe(3);
  expect(run.stderr).toContain('127.0.0.1:9');
});

test('--fail-fast ends the others; without it they go on', async () => {
  const files = {
    'matrix.yaml': matrixOf(['bad', 'slow']),
    'bad/Dockerfile': 'FROM rig.example/{p}root:1\nRUN false\n',
    'slow/Dockerfile': 'FROM rig.example/{p}root:1\nRUN sleep 3\nCMD ["true"]\n',
  };
  await using family = await workspace(files);
  const fast = await family.events(['--fail-fast', '--jobs', '2']);
  expect([fast.exitCode, ...endings(fast.events, family)]).toEqual([1, 'bad failed', 'slow cancelled']);
  const patient = await family.events(['--jobs', '2']);
  expect([patient.exitCode, ...endings(patient.events, family)]).toEqual([1, 'bad failed', 'slow done']);
});

test('--dry-run shows the plan and builds nothing', async () => {
  await using family = await workspace(chain);
  const run = await family.build(['images', '--dry-run']);
  expect(run.exitCode).toBe(0);
  expect(run.stdout).toContain('never built');
  expect((await family.build(['plan'])).stdout).toContain('3 images with something to do, 0 unchanged.');
});
