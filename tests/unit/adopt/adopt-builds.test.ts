/** Trees adopted with what builds them: arguments, targets, contexts and names that Makefiles and their like give. */
import { describe, expect, it } from 'vitest';
import { adopt, shape } from '../../rig/adoption.ts';
import { told } from '../../rig/matrix-folder.ts';

const lab =
  'ARG VERSION\nFROM debian:13 AS common\nFROM common AS small\nFROM common AS full\nARG VERSION\nARG SIZE=2\n';

describe('what builds give an image', () => {
  it('is taken over, each value with where it comes from', async () => {
    const adoption = await adopt({
      'lab/Dockerfile': lab,
      Makefile:
        'V = 4.1\nlab:\n\tdocker build --target small --build-arg VERSION=$(V) --build-arg SIZE=2 lab\n',
      'compose.yaml':
        'services: { lab: { build: { context: lab, target: small, args: { VERSION: "4.1" } } } }\n',
    });
    expect(adoption.tree.text).toContain(`  lab:
    context: lab
    target: small  # Makefile:3, compose.yaml:1
    kind: singleuser  # guessed: its name
    args:
      VERSION: "4.1"  # Makefile:3, compose.yaml:1
    # Stages that nothing in it uses are not built; each may be an image of its own:
    #   lab-full: { context: lab, kind: singleuser, target: full }
`);
    const [image] = adoption.family.set.images;
    expect(image).toMatchObject({ target: 'small', args: { VERSION: '4.1' } });
    expect(adoption.tree.warnings.map(({ code }) => code)).toEqual(['other-stages']);
  });

  it('completes a FROM that nothing else does', async () => {
    const adoption = await adopt({
      'base/Dockerfile': 'FROM debian:13\n',
      'lab/Dockerfile': 'ARG BASE_IMAGE\nFROM $BASE_IMAGE\n',
      'hub/Dockerfile': 'ARG PARENT\nFROM $PARENT\n',
      'docker-compose.yml': `
services:
  base: { build: base, image: "school/common:v1" }
  lab: { build: { context: lab, args: { BASE_IMAGE: "\${BASE:-quay.io/jupyter/minimal-notebook:5}" } } }
  hub: { build: { context: hub, args: { PARENT: "school/common:v1" } } }
`,
    });
    expect(adoption.tree.warnings).toEqual([]);
    expect(shape(adoption)).toEqual([
      'base custom base ← debian:13',
      'hub hub hub ← base',
      'lab singleuser lab ← quay.io/jupyter/minimal-notebook:5',
    ]);
  });

  it('is the name that a bake file calls another target’s image by', async () => {
    const adoption = await adopt({
      'base/Dockerfile': 'FROM debian:13\n',
      'lab/Dockerfile': 'FROM below\n',
      'course/Dockerfile': 'ARG PARENT=quay.io/jupyter/base-notebook\nFROM $PARENT\n',
      'docker-bake.hcl': `
target "common" { context = "base" }
target "lab" {
  context = "lab"
  contexts = { below = "target:common" }
}
target "course" {
  context = "course"
  contexts = { below = "target:common" }
  args = { PARENT = "below" }
}
`,
    });
    expect(adoption.tree.warnings).toEqual([]);
    expect(shape(adoption)).toEqual([
      'base custom base ← debian:13',
      'course custom course ← base',
      'lab singleuser lab ← base',
    ]);
  });

  it('may be the context, and a Dockerfile by any name or in a hidden folder', async () => {
    const adoption = await adopt({
      '.ci/lab/Dockerfile': 'FROM debian:13\n',
      '.ci/other/Dockerfile': 'FROM debian:13\n',
      'docker/hub.build': 'FROM debian:13\nCOPY a.txt /\n',
      'docker/a.txt': '',
      'a.txt': '',
      'build.sh': 'docker build -f docker/hub.build .\ndocker build .ci/lab\n',
    });
    expect(shape(adoption)).toEqual(['lab singleuser .ci/lab ← debian:13', 'hub-build custom . ← debian:13']);
  });

  it('is a name by which others mean it, with that very tag alone', async () => {
    const adoption = await adopt({
      'notebook/Dockerfile': 'FROM debian:13\n',
      'a/Dockerfile': 'FROM x.org/school/everything:now\n',
      'b/Dockerfile': 'FROM x.org/school/everything:before\n',
      Makefile: 'all:\n\tdocker build -t x.org/school/everything:now notebook\n',
    });
    expect(shape(adoption)).toEqual([
      'b custom b ← x.org/school/everything:before',
      'notebook singleuser notebook ← debian:13',
      'a singleuser a ← notebook',
    ]);
  });

  it('holds braces and dollars as they are', async () => {
    const adoption = await adopt({
      'lab/Dockerfile': 'FROM debian:13\nARG A\nARG B\nARG C\n',
      'compose.yaml': `services: { lab: { build: { context: lab, args: { A: "{name}", B: "$\${HOME}", C: "{ x }" } } } }\n`,
    });
    expect(adoption.family.set.images[0]?.args).toEqual({ A: '{name}', B: '${HOME}' });
    expect(adoption.tree.text).toContain('    # not taken over: C={ x } (compose.yaml:1)\n');
  });
});

describe('what is not taken over', () => {
  it('is a comment at its image, and one warning', async () => {
    const adoption = await adopt({
      'lab/Dockerfile': lab,
      Makefile: `lab:\n\tdocker build --build-arg VERSION=$(shell cat version) --build-arg COLOUR=red --secret id=pip lab\n`,
      'build.sh':
        'docker build --build-arg VERSION=ghp_0123456789abcdefghijABCDEFGHIJ012345 --target none lab\n',
    });
    expect(adoption.tree.text).toContain(`
    # not taken over: VERSION=$(shell cat version) (Makefile:2)
    # not taken over: --secret id=pip (Makefile:2)
    # not taken over: COLOUR=red, which the Dockerfile declares nowhere (Makefile:2)
    # not taken over: VERSION, a login: hand it over as a secret (build.sh:1)
    # not taken over: target none, which is no stage (build.sh:1)
    # no default: VERSION;`);
    expect(adoption.tree.text).not.toContain('ghp_');
    expect(adoption.tree.warnings.map(told)).toContain(
      'warning build-not-taken-over: of how these are built, something is not taken over: `lab` (help: each is a comment at its image in matrix.yaml)',
    );
  });

  it('is what builds do not agree on: the lines for each of them are there', async () => {
    const adoption = await adopt({
      'lab/Dockerfile': 'ARG PYTHON=3.10\nFROM python:$PYTHON AS small\nFROM small AS full\nARG CHANNEL\n',
      '.github/workflows/images.yml': `
jobs:
  lab:
    strategy: { matrix: { python: ["3.12", "3.13"], target: [small, full] } }
    steps:
      - uses: docker/build-push-action@v6
        with:
          context: lab
          target: \${{ matrix.target }}
          build-args: |
            PYTHON=\${{ matrix.python }}
            CHANNEL=main
`,
    });
    const place = '.github/workflows/images.yml:6';
    expect(adoption.tree.text).toContain(`  lab:
    context: lab
    kind: singleuser  # guessed: its name
    args:
      CHANNEL: main  # ${place}
    # It is built in several ways; each may be an image of its own:
    #   lab-small-3-12: { context: lab, kind: singleuser, target: small, args: { PYTHON: "3.12", CHANNEL: main } }  # ${place}
    #   lab-3-12: { context: lab, kind: singleuser, args: { PYTHON: "3.12", CHANNEL: main } }  # ${place}
    #   lab-small-3-13: { context: lab, kind: singleuser, target: small, args: { PYTHON: "3.13", CHANNEL: main } }  # ${place}
    #   lab-3-13: { context: lab, kind: singleuser, args: { PYTHON: "3.13", CHANNEL: main } }  # ${place}
`);
    expect(adoption.tree.warnings.map(({ code }) => code)).toEqual(['several-builds']);
  });

  it('is told where it cannot be said which Dockerfile is built, or that is not there', async () => {
    const adoption = await adopt({
      'lab/Dockerfile': 'FROM debian:13\n',
      Makefile: `build/%:\n\tdocker build --build-arg COLOUR=red ./$(notdir $@)\nold:\n\tdocker build gone\n`,
    });
    const remarks = [
      'Makefile:2: which Dockerfile is built cannot be told; not taken over: COLOUR=red',
      'Makefile:4: builds `gone/Dockerfile`, which is not there',
    ];
    expect(adoption.tree.warnings.map(({ message }) => message)).toEqual(remarks);
    for (const sentence of remarks) expect(adoption.tree.text).toContain(`# ${sentence}\n`);
  });

  it('is not told where every Dockerfile has it as its default', async () => {
    const adoption = await adopt({
      'lab/Dockerfile': 'ARG PLACE=quay.io\nFROM debian:13\n',
      'hub/Dockerfile': 'FROM debian:13\nARG COLOUR=blue\n',
      Makefile: `build/%:\n\tdocker build --build-arg PLACE=quay.io --build-arg COLOUR=red --build-arg DAY="$(DAY)" ./$(notdir $@)\n`,
    });
    expect(adoption.tree.warnings.map(({ message }) => message)).toEqual([
      'Makefile:2: which Dockerfile is built cannot be told; not taken over: COLOUR=red, DAY=${DAY}',
    ]);
  });

  it('is not what such builds all give to an argument that a Dockerfile leaves open', async () => {
    const adoption = await adopt({
      'docker/base/Dockerfile': 'FROM debian:13\n',
      'docker/lab/Dockerfile': 'ARG ORG\nFROM $ORG/base\n',
      'docker/pinned/Dockerfile': 'ARG ORG\nFROM $ORG/other:1\n',
      'docker/Makefile': 'ORG := school\n%:\n\tdocker build --build-arg ORG=$(ORG) $@\n',
    });
    expect(adoption.tree.warnings).toEqual([]);
    expect(shape(adoption)).toEqual([
      'base custom docker/base ← debian:13',
      'lab singleuser docker/lab ← base',
      'pinned custom docker/pinned ← school/other:1',
    ]);
    expect(adoption.tree.text).toContain('      ORG: school  # docker/Makefile:3\n');
  });
});

it('a build that gives no value takes the default: what only another gives is a way of its own', async () => {
  const adoption = await adopt({
    'lab/Dockerfile': 'ARG BASE=debian:13\nFROM $BASE\nARG OPEN\nARG SIZE=1\n',
    'test/build.sh':
      'cd ../lab\ndocker build --build-arg BASE=debian:12 --build-arg OPEN=x --build-arg SIZE=2 .\n',
    Makefile: 'all:\n\tdocker build --build-arg SIZE=$(SIZE) lab\n',
  });
  expect(shape(adoption)).toEqual(['lab singleuser lab ← debian:13']);
  expect(adoption.tree.text).toContain(`    args:
      OPEN: x  # test/build.sh:2
      SIZE: "2"  # test/build.sh:2
    # not taken over: SIZE=\${SIZE} (Makefile:2)
    # It is built in other ways too; each may be an image of its own:
    #   lab-debian-12-x-2: { context: lab, kind: singleuser, args: { BASE: "debian:12", OPEN: x, SIZE: "2" } }  # test/build.sh:2
`);
});

it('several builds that have names keep them, and templates of a bake file are no builds', async () => {
  const { tree } = await adopt({
    'lab/Dockerfile': 'FROM debian:13\nARG FLAVOUR=plain\n',
    'docker-bake.hcl': `
target "default" { tags = [for t in ["a"] : "lab:\${t}"] }
target "lab-base" {
  inherits = ["default"]
  context = "lab"
}
target "lab-r-arm64" { 
  inherits = ["lab-base"]
  args = { FLAVOUR = "r" }
}
target "lab-r" {
  inherits = ["lab-base"]
  args = { FLAVOUR = "r" }
}
target "lab" {
  inherits = ["lab-base"]
  args = { FLAVOUR = "full" }
}
target "plain" { inherits = ["lab-base"] }
`,
  });
  expect(tree.text).toContain(`
    # It is built in other ways too; each may be an image of its own:
    #   lab-r: { context: lab, kind: singleuser, args: { FLAVOUR: r } }  # docker-bake.hcl:7, docker-bake.hcl:11
    #   lab-full: { context: lab, kind: singleuser, args: { FLAVOUR: full } }  # docker-bake.hcl:15
`);
  expect(tree.warnings.map(({ code }) => code)).toEqual(['several-builds']);
});

it.each([
  { where: 'in the tree’s root', context: '.', dockerfile: 'lab/Dockerfile' },
  { where: 'beside the file', context: '..', dockerfile: 'lab/Dockerfile' },
])(
  'the paths of a bake file in a folder start $where, where bake is run',
  async ({ context, dockerfile }) => {
    const { tree } = await adopt({
      'lab/Dockerfile': 'FROM debian:13\nARG FLAVOUR=plain\n',
      'bakefiles/4.1.docker-bake.json': JSON.stringify({
        target: { lab: { context, dockerfile, args: { FLAVOUR: 'full' } } },
      }),
    });
    expect(tree.text).toContain('FLAVOUR: full  # bakefiles/4.1.docker-bake.json:1');
    expect(tree.warnings).toEqual([]);
  },
);

it('files that only look like builds, however broken, stop nothing', async () => {
  const adoption = await adopt({
    'lab/Dockerfile': 'FROM debian:13\n',
    'compose.yaml': 'a: [',
    'docker-bake.hcl': 'target "x" {{{',
    'docker-bake.json': '[]',
    Makefile: '\\\n\t$(\ndefine\n\tdocker build $($(',
    'x.sh': 'docker build "',
    '.github/workflows/a.yml': '- &a [*a]',
  });
  expect(shape(adoption)).toEqual(['lab singleuser lab ← debian:13']);
});

it('survives files in which aliases multiply', async () => {
  const bomb = [
    'a0: &a0 [x]',
    ...Array.from({ length: 12 }, (_, at) => `a${at + 1}: &a${at + 1} [${`*a${at}, `.repeat(9)}]`),
  ];
  const files = ['compose.yaml', 'chartpress.yaml', '.gitlab-ci.yml', '.github/workflows/a.yml'];
  const adoption = await adopt({
    'lab/Dockerfile': 'FROM debian:13\n',
    ...Object.fromEntries(files.map((file) => [file, bomb.join('\n')])),
  });
  expect(shape(adoption)).toEqual(['lab singleuser lab ← debian:13']);
});

it('tells of folders that a deployment builds without a Dockerfile', async () => {
  const adoption = await adopt({
    'hubs/physics/image/Dockerfile': 'FROM debian:13\nENV NB_USER=jovyan\n',
    'hubs/physics/hubploy.yaml': 'images:\n  images:\n    - name: r.io/p/physics-image\n      path: image/\n',
    'hubs/maths/image/environment.yml': 'dependencies: []\n',
    'hubs/maths/hubploy.yaml': 'images:\n  image_name: r.io/p/maths-image\n',
    'hubs/art/hubploy.yaml': 'images:\n  image_name: r.io/other/image:1\n',
    'extra/Dockerfile': 'FROM r.io/p/physics-image\n',
  });
  expect(shape(adoption)).toEqual([
    'physics custom hubs/physics/image ← debian:13',
    'extra custom extra ← physics',
  ]);
  expect(adoption.tree.warnings.map(({ message }) => message)).toEqual([
    'hubs/maths/hubploy.yaml:1: builds the folder `hubs/maths/image`, which has no Dockerfile but what repo2docker ' +
      'reads; with a Dockerfile there it can be an image here',
  ]);
});

it('tells once of an image what its folder lacks', async () => {
  const adoption = await adopt({
    'lab/Dockerfile': 'FROM debian:13\nCOPY a.txt b /data/\nCOPY lab.cfg /etc/\n',
    'lab/lab.cfg': '',
  });
  expect(adoption.tree.warnings.map(({ message }) => message)).toEqual([
    '`lab/Dockerfile` copies `a.txt`, `b` from `lab`, where that is not',
  ]);
});
