/** Mistakes in definitions and groups that only checking finds: each told at the very place, all together, with what to do. */
import { describe, expect, test } from 'vitest';
import { tell } from '../../rig/matrix-folder.ts';

describe('mistakes in definitions and groups that only checking finds', () => {
  test('image names that meet after the axes are expanded', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom, axes: { x: [p, q] }, name: "n" }
  a2: { context: a, kind: custom, axes: { x: [b] }, name: "b-{x}" }
  b: { context: a, kind: custom, axes: { y: [b] } }
  pause: { mirror: "p:1" }
  c: { context: a, kind: custom, name: pause }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:2:61 «"n"» duplicate-name: several images of `a` would be called `n` (help: let `name` mention every axis)',
      'matrix.yaml:4:3 «b» duplicate-name: two images are called `b-b` (note: the other comes from `a2` matrix.yaml:3:3 «a2») (help: rename one of them)',
      'matrix.yaml:5:3 «pause» duplicate-name: two images are called `pause` (note: the other comes from `c` matrix.yaml:6:3 «c») (help: rename one of them)',
    ]);
  });

  test('a password or a token in an argument, told once and shown nowhere', async () => {
    const told = await tell(
      {
        'matrix.yaml': `env: [DATA]
images:
  a:
    context: a
    kind: custom
    axes: { x: [p, q] }
    args: { SOURCE: "https://me:hunter2@x.org/y.git", DATA: "\${DATA}", GOOD: "https://x.org/{x}" }
`,
        'a/Dockerfile': '',
      },
      { DATA: 'https://x.org/data?token=open-sesame' },
    );
    expect(told).toEqual([
      'matrix.yaml:7:21 «"https://me:*******@x.org/y.git"» secret-argument: `SOURCE` holds a password: arguments stay in the image\'s history, and everybody who pulls it reads them (help: hand it over as a secret: `secrets: [{ id: source, env: SOURCE }]`, and in the Dockerfile `RUN --mount=type=secret,id=source …`; what was published with it already needs a new one)',
      'matrix.yaml:7:61 «"${DATA}"» secret-argument: `DATA` holds a token: arguments stay in the image\'s history, and everybody who pulls it reads them (help: hand it over as a secret: `secrets: [{ id: data, env: DATA }]`, and in the Dockerfile `RUN --mount=type=secret,id=data …`; what was published with it already needs a new one)',
    ]);
  });

  test('names that cannot be in a repository, told once and where they are written', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  Base: { context: a, kind: custom }
  a: { context: a, kind: custom, name: "a_-b" }
  c: { context: a, kind: custom, axes: { x: [CPU, "", cpu, cpu], 1x: [a] } }
  M: { mirror: "p:1" }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      "matrix.yaml:2:3 «Base» invalid-name: `Base` cannot be a definition's name (help: lower-case letters and digits, with single `.` or `_`, or `-`, between them)",
      'matrix.yaml:3:40 «"a_-b"» invalid-name: `a_-b` cannot be an image\'s name (help: lower-case letters and digits, with single `.` or `_`, or `-`, between them)',
      "matrix.yaml:4:46 «CPU» invalid-name: `CPU` cannot be part of an image's name (help: lower-case letters and digits, with single `.` or `_`, or `-`, between them)",
      'matrix.yaml:4:51 «""» invalid-name: `` cannot be part of an image\'s name (help: lower-case letters and digits, with single `.` or `_`, or `-`, between them)',
      'matrix.yaml:4:60 «cpu» duplicate-value: `cpu` stands here twice (note: it was first written here matrix.yaml:4:55 «cpu») (help: take one of them out)',
      "matrix.yaml:4:66 «1x» invalid-name: `1x` cannot be an axis's name (help: letters, digits, `_` and `-`, beginning with a letter)",
      "matrix.yaml:5:3 «M» invalid-name: `M` cannot be an image's name (help: lower-case letters and digits, with single `.` or `_`, or `-`, between them)",
    ]);
  });

  test('an image that is called like another definition', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom, name: b }
  b: { context: a, kind: custom, name: c }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:2:3 «a» duplicate-name: an image of `a` is called like the definition `b` (note: the definition matrix.yaml:3:3 «b») (help: rename one of them)',
    ]);
  });

  test('a context that is missing or no folder', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: images/a, kind: custom }
  b: { context: file, kind: custom }
`,
      file: '',
    });
    expect(told).toEqual([
      'matrix.yaml:2:17 «images/a» missing-context: the folder `images/a` does not exist (help: make it, or correct the path)',
      'matrix.yaml:3:17 «file» missing-context: `file` is not a folder (help: make it, or correct the path)',
    ]);
  });

  test('a Dockerfile that is missing or no file', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom }
  b: { context: a, kind: custom, dockerfile: x/Dockerfile }
  c: { context: ., kind: custom, dockerfile: a }
`,
      'a/': '',
    });
    expect(told).toEqual([
      'matrix.yaml:2:17 «a» missing-dockerfile: the file `a/Dockerfile` does not exist (help: write it, or say with `dockerfile` where it lies)',
      'matrix.yaml:3:46 «x/Dockerfile» missing-dockerfile: the file `x/Dockerfile` does not exist (help: write it, or say with `dockerfile` where it lies)',
      'matrix.yaml:4:46 «a» missing-dockerfile: `a` is not a file (help: write it, or say with `dockerfile` where it lies)',
    ]);
  });

  test('paths that leave the repository: by dots, absolute, through links', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: ../a, kind: custom }
  b: { context: /etc, kind: custom, dockerfile: x/../../y }
  c: { context: link, kind: custom }
  d: { context: a, kind: custom, dockerfile: a/df }
  e: { context: "-a", kind: custom }
  f: { context: inside, kind: custom }
  g: { context: "~/x", kind: custom }
  h: { context: "", kind: custom }
  i: { context: "a\\\\b", kind: custom }
`,
      'a/Dockerfile': '',
      link: { link: '/etc' },
      'a/df': { link: '/etc/passwd' },
      inside: { link: 'a' },
    });
    expect(told).toEqual([
      'matrix.yaml:2:17 «../a» path-leaves-repository: the path `../a` leaves the repository (help: give a path inside the repository, relative to its root)',
      'matrix.yaml:3:17 «/etc» path-leaves-repository: the path `/etc` is absolute (help: give a path inside the repository, relative to its root)',
      'matrix.yaml:3:49 «x/../../y» path-leaves-repository: the path `x/../../y` leaves the repository (help: give a path inside the repository, relative to its root)',
      'matrix.yaml:4:17 «link» path-leaves-repository: `link` leaves the repository through a symbolic link (help: give a path inside the repository, relative to its root)',
      'matrix.yaml:5:46 «a/df» path-leaves-repository: `a/df` leaves the repository through a symbolic link (help: give a path inside the repository, relative to its root)',
      'matrix.yaml:6:17 «"-a"» invalid-path: the path `-a` begins with `-` (help: give a path inside the repository, relative to its root)',
      'matrix.yaml:8:17 «"~/x"» path-leaves-repository: the path `~/x` is absolute (help: give a path inside the repository, relative to its root)',
      'matrix.yaml:9:17 «""» invalid-path: the path is empty (help: give a path inside the repository, relative to its root)',
      'matrix.yaml:10:17 «"a\\\\b"» invalid-path: a path has no backslashes or control characters (help: give a path inside the repository, relative to its root)',
    ]);
  });

  test('placeholders that nobody defined or that may not stand there', async () => {
    const told = await tell({
      'matrix.yaml': `env: [GCLOUD_DATA]
images:
  c:
    context: "courses/{course.nme}"
    dockerfile: "{xyz}/Dockerfile"
    kind: custom
    axes: { course: { from: courses.yaml }, role: [student] }
    name: "{ role }-{course}"
    target: "\${HOME}"
    args: { A: "{role.name}", B: "\${HOME}", C: "\${GCLOUD_DAT:-}", D: "\${GCLOUD_DATA}", E: "\${1X}", F: "\${GCLOUD_DATA" }
  a: { context: a, kind: custom, args: { X: "{course.name}" } }
`,
      'courses.yaml': '- { name: p, repo: a }\n',
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:4:23 «{course.nme}» undefined-placeholder: nothing here is called `{course.nme}` (help: did you mean `{course.name}`?)',
      'matrix.yaml:5:18 «{xyz}» undefined-placeholder: nothing here is called `{xyz}` (help: here are `{course}`, `{course.name}`, `{course.repo}`, `{course.ref}`, `{course.base}`, `{course.commit}`, `{role}`)',
      'matrix.yaml:8:12 «{ role }» invalid-placeholder: `{ role }` is no valid placeholder (help: write `{role}`, without blanks)',
      'matrix.yaml:9:14 «${HOME}» environment-not-allowed: the environment is not read here: `${HOME}` (help: it is read in `registry`, `tags`, `secrets`, and in `args` for names listed under `env`)',
      'matrix.yaml:10:17 «{role.name}» undefined-placeholder: nothing here is called `{role.name}` (help: here are `{course}`, `{course.name}`, `{course.repo}`, `{course.ref}`, `{course.base}`, `{course.commit}`, `{role}`)',
      'matrix.yaml:10:35 «${HOME}» undeclared-environment: `HOME` is not listed under `env` (help: add it: `env: [GCLOUD_DATA, HOME]`)',
      'matrix.yaml:10:49 «${GCLOUD_DAT:-}» undeclared-environment: `GCLOUD_DAT` is not listed under `env` (help: did you mean `GCLOUD_DATA`?)',
      'matrix.yaml:10:71 «${GCLOUD_DATA}» missing-environment: the environment variable `GCLOUD_DATA` is not set (help: set it, or give a default: `${GCLOUD_DATA:-default}`)',
      'matrix.yaml:10:92 «${1X}» invalid-placeholder: `${1X}` is no valid placeholder (help: write `${NAME}` or `${NAME:-default}`)',
      'matrix.yaml:10:104 «${GCLOUD_DATA» invalid-placeholder: `${GCLOUD_DATA` is no valid placeholder (help: write `${NAME}` or `${NAME:-default}`)',
      'matrix.yaml:11:46 «{course.name}» undefined-placeholder: nothing here is called `{course.name}` (help: no axis is defined here; write `{{course.name}}` for the braces themselves)',
    ]);
  });

  test('an optional field where a value is needed', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  c:
    context: "courses/{course.base}"
    kind: custom
    axes: { course: { from: courses.yaml } }
`,
      'courses.yaml': `- { name: p, repo: a }
- { name: q, repo: a }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:3:23 «{course.base}» absent-value: `{course.base}` is absent for some values of its axis (help: only `args` may name an optional field)',
    ]);
  });

  test('group members that nobody knows, mirrors, and a group called like an image', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom }
  pause: { mirror: "p:1" }
groups:
  default: [a, curse]
  curses: [a, aa, default, pause]
  a: [a]
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:5:16 «curse» unknown-image: no image, definition or group is called `curse` (help: did you mean `curses`?)',
      'matrix.yaml:6:15 «aa» unknown-image: no image, definition or group is called `aa` (help: correct the name, or take it out; `build list` shows what there is)',
      'matrix.yaml:6:28 «pause» unknown-image: `pause` is a mirror; a group holds images that are built (help: correct the name, or take it out; `build list` shows what there is)',
      'matrix.yaml:7:3 «a» duplicate-name: a group and an image are both called `a` (note: the image matrix.yaml:2:3 «a») (help: rename one of them)',
      'matrix.yaml:7:7 «a» group-cycle: groups go round in a circle: `a` → `a` (help: take one of these names out of its group)',
    ]);
  });

  test('names that no group or image can have', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  default: { context: a, kind: custom }
groups: { "-x": [default] }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:2:3 «default» reserved-name: `default` is the group that a command without names takes (help: choose another name for the image)',
      'matrix.yaml:3:11 «"-x"» invalid-name: `-x` cannot be a group\'s name (help: letters, digits, `.`, `_` and `-`, beginning with a letter or digit)',
    ]);
  });

  test('a name under which the release is published', async () => {
    const told = await tell({
      'matrix.yaml': 'images:\n  hubwright-release: { context: a, kind: custom }\n',
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:2:3 «hubwright-release» reserved-name: `hubwright-release` is where the family’s release is published (help: give it a name that does not begin with `hubwright-release`)',
    ]);
  });

  test('a reference that several images provide', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom, axes: { x: [p, q] }, provides: ["x.org/y"] }
  b: { context: a, kind: custom, provides: ["x.org/z", "x.org/y"] }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:2:66 «"x.org/y"» duplicate-provides: `x.org/y` is provided by `a-p` and by `a-q` (help: take it out of one of them)',
      'matrix.yaml:3:56 «"x.org/y"» duplicate-provides: `x.org/y` is provided by `a-p` and by `b` (help: take it out of one of them)',
    ]);
  });

  test('groups that go round in a circle, always with the same trail', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom }
groups:
  z: [a, x]
  y: [z]
  x: [y]
  w: [w]
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:6:7 «y» group-cycle: groups go round in a circle: `x` → `y` → `z` → `x` (note: `y` names `z` matrix.yaml:5:7 «z») (note: `z` names `x` matrix.yaml:4:10 «x») (help: take one of these names out of its group)',
      'matrix.yaml:7:7 «w» group-cycle: groups go round in a circle: `w` → `w` (help: take one of these names out of its group)',
    ]);
  });

  test('quantities that are none', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom, maxSize: big, resources: { memory: 1 Gb, cpu: -1 } }
  b: { context: a, kind: custom, maxSize: "600", resources: { memory: 0Mi, cpu: .inf } }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:2:43 «big» invalid-quantity: `big` is no size (help: a number with a unit: `512Mi`, `2Gi`, `600MB`, `1.2GB`)',
      'matrix.yaml:2:69 «1 Gb» invalid-quantity: `1 Gb` is no size (help: a number with a unit: `512Mi`, `2Gi`, `600MB`, `1.2GB`)',
      'matrix.yaml:2:80 «-1» invalid-quantity: `cpu` has to be a number above 0 (help: for example `0.5` or `2`)',
      'matrix.yaml:3:81 «.inf» wrong-type: `images.b.resources.cpu` has to be a finite number (help: docs/matrix.md shows its form)',
    ]);
  });

  test('an argument with an impossible name', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom, args: { A-B: x } }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:2:42 «A-B» invalid-name: `A-B` cannot be the name of a build argument (help: letters, digits and `_`, not beginning with a digit)',
    ]);
  });
});
