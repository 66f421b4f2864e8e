/** `build explain` and `build plan --against` as a user runs them, where no engine and no registry can be asked. */
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { matrixFolder, type Files } from '../rig/matrix-folder.ts';

const script = path.resolve(import.meta.dirname, '../../build.ts');

const files: Files = {
  'matrix.yaml':
    'images:\n  base: { context: images/base, kind: singleuser }\n  course: { context: images/course, kind: singleuser }\n',
  'images/base/Dockerfile': 'FROM debian:trixie-slim\nCOPY . /x/\n',
  'images/base/apt.txt': 'git\n',
  'images/course/Dockerfile': 'FROM base\n',
};

/** Runs a command in a folder of the repository: its exit code and all that it printed. */
async function build(directory: string, args: readonly string[]) {
  const node = ['--disable-warning=ExperimentalWarning', script, ...args];
  const { exitCode, stdout, stderr } = await execa(process.execPath, node, {
    cwd: directory,
    reject: false,
    extendEnv: false,
    env: { PATH: process.env['PATH'] ?? '', HOME: directory, DOCKER_HOST: 'unix:///nowhere/docker.sock' },
  });
  return { exitCode, stdout, stderr };
}

test('what a file would rebuild is told from wherever the user stands', async () => {
  await using folder = await matrixFolder(files);
  const told = await build(path.join(folder.directory, 'images/base'), [
    'explain',
    '--if-changed',
    'apt.txt',
  ]);
  expect(told).toEqual({
    exitCode: 0,
    stdout: `images/base/apt.txt is in the build context of base.
A change would rebuild 2 of 2 images:
  base, course`,
    stderr: '',
  });
  const json = await build(folder.directory, [
    'explain',
    '--json',
    '--if-changed',
    'images/course/Dockerfile',
  ]);
  expect(JSON.parse(json.stdout)).toEqual({
    version: 1,
    files: [
      {
        path: 'images/course/Dockerfile',
        kind: 'file',
        readers: [{ image: 'course', use: 'dockerfile' }],
        rebuilt: ['course'],
      },
    ],
  });
});

test.each([
  [[], 'which image shall be explained?', 2],
  [['bsae'], 'base', 2],
  [['--if-changed', '/etc/passwd'], '`/etc/passwd` is not in this repository', 2],
  [['base'], 'no container engine answers', 3],
])('explain %j is refused in words', async (args, words, code) => {
  await using folder = await matrixFolder(files);
  const told = await build(folder.directory, ['explain', ...args]);
  expect(told.exitCode).toBe(code);
  expect(told.stderr).toContain(words);
});

test('a plan is compared with an earlier one in every format', async () => {
  const root = `sha256:${'1'.repeat(64)}`;
  await using folder = await matrixFolder({
    ...files,
    'old.json': JSON.stringify({
      version: 1,
      platform: 'linux/amd64',
      roots: { 'debian:trixie-slim': root },
      images: [
        { name: 'base', parents: [], key: '0'.repeat(64) },
        { name: 'gone', parents: [], key: '1'.repeat(64) },
      ],
    }),
  });
  const against = (...more: readonly string[]) =>
    build(folder.directory, ['plan', '--against', 'old.json', ...more]);
  const json = JSON.parse((await against('--format', 'json')).stdout);
  const [key] = json.images.map((image: { key: string }) => image.key);
  expect(json).toMatchObject({ version: 1, roots: { 'debian:trixie-slim': root }, removed: ['gone'] });
  expect((await against()).stdout)
    .toBe(`base       build   content changed (key 000000000000 to ${key.slice(0, 12)})
└─ course  build   new in the family

Since that plan: 1 image would be rebuilt, 1 new, 1 gone (gone), 0 unchanged.`);
  const matrix = JSON.parse((await against('--format', 'github-matrix')).stdout);
  expect(
    matrix.map(({ include }: { include: { image: string }[] }) => include.map(({ image }) => image)),
  ).toEqual([['base'], ['course']]);
  expect((await against('--format', 'dot')).stdout).toMatch(
    /^digraph images \{\n[^]*\n {2}"base" -> "course";\n\}$/,
  );
  expect((await against('--format', 'mermaid')).stdout).toMatch(/^flowchart LR\n[^]*\n {2}i0 --> i1\n/);
});
