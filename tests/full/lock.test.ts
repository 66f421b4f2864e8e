/** `build lock` on the reference family, with the real uv and the real package index. */
import { randomUUID } from 'node:crypto';
import { execa } from 'execa';
import { expect, test, vi } from 'vitest';
import { connectDocker } from '../../src/engine/docker/docker-engine.ts';
import { build } from '../rig/command.ts';
import { patience, valueOf } from '../rig/engine.ts';
import { command, familyEnvironment } from '../rig/family.ts';
import { familyCopy, type FamilyCopy } from '../rig/family-copy.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';

vi.setConfig({ testTimeout: 900_000 });

async function lockIn(copy: FamilyCopy, ...args: readonly string[]): Promise<string> {
  const [node, ...script] = command;
  const run = await execa(node ?? '', [...script, 'lock', ...args], {
    cwd: copy.directory,
    env: familyEnvironment(),
    extendEnv: false,
    reject: false,
  });
  expect(run.exitCode, run.stderr).toBe(0);
  return run.stdout;
}

test('a lock that fits stays byte for byte; a new package is added with its hashes, and no other lock moves', async () => {
  await using copy = await familyCopy();
  const lock = (...args: readonly string[]): Promise<string> => lockIn(copy, ...args);
  const before = await copy.read('courses/physics/requirements.lock');
  const keys = new Map((await copy.plan([])).images.map(({ name, key }) => [name, key]));
  expect(await lock('course')).toContain('courses/physics/requirements.lock: unchanged');
  expect(await copy.read('courses/physics/requirements.lock')).toBe(before);

  await copy.append('courses/physics/requirements.txt', 'humanize\n');
  expect(await lock('course')).toContain('courses/physics/requirements.lock: written');
  const after = await copy.read('courses/physics/requirements.lock');
  expect(after).toMatch(/^humanize==[\d.]+ \\\n {4}--hash=sha256:[0-9a-f]{64}/m);
  for (const line of before.trimEnd().split('\n')) expect(after).toContain(line);
  const plan = await copy.plan([]);
  expect(
    plan.images
      .filter(({ name, key }) => keys.get(name) !== key)
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(['course-physics-instructor', 'course-physics-student']);
});

test('the command that a stale lock asks for mends it, and moves that image alone', async () => {
  await using copy = await familyCopy();
  const course = 'course-first-steps-student';
  await copy.write('courses/first-steps/requirements.txt', 'humanize\n');
  await copy.write(
    'courses/first-steps/requirements.lock',
    `humanize==999.0.0 \\\n    --hash=sha256:${'0'.repeat(64)}\n`,
  );
  const before = await copy.read('matrix.lock');
  const day = new Date().toISOString().slice(0, 10);
  expect(await lockIn(copy, '--update', course)).toContain('courses/first-steps/requirements.lock: written');
  expect(await copy.read('courses/first-steps/requirements.lock')).toMatch(/^humanize==(?!999)[\d.]+ \\\n/m);
  expect(await copy.read('matrix.lock')).toBe(
    before.replace(new RegExp(`^( {2}${course}: ).*$`, 'm'), `$1${day}`),
  );
});

test('--bootstrap makes a root that no registry has, once; without it nothing is made', async () => {
  const name = `lock-${randomUUID().slice(0, 8)}`;
  await using folder = await temporaryFolder({
    'matrix.yaml': `roots: { ${name}: { from: "registry.invalid/${name}:1", bootstrap: { debian: trixie } } }
images: { a: { context: a, kind: custom } }
`,
    'a/Dockerfile': `FROM registry.invalid/${name}:1\n`,
  });
  const engine = connectDocker();
  const made = async (): Promise<readonly string[]> =>
    valueOf(await engine.images.list({ label: `hubwright.root=${name}` }, patience())).flatMap(
      ({ tags }) => tags,
    );
  try {
    const without = await build(folder.path, ['lock']);
    expect(without).toMatchObject({ exitCode: 0, stdout: 'matrix.lock: unchanged' });
    expect(without.stderr).toContain(
      `the root \`${name}\` (\`registry.invalid/${name}:1\`) is left as it is`,
    );
    expect(await made()).toEqual([]);
    const first = await build(folder.path, ['lock', '--bootstrap']);
    expect(first.exitCode, first.stderr).toBe(0);
    expect(first.stderr).toContain('making it from Debian’s packages');
    expect(await made()).toEqual([expect.stringContaining(`hubwright/root-${name}:diff-`)]);
    expect((await build(folder.path, ['lock', '--bootstrap'])).stderr).not.toContain('making it');
    expect((await build(folder.path, ['plan'])).stdout).toContain('a  build   never built');
  } finally {
    for (const tag of await made()) await engine.images.remove(tag, patience());
    await engine.close();
  }
});
