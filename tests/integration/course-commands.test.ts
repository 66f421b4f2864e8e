/** `build add course` and `build remove course`, run as a user runs them: what is written, and when nothing is. */
import { chmod, mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { build } from '../rig/command.ts';
import { temporaryFolder, type TemporaryFolder } from '../rig/temporary-folder.ts';

const courses = `# Who asks for what: see the wiki.
- { name: physics, repo: "https://git.example.org/physics.git" }   # until spring

# Ends in summer:
- { name: history, repo: "git@git.example.org:history.git", base: base }
# (the end)
`;

function family(more: Readonly<Record<string, string>> = {}): Promise<TemporaryFolder> {
  return temporaryFolder({
    'matrix.yaml': `images:
  base: { context: base, kind: singleuser }
  course:
    dockerfile: base/Course
    context: courses/{course.name}
    kind: singleuser
    axes: { course: { from: courses.yaml }, role: [student, instructor] }
    name: "{course.name}-{role}"
    args: { BASE: "{course.base}" }
`,
    'courses.yaml': courses,
    'base/Dockerfile': 'FROM debian:trixie-slim\n',
    'base/Course': 'ARG BASE=base\nFROM $BASE\n',
    ...more,
  });
}

const read = (folder: TemporaryFolder): Promise<string> =>
  readFile(path.join(folder.path, 'courses.yaml'), 'utf8');

describe('build add course', () => {
  it('adds one entry in the style of the others, and changes no other byte', async () => {
    await using folder = await family();
    const repo = 'https://git.example.org/chemistry.git';
    const answer = await build(folder.path, ['add', 'course', 'chemistry', '--repo', repo, '--ref', 'main']);
    expect(answer).toEqual({
      exitCode: 0,
      stdout: [
        'courses.yaml: added chemistry',
        '  chemistry-student',
        '  chemistry-instructor',
        'no folder courses/chemistry/: its context is empty',
        'next: build images course=chemistry',
      ].join('\n'),
      stderr: '',
    });
    const line = `- { name: chemistry, repo: "${repo}", ref: main }\n`;
    expect(await read(folder)).toBe(courses.replace('# (the end)', `\n${line}# (the end)`));
  });

  it('keeps the file’s mode, and tells what is still to be locked', async () => {
    await using folder = await family();
    const file = path.join(folder.path, 'courses.yaml');
    await chmod(file, 0o640);
    await mkdir(path.join(folder.path, 'courses/chemistry'), { recursive: true });
    const options = ['--repo', 'https://git.example.org/c.git', '--clone', '--base', 'base'];
    const answer = await build(folder.path, ['add', 'course', 'chemistry', ...options]);
    expect(answer.stdout).toContain('courses/chemistry/ is its context\n');
    expect(answer.stdout).toContain('next: build lock, then build images course=chemistry');
    expect(answer.stderr).toContain('unlocked-clone');
    expect(await read(folder)).toContain('base: base, clone: true }\n# (the end)');
    expect((await stat(file)).mode & 0o777).toBe(0o640);
  });

  it.each([
    ['a name that is taken', ['physics', '--repo', 'https://x.org/y'], 'a course `physics` already', 2],
    ['a name that no image can have', ['Über uns', '--repo', 'https://x.org/y'], 'lower-case letters', 2],
    ['an address that could be an option', ['new', '--repo', '-x'], 'cannot begin with `-`', 2],
    ['an address with a password', ['new', '--repo', 'https://a:b@x.org/y'], 'holds no password', 2],
    ['a folder that is not there', ['new', '--repo', 'kits/new'], '`kits/new` does not exist', 2],
    ['a ref that git refuses', ['new', '--repo', 'https://x.org/y', '--ref', 'a..b'], 'no valid git ref', 2],
    [
      'a base that nobody has',
      ['new', '--repo', 'https://x.org/y', '--base', 'bas'],
      'did you mean `base`?',
      2,
    ],
    ['no address', ['new'], "required option '--repo <URL>'", 2],
  ])('refuses %s, and writes nothing', async (_, args, told, code) => {
    await using folder = await family();
    const answer = await build(folder.path, ['add', 'course', ...args]);
    expect(answer.stderr).toContain(told);
    // No place is shown that nobody could look at.
    expect(answer.stderr).not.toContain('courses.yaml:6');
    expect(answer.exitCode).toBe(code);
    expect(await read(folder)).toBe(courses);
  });

  it('writes nothing where the family would not load with it', async () => {
    await using folder = await family({ 'courses/new/environment.yml': '' });
    const answer = await build(folder.path, ['add', 'course', 'new', '--repo', 'https://x.org/y']);
    expect(answer.stderr).toContain('unsupported-file');
    expect(answer.exitCode).toBe(2);
    expect(await read(folder)).toBe(courses);
  });

  it('finds the list where an included file names it', async () => {
    await using folder = await family({
      'matrix.yaml': 'include: [term/images.yaml]\nimages: { base: { context: base, kind: singleuser } }\n',
      'term/images.yaml':
        'images:\n  course: { context: "kits/{course.name}", dockerfile: Dockerfile, kind: singleuser, axes: { course: { from: courses.yaml } } }\n',
      'term/courses.yaml': '[]\n',
      'term/Dockerfile': 'FROM base\n',
      'term/kits/new/apt.txt': '',
    });
    const answer = await build(folder.path, ['add', 'course', 'new', '--repo', 'https://x.org/y']);
    expect(answer).toMatchObject({ exitCode: 0, stderr: '' });
    expect(answer.stdout).toMatch(
      /^term\/courses.yaml: added new\n {2}course-new\nterm\/kits\/new\/ is its context\n/,
    );
    expect(await read(folder)).toBe(courses);
  });

  const twoLists = {
    'matrix.yaml': `include: [a/images.yaml, b/images.yaml]
images: { base: { context: base, kind: singleuser } }
`,
    ...Object.fromEntries(
      ['a', 'b'].flatMap((part) => [
        [
          `${part}/images.yaml`,
          `images:\n  course-${part}: { context: "kits/{course.name}", dockerfile: Dockerfile, kind: singleuser, axes: { course: { from: list.yaml } } }\n`,
        ],
        [`${part}/list.yaml`, `# of ${part}\n- { name: ${part}1, repo: "https://x.org/${part}" }\n`],
        [`${part}/Dockerfile`, 'FROM base\n'],
      ]),
    ),
  };

  it('asks which list is meant where there are several, and edits that one', async () => {
    await using folder = await family(twoLists);
    const add = ['add', 'course', 'new', '--repo', 'https://x.org/y'];
    const asked = await build(folder.path, add);
    expect(asked.stderr).toContain('error[several-lists]: courses come from several lists');
    expect(asked.stderr).toContain('say which with `--file`: `a/list.yaml`, `b/list.yaml`');
    expect(asked.exitCode).toBe(2);
    const wrong = await build(folder.path, [...add, '--file', 'c/list.yaml']);
    expect(wrong.stderr).toContain('no definition takes courses from `c/list.yaml`');
    expect((await build(folder.path, [...add, '--file', './b/list.yaml'])).stdout).toContain(
      'b/list.yaml: added new\n  course-b-new\n',
    );
    expect(await readFile(path.join(folder.path, 'b/list.yaml'), 'utf8')).toBe(
      '# of b\n- { name: b1, repo: "https://x.org/b" }\n- { name: new, repo: "https://x.org/y" }\n',
    );
    // What is to go is looked for in all of them.
    expect((await build(folder.path, ['remove', 'course', 'a1'])).stdout).toContain(
      'a/list.yaml: removed a1',
    );
    expect((await build(folder.path, ['remove', 'course', 'c1'])).stderr).toContain(
      '`a/list.yaml`, `b/list.yaml` has no course `c1`',
    );
    await build(folder.path, [...add, '--file', 'a/list.yaml']);
    expect((await build(folder.path, ['remove', 'course', 'new'])).stderr).toContain(
      '`new` stands in several lists',
    );
  });

  it('tells what is wrong with an included file, where that hides the list', async () => {
    await using folder = await family({ 'matrix.yaml': 'include: [a/images.yaml]\nimages: {}\n' });
    const answer = await build(folder.path, ['add', 'course', 'new', '--repo', 'https://x.org/y']);
    expect(answer.stderr).toContain('the file `a/images.yaml` does not exist');
    expect(answer.exitCode).toBe(2);
  });

  it('says where courses would come from in a family without any', async () => {
    await using folder = await family({
      'matrix.yaml': 'images: { base: { context: base, kind: custom } }\n',
    });
    const answer = await build(folder.path, ['add', 'course', 'new', '--repo', 'https://x.org/y']);
    expect(answer.stderr).toContain('no-courses');
    expect(answer.exitCode).toBe(2);
  });
});

describe('build remove course', () => {
  it('takes out the entry alone, and says that its folder stays', async () => {
    await using folder = await family({ 'courses/physics/apt.txt': 'gnuplot\n' });
    const answer = await build(folder.path, ['remove', 'course', 'physics']);
    expect(answer).toEqual({
      exitCode: 0,
      stdout: [
        'courses.yaml: removed physics',
        '  physics-student is no longer built',
        '  physics-instructor is no longer built',
        'the folder courses/physics/ stays; remove it if nobody needs it',
      ].join('\n'),
      stderr: '',
    });
    expect(await read(folder)).toBe(courses.replace(/^- \{ name: physics.*\n/m, ''));
  });

  it('leaves a file that still loads when the last one goes', async () => {
    await using folder = await family();
    await build(folder.path, ['remove', 'course', 'physics']);
    const last = await build(folder.path, ['remove', 'course', 'history']);
    expect(last.exitCode).toBe(0);
    expect((await build(folder.path, ['list'])).stdout).toContain('1 image of 1 definition.');
    await build(folder.path, ['add', 'course', 'new', '--repo', 'https://x.org/y']);
    expect((await build(folder.path, ['list'])).stdout).toContain('3 images of 2 definitions.');
  });

  it('helps to get rid of the very course that keeps the family from loading', async () => {
    await using folder = await family({ 'courses.yaml': `${courses}- { name: bad, repo: "-x" }\n` });
    const answer = await build(folder.path, ['remove', 'course', 'bad']);
    expect(answer.exitCode).toBe(0);
    expect(await read(folder)).toBe(courses);
  });

  it('refuses one that is not there, or that a group still names', async () => {
    await using folder = await family();
    const absent = await build(folder.path, ['remove', 'course', 'phisics']);
    expect(absent.stderr).toContain('did you mean `physics`?');
    expect(absent.exitCode).toBe(2);
    const matrix = await readFile(path.join(folder.path, 'matrix.yaml'), 'utf8');
    await folder.write('matrix.yaml', `groups: { term: [physics-student] }\n${matrix}`);
    const named = await build(folder.path, ['remove', 'course', 'physics']);
    expect(named.stderr).toContain('no image, definition or group is called `physics-student`');
    expect(named.exitCode).toBe(2);
    expect(await read(folder)).toBe(courses);
  });
});
