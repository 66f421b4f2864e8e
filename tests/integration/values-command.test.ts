/** `build values` as a user runs it. */
import { chmod, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
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
  expect(refused.stderr).toContain('`./build images --push` writes it');
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
