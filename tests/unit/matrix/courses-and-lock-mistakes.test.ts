/** Mistakes in courses.yaml and matrix.lock: each told at the very place, all together, with what to do. */
import { describe, expect, test } from 'vitest';
import { tell } from '../../rig/matrix-folder.ts';

describe('mistakes in courses.yaml and matrix.lock', () => {
  test('a file of courses that does not exist', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom }
  c: { dockerfile: a/Dockerfile, context: "courses/{course.name}", kind: singleuser, axes: { course: { from: courses.yaml } } }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:3:110 «courses.yaml» missing-file: the file `courses.yaml` does not exist (help: write it, or correct the path)',
    ]);
  });

  test('an empty file of courses', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom }
  c: { dockerfile: a/Dockerfile, context: "courses/{course.name}", kind: singleuser, axes: { course: { from: courses.yaml } } }
`,
      'courses.yaml': '',
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'courses.yaml:1:1 «» empty-file: `courses.yaml` is empty (help: docs/matrix.md shows what stands in it)',
    ]);
  });

  test('an empty list of courses, which is right', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom }
  c: { dockerfile: a/Dockerfile, context: "courses/{course.name}", kind: singleuser, axes: { course: { from: courses.yaml } } }
`,
      'courses.yaml': '[]\n',
      'a/Dockerfile': '',
    });
    expect(told).toEqual([]);
  });

  test('a file of courses outside the repository', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  c: { dockerfile: a/Dockerfile, context: "x/{course}", kind: custom, axes: { course: { from: ../courses.yaml } } }
  d: { dockerfile: a/Dockerfile, context: "x/{course}", kind: custom, axes: { course: { from: link.yaml } } }
`,
      'link.yaml': { link: '/etc/passwd' },
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:2:95 «../courses.yaml» path-leaves-repository: the path `../courses.yaml` leaves the repository (help: give a path inside the repository, relative to its root)',
      'matrix.yaml:3:95 «link.yaml» path-leaves-repository: `link.yaml` leaves the repository through a symbolic link (help: give a path inside the repository, relative to its root)',
    ]);
  });

  test('entries of the wrong shape', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom }
  c: { dockerfile: a/Dockerfile, context: "courses/{course.name}", kind: singleuser, axes: { course: { from: courses.yaml } } }
`,
      'courses.yaml': `- { name: p, repo: a, rfe: main }
- { name: q }
- { name: r, repo: a, clone: yes }
- s
- { name: t, repo: a, ref: 2024 }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'courses.yaml:1:23 «rfe» unknown-key: unknown key `rfe` (help: did you mean `ref`?)',
      'courses.yaml:2:3 «{ name: q }» missing-key: the key `repo` is missing (help: add it; docs/matrix.md shows its values)',
      'courses.yaml:3:30 «yes» wrong-type: `clone` has to be `true` or `false`, not text (help: write `true`)',
      'courses.yaml:4:3 «s» wrong-type: an entry has to be a map, not text (help: docs/matrix.md shows its form)',
      'courses.yaml:5:28 «2024» wrong-type: `ref` has to be text, not the number `2024` (help: put the value in quotes)',
    ]);
  });

  test('a map instead of a list', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom }
  c: { dockerfile: a/Dockerfile, context: "courses/{course.name}", kind: singleuser, axes: { course: { from: courses.yaml } } }
`,
      'courses.yaml': 'p: { repo: a }\n',
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'courses.yaml:1:1 «p» wrong-type: `courses.yaml` has to be a list, not a map (help: docs/matrix.md shows its form)',
    ]);
  });

  test('addresses, refs and names that cannot be used', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom }
  c: { dockerfile: a/Dockerfile, context: "courses/{course.name}", kind: singleuser, axes: { course: { from: courses.yaml } } }
`,
      'courses.yaml': `- { name: p, repo: "-u" }
- { name: p, repo: "http://x.org/y" }
- { name: Q, repo: "ext::sh -c x" }
- { name: r, repo: "https://u:pw@x.org/y", ref: "-x" }
- { name: s, repo: "../y", ref: "a..b", base: aa }
- { name: t, repo: "/y", base: "debian:trixie" }
- { name: u, repo: "file:///y" }
- { name: v, repo: "git@-x:y" }
- { name: w, repo: "ssh://-oProxyCommand=x/y" }
- { name: x, repo: "ext::x" }
- { name: y, repo: "" }
- { name: ok1, repo: "ssh://git@x.org:22/y.git", ref: v1.0 }
- { name: ok2, repo: "git@x.org:a/y.git", ref: refs/heads/x }
- { name: ok3, repo: "https://x.org/y" }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'courses.yaml:1:20 «"-u"» invalid-git-address: a git address cannot begin with `-` (help: use an https or ssh address, or a path inside the repository)',
      'courses.yaml:2:11 «p» duplicate-value: `p` stands here twice (note: it was first written here courses.yaml:1:11 «p») (help: take one of them out)',
      'courses.yaml:2:20 «"http://x.org/y"» invalid-git-address: git addresses with `http:` are not taken (help: use an https or ssh address, or a path inside the repository)',
      "courses.yaml:3:11 «Q» invalid-name: `Q` cannot be part of an image's name (help: lower-case letters and digits, with single `.` or `_`, or `-`, between them)",
      'courses.yaml:3:20 «"ext::sh -c x"» invalid-git-address: a git address has no blanks or control characters (help: an address is `https://…`, `ssh://…`, `git@host:path`, or a path inside the repository)',
      'courses.yaml:4:20 «"https://u:**@x.org/y"» invalid-git-address: a git address holds no password (help: take it out of the file and give it to the build as a secret)',
      'courses.yaml:4:49 «"-x"» invalid-git-ref: a git ref cannot begin with `-` (help: name a branch, a tag or a commit)',
      'courses.yaml:5:20 «"../y"» path-leaves-repository: the path `../y` leaves the repository (help: give a path inside the repository, relative to its root)',
      'courses.yaml:5:33 «"a..b"» invalid-git-ref: `a..b` is no valid git ref (help: name a branch, a tag or a commit)',
      'courses.yaml:6:20 «"/y"» path-leaves-repository: the path `/y` is absolute (help: give a path inside the repository, relative to its root)',
      'courses.yaml:7:20 «"file:///y"» invalid-git-address: git addresses with `file:` are not taken (help: use an https or ssh address, or a path inside the repository)',
      'courses.yaml:8:20 «"git@-x:y"» invalid-git-address: `git@-x:y` is no git address that we take (help: use an https or ssh address, or a path inside the repository)',
      'courses.yaml:9:20 «"ssh://-oProxyCommand=x/y"» invalid-git-address: this is no valid ssh address (help: use an https or ssh address, or a path inside the repository)',
      'courses.yaml:10:20 «"ext::x"» invalid-git-address: git addresses with `ext:` are not taken (help: use an https or ssh address, or a path inside the repository)',
      'courses.yaml:11:20 «""» invalid-git-address: the git address is empty (help: use an https or ssh address, or a path inside the repository)',
    ]);
  });

  test('a password in an address, which is not shown', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom }
  c: { dockerfile: a/Dockerfile, context: "courses/{course.name}", kind: singleuser, axes: { course: { from: courses.yaml } } }
`,
      'courses.yaml':
        '- { name: p, repo: "https://me:hunter2@x.org/y" }\n- { name: q, repo: "https://0123456789abcdef0123@x.org/y" }\n',
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'courses.yaml:1:20 «"https://me:*******@x.org/y"» invalid-git-address: a git address holds no password (help: take it out of the file and give it to the build as a secret)',
      'courses.yaml:2:20 «"https://********************@x.org/y"» invalid-git-address: a git address holds no token (help: take it out of the file and give it to the build as a secret)',
    ]);
  });

  test('bases that nobody knows', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom }
  c: { dockerfile: a/Dockerfile, context: "courses/{course.name}", kind: singleuser, axes: { course: { from: courses.yaml } } }
`,
      'courses.yaml': `- { name: s, repo: a, base: aa }
- { name: t, repo: a, base: zzzzz }
- { name: u, repo: a, base: a }
- { name: v, repo: a, base: "debian:trixie" }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'courses.yaml:1:29 «aa» unknown-image: no image is called `aa` (help: name an image of matrix.yaml, or a reference with a tag)',
      'courses.yaml:2:29 «zzzzz» unknown-image: no image is called `zzzzz` (help: name an image of matrix.yaml, or a reference with a tag)',
    ]);
  });

  test('one wrong entry, which hides nothing about the others', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom }
  c: { dockerfile: a/Dockerfile, context: "courses/{course.name}", kind: singleuser, axes: { course: { from: courses.yaml } } }
`,
      'courses.yaml': `- { name: p }
- { name: q, repo: "http://x.org/y" }
- { name: Q, repo: a }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'courses.yaml:1:3 «{ name: p }» missing-key: the key `repo` is missing (help: add it; docs/matrix.md shows its values)',
      'courses.yaml:2:20 «"http://x.org/y"» invalid-git-address: git addresses with `http:` are not taken (help: use an https or ssh address, or a path inside the repository)',
      "courses.yaml:3:11 «Q» invalid-name: `Q` cannot be part of an image's name (help: lower-case letters and digits, with single `.` or `_`, or `-`, between them)",
    ]);
  });

  test('repositories in ours that do not exist or lie outside', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom }
  c: { dockerfile: a/Dockerfile, context: "courses/{course.name}", kind: singleuser, axes: { course: { from: courses.yaml } } }
`,
      'courses.yaml': `- { name: p, repo: b/c }
- { name: q, repo: out }
- { name: r, repo: a }
- { name: s, repo: a/Dockerfile }
`,
      'a/Dockerfile': '',
      out: { link: '/' },
    });
    expect(told).toEqual([
      'courses.yaml:1:20 «b/c» missing-repository: the folder `b/c` does not exist (help: put it there, or correct the path)',
      'courses.yaml:2:20 «out» path-leaves-repository: `out` leaves the repository through a symbolic link (help: give a path inside the repository, relative to its root)',
      'courses.yaml:4:20 «a/Dockerfile» missing-repository: `a/Dockerfile` is not a folder (help: put it there, or correct the path)',
    ]);
  });

  test("an environment.yml in a course's folder", async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom }
  c: { dockerfile: a/Dockerfile, context: "courses/{course.name}", kind: singleuser, axes: { course: { from: courses.yaml } } }
`,
      'courses.yaml': '- { name: p, repo: a }\n',
      'a/Dockerfile': '',
      'courses/p/environment.yml': '',
    });
    expect(told).toEqual([
      'matrix.yaml:3:43 «"courses/{course.name}"» unsupported-file: `courses/p/environment.yml` is not read: courses install with pip, not with conda (help: list its Python packages in `courses/p/requirements.txt`, system packages in `apt.txt`, and remove it)',
    ]);
  });

  test('wrong entries of the lock', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom }
`,
      'a/Dockerfile': '',
      'matrix.lock': `roots: { d: sha256:12, e: "md5:x" }
git: { "u#m": abc, v: [a] }
epochs: { a: 2026-02-30, b: yesterday }
rots: {}
`,
    });
    expect(told).toEqual([
      'matrix.lock:1:13 «sha256:12» invalid-digest: `sha256:12` is no digest (help: a digest is `sha256:` and 64 hexadecimal digits)',
      'matrix.lock:1:27 «"md5:x"» invalid-digest: `md5:x` is no digest (help: a digest is `sha256:` and 64 hexadecimal digits)',
      'matrix.lock:2:15 «abc» invalid-commit: `abc` is no commit (help: a commit is 40 hexadecimal digits)',
      'matrix.lock:2:23 «[a]» wrong-type: `git.v` has to be text, not a list (help: docs/matrix.md shows its form)',
      'matrix.lock:3:14 «2026-02-30» invalid-day: `2026-02-30` is no day (help: a day is written YYYY-MM-DD)',
      'matrix.lock:3:29 «yesterday» invalid-day: `yesterday` is no day (help: a day is written YYYY-MM-DD)',
      'matrix.lock:4:1 «rots» unknown-key: unknown key `rots` (help: did you mean `roots`?)',
    ]);
  });

  test('a lock that is no YAML', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom }
`,
      'a/Dockerfile': '',
      'matrix.lock': 'roots: {\n',
    });
    expect(told).toEqual([
      'matrix.lock:2:1 «» invalid-yaml: Flow map in block collection must be sufficiently indented and end with a } (help: look at the lines above as well: quotes, brackets, colons and indentation)',
    ]);
  });

  test('a lock that is a list', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom }
`,
      'a/Dockerfile': '',
      'matrix.lock': '- a\n',
    });
    expect(told).toEqual([
      'matrix.lock:1:1 «-» wrong-type: `matrix.lock` has to be a map, not a list (help: docs/matrix.md shows its form)',
    ]);
  });

  test('a lock with an empty section', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom }
`,
      'a/Dockerfile': '',
      'matrix.lock': 'roots:\n',
    });
    expect(told).toEqual([
      'matrix.lock:1:7 «» wrong-type: `roots` has to be a map, not nothing (help: give it a value, or take the key out)',
    ]);
  });
});
