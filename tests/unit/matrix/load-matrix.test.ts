/** matrix.yaml's good side: what a right file becomes. */
import { describe, expect, test } from 'vitest';
import type { Image } from '../../../src/matrix/image-set.ts';
import { loadMatrix } from '../../../src/matrix/load-matrix.ts';
import { loadFiles, matrixFolder, tell } from '../../rig/matrix-folder.ts';

const reference = `registry: \${DOCKER_REGISTRY:-}
naming: repository-per-image
tags: ["\${IMG_VERSION:-latest}", "{date}-{key}"]
env: [GCLOUD_DATA]
secrets: [{ id: courses-token, env: COURSES_TOKEN }, { id: netrc, file: secrets/netrc }]
roots:
  debian: { from: "debian:trixie-slim", bootstrap: { debian: trixie } }
groups:
  default: [base, course, hub]
  physics: [course-physics-student, default]
images:
  installer:  { context: images/installer, kind: builder }
  base:       { context: images/base, kind: singleuser, maxSize: 600MB, resources: { memory: 1Gi, cpu: 0.5 } }
  course:
    dockerfile: images/course/Dockerfile
    context: courses/{course.name}
    kind: singleuser
    axes: { course: { from: courses.yaml }, role: [student, instructor] }
    name: "course-{course.name}-{role}"
    args: { BASE: "{course.base}", COURSE_NAME: "{course.name}", COURSE_REPO: "{course.repo}", COURSE_REF: "{course.ref}", COURSE_COMMIT: "{course.commit}", ROLE: "{role}", GCLOUD_DATA: "\${GCLOUD_DATA:-}" }
    resources: { memory: 2Gi }
    maxSize: 1.5GB
  hub:        { context: images/hub, kind: hub, target: slim, provides: ["quay.io/jupyterhub/k8s-hub"] }
  pytorch:    { context: images/pytorch, kind: pytorch, axes: { accelerator: [cpu, cuda] } }
  pause:      { mirror: "registry.k8s.io/pause:3.10" }
`;

const commit = '0123456789abcdef0123456789abcdef01234567';
const digest = `sha256:${'a'.repeat(64)}`;

const files = {
  'matrix.yaml': reference,
  'matrix.lock': `roots: { debian: "${digest}" }
git: { "https://git.example.org/physics.git#main": ${commit} }
epochs: { base: 2026-11-20 }
`,
  'courses.yaml': `- { name: physics, repo: "https://git.example.org/physics.git", ref: main, base: base, clone: true }
- { name: history, repo: "git@git.example.org:history.git" }
`,
  'images/installer/Dockerfile': '',
  'images/base/Dockerfile': '',
  'images/course/Dockerfile': '',
  'images/hub/Dockerfile': '',
  'images/pytorch/Dockerfile': '',
  'courses/physics/apt.txt': '',
};

function byName(images: readonly Image[], name: string): Omit<Image, 'span'> {
  const found = images.find((image) => image.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  const { span: _, ...rest } = found;
  return rest;
}

describe('a right matrix.yaml', () => {
  test('expands axes in the order written, with default names and names of their own', async () => {
    const set = await loadFiles(files);
    expect(set.images.map((image) => image.name)).toEqual([
      'installer',
      'base',
      'course-physics-student',
      'course-physics-instructor',
      'course-history-student',
      'course-history-instructor',
      'hub',
      'pytorch-cpu',
      'pytorch-cuda',
    ]);
  });

  test('gives an image all that its definition, its course and the lock say', async () => {
    const set = await loadFiles(files);
    expect(byName(set.images, 'course-physics-student')).toEqual({
      name: 'course-physics-student',
      definition: 'course',
      kind: 'singleuser',
      context: 'courses/physics',
      dockerfile: 'images/course/Dockerfile',
      target: undefined,
      args: {
        BASE: 'base',
        COURSE_NAME: 'physics',
        COURSE_REPO: 'https://git.example.org/physics.git',
        COURSE_REF: 'main',
        COURSE_COMMIT: commit,
        ROLE: 'student',
      },
      axes: { course: 'physics', role: 'student' },
      resources: { memory: 2 * 2 ** 30 },
      weight: 1,
      maxSize: 1_500_000_000,
      provides: [],
      platforms: [],
      check: undefined,
      waivers: [],
      epoch: undefined,
    });
    expect(byName(set.images, 'base')).toMatchObject({
      context: 'images/base',
      dockerfile: 'images/base/Dockerfile',
      resources: { memory: 2 ** 30, cpu: 0.5 },
      maxSize: 600_000_000,
      epoch: '2026-11-20',
    });
    expect(byName(set.images, 'hub')).toMatchObject({
      target: 'slim',
      provides: ['quay.io/jupyterhub/k8s-hub'],
    });
  });

  test('leaves out arguments whose optional field is absent, and gives a course without a folder an empty context', async () => {
    const set = await loadFiles(files);
    const history = byName(set.images, 'course-history-student');
    expect(history.args).toEqual({
      COURSE_NAME: 'history',
      COURSE_REPO: 'git@git.example.org:history.git',
      ROLE: 'student',
    });
    expect(history.context).toBeUndefined();
    expect(history.dockerfile).toBe('images/course/Dockerfile');
  });

  test('expands groups of groups, definitions and images in the order of the file', async () => {
    const set = await loadFiles(files);
    const everything = [
      'base',
      'course-physics-student',
      'course-physics-instructor',
      'course-history-student',
      'course-history-instructor',
      'hub',
    ];
    expect(set.groups).toEqual(
      new Map([
        ['default', everything],
        ['physics', everything],
      ]),
    );
  });

  test('takes all images but the builders where no default group is written', async () => {
    const set = await loadFiles({
      'matrix.yaml':
        'groups: { more: [b, default] }\nimages:\n  b: { context: b, kind: builder }\n  a: { context: a, kind: custom }\n',
      'a/Dockerfile': '',
      'b/Dockerfile': '',
    });
    expect(set.groups).toEqual(
      new Map([
        ['default', ['a']],
        ['more', ['b', 'a']],
      ]),
    );
    expect(set.tags).toEqual(['latest']);
    expect(set.registry).toBeUndefined();
  });

  test('reads roots with the lock, mirrors, secrets and the place of each', async () => {
    await using folder = await matrixFolder(files);
    const loaded = await loadMatrix(folder.directory, {});
    if (!loaded.ok) throw new Error('expected a family');
    const { roots, mirrors, secrets, lock, directory } = loaded.value.set;
    expect(directory).toBe(folder.directory);
    expect(roots).toMatchObject([
      { name: 'debian', from: 'debian:trixie-slim', digest, bootstrap: { debian: 'trixie' } },
    ]);
    expect(roots[0]?.span).toMatchObject({ file: 'matrix.yaml', line: 7, column: 3, length: 6 });
    expect(mirrors).toMatchObject([{ name: 'pause', from: 'registry.k8s.io/pause:3.10' }]);
    expect(secrets).toMatchObject([
      { id: 'courses-token', source: { kind: 'env', name: 'COURSES_TOKEN' } },
      { id: 'netrc', source: { kind: 'file', path: `${folder.directory}/secrets/netrc` } },
    ]);
    expect(lock.epochs).toEqual({ base: '2026-11-20' });
  });

  test('reads the environment where the file says so', async () => {
    const set = await loadFiles(files, {
      DOCKER_REGISTRY: 'registry.example.org:5000/hub',
      IMG_VERSION: '2026w',
      GCLOUD_DATA: 'bucket',
    });
    expect(set.registry).toEqual({ prefix: 'registry.example.org:5000/hub', naming: 'repository-per-image' });
    expect(set.tags).toEqual(['2026w', '{date}-{key}']);
    expect(byName(set.images, 'course-physics-student').args['GCLOUD_DATA']).toBe('bucket');
  });

  test('treats an empty variable like an unset one where a default is given', async () => {
    const set = await loadFiles(files, { IMG_VERSION: '' });
    expect(set.tags[0]).toBe('latest');
  });

  test('warns of a course that asks for a clone that the lock does not know', async () => {
    const { 'matrix.lock': _, ...unlocked } = files;
    expect(await tell(unlocked)).toEqual([
      'courses.yaml:1:88 «clone» warning unlocked-clone: `physics` asks for a clone, but matrix.lock has no commit for it (help: run `build lock`; until then nothing is cloned)',
    ]);
  });

  test('keeps braces that are no placeholder, and doubled ones as text', async () => {
    const set = await loadFiles({
      'matrix.yaml': `images:
  a:
    context: ./a/
    kind: custom
    args:
      JSON: '{"a": {"b": 1}}'
      LITERAL: '{{name}} $\${HOME} $HOME'
      EMPTY: ''
`,
      'a/Dockerfile': '',
    });
    expect(set.images[0]).toMatchObject({
      context: 'a',
      dockerfile: 'a/Dockerfile',
      args: { JSON: '{"a": {"b": 1}}', LITERAL: '{name} ${HOME} $HOME', EMPTY: '' },
    });
  });

  test('follows aliases, and a byte order mark and Windows line ends do no harm', async () => {
    const set = await loadFiles({
      'matrix.yaml': '\uFEFFimages:\r\n  a: &a { context: a, kind: custom }\r\n  b: *a\r\n',
      'a/Dockerfile': '',
    });
    expect(set.images.map((image) => [image.name, image.context])).toEqual([
      ['a', 'a'],
      ['b', 'a'],
    ]);
    expect(set.images[1]?.span).toMatchObject({ line: 3, column: 3, text: '  b: *a' });
  });

  test('takes a lock of comments alone for an empty one, and a commit of digits for text', async () => {
    const set = await loadFiles({ ...files, 'matrix.lock': '# nothing is locked\n' });
    expect(set.lock).toEqual({ roots: {}, mirrors: {}, git: {}, epochs: {} });
    const digits = '1'.repeat(40);
    const locked = await loadFiles({ ...files, 'matrix.lock': `git:\n  "a#main": ${digits}\n` });
    expect(locked.lock.git).toEqual({ 'a#main': digits });
  });
});

describe('edits that are not written yet', () => {
  const before = {
    'matrix.yaml':
      'images:\n  c: { context: "c/{course.name}", dockerfile: D, kind: custom, axes: { course: { from: courses.yaml } } }\n',
    'courses.yaml': '- { name: a, repo: "https://git.example.org/a.git" }\n',
    D: 'FROM debian:13\n',
  };

  test('are read instead of the files', async () => {
    await using folder = await matrixFolder(before);
    const edits = new Map([['courses.yaml', '- { name: b, repo: "https://git.example.org/b.git" }\n']]);
    const loaded = await loadMatrix(folder.directory, {}, { edits });
    expect(loaded.ok && loaded.value.set.images.map(({ name }) => name)).toEqual(['c-b']);
  });

  test('may be files that do not exist yet', async () => {
    await using folder = await matrixFolder({ D: before.D });
    const edits = new Map([
      ['matrix.yaml', before['matrix.yaml']],
      ['courses.yaml', before['courses.yaml']],
    ]);
    const loaded = await loadMatrix(folder.directory, {}, { edits });
    expect(loaded.ok && loaded.value.set.images.map(({ name }) => name)).toEqual(['c-a']);
  });
});
