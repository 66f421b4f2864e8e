/** One Dockerfile that is built on several parents: an image for each, as bake files, Makefiles and workflows say it. */
import { expect, test } from 'vitest';
import { adopt, shape } from '../../rig/adoption.ts';

const course = 'ARG BASE=ghcr.io/uni/base:latest\nFROM ${BASE}\nARG TITLE\nRUN echo $TITLE\n';
const files = {
  'base/Dockerfile': 'FROM debian:13\n',
  'r/Dockerfile': 'ARG BASE\nFROM $BASE\n',
  'course/Dockerfile': course,
};

const bake = `
variable "REGISTRY" { default = "ghcr.io/uni" }
variable "TAG" { default = "latest" }
target "base" {
  context = "base"
  tags = ["\${REGISTRY}/base:\${TAG}"]
}
target "r" {
  context = "r"
  args = { BASE = "\${REGISTRY}/base:\${TAG}" }
  tags = ["\${REGISTRY}/r:\${TAG}"]
}
target "course-py" {
  context = "course"
  args = { BASE = "\${REGISTRY}/base:\${TAG}", TITLE = "Python" }
  tags = ["\${REGISTRY}/course-py:\${TAG}"]
}
target "course-r" {
  context = "course"
  args = { BASE = "\${REGISTRY}/r:\${TAG}", TITLE = "R" }
  tags = ["\${REGISTRY}/course-r:\${TAG}"]
}
`;

const makefile = `OWNER ?= uni
base:
\tdocker build -t $(OWNER)/base base
r: base
\tdocker build --build-arg BASE=$(OWNER)/base -t $(OWNER)/r r
course-py: base
\tdocker build --build-arg BASE=$(OWNER)/base --build-arg TITLE=Python -t $(OWNER)/course-py course
course-r: r
\tdocker build --build-arg BASE=$(OWNER)/r --build-arg TITLE=R -t $(OWNER)/course-r course
`;

const workflow = `
env: { REGISTRY: ghcr.io/uni }
jobs:
  base:
    steps:
      - uses: docker/build-push-action@v6
        with: { context: base, tags: "\${{ env.REGISTRY }}/base:latest" }
  r:
    steps:
      - uses: docker/build-push-action@v6
        with: { context: r, build-args: "BASE=ghcr.io/uni/base:latest", tags: ghcr.io/uni/r:latest }
  courses:
    strategy:
      matrix:
        include:
          - { name: py, base: base, title: Python }
          - { name: r, base: r, title: R }
    steps:
      - uses: docker/build-push-action@v6
        with:
          context: course
          build-args: |
            BASE=\${{ env.REGISTRY }}/\${{ matrix.base }}:latest
            TITLE=\${{ matrix.title }}
          tags: \${{ env.REGISTRY }}/course-\${{ matrix.name }}:latest
`;

test.each([
  ['targets of bake', 'docker-bake.hcl', bake],
  ['rules of a Makefile', 'Makefile', makefile],
  ['a matrix of a workflow', '.github/workflows/images.yml', workflow],
])('%s that hand another parent to one Dockerfile are images of their own', async (_, file, text) => {
  const adoption = await adopt({ ...files, [file]: text });
  expect(adoption.tree.warnings).toEqual([]);
  expect(shape(adoption)).toEqual([
    'base custom base ← debian:13',
    'course-py custom course ← base',
    'r custom r ← base',
    'course-r custom course ← r',
  ]);
  const titles = adoption.family.set.images.map(({ name, args }) => [name, args['TITLE']]);
  expect(titles).toEqual(
    expect.arrayContaining([
      ['course-py', 'Python'],
      ['course-r', 'R'],
    ]),
  );
});

const ground = 'target "ground" {\n  context = "base"\n}\n';
const below = (name: string, context: string, target: string, more = ''): string =>
  `target "${name}" {\n  context = "${context}"\n  contexts = { below = "target:${target}" }\n${more}}\n`;

test('a name that a bake file gives to another target each time is that target where an argument holds it', async () => {
  const parent = '  args = { PARENT = "below" }\n';
  const kit = 'ARG PARENT=quay.io/jupyter/base-notebook\nFROM $PARENT\n';
  const adoption = await adopt({
    'base/Dockerfile': 'FROM debian:13\n',
    'r/Dockerfile': kit,
    'kit/Dockerfile': kit,
    'docker-bake.hcl': [
      ground,
      below('r', 'r', 'ground', parent),
      below('kit-py', 'kit', 'ground', parent),
      below('kit-r', 'kit', 'r', parent),
    ].join(''),
  });
  expect(adoption.tree.warnings).toEqual([]);
  expect(shape(adoption)).toEqual([
    'base custom base ← debian:13',
    'kit-py custom kit ← base',
    'r custom r ← base',
    'kit-r custom kit ← r',
  ]);
});

test('where FROM itself holds the name it is the target of most builds, and the others are told', async () => {
  const adoption = await adopt({
    'base/Dockerfile': 'FROM debian:13\n',
    'r/Dockerfile': 'FROM below\n',
    'kit/Dockerfile': 'FROM below\n',
    'docker-bake.hcl': [
      ground,
      below('r', 'r', 'ground'),
      below('kit', 'kit', 'ground'),
      below('kit-r', 'kit', 'r'),
    ].join(''),
  });
  expect(shape(adoption)).toEqual([
    'base custom base ← debian:13',
    'kit custom kit ← base',
    'r custom r ← base',
  ]);
  expect(adoption.tree.warnings.map(({ code }) => code)).toEqual(['build-not-taken-over']);
  expect(adoption.tree.text).toContain(
    '# not taken over: context below=target:r: that FROM below is another image in each build; ' +
      'where the Dockerfile says ARG BASE and FROM $BASE, `args:` can say which (docker-bake.hcl:',
  );
});

test.each([
  ['a parent is not known', makefile.replace('BASE=$(OWNER)/r ', 'BASE=$(shell cat parent) ')],
  ['the builds are called the same', makefile.replaceAll(/\/course-(?:py|r)/g, '/course')],
  ['another image is called so already', makefile.replace('/course-r course', '/r course')],
])('ways of building are only told where %s', async (_, text) => {
  const adoption = await adopt({ ...files, Makefile: text });
  expect(shape(adoption).map((line) => line.split(' ')[0])).toEqual(['base', 'course', 'r']);
  expect(adoption.tree.text).toContain('# It is built in ');
  expect(adoption.tree.warnings.map(({ code }) => code)).toContain('several-builds');
});
