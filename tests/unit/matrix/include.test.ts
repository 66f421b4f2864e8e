/** `include`: one family from several files, and the mistakes that only several files can have. */
import { describe, expect, test } from 'vitest';
import { loadFiles, tell } from '../../rig/matrix-folder.ts';

const shared = {
  'matrix.yaml': `include: [physics/images.yaml, chemistry/images.yaml]
tags: [v1]
secrets: [{ id: one, file: one.txt }]
groups: { default: [base, physics] }
images:
  base: { context: base, kind: singleuser }
`,
  'base/Dockerfile': '',
  'physics/images.yaml': `env: [SITE]
secrets: [{ id: two, file: two.txt }]
roots: { debian: { from: "debian:trixie" } }
groups: { physics: [lab, course] }
images:
  lab: { context: lab, kind: singleuser, args: { SITE: "\${SITE}" } }
  course:
    context: ../courses/{course}
    dockerfile: Dockerfile
    kind: singleuser
    axes: { course: { from: courses.yaml } }
`,
  'physics/lab/Dockerfile': '',
  'physics/Dockerfile': '',
  'physics/courses.yaml': '- { name: waves, repo: "https://git.example.org/waves.git", base: base }\n',
  'courses/waves/apt.txt': '',
  'chemistry/images.yaml': 'include: [deep/more.yaml]\nimages: {}\n',
  'chemistry/deep/more.yaml': 'images: { deep: { context: ., kind: custom } }\n',
  'chemistry/deep/Dockerfile': '',
};

describe('a family of several files', () => {
  test('holds what all of them say, in the order of the files', async () => {
    const set = await loadFiles(shared, { SITE: 'x' });
    expect(set.images.map(({ name }) => name)).toEqual(['base', 'lab', 'course-waves', 'deep']);
    expect(set.roots.map(({ name }) => name)).toEqual(['debian']);
    expect([...set.groups]).toEqual([
      ['default', ['base', 'lab', 'course-waves']],
      ['physics', ['lab', 'course-waves']],
    ]);
    expect(set.images[1]?.args).toEqual({ SITE: 'x' });
  });

  test('takes paths relative to the file that names them', async () => {
    const set = await loadFiles(shared, { SITE: 'x' });
    expect(set.images.map(({ context, dockerfile }) => [context, dockerfile])).toEqual([
      ['base', 'base/Dockerfile'],
      ['physics/lab', 'physics/lab/Dockerfile'],
      ['courses/waves', 'physics/Dockerfile'],
      ['chemistry/deep', 'chemistry/deep/Dockerfile'],
    ]);
    const files = set.secrets.map(({ source }) => (source.kind === 'file' ? source.path : source.name));
    expect(files).toEqual([`${set.directory}/one.txt`, `${set.directory}/physics/two.txt`]);
  });

  test('knows where each image is written', async () => {
    const set = await loadFiles(shared, { SITE: 'x' });
    expect(set.images.map(({ span }) => `${span.file}:${span.line}`)).toEqual([
      'matrix.yaml:6',
      'physics/images.yaml:6',
      'physics/images.yaml:7',
      'chemistry/deep/more.yaml:1',
    ]);
  });

  test('needs no images in matrix.yaml itself', async () => {
    const set = await loadFiles({
      'matrix.yaml': 'include: [a/images.yaml]\n',
      'a/images.yaml': 'images: { a: { context: ., kind: custom } }\n',
      'a/Dockerfile': '',
    });
    expect(set.images.map(({ name }) => name)).toEqual(['a']);
  });
});

describe('mistakes in a family of several files', () => {
  test('are told where they stand', async () => {
    const told = await tell({
      ...shared,
      'physics/images.yaml': `secrets: [{ id: one, file: x }, { id: ca, env: X }]
groups: { physics: [laab] }
images:
  lab: { context: lba, kind: singleuser }
  odd: { contxt: x, kind: custom }
`,
    });
    expect(told).toEqual([
      'physics/images.yaml:1:17 «one» duplicate-name: two secrets are called `one` (note: it was first written here matrix.yaml:3:17 «one») (help: rename one of them)',
      'physics/images.yaml:1:39 «ca» reserved-name: the secret `ca` is given to every build by hubwright itself (help: choose another id; a CA bundle is named by `--ca` or `HUBWRIGHT_CA`)',
      'physics/images.yaml:2:21 «laab» unknown-image: no image, definition or group is called `laab` (help: did you mean `lab`?)',
      'physics/images.yaml:4:19 «lba» missing-context: the folder `physics/lba` does not exist (help: make it, or correct the path)',
      'physics/images.yaml:5:10 «contxt» unknown-key: unknown key `contxt` in `images.odd` (help: did you mean `context`?)',
    ]);
  });

  test('paths that leave the repository, and names of the environment that no file lists', async () => {
    const told = await tell({
      ...shared,
      'physics/images.yaml': `groups: { physics: [] }
images:
  lab: { context: lab, kind: singleuser, args: { SITE: "\${SITE}" } }
  out: { context: ../../x, kind: custom }
`,
    });
    expect(told).toEqual([
      'physics/images.yaml:3:57 «${SITE}» undeclared-environment: `SITE` is not listed under `env` (help: add it: `env: [SITE]`)',
      'physics/images.yaml:4:19 «../../x» path-leaves-repository: the path `../../x` leaves the repository (help: give a path inside the repository, relative to `physics`)',
    ]);
  });

  test('names that two files have', async () => {
    const told = await tell({
      'matrix.yaml': `include: [a/more.yaml]
roots: { debian: { from: "debian:trixie" } }
groups: { default: [a] }
images: { a: { context: a, kind: custom } }
`,
      'a/more.yaml': `roots: { debian: { from: "debian:bookworm" } }
groups: { default: [a] }
images: { a: { context: ., kind: custom }, b: { context: ., kind: custom } }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'a/more.yaml:1:10 «debian» duplicate-key: `debian` stands under `roots` of two files (note: it was first written here matrix.yaml:2:10 «debian») (help: rename one of them, or take it out)',
      'a/more.yaml:2:11 «default» duplicate-key: `default` stands under `groups` of two files (note: it was first written here matrix.yaml:3:11 «default») (help: rename one of them, or take it out)',
      'a/more.yaml:3:11 «a» duplicate-key: `a` stands under `images` of two files (note: it was first written here matrix.yaml:4:11 «a») (help: rename one of them, or take it out)',
    ]);
  });

  test('what holds for all images, in a file that is included', async () => {
    const told = await tell({
      'matrix.yaml': 'include: [a/more.yaml]\n',
      'a/more.yaml': 'registry: localhost:5000\nnaming: single-repository\ntags: [x]\nimages: {}\n',
    });
    expect(told).toEqual([
      'a/more.yaml:1:1 «registry» misplaced-key: `registry` holds for the whole family (help: write it in matrix.yaml)',
      'a/more.yaml:2:1 «naming» misplaced-key: `naming` holds for the whole family (help: write it in matrix.yaml)',
      'a/more.yaml:3:1 «tags» misplaced-key: `tags` holds for the whole family (help: write it in matrix.yaml)',
    ]);
  });

  test('files that include each other', async () => {
    const told = await tell({
      'matrix.yaml': 'include: [a/one.yaml, ./matrix.yaml]\n',
      'a/one.yaml': 'include: [two.yaml]\n',
      'a/two.yaml': 'include: [../a/one.yaml, ../matrix.yaml]\n',
    });
    expect(told).toEqual([
      'a/two.yaml:1:11 «../a/one.yaml» include-cycle: files include each other in a circle: `a/one.yaml` → `a/two.yaml` → `a/one.yaml` (help: take one of these files out of `include`)',
      'a/two.yaml:1:26 «../matrix.yaml» include-cycle: files include each other in a circle: `matrix.yaml` → `a/one.yaml` → `a/two.yaml` → `matrix.yaml` (help: take one of these files out of `include`)',
      'matrix.yaml:1:23 «./matrix.yaml» include-cycle: files include each other in a circle: `matrix.yaml` → `matrix.yaml` (help: take one of these files out of `include`)',
    ]);
  });

  test('a file that is included twice', async () => {
    const told = await tell({
      'matrix.yaml': 'include: [a.yaml, b.yaml]\n',
      'a.yaml': 'include: [b.yaml]\n',
      'b.yaml': 'images: {}\n',
    });
    expect(told).toEqual([
      'matrix.yaml:1:19 «b.yaml» duplicate-value: `b.yaml` is included twice (note: it was first included here a.yaml:1:11 «b.yaml») (help: take one of them out)',
    ]);
  });

  test('files that are not there, lie outside, or cannot be read, which hide what they hold', async () => {
    const told = await tell({
      'matrix.yaml': `include: [nowhere.yaml, ../up.yaml, /etc/passwd, a, link.yaml, broken.yaml, a/b.yaml]
groups: { default: [perhaps-in-one-of-them] }
`,
      'a/b.yaml': 'include: [../../up.yaml, c.yaml]\n',
      'link.yaml': { link: '/etc/hostname' },
      'broken.yaml': 'images: [\n',
    });
    expect(told).toEqual([
      'a/b.yaml:1:11 «../../up.yaml» path-leaves-repository: the path `../../up.yaml` leaves the repository (help: give a path inside the repository, relative to `a`)',
      'a/b.yaml:1:26 «c.yaml» missing-file: the file `a/c.yaml` does not exist (help: write it, or correct the path)',
      'broken.yaml:2:1 «» invalid-yaml: Flow sequence in block collection must be sufficiently indented and end with a ] (help: look at the lines above as well: quotes, brackets, colons and indentation)',
      'matrix.yaml:1:11 «nowhere.yaml» missing-file: the file `nowhere.yaml` does not exist (help: write it, or correct the path)',
      'matrix.yaml:1:25 «../up.yaml» path-leaves-repository: the path `../up.yaml` leaves the repository (help: give a path inside the repository, relative to its root)',
      'matrix.yaml:1:37 «/etc/passwd» path-leaves-repository: the path `/etc/passwd` is absolute (help: give a path inside the repository, relative to its root)',
      'matrix.yaml:1:50 «a» missing-file: the file `a` does not exist (help: write it, or correct the path)',
      'matrix.yaml:1:53 «link.yaml» path-leaves-repository: `link.yaml` leaves the repository through a symbolic link (help: give a path inside the repository, relative to its root)',
    ]);
  });

  test('a list of files that is none, which hides what they would hold', async () => {
    const told = await tell({ 'matrix.yaml': 'include: a.yaml\ngroups: { default: [perhaps] }\n' });
    expect(told).toEqual([
      'matrix.yaml:1:10 «a.yaml» wrong-type: `include` has to be a list, not text (help: write `[a.yaml]`)',
    ]);
  });
});
