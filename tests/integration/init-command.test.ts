/** `build init`, run as a user runs it: what a newcomer gets, and that it is a family that works. */
import { readdir, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { build } from '../rig/command.ts';
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
