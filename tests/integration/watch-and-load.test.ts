/** `build load`, and `build images --watch --load`: real builds, and programs in kind's and containerd's place that keep what they get. */
import { chmod, mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test, vi } from 'vitest';
import { matrixOf, trivial, workspace, type Workspace } from '../rig/workspace.ts';

/** A program that writes its arguments and its input into files beside it. */
async function pretend(family: Workspace, name: string): Promise<string> {
  const folder = path.join(family.directory, 'bin');
  await mkdir(folder, { recursive: true });
  await family.write(
    `bin/${name}`,
    `#!/bin/sh\ncat > '${folder}/input.new'\nmv '${folder}/input.new' '${folder}/input'\necho "$@" >> '${folder}/calls'\n`,
  );
  await chmod(path.join(folder, name), 0o755);
  return `${folder}:${process.env['PATH'] ?? ''}`;
}

async function calls(family: Workspace): Promise<readonly string[]> {
  const text = await readFile(path.join(family.directory, 'bin/calls'), 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean);
}

test('only what passed as the files say is loaded; kind gets its names, containerd the images themselves', async () => {
  await using family = await workspace({ 'matrix.yaml': matrixOf(['a']), 'a/Dockerfile': trivial });
  const PATH = await pretend(family, 'kind');
  await pretend(family, 'ctr');
  const name = `${family.prefix}a`;
  const early = await family.build(['load', 'kind'], { PATH });
  expect(early.exitCode, early.stderr).toBe(2);
  expect(early.stderr).toContain(`build images --changed ${name}`);

  expect((await family.build(['images', '--changed'])).exitCode).toBe(0);
  const loaded = await family.build(['load', 'kind', '--cluster', 'lab'], { PATH });
  expect(loaded, loaded.stderr).toMatchObject({ exitCode: 0, stdout: `${name}:latest loaded` });
  expect((await family.build(['load', 'containerd'], { PATH })).exitCode).toBe(0);
  expect(await calls(family)).toEqual([
    `load docker-image --name lab -- ${name}:latest`,
    '--address /run/containerd/containerd.sock --namespace k8s.io images import -',
  ]);
  const { stdout } = await execa('tar', ['-xOf', path.join(family.directory, 'bin/input'), 'manifest.json']);
  expect(JSON.parse(stdout)).toMatchObject([{ RepoTags: [`${name}:latest`] }]);

  await rm(path.join(family.directory, 'bin/kind'));
  const absent = await family.build(['load', 'kind'], { PATH: path.join(family.directory, 'bin') });
  expect(absent.exitCode).toBe(3);
  expect(absent.stderr).toContain('there is no program `kind` here');
  expect((await family.build(['load', 'docker'])).stderr).toContain('no place to load images into');
});

test(
  'each save is built, checked and loaded, a mistake waits for the next, and Ctrl-C ends it',
  { timeout: 180_000 },
  async () => {
    await using family = await workspace({ 'matrix.yaml': matrixOf(['a']), 'a/Dockerfile': trivial });
    const PATH = await pretend(family, 'ctr');
    const running = family.start(['images', '--watch', '--load', 'containerd'], { PATH });
    const waitFor = (count: number): Promise<void> =>
      vi.waitFor(async () => expect((await calls(family)).length).toBeGreaterThanOrEqual(count), {
        timeout: 50_000,
        interval: 100,
      });
    await waitFor(1);
    await family.write('a/file', 'one');
    await waitFor(2);
    await family.write('a/Dockerfile', 'FROM rig.example/{p}root:1\nCOPY absent /a\n');
    await family.write('a/Dockerfile', trivial);
    await family.write('a/file', 'two');
    await waitFor(3);
    running.kill('SIGINT');
    const { exitCode, stderr } = await running;
    expect(exitCode, stderr).toBe(130);
    expect(stderr).toContain('a/file changed');
    expect(stderr).toContain('Watching a, matrix.yaml; Ctrl-C ends it.');
  },
);

test(
  'a folder that is not there yet is waited for, and again when it has gone',
  { timeout: 180_000 },
  async () => {
    await using family = await workspace({ 'matrix.yaml': matrixOf(['a']) });
    const PATH = await pretend(family, 'ctr');
    const running = family.start(['images', '--watch', '--load', 'containerd'], { PATH });
    const often = { timeout: 50_000, interval: 100 };
    let told = '';
    running.stderr.on('data', (text: Buffer) => (told += text.toString()));
    const waiting = 'Waiting for a. Watching matrix.yaml; Ctrl-C ends it.';
    const loads = (count: number) => async (): Promise<void> =>
      expect((await calls(family)).length).toBeGreaterThanOrEqual(count);
    await vi.waitFor(() => expect(told).toContain(waiting), often);
    await family.write('a/Dockerfile', trivial);
    await vi.waitFor(loads(1), often);
    await vi.waitFor(() => expect(told).toContain('\nWatching a, matrix.yaml;'), often);
    await rm(path.join(family.directory, 'a'), { recursive: true });
    await vi.waitFor(() => expect(told.split(waiting)).toHaveLength(3), often);
    await family.write('a/Dockerfile', trivial);
    await family.write('a/file', 'other');
    await vi.waitFor(loads(2), often);
    running.kill('SIGINT');
    const { exitCode, stderr } = await running;
    expect(exitCode, stderr).toBe(130);
  },
);
