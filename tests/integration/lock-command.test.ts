/** `build lock` against a real registry and a real git repository: what is added, what moves, and what stays. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { build, type Answer } from '../rig/command.ts';
import { startRegistry, type RegistryRig } from '../rig/registry.ts';
import { temporaryFolder, type TemporaryFolder } from '../rig/temporary-folder.ts';

const indexType = 'application/vnd.oci.image.index.v1+json';
const today = new Date().toISOString().slice(0, 10);

/** Puts an image's index under a name; `mark` makes it another one. Answers its digest. */
async function publish({ host }: RegistryRig, name: string, tag: string, mark: string): Promise<string> {
  const index = { schemaVersion: 2, mediaType: indexType, manifests: [], annotations: { mark } };
  const answer = await fetch(`http://${host}/v2/${name}/manifests/${tag}`, {
    method: 'PUT',
    headers: { 'content-type': indexType },
    body: JSON.stringify(index),
  });
  expect(answer.status, await answer.text()).toBe(201);
  return answer.headers.get('docker-content-digest') ?? '';
}

/** A family on two roots (one of them named by a Dockerfile alone), with a mirror and a course that is cloned. */
async function family({ host }: RegistryRig): Promise<TemporaryFolder> {
  const folder = await temporaryFolder({
    'matrix.yaml': `roots:
  debian: { from: "${host}/debian:13" }
images:
  base: { context: base, kind: custom }
  tool: { context: tool, kind: custom }
  pause: { mirror: "${host}/pause:3" }
  course: { context: "courses/{course.name}", dockerfile: Course, kind: custom, axes: { course: { from: courses.yaml } } }
`,
    'courses.yaml': '- { name: physics, repo: "kit", ref: main, clone: true }\n',
    'base/Dockerfile': `FROM ${host}/debian:13\nARG EPOCH\n`,
    'tool/Dockerfile': `FROM ${host}/node:24\n`,
    Course: 'FROM base\n',
    'kit/README': '',
  });
  await commit(folder);
  return folder;
}

async function commit(folder: TemporaryFolder): Promise<string> {
  const cwd = path.join(folder.path, 'kit');
  const env = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const git = async (...args: readonly string[]): Promise<string> =>
    (await execa('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.org', ...args], { cwd, env }))
      .stdout;
  await git('init', '--quiet', '--initial-branch=main');
  await git('commit', '--quiet', '--allow-empty', '-m', 'more');
  return await git('rev-parse', 'HEAD');
}

const lock = (folder: TemporaryFolder, ...args: readonly string[]): Promise<Answer> =>
  build(folder.path, ['lock', ...args]);

const read = (folder: TemporaryFolder): Promise<string> =>
  readFile(path.join(folder.path, 'matrix.lock'), 'utf8');

test('what is missing is added and nothing else moves; --update moves what is named, or all', async () => {
  await using registry = await startRegistry();
  await using folder = await family(registry);
  const { host } = registry;
  const digests = {
    debian: await publish(registry, 'debian', '13', 'one'),
    node: await publish(registry, 'node', '24', 'one'),
    pause: await publish(registry, 'pause', '3', 'one'),
  };
  const first = await commit(folder);
  const lockOf = (of: typeof digests, head: string): string => `
roots:
  ${host}/node:24: ${host}/node:24@${of.node}
  debian: ${host}/debian:13@${of.debian}
mirrors:
  pause: ${host}/pause:3@${of.pause}
git:
  kit#main: ${head}
epochs:
  base: ${today}
`;
  expect(await lock(folder)).toEqual({ exitCode: 0, stdout: 'matrix.lock: written', stderr: '' });
  const header =
    '# Written by `build lock`; committed. What is not in here is open: each run takes what it finds.\n';
  expect(await read(folder)).toBe(header + lockOf(digests, first));

  const moved = {
    debian: await publish(registry, 'debian', '13', 'two'),
    node: await publish(registry, 'node', '24', 'two'),
    pause: await publish(registry, 'pause', '3', 'two'),
  };
  const second = await commit(folder);
  expect(await lock(folder)).toEqual({ exitCode: 0, stdout: 'matrix.lock: unchanged', stderr: '' });
  expect(await read(folder)).toBe(header + lockOf(digests, first));

  await lock(folder, '--update', 'debian', 'pause');
  expect(await read(folder)).toBe(header + lockOf({ ...moved, node: digests.node }, first));
  await lock(folder, '--update', 'kit');
  expect(await read(folder)).toBe(header + lockOf({ ...moved, node: digests.node }, second));

  await folder.write(
    'matrix.lock',
    (await read(folder)).replace('epochs:\n', 'epochs:\n  gone: 2026-01-01\n'),
  );
  await lock(folder, '--update');
  expect(await read(folder)).toBe(header + lockOf(moved, second));
}, 60_000);

test('a reference that has changed since is open, is told, and is locked anew', async () => {
  await using registry = await startRegistry();
  await using folder = await family(registry);
  const { host } = registry;
  const old = `sha256:${'a'.repeat(64)}`;
  await publish(registry, 'node', '24', 'one');
  await publish(registry, 'pause', '3', 'one');
  const digest = await publish(registry, 'debian', '13', 'one');
  await folder.write('matrix.lock', `roots:\n  debian: ${host}/debian:12@${old}\n`);
  const list = await build(folder.path, ['list']);
  expect(list.stderr).toContain(
    `warning[lock-behind]: matrix.lock has a digest of \`${host}/debian:12\`, not of \`${host}/debian:13\``,
  );
  expect((await lock(folder, 'debian')).exitCode).toBe(0);
  expect(await read(folder)).toBe(`roots:\n  debian: ${host}/debian:13@${digest}\n`);
}, 60_000);

test('what nobody can be asked for is told, and the rest is locked; a name that means nothing is a mistake', async () => {
  await using registry = await startRegistry();
  await using folder = await family(registry);
  await publish(registry, 'debian', '13', 'one');
  const answer = await lock(folder, 'debian', 'pause');
  expect(answer).toMatchObject({ exitCode: 3, stdout: 'matrix.lock: written' });
  expect(answer.stderr).toContain('error[root-left-open]');
  expect(answer.stderr).toContain(
    `the mirror \`pause\` (\`${registry.host}/pause:3\`) is left as it is: its registry has no such image`,
  );
  // What is open and was not named stays open: each run takes what it finds.
  const rest = await lock(folder);
  expect(rest.stderr).toContain('warning[root-left-open]');
  expect(rest.exitCode).toBe(0);
  const again = await lock(folder, 'debian');
  expect(again).toMatchObject({ exitCode: 0, stdout: 'matrix.lock: unchanged' });
  const wrong = await lock(folder, 'debain');
  expect(wrong.exitCode).toBe(2);
  expect(wrong.stderr).toContain('no image, definition or group is called `debain`');
}, 60_000);
