/** Mistakes in registry, tags, env and secrets: each told at the very place, all together, with what to do. */
import { describe, expect, test } from 'vitest';
import { tell } from '../../rig/matrix-folder.ts';

describe('mistakes in registry, tags, env and secrets', () => {
  test('variables that are not set, and a misspelt placeholder of a tag', async () => {
    const told = await tell({
      'matrix.yaml': `registry: \${REG}
tags: ["\${TAG}", "{dat}"]
secrets: [{ id: x, env: "\${NAME}" }]
images:
  a: { context: a, kind: custom }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:1:11 «${REG}» missing-environment: the environment variable `REG` is not set (help: set it, or give a default: `${REG:-default}`)',
      'matrix.yaml:2:9 «${TAG}» missing-environment: the environment variable `TAG` is not set (help: set it, or give a default: `${TAG:-default}`)',
      'matrix.yaml:2:19 «{dat}» undefined-placeholder: nothing here is called `{dat}` (help: did you mean `{date}`?)',
      'matrix.yaml:3:26 «${NAME}» missing-environment: the environment variable `NAME` is not set (help: set it, or give a default: `${NAME:-default}`)',
    ]);
  });

  test('values from the environment that do not fit', async () => {
    const told = await tell(
      {
        'matrix.yaml': `registry: \${REG}
tags: ["\${TAG}", "a b", ".x"]
env: ["$HOME", 1A]
images:
  a: { context: a, kind: custom }
`,
        'a/Dockerfile': '',
      },
      { REG: 'https://x.org', TAG: 'a/b' },
    );
    expect(told).toEqual([
      'matrix.yaml:1:11 «${REG}» invalid-registry: `https://x.org` is no registry (help: leave out the scheme: `localhost:5000`, `registry.example.org/hub`)',
      'matrix.yaml:2:8 «"${TAG}"» invalid-tag: `a/b` does not make a valid tag (help: letters, digits, `_`, `.` and `-`, at most 128, not beginning with `.` or `-`)',
      'matrix.yaml:2:18 «"a b"» invalid-tag: `a b` does not make a valid tag (help: letters, digits, `_`, `.` and `-`, at most 128, not beginning with `.` or `-`)',
      'matrix.yaml:2:25 «".x"» invalid-tag: `.x` does not make a valid tag (help: letters, digits, `_`, `.` and `-`, at most 128, not beginning with `.` or `-`)',
      'matrix.yaml:3:7 «"$HOME"» invalid-name: `$HOME` cannot be the name of an environment variable (help: list bare names: letters, digits and `_`, not beginning with a digit)',
      'matrix.yaml:3:16 «1A» invalid-name: `1A` cannot be the name of an environment variable (help: list bare names: letters, digits and `_`, not beginning with a digit)',
    ]);
  });

  test('a registry without a host', async () => {
    const told = await tell({
      'matrix.yaml': `registry: myname
images:
  a: { context: a, kind: custom }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:1:11 «myname» invalid-registry: `myname` is no registry (help: begin with a host: `docker.io/myname`)',
    ]);
  });

  test('a registry with a slash at the end', async () => {
    const told = await tell({
      'matrix.yaml': `registry: localhost:5000/
images:
  a: { context: a, kind: custom }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:1:11 «localhost:5000/» invalid-registry: `localhost:5000/` is no registry (help: leave out the slash at the end)',
    ]);
  });

  test('a registry with capital letters in its path', async () => {
    const told = await tell({
      'matrix.yaml': `registry: localhost:5000/Hub
images:
  a: { context: a, kind: custom }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:1:11 «localhost:5000/Hub» invalid-registry: `localhost:5000/Hub` is no registry (help: a host, perhaps a port, perhaps a path of lower-case names: `registry.example.org:5000/hub`)',
    ]);
  });

  test('a secret with two sources', async () => {
    const told = await tell({
      'matrix.yaml': `secrets:
  - { id: ca, env: CA }
  - { id: x, env: X, file: x }
images:
  a: { context: a, kind: custom }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:3:22 «file» conflicting-key: `file` cannot stand beside `env` (help: keep one of them)',
    ]);
  });

  test('secrets with a reserved, a repeated or an impossible id or source', async () => {
    const told = await tell({
      'matrix.yaml': `secrets:
  - { id: ca, env: CA }
  - { id: x, env: "a-b" }
  - { id: x, file: "" }
  - { id: "a=b", file: "f" }
images:
  a: { context: a, kind: custom }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:2:11 «ca» reserved-name: the secret `ca` is given to every build by hubwright itself (help: choose another id; a CA bundle is named by `--ca` or `HUBWRIGHT_CA`)',
      'matrix.yaml:3:19 «"a-b"» invalid-secret: `a-b` cannot be the name of an environment variable (help: give `env` the name of a variable, or `file` a path)',
      'matrix.yaml:4:11 «x» duplicate-name: two secrets are called `x` (note: it was first written here matrix.yaml:3:11 «x») (help: rename one of them)',
      'matrix.yaml:4:20 «""» invalid-secret: the path is empty (help: give `env` the name of a variable, or `file` a path)',
      'matrix.yaml:5:11 «"a=b"» invalid-name: `a=b` cannot be a secret\'s id (help: letters, digits, `.`, `_` and `-`, beginning with a letter or digit)',
    ]);
  });

  test('secrets without a source or an id', async () => {
    const told = await tell({
      'matrix.yaml': `secrets:
  - { id: x }
  - { env: X }
  - x
images:
  a: { context: a, kind: custom }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:2:5 «{ id: x }» missing-key: the key `env` is missing in `secrets[0]` (help: or give `file` instead)',
      'matrix.yaml:3:5 «{ env: X }» missing-key: the key `id` is missing in `secrets[1]` (help: add it; docs/matrix.md shows its values)',
      'matrix.yaml:4:5 «x» wrong-type: `secrets[2]` has to be a map, not text (help: docs/matrix.md shows its form)',
    ]);
  });

  test('tags of two images that meet in a single repository', async () => {
    const told = await tell({
      'matrix.yaml': `naming: single-repository
tags: [latest, kit-latest]
images:
  a: { context: a, kind: custom }
  a-kit: { context: a, kind: custom }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:2:7 «[latest, kit-latest]» duplicate-tag: `a` and `a-kit` would both be published as `a-kit-latest` (help: choose other tags, or `naming: repository-per-image`)',
    ]);
  });

  test('names and tags that grow too long in a single repository', async () => {
    const told = await tell({
      'matrix.yaml': `naming: single-repository
tags: ["{name}-{key}"]
images:
  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: { context: a, kind: custom }
  bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb: { context: a, kind: custom }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:2:8 «"{name}-{key}"» invalid-tag: `{name}-{key}` does not make a valid tag (help: letters, digits, `_`, `.` and `-`, at most 128, not beginning with `.` or `-`)',
      'matrix.yaml:4:3 «aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa» invalid-name: `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` is too long for a single repository (help: there a tag holds the name and a key of 64 digits: at most 58 characters are left for the name)',
    ]);
  });
});
