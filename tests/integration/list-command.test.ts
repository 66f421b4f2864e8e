/** `build list`, run as a user runs it. No engine is there to be asked: DOCKER_HOST leads nowhere. */
import { describe, expect, it } from 'vitest';
import type { FamilyDocument } from '../../src/report/family-list.ts';
import { build } from '../rig/command.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';

const files = {
  'matrix.yaml': `roots:
  debian: { from: "debian:trixie-slim" }
groups:
  core: [base]
images:
  base: { context: base, kind: singleuser }
  course:
    dockerfile: base/Course
    context: courses/{course.name}
    kind: singleuser
    axes: { course: { from: courses.yaml }, role: [student, instructor] }
  pause: { mirror: "registry.k8s.io/pause:3.10" }
`,
  'courses.yaml': '- { name: physics, repo: "https://git.example.org/physics.git" }\n',
  'matrix.lock': `roots: { debian: "sha256:${'a'.repeat(64)}" }\n`,
  'base/Dockerfile': 'FROM debian:trixie-slim\n',
  'base/Course': 'FROM base\nCOPY --from=alpine:3 /etc/motd /etc/motd\n',
};

const nowhere = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };

describe('build list', () => {
  it('shows images, groups, roots and mirrors without an engine', async () => {
    await using folder = await temporaryFolder(files);
    const { exitCode, stdout, stderr } = await build(folder.path, ['list'], nowhere);
    expect(stderr).toBe('');
    expect(stdout).toBe(
      [
        'image                      kind        context  stands on',
        'base                       singleuser  base     debian:trixie-slim',
        'course-physics-student     singleuser  (empty)  base, alpine:3',
        'course-physics-instructor  singleuser  (empty)  base, alpine:3',
        '',
        'group       images',
        'default  3  base, course-physics-student, course-physics-instructor',
        'core     1  base',
        '',
        'root                digest',
        `debian:trixie-slim  sha256:${'a'.repeat(64)}`,
        'alpine:3            open',
        '',
        'mirror  of',
        'pause   registry.k8s.io/pause:3.10',
        '',
        '3 images of 2 definitions.',
      ].join('\n'),
    );
    expect(exitCode).toBe(0);
  });

  it('gives programs the same as a document', async () => {
    await using folder = await temporaryFolder(files);
    const { stdout } = await build(folder.path, ['list', '--json'], nowhere);
    // Our own document, from our own process.
    const family = JSON.parse(stdout) as FamilyDocument;
    expect(family.version).toBe(1);
    expect(family.definitions).toEqual([
      { name: 'base', images: ['base'] },
      { name: 'course', images: ['course-physics-student', 'course-physics-instructor'] },
    ]);
    expect(family.images[1]).toEqual({
      name: 'course-physics-student',
      definition: 'course',
      kind: 'singleuser',
      context: null,
      dockerfile: 'base/Course',
      axes: { course: 'physics', role: 'student' },
      parents: ['base'],
      roots: ['alpine:3'],
    });
    expect(family.roots[1]).toEqual({ from: 'alpine:3', digest: null });
  });

  it('tells what is wrong with the files instead', async () => {
    await using folder = await temporaryFolder({ ...files, 'base/Course': 'FORM base\n' });
    const { exitCode, stdout, stderr } = await build(folder.path, ['list'], nowhere);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('unknown-instruction');
  });

  it('knows no other family than that of the folder it stands in', async () => {
    await using folder = await temporaryFolder({ 'images/base/Dockerfile': 'FROM debian:13\n' });
    for (const args of [['list'], ['plan'], ['add', 'course', 'physics', '--repo', 'https://x.example/y']]) {
      const { exitCode, stdout, stderr } = await build(folder.path, args, nowhere);
      expect(stderr).toMatch(/there is no `matrix\.yaml` in `.*`[^]*`build init --from DIR`/);
      expect(stdout).toBe('');
      expect(exitCode).toBe(2);
    }
    // Verifying needs no family, but somebody to believe.
    const { exitCode, stderr } = await build(folder.path, ['verify', 'registry.example.org/a'], nowhere);
    expect(stderr).toContain('there is nobody to verify by');
    expect(exitCode).toBe(2);
  });
});
