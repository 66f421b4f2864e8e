/** Keys and values of the wrong shape: each told at the very place, all together, with what to do. */
import { describe, expect, test } from 'vitest';
import { tell } from '../../rig/matrix-folder.ts';

describe('keys and values of the wrong shape', () => {
  test('unknown keys at the top', async () => {
    const told = await tell({
      'matrix.yaml': `image: {}
images:
  a: { context: a, kind: custom }
zzz: 1
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:1:1 «image» unknown-key: unknown key `image` (help: did you mean `images`?)',
      'matrix.yaml:4:1 «zzz» unknown-key: unknown key `zzz` (help: known here: `include`, `registry`, `naming`, `tags`, `env`, `secrets`, `scan`, `values`, `sign`, `trust`, `freeze`, `nightly`, `roots`, `groups`, `pools`, `images`)',
    ]);
  });

  test('unknown keys further down; a misspelt key is not missing too', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { contxt: a, kind: custom }
  b: { context: a, kind: custom, resources: { mem: 1Gi }, colour: red }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:2:8 «contxt» unknown-key: unknown key `contxt` in `images.a` (help: did you mean `context`?)',
      'matrix.yaml:3:47 «mem» unknown-key: unknown key `mem` in `images.b.resources` (help: known here: `memory`, `cpu`)',
      'matrix.yaml:3:59 «colour» unknown-key: unknown key `colour` in `images.b` (help: known here: `context`, `kind`, `dockerfile`, `target`, `axes`, `exclude`, `include`, `name`, `args`, `resources`, `weight`, `maxSize`, `provides`, `check`, `platforms`, `waivers`)',
    ]);
  });

  test('no images', async () => {
    const told = await tell({ 'matrix.yaml': 'tags: [latest]\n' });
    expect(told).toEqual([
      'matrix.yaml:1:1 «t» missing-key: the key `images` is missing (help: add it; docs/matrix.md shows its values)',
    ]);
  });

  test('missing keys', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a }
  b: { kind: custom }
  c: {}
roots:
  r: {}
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:2:3 «a» missing-key: the key `kind` is missing in `images.a` (help: add it; docs/matrix.md shows its values)',
      'matrix.yaml:3:3 «b» missing-key: the key `context` is missing in `images.b` (help: add it; docs/matrix.md shows its values)',
      'matrix.yaml:4:3 «c» missing-key: the key `context` is missing in `images.c` (help: or give `mirror` instead)',
      'matrix.yaml:4:3 «c» missing-key: the key `kind` is missing in `images.c` (help: or give `mirror` instead)',
      'matrix.yaml:6:3 «r» missing-key: the key `from` is missing in `roots.r` (help: add it; docs/matrix.md shows its values)',
    ]);
  });

  test('an image whose keys are not set in below its name', async () => {
    const told = await tell({
      'matrix.yaml': 'images:\n  a:\n  context: a\n  kind: custom\n',
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:2:5 «» wrong-type: `images.a` has to be a map, not nothing (help: give it a value, or take the key out)',
      'matrix.yaml:3:12 «a» wrong-type: `images.context` has to be a map, not text (help: is it meant for the image above? Set it in deeper than that name)',
      'matrix.yaml:4:9 «custom» wrong-type: `images.kind` has to be a map, not text (help: is it meant for the image above? Set it in deeper than that name)',
    ]);
  });

  test('numbers that are too small, or no whole ones', async () => {
    const told = await tell({
      'matrix.yaml':
        'images:\n  a: { context: a, kind: custom, weight: 0 }\n  b: { context: a, kind: custom, weight: 1.5 }\n',
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:2:42 «0» invalid-value: `images.a.weight` has to be at least 1 (help: docs/matrix.md shows what may stand here)',
      'matrix.yaml:3:42 «1.5» wrong-type: `images.b.weight` has to be a whole number, not the number `1.5` (help: docs/matrix.md shows its form)',
    ]);
  });

  test('sections without content', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom }
groups:
roots: ~
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:3:8 «» wrong-type: `groups` has to be a map, not nothing (help: give it a value, or take the key out)',
      'matrix.yaml:4:8 «~» wrong-type: `roots` has to be a map, not nothing (help: give it a value, or take the key out)',
    ]);
  });

  test('wrong types, among them numbers and unquoted braces where text is meant', async () => {
    const told = await tell({
      'matrix.yaml': `tags: latest
registry: 5000
images:
  a: { context: [a], kind: custom, args: { V: 3.10, B: true, C: { date } }, resources: { cpu: "1", memory: 5 } }
  b: a
groups: { g: a }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:1:7 «latest» wrong-type: `tags` has to be a list, not text (help: write `[latest]`)',
      'matrix.yaml:2:11 «5000» wrong-type: `registry` has to be text, not the number `5000` (help: put the value in quotes)',
      'matrix.yaml:4:17 «[a]» wrong-type: `images.a.context` has to be text, not a list (help: docs/matrix.md shows its form)',
      'matrix.yaml:4:47 «3.10» wrong-type: `images.a.args.V` has to be text, not the number `3.1` (help: put the value in quotes)',
      'matrix.yaml:4:56 «true» wrong-type: `images.a.args.B` has to be text, not the boolean `true` (help: put the value in quotes)',
      'matrix.yaml:4:65 «{ date }» wrong-type: `images.a.args.C` has to be text, not a map (help: a value that begins with `{` has to stand in quotes)',
      'matrix.yaml:4:95 «"1"» wrong-type: `images.a.resources.cpu` has to be a number, not text (help: take the quotes away)',
      'matrix.yaml:4:108 «5» wrong-type: `images.a.resources.memory` has to be text, not the number `5` (help: give it a unit: `512Mi`, `1.2GB`)',
      'matrix.yaml:5:6 «a» wrong-type: `images.b` has to be a map, not text (help: docs/matrix.md shows its form)',
      'matrix.yaml:6:14 «a» wrong-type: `groups.g` has to be a list, not text (help: write `[a]`)',
    ]);
  });

  test('axes that are neither a list of text nor `{from}`', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom, axes: { x: y, z: [1, b], w: { form: f }, v: [] } }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:2:45 «y» wrong-type: `images.a.axes.x` has to be a list, not text (help: write `[y]`)',
      'matrix.yaml:2:52 «1» wrong-type: `images.a.axes.z[0]` has to be text, not the number `1` (help: put the value in quotes)',
      'matrix.yaml:2:64 «form» unknown-key: unknown key `form` in `images.a.axes.w` (help: did you mean `from`?)',
    ]);
  });

  test('words that are not among those allowed', async () => {
    const told = await tell({
      'matrix.yaml': `naming: one
images:
  a: { context: a, kind: singeluser }
  b: { context: a, kind: zzzzz }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:1:9 «one» invalid-value: `naming` cannot be `one` (help: one of `repository-per-image`, `single-repository`)',
      'matrix.yaml:3:26 «singeluser» invalid-value: `kind` cannot be `singeluser` (help: did you mean `singleuser`?)',
      'matrix.yaml:4:26 «zzzzz» invalid-value: `kind` cannot be `zzzzz` (help: one of `singleuser`, `pytorch`, `local`, `hub`, `proxy`, `database`, `nfs`, `registry`, `custom`, `builder`)',
    ]);
  });

  test('a mirror with keys of a build', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { mirror: "registry.k8s.io/pause:3.10", kind: custom, context: a }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:2:8 «mirror» conflicting-key: `mirror` cannot stand beside `kind`, `context` (help: keep one of them)',
    ]);
  });

  test('references that are none, in roots, mirrors and provides', async () => {
    const told = await tell({
      'matrix.yaml': `roots:
  r: { from: "Debian:trixie" }
  s: { from: "debian:trixie", bootstrap: { debian: "--x" } }
  t: { from: "debian:trixie" }
images:
  m: { mirror: "a b" }
  a: { context: a, kind: custom, provides: ["ok:1", "quay.io/x:"] }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:2:14 «"Debian:trixie"» invalid-reference: `Debian:trixie` is no image reference (help: a repository\'s name is lower case: write `debian`)',
      'matrix.yaml:3:52 «"--x"» invalid-value: `--x` is no name of a Debian suite (help: for example `trixie`)',
      'matrix.yaml:4:14 «"debian:trixie"» duplicate-root: two roots stand for `debian:trixie` (note: the other root matrix.yaml:3:14 «"debian:trixie"») (help: take one of them out)',
      'matrix.yaml:6:16 «"a b"» invalid-reference: `a b` is no image reference (help: an image reference contains no white space)',
      'matrix.yaml:7:53 «"quay.io/x:"» invalid-reference: `quay.io/x:` is no image reference (help: there is a `:` but no tag after it)',
    ]);
  });
});
