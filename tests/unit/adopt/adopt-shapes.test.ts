/** Trees of shapes that people’s families have: what becomes of each, and what is told. */
import { describe, expect, it } from 'vitest';
import { adopt, shape, type Adoption } from '../../rig/adoption.ts';

const told = ({ tree }: Adoption): readonly string[] => tree.warnings.map(({ message }) => message);

describe('a build of somebody else’s repository', () => {
  const compose = [
    'services:',
    '  ground:',
    '    build: { context: github.com/elsewhere/stacks.git#main:ground }',
    '    image: school/ground:lab',
    '  lab:',
    '    build: lab',
  ].join('\n');

  it('is told, since its image stays one from outside', async () => {
    const adoption = await adopt({
      'compose.yaml': compose,
      'lab/Dockerfile': 'FROM school/ground:lab\n',
    });
    expect(shape(adoption)).toEqual(['lab singleuser lab ← school/ground:lab']);
    expect(told(adoption)).toEqual([
      'compose.yaml:3: builds `school/ground:lab` from `github.com/elsewhere/stacks.git#main:ground`, which is not ' +
        'part of this tree: it stays an image from outside',
    ]);
    expect(adoption.tree.text).toContain('# compose.yaml:3: builds `school/ground:lab`');
  });

  it('is not told where nothing in the tree draws on it', async () => {
    const adoption = await adopt({ 'compose.yaml': compose, 'lab/Dockerfile': 'FROM debian:13\n' });
    expect(told(adoption)).toEqual([]);
  });
});

it('the family is called as more of its images say, though an old one says otherwise', async () => {
  const adoption = await adopt({
    Dockerfile: 'FROM beforedev/ground:2020.1\n',
    'ground/Dockerfile': 'FROM debian:13\n',
    'lab/Dockerfile': 'FROM now/ground:main\n',
    'desk/Dockerfile': 'FROM now/ground:main\n',
  });
  expect(adoption.tree.text).toContain('# So far the images are called docker.io/now/NAME.');
});

it('versions that each stand on their like from outside resemble nothing', async () => {
  const adoption = await adopt({
    'gate-hub/4.1.0/Dockerfile': 'ARG SOURCE=upstream/gate-hub:4.1.0\nFROM $SOURCE\n',
    'gate-hub/4.2.0/Dockerfile': 'ARG SOURCE=upstream/gate-hub:4.2.0\nFROM $SOURCE\n',
  });
  expect(shape(adoption)).toEqual([
    'gate-hub-4-1-0 hub gate-hub/4.1.0 ← upstream/gate-hub:4.1.0',
    'gate-hub-4-2-0 hub gate-hub/4.2.0 ← upstream/gate-hub:4.2.0',
  ]);
  expect(told(adoption)).toEqual([]);
});

it('an image that only runs the tests of another is no server', async () => {
  const adoption = await adopt({
    'desk-notebook/Dockerfile': 'FROM upstream/desk-notebook:7\n',
    'desk-notebook/Dockerfile.test':
      'FROM school/desk-notebook:edge\nCOPY tests /tests\nENTRYPOINT ["/tests/run.sh"]\n',
    'desk-notebook/tests/run.sh': '',
  });
  expect(shape(adoption)).toEqual([
    'desk-notebook singleuser desk-notebook ← upstream/desk-notebook:7',
    'desk-notebook-test custom desk-notebook ← desk-notebook',
  ]);
  expect(told(adoption)).toEqual([]);
});

it('of a rule for all images, only what may change them is told', async () => {
  const adoption = await adopt({
    'images/lab/Dockerfile': 'FROM debian:13\n',
    Makefile: 'build/%:\n\tdocker build $(MORE) -t school/$(notdir $@):edge ./images/$(notdir $@)\n',
  });
  expect(told(adoption)).toEqual([
    'Makefile:2: which Dockerfile is built cannot be told; not taken over: ${MORE}',
  ]);
});

describe('a bake file whose variables are only described', () => {
  it('gives the names that its own targets call one another by', async () => {
    const adoption = await adopt({
      'docker-bake.hcl': [
        'variable "prefix" { default = "What every name begins with" }',
        'function "named" {',
        '  params = [image]',
        '  result = ["${image}:latest", "${image}:${formattimestamp("YYYY", timestamp())}"]',
        '}',
        'target "ground" {',
        '  context = "ground/"',
        '  tags = named("${prefix}ground")',
        '}',
        'target "desk" {',
        '  context = "desk"',
        '  args = { BELOW = "${prefix}ground:latest", TITLE = "${prefix}" }',
        '  tags = named("${prefix}desk")',
        '}',
      ].join('\n'),
      'ground/Dockerfile': 'FROM upstream/ground-notebook:1\n',
      'desk/Dockerfile': 'ARG BELOW\nFROM ${BELOW}\nARG TITLE\n',
    });
    expect(shape(adoption)).toEqual([
      'ground singleuser ground ← upstream/ground-notebook:1',
      'desk singleuser desk ← ground',
    ]);
    expect(adoption.tree.text).toContain('BELOW: "ground:latest"  # docker-bake.hcl:10');
    expect(adoption.tree.text).toContain('TITLE: "What every name begins with"');
  });
});

it('a step that builds a folder by itself tells what its image is called', async () => {
  const adoption = await adopt({
    '.github/workflows/build.yaml': [
      'jobs:',
      '  build:',
      '    steps:',
      '      - uses: jupyterhub/repo2docker-action@master',
      '        with:',
      '          DOCKER_REGISTRY: quay.io',
      '          SOURCE_SUBDIR: ground',
      '          IMAGE_NAME: school/course-stack-ground',
      '      - uses: elgohr/Publish-Docker-Github-Action@v5',
      '        with:',
      '          name: school/course-stack-maths',
      '          registry: quay.io',
      '          workdir: maths',
      '          buildargs: COLOUR=red',
    ].join('\n'),
    'ground/Dockerfile': 'FROM upstream/ground-notebook:1\n',
    'maths/Dockerfile': 'FROM quay.io/school/course-stack-ground:latest\nARG COLOUR\n',
  });
  expect(shape(adoption)).toEqual([
    'ground singleuser ground ← upstream/ground-notebook:1',
    'maths singleuser maths ← ground',
  ]);
  expect(adoption.tree.text).toContain('COLOUR: red  # .github/workflows/build.yaml:9');
  expect(told(adoption)).toEqual([]);
});

describe('a file of somebody’s own tool', () => {
  const files = {
    'images/ground-notebook/Dockerfile':
      'ARG PYTHON=3.9\nFROM upstream/science:$PYTHON\nARG HUB=3\nARG LEFT=1\n',
    'images/desk-notebook/Dockerfile': 'FROM ghcr.io/school/ground-notebook\n',
  };

  it('gives the arguments that it lists for an image', async () => {
    const adoption = await adopt({
      ...files,
      'images/spec.yml': [
        'images:',
        '  ground-notebook:',
        '    image_name: ghcr.io/school/ground-notebook',
        '    build_args:',
        '      PYTHON: python-3.13',
        '      HUB: 5.3.0',
        '  desk-notebook:',
        '    depend_on: ground-notebook',
      ].join('\n'),
    });
    expect(shape(adoption)).toEqual([
      'ground-notebook singleuser images/ground-notebook ← upstream/science:python-3.13',
      'desk-notebook singleuser images/desk-notebook ← ground-notebook',
    ]);
    expect(adoption.tree.text).toContain('PYTHON: python-3.13  # images/spec.yml:2');
    expect(adoption.tree.text).toContain('HUB: "5.3.0"  # images/spec.yml:2');
    expect(told(adoption)).toEqual([]);
  });

  it('may be a list, and name the folder or the file', async () => {
    const adoption = await adopt({
      ...files,
      'stack.yaml': [
        'build:',
        '  - name: below',
        '    dir: images/ground-notebook',
        '    build-args: [PYTHON=python-3.13]',
        '  - name: other',
        '    path: nowhere',
        '    buildArgs: { PYTHON: "2" }',
      ].join('\n'),
    });
    expect(shape(adoption)[0]).toBe(
      'ground-notebook singleuser images/ground-notebook ← upstream/science:python-3.13',
    );
    expect(told(adoption)).toEqual([]);
  });
});
