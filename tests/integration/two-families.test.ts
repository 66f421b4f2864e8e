/** Two families in one engine whose images are called the same, as `base` is in most: what each takes for its own. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { keyLabel } from '../../src/core/labels.ts';
import { patience, valueOf } from '../rig/engine.ts';
import { matrixOf, trivial, workspace, type Files, type Workspace } from '../rig/workspace.ts';

const filesWith = (content: string): Files => ({
  'matrix.yaml': matrixOf(['base', 'course']),
  'base/Dockerfile': trivial,
  'base/file': content,
  'course/Dockerfile': 'FROM {p}base\nCMD ["true"]\n',
});

async function builtKeys({ engine, prefix }: Workspace): Promise<readonly string[]> {
  const tags = valueOf(await engine.images.list({}, patience())).flatMap((image) => image.tags);
  return tags.filter((tag) => tag.startsWith(`hubwright/${prefix}`) && tag.includes(':key-')).toSorted();
}

async function builtHere({ directory, prefix }: Workspace, image: string): Promise<readonly string[]> {
  const files = await readdir(path.join(directory, '.hubwright', 'record', `${prefix}${image}`));
  return files.map((file) => path.parse(file).name);
}

async function actions(family: Workspace): Promise<readonly string[]> {
  const { stdout } = await family.build(['plan', '--format', 'json']);
  const { images } = JSON.parse(stdout) as {
    readonly images: readonly {
      readonly action: string;
      readonly reasons: readonly { readonly kind: string }[];
    }[];
  };
  return images.map(({ action, reasons }) => [action, ...reasons.map(({ kind }) => kind)].join(' '));
}

test('an image of the same name is neither taken for ours, nor pruned', async () => {
  await using ours = await workspace(filesWith('one'));
  await using theirs = await workspace(filesWith('two'), { prefix: ours.prefix });
  const first = await ours.build(['images']);
  expect(first.exitCode, first.stderr).toBe(0);
  const own = await builtKeys(ours);
  expect(own).toHaveLength(2);

  expect(await actions(theirs)).toEqual(['build built-elsewhere', 'build built-elsewhere']);
  const story = await theirs.build(['explain', '{p}course']);
  expect(story.stdout).toMatch(
    /would be built for the first time\.\n\n.*not built from here; what the engine has/,
  );
  expect(story.stdout).not.toContain('before');
  const second = await theirs.build(['images', '--changed']);
  expect(second.exitCode, second.stderr).toBe(0);

  // Each finds its own, whoever was last.
  for (const family of [ours, theirs]) {
    expect(await actions(family)).toEqual(['reuse', 'reuse']);
    await family.write('base/file', `${await family.read('base/file')} more`);
    expect(await actions(family)).toEqual(['build file-changed', 'build parent-changed']);
    await family.write('base/file', (await family.read('base/file')).replace(' more', ''));
  }

  const pruned = await theirs.build(['prune', '--local', '--older-than', '1ms', '--yes']);
  expect(pruned.exitCode, pruned.stderr).toBe(0);
  expect(await builtKeys(ours)).toEqual(expect.arrayContaining([...own]));
  expect(await actions(ours)).toEqual(['reuse', 'reuse']);
});

test('the same content is the same image, whoever built it', async () => {
  await using ours = await workspace(filesWith('one'));
  await using twin = await workspace(filesWith('one'), { prefix: ours.prefix });
  const built = await ours.build(['images']);
  expect(built.exitCode, built.stderr).toBe(0);
  expect(await actions(twin)).toEqual(['reuse', 'reuse']);
});

const runOf = async (family: Workspace): Promise<string> => {
  const { stderr, exitCode } = await family.build(['images', '--changed']);
  expect(exitCode, stderr).toBe(0);
  const named = valueOf(await family.engine.images.list({}, patience())).find(({ tags }) =>
    tags.includes(`${family.prefix}base:latest`),
  );
  expect(await builtHere(family, 'base')).toContain(named?.labels[keyLabel]);
  return stderr.replaceAll(family.prefix, '').replaceAll(/\s+/g, ' ');
};

test('a local name is that of whoever ran last, and who takes it says so once', async () => {
  await using ours = await workspace(filesWith('one'));
  await using theirs = await workspace(filesWith('two'), { prefix: ours.prefix });
  const remark = /remark: base, course: in the engine, `:latest` named an image until now that this checkout/;
  expect(await runOf(ours)).not.toContain('until now');
  expect(await runOf(theirs)).toMatch(remark);
  expect(await runOf(theirs)).not.toContain('until now');
  expect(await runOf(ours)).toMatch(remark);

  // One's own earlier build is no news.
  await ours.write('base/file', 'three');
  expect(await runOf(ours)).not.toContain('until now');
});
