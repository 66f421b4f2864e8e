/** `build values` as a user runs it. */
import { chmod, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { build } from '../rig/command.ts';
import { matrixFolder, type MatrixFolder } from '../rig/matrix-folder.ts';
import { releasedTag, releaseOf } from '../rig/release.ts';

const registry = 'registry.example.org/jupyter';
const values = `# who starts what\nsingleuser:\n  image:\n    name: ${registry}/base\n    tag: "1"\n`;

function folderWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<MatrixFolder> {
  return matrixFolder({
    'matrix.yaml': 'images: {}\n',
    'release.json': JSON.stringify(releaseOf(registry, ['base'])),
    ...files,
  });
}

test('it shows what would change, checks, writes, and has nothing left to do', async () => {
  await using folder = await folderWith({ 'values.yaml': values });
  const file = path.join(folder.directory, 'values.yaml');
  await chmod(file, 0o640);
  const shown = await build(folder.directory, ['values', '--file', 'values.yaml']);
  expect(shown).toMatchObject({
    exitCode: 0,
    stdout: `values.yaml:5 singleuser.image\n  - 1\n  + ${releasedTag('base')}\nvalues.yaml: 1 value to change; \`--write\` does`,
  });
  expect((await build(folder.directory, ['values', '--file', 'values.yaml', '--check'])).exitCode).toBe(1);
  expect(await readFile(file, 'utf8')).toBe(values);

  const written = await build(folder.directory, ['values', '--file', 'values.yaml', '--write']);
  expect(written).toMatchObject({ exitCode: 0, stderr: '' });
  expect(written.stdout).toContain('values.yaml: 1 value written');
  expect(await readFile(file, 'utf8')).toBe(values.replace('"1"', `"${releasedTag('base')}"`));
  expect((await stat(file)).mode & 0o777).toBe(0o640);
  const checked = await build(folder.directory, ['values', '--file', 'values.yaml', '--check']);
  expect(checked).toMatchObject({ exitCode: 0, stdout: 'values.yaml: 1 image, all as released' });
});

test('an image that no release has fails the check, with file and line', async () => {
  await using folder = await folderWith({ 'values.yaml': `hub:\n  image: ${registry}/gone:1\n` });
  const checked = await build(folder.directory, ['values', '--file', 'values.yaml', '--check']);
  expect(checked.exitCode).toBe(1);
  expect(checked.stderr).toContain(`the release has no image \`${registry}/gone\``);
  expect(checked.stderr).toContain('values.yaml:2:10');
});

test('an image that is not edited fails the check, with file and line, and what to write', async () => {
  const config = (tag: string): string =>
    `hub:\n  extraConfig:\n    image: |\n      c.KubeSpawner.image = "${registry}/base:${tag}"\n`;
  await using folder = await folderWith({
    'stale.yaml': config('1'),
    'new.yaml': config(releasedTag('base')),
  });
  const checked = await build(folder.directory, ['values', '--file', 'stale.yaml', '--check', '--json']);
  expect(checked.exitCode).toBe(1);
  expect(checked.stderr).toContain('stale.yaml:4:30');
  const told: unknown = JSON.parse(checked.stdout);
  expect(told).toMatchObject([
    {
      file: 'stale.yaml',
      problems: [
        {
          code: 'not-edited',
          severity: 'error',
          line: 4,
          help: expect.stringContaining(`${registry}/base:${releasedTag('base')}`) as unknown,
        },
      ],
    },
  ]);
  expect((await build(folder.directory, ['values', '--file', 'new.yaml', '--check'])).exitCode).toBe(0);
});

test('what `--write` leaves is an error: 1, with the rest written, and told at length only so often', async () => {
  const gone = Array.from({ length: 45 }, (_, at) => `  gone-${at}: { image: ${registry}/gone-${at}:1 }\n`);
  await using folder = await folderWith({ 'values.yaml': `${values}others:\n${gone.join('')}` });
  const written = await build(folder.directory, ['values', '--file', 'values.yaml', '--write', '--json']);
  expect(written.exitCode).toBe(1);
  expect(await readFile(path.join(folder.directory, 'values.yaml'), 'utf8')).toContain(releasedTag('base'));
  expect(written.stderr.match(/^error/gm)).toHaveLength(21);
  expect(written.stderr).toContain('25 more places are not as released');
  const [told] = JSON.parse(written.stdout) as { problems: unknown[] }[]; // our own document
  expect(told?.problems).toHaveLength(45);
  // To look is no failure.
  expect((await build(folder.directory, ['values', '--file', 'values.yaml'])).exitCode).toBe(0);
});

test('as a patch that git takes, with the file untouched', async () => {
  const text = values.replaceAll('\n', '\r\n').replace(/\r\n$/, '');
  await using folder = await folderWith({ 'charts/values.yaml': text });
  const file = path.join(folder.directory, 'charts/values.yaml');
  const { exitCode, stdout } = await build(folder.directory, [
    'values',
    '--file',
    'charts/values.yaml',
    '--diff',
  ]);
  expect(exitCode).toBe(0);
  expect(await readFile(file, 'utf8')).toBe(text);
  await execa('git', ['apply', '-p1', '-'], { cwd: folder.directory, input: `${stdout}\n` });
  expect(await readFile(file, 'utf8')).toBe(text.replace('"1"', `"${releasedTag('base')}"`));
});

test('as a patch in which lines that tell a command are as the file has them', async () => {
  const text = values.replace('    tag:', '    # by `build values --write`\n    tag:');
  await using folder = await folderWith({ 'values.yaml': text });
  const args = ['values', '--file', 'values.yaml', '--diff'];
  const { stdout } = await build(folder.directory, args, { HUBWRIGHT_COMMAND: '../hubwright/build' });
  await execa('git', ['apply', '-p1', '-'], { cwd: folder.directory, input: `${stdout}\n` });
  expect(await readFile(path.join(folder.directory, 'values.yaml'), 'utf8')).toBe(
    text.replace('"1"', `"${releasedTag('base')}"`),
  );
});

test('a read-only file stays as it is, and with it all others', async () => {
  await using folder = await folderWith({ 'open.yaml': values, 'closed.yaml': values });
  const closed = path.join(folder.directory, 'closed.yaml');
  await chmod(closed, 0o444);
  const refused = await build(folder.directory, ['values', '--file', 'open.yaml', 'closed.yaml', '--write']);
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain('`closed.yaml` is read-only');
  expect(await readFile(closed, 'utf8')).toBe(values);
  expect(await readFile(path.join(folder.directory, 'open.yaml'), 'utf8')).toBe(values);
});

test('what leaves the chart’s schema is told with its line, and fails the check', async () => {
  const schema = `
type: object
additionalProperties: false
required: [hub]
properties:
  singleuser:
    type: object
    additionalProperties: false
    properties:
      image: { type: object, required: [name, tag], properties: { name: { type: string }, tag: { type: string } } }
      memory: { type: object, properties: { limit: { type: [number, string, "null"] } } }
`;
  await using folder = await folderWith({
    'schema.yaml': schema,
    'good.yaml': `${values}  memory: null\n`,
    'bad.yaml': `jupyterhub:\n  singleuser:\n    image: { name: x, tag: 1 }\n    memroy:\n      limit: 2G\n`,
  });
  const run = (...args: readonly string[]): ReturnType<typeof build> =>
    build(folder.directory, ['values', '--schema', 'schema.yaml', '--file', ...args]);
  expect(await run('good.yaml')).toMatchObject({ exitCode: 0, stderr: '' });
  const { exitCode, stderr } = await run('bad.yaml', '--check');
  expect(exitCode).toBe(1);
  expect(stderr).toContain('the chart has no `singleuser.memroy`');
  expect(stderr).toContain('bad.yaml:4:5');
  expect(stderr).toContain('`singleuser.image.tag` must be string');
  expect(stderr).toContain('bad.yaml:3:28');
});

test('matrix.yaml says where an image goes; a path that leads nowhere is told', async () => {
  await using folder = await folderWith({
    'matrix.yaml': `images: { base: { context: ., kind: singleuser } }\nvalues: { images: { singleuser.image: base, hub.image: base } }\n`,
    Dockerfile: 'FROM scratch\n',
    'values.yaml': 'singleuser:\n  image:\n    name: quay.io/jupyter/base-notebook\n    tag: "1"\n',
  });
  const written = await build(folder.directory, ['values', '--file', 'values.yaml', '--write']);
  expect(written.exitCode, written.stderr).toBe(0);
  expect(written.stderr).toContain('`hub.image` leads to no image in these files');
  expect(await readFile(path.join(folder.directory, 'values.yaml'), 'utf8')).toContain(
    `name: ${registry}/base\n    tag: "${releasedTag('base')}"`,
  );
});

test('when one file cannot be read, none is written', async () => {
  await using folder = await folderWith({
    'good.yaml': values,
    'tabs.yaml': 'hub:\n\timage: x\n',
    'bytes.yaml': Uint8Array.of(0xff, 0xfe, 0x00),
  });
  for (const wrong of ['tabs.yaml', 'bytes.yaml', 'absent.yaml']) {
    const refused = await build(folder.directory, ['values', '--file', 'good.yaml', wrong, '--write']);
    expect(refused.exitCode, wrong).toBe(2);
    expect(refused.stderr, wrong).toContain(wrong);
    expect(await readFile(path.join(folder.directory, 'good.yaml'), 'utf8')).toBe(values);
  }
});

test('without a release there is nothing to bring values up to', async () => {
  await using folder = await matrixFolder({ 'matrix.yaml': 'images: {}\n', 'values.yaml': values });
  const refused = await build(folder.directory, ['values', '--file', 'values.yaml']);
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain('`build images --changed --push` writes it');
});

test('a file of 5 MB is edited as well', async () => {
  const filler = Array.from({ length: 60_000 }, (_, index) => `  key-${index}: ${'x'.repeat(70)}`).join('\n');
  const text = `${values}extra:\n${filler}\n`;
  await using folder = await folderWith({ 'values.yaml': text });
  const written = await build(folder.directory, ['values', '--file', 'values.yaml', '--write']);
  expect(written.exitCode, written.stderr).toBe(0);
  expect(await readFile(path.join(folder.directory, 'values.yaml'), 'utf8')).toBe(
    text.replace('"1"', `"${releasedTag('base')}"`),
  );
});

test('a family in which nobody’s server is an image has no profiles, and that is said', async () => {
  const matrix = 'images:\n  hub: {kind: hub, context: hub}\n';
  await using folder = await folderWith({ 'matrix.yaml': matrix, 'hub/Dockerfile': 'FROM scratch\n' });
  const shown = await build(folder.directory, ['values', '--profiles']);
  expect(shown).toMatchObject({ exitCode: 2, stdout: '' });
  expect(shown.stderr).toContain('no image of the family is a user’s server: there is no profile');
  expect(shown.stderr).toContain('`kind: singleuser`');
});
