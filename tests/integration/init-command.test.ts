/** `build init`, run as a user runs it: what a newcomer gets, and that it is a family that works. */
import { readdir, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { build } from '../rig/command.ts';
import { notebookStacks } from '../rig/dockerfile-trees.ts';
import { coldFamilyMs, planOf, realBase } from '../rig/family.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';

describe('build init in an empty folder', () => {
  it('writes a family to which a course can be added at once', async () => {
    await using folder = await temporaryFolder();
    const answer = await build(folder.path, ['init']);
    expect(answer).toEqual({
      exitCode: 0,
      stdout: [
        'matrix.yaml: written',
        'courses.yaml: written',
        'images/base/Dockerfile: written',
        'images/course/Dockerfile: written',
        '.gitignore: written',
        'next: build plan, then build images; build add course NAME --repo URL adds the first course',
      ].join('\n'),
      stderr: '',
    });
    expect(await build(folder.path, ['list'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('1 image of 1 definition.'),
    });
    const course = ['add', 'course', 'physics', '--repo', 'https://git.example.org/physics.git'];
    expect(await build(folder.path, course)).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await build(folder.path, ['list'])).stdout).toMatch(
      /^course-physics\s+singleuser\s+\(empty\)\s+base$/m,
    );
  });

  it(
    'writes a family that plans',
    async () => {
      // Makes sure that there is a root, as every family that is used has.
      await realBase();
      await using folder = await temporaryFolder();
      await build(folder.path, ['init']);
      const { images } = await planOf(folder.path, [], process.env);
      expect(images.map(({ name }) => name)).toEqual(['base']);
    },
    coldFamilyMs,
  );

  it('makes the folder that it is told', async () => {
    await using folder = await temporaryFolder();
    expect(await build(folder.path, ['init', '--directory', 'new/family'])).toMatchObject({ exitCode: 0 });
    expect(await readdir(path.join(folder.path, 'new/family'))).toContain('matrix.yaml');
  });
});

describe('build init where something is', () => {
  it('overwrites nothing: it lists all that is in the way', async () => {
    await using folder = await temporaryFolder({
      'matrix.yaml': 'mine\n',
      'images/base/Dockerfile': 'mine\n',
    });
    await symlink('nowhere', path.join(folder.path, 'courses.yaml'));
    const { exitCode, stdout, stderr } = await build(folder.path, ['init']);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect([...stderr.matchAll(/`(\S+)` is there already/g)].map(([, file]) => file)).toEqual([
      'matrix.yaml',
      'courses.yaml',
      'images/base/Dockerfile',
    ]);
    expect((await readdir(folder.path)).toSorted()).toEqual(['courses.yaml', 'images', 'matrix.yaml']);
    expect(await readFile(path.join(folder.path, 'matrix.yaml'), 'utf8')).toBe('mine\n');
  });

  it('says so where nothing can be written', async () => {
    await using folder = await temporaryFolder({ file: '' });
    const { exitCode, stderr } = await build(folder.path, ['init', '--directory', 'file/family']);
    expect(stderr).toContain('error[cannot-write]');
    expect(exitCode).toBe(3);
  });

  it('lives with a README and a .gitignore, and says what the latter lacks', async () => {
    await using folder = await temporaryFolder({
      'README.md': 'mine\n',
      '.gitignore': 'release.json\n*.log\n',
    });
    const { exitCode, stdout } = await build(folder.path, ['init']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('.gitignore is yours; add to it: .hubwright/\n');
    expect(await readFile(path.join(folder.path, '.gitignore'), 'utf8')).toBe('release.json\n*.log\n');
  });
});

describe('build init --from', () => {
  it('writes matrix.yaml for the Dockerfiles below, and touches no other file', async () => {
    await using folder = await temporaryFolder(notebookStacks());
    const answer = await build(folder.path, ['init', '--from', 'images']);
    expect(answer).toMatchObject({ exitCode: 0, stderr: '' });
    expect(answer.stdout.split('\n').slice(0, 4)).toEqual([
      'matrix.yaml: written, 14 images',
      '  docker-stacks-foundation          custom      nothing tells what it is started as',
      '    base-notebook                   singleuser  its name',
      '      minimal-notebook              singleuser  its name',
    ]);
    expect(answer.stdout).toContain('no .gitignore here; git should leave out: .hubwright/ release.json\n');
    expect(answer.stdout).toContain(
      'of 1 image nothing tells its kind: write another than custom in matrix.yaml, or `check: COMMAND` for its test\n',
    );
    for (const [file, text] of Object.entries(notebookStacks())) {
      expect(await readFile(path.join(folder.path, file), 'utf8')).toBe(text);
    }
    const list = await build(folder.path, ['list']);
    expect(list).toMatchObject({ exitCode: 0, stderr: '' });
    expect(list.stdout).toContain('14 images of 14 definitions.');
    // Where no registry of the world answers, a lock says what the root is.
    await folder.write('matrix.lock', `roots:\n  ubuntu: ubuntu:24.04@sha256:${'0'.repeat(64)}\n`);
    const plan = await build(folder.path, ['plan']);
    expect(plan).toMatchObject({ exitCode: 0, stderr: '' });
    expect(plan.stdout).toContain('      └─ scipy-notebook               build   never built\n');
    expect(plan.stdout).toContain('14 images with something to do, 0 unchanged.');
  });

  it('writes it beside Dockerfiles that lie elsewhere', async () => {
    await using folder = await temporaryFolder({
      'here/README.md': '',
      'there/base/Dockerfile': 'FROM debian:13\n',
    });
    const answer = await build(path.join(folder.path, 'here'), ['init', '--from', '../there']);
    expect(answer).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('../there/matrix.yaml: written, 1 image\n'),
    });
    expect(await readdir(path.join(folder.path, 'there'))).toEqual(['base', 'matrix.yaml']);
  });

  it.each([
    [
      'a matrix.yaml is there',
      ['--from', '.'],
      { 'matrix.yaml': '', 'a/Dockerfile': 'FROM x\n' },
      'file-in-the-way',
    ],
    ['there is no Dockerfile', ['--from', 'a'], { 'a/README.md': '' }, 'no-dockerfiles'],
    ['the folder does not exist', ['--from', 'a'], {}, 'no-dockerfiles'],
    ['it lies outside', ['--from', 'a', '-C', 'b'], { 'a/Dockerfile': 'FROM x\n' }, 'usage'],
  ])('writes nothing where %s', async (_, args, files, code) => {
    await using folder = await temporaryFolder(files);
    const before = await readdir(folder.path);
    const { exitCode, stderr } = await build(folder.path, ['init', ...args]);
    expect(stderr).toContain(`error[${code}]`);
    expect(exitCode).toBe(2);
    expect(await readdir(folder.path)).toEqual(before);
  });
});
