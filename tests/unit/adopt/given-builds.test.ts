/** Builds as Makefiles, scripts, compose files, bake files and workflows write them: what is read, and what is not. */
import { describe, expect, it } from 'vitest';
import { bakeBuilds } from '../../../src/adopt/bake-builds.ts';
import { buildCommands } from '../../../src/adopt/build-command.ts';
import { chartpressBuilds } from '../../../src/adopt/chartpress-builds.ts';
import { composeBuilds } from '../../../src/adopt/compose-builds.ts';
import { gitlabBuilds } from '../../../src/adopt/gitlab-builds.ts';
import { givenBuild, type WrittenBuild } from '../../../src/adopt/given-build.ts';
import { assignedVariables, includedFiles, makefileBuilds } from '../../../src/adopt/makefile-builds.ts';
import { workflowBuilds } from '../../../src/adopt/workflow-builds.ts';

/** `place dockerfile in context target=… A=1 as tag, lost: …` of each. */
function lines(builds: readonly WrittenBuild[] | undefined): readonly string[] {
  return (builds ?? []).flatMap((build) => {
    const given = givenBuild(build);
    if (given === undefined) return [];
    const { place, dockerfiles, context, target, args, tags, lost } = given;
    return [
      [
        `${place} ${dockerfiles[0] ?? '?'} in ${context ?? '?'}`,
        ...(target === undefined ? [] : [`target=${target}`]),
        ...Object.entries(args).map(([name, value]) => `${name}=${value}`),
        ...tags.map((tag) => `as ${tag}`),
        ...(lost.length === 0 ? [] : [`lost: ${lost.join(', ')}`]),
      ].join(' '),
    ];
  });
}

const script = (...text: readonly string[]): readonly string[] =>
  lines(
    buildCommands({
      text: text.join('\n'),
      file: 'build.sh',
      line: 1,
      folder: 'kit',
      variables: new Map([['V', '4.1']]),
    }),
  );

describe('a command', () => {
  it.each([
    ['docker build lab', 'build.sh:1 kit/lab/Dockerfile in kit/lab'],
    ['podman build .', 'build.sh:1 kit/Dockerfile in kit'],
    ['sudo docker image build -t a/lab:1 ./lab/', 'build.sh:1 kit/lab/Dockerfile in kit/lab as a/lab:1'],
    ['docker buildx build --push --platform=linux/amd64 .', 'build.sh:1 kit/Dockerfile in kit'],
    ['docker build -f docker/lab.Dockerfile ..', 'build.sh:1 kit/docker/lab.Dockerfile in .'],
    ['docker build --target=full --no-cache .', 'build.sh:1 kit/Dockerfile in kit target=full'],
    [
      `docker build --build-arg A=1 --build-arg=B="two words" --build-arg 'C=x' --build-arg V=$V .`,
      'build.sh:1 kit/Dockerfile in kit A=1 B=two words C=x V=4.1',
    ],
    [
      'docker build --build-arg A=$(date +%F) --build-arg B=$X --build-arg HOME .',
      'build.sh:1 kit/Dockerfile in kit lost: A=$(date +%F), B=$X, HOME=(from the environment)',
    ],
    ['docker build --build-arg D=${X:-usual} .', 'build.sh:1 kit/Dockerfile in kit D=usual'],
    ['docker build $OPTIONS lab', 'build.sh:1 kit/lab/Dockerfile in kit/lab lost: $OPTIONS'],
    ['docker build "images/$NAME"', 'build.sh:1 ? in ?'],
    [
      'docker build --secret id=pip,src=pip.conf .',
      'build.sh:1 kit/Dockerfile in kit lost: --secret id=pip,src=pip.conf',
    ],
    [
      '/kaniko/executor --context "dir://lab" --dockerfile=lab/Dockerfile --cache=true --build-arg A=1 --destination "a/lab:1"',
      'build.sh:1 kit/lab/Dockerfile in kit/lab A=1 as a/lab:1',
    ],
  ])('%s', (text, expected) => {
    expect(script(text)).toEqual([expected]);
  });

  it('that builds nothing of this tree, or nothing, is passed over', () => {
    expect(
      script(
        'docker build https://example.org/a.git',
        'docker build - < x',
        'docker run build .',
        'echo docker build .',
        '# docker build .',
        'docker build /elsewhere',
      ),
    ).toEqual(['build.sh:6 ? in ?']);
  });
});

describe('a script', () => {
  it('is followed from folder to folder, with its lines', () => {
    expect(
      script(
        'set -e',
        'cd lab && docker build \\',
        '  --build-arg A=1 \\',
        '  .',
        '(cd ../hub; docker build .)',
        'if true; then docker build .; fi',
        'cd "$WHERE"; docker build .',
      ),
    ).toEqual([
      'build.sh:2 kit/lab/Dockerfile in kit/lab A=1',
      'build.sh:5 kit/hub/Dockerfile in kit/hub',
      'build.sh:6 kit/lab/Dockerfile in kit/lab',
      'build.sh:7 ? in ?',
    ]);
  });
});

describe('a Makefile', () => {
  it('gives the values of variables that are set once, whatever happens', () => {
    const text = [
      'OWNER ?= school  # ours',
      'VERSION := 4.1',
      'export NAME = $(OWNER)/lab:$(VERSION)',
      'CHANNEL = a',
      'CHANNEL = b',
      'FLAGS += --pull',
      'ifdef GPU',
      'CUDA = 12',
      'endif',
      'SHA := $(shell git rev-parse HEAD)',
      'lab:',
      '\t@docker build -t $(NAME) --build-arg VERSION=${VERSION} --build-arg CHANNEL=$(CHANNEL) \\',
      '\t  --build-arg CUDA=$(CUDA) --build-arg SHA=$(SHA) $(FLAGS) images/lab',
    ].join('\n');
    expect(lines(makefileBuilds(text, 'Makefile', '.'))).toEqual([
      'Makefile:12 images/lab/Dockerfile in images/lab VERSION=4.1 as school/lab:4.1 ' +
        'lost: CHANNEL=${CHANNEL}, CUDA=${CUDA}, SHA=${SHA}, ${FLAGS}',
    ]);
  });

  it('gives a rule’s own name, and of a pattern none', () => {
    const text = [
      'base hub: common',
      '\tdocker build -t proj/$@ $@',
      'build/%:',
      '\tdocker build --build-arg A=1 ./$(notdir $@)',
      'all:',
      '\tfor I in base hub; do docker build --build-arg B=$$I $$I; done',
    ].join('\n');
    expect(lines(makefileBuilds(text, 'sub/Makefile', 'sub'))).toEqual([
      'sub/Makefile:2 sub/base/Dockerfile in sub/base as proj/base',
      'sub/Makefile:2 sub/hub/Dockerfile in sub/hub as proj/hub',
      'sub/Makefile:4 ? in ? A=1',
      'sub/Makefile:6 ? in ? lost: B=$$I',
    ]);
  });

  it('takes over what the files that it includes give', () => {
    const text = 'include .env\n-include $(MORE)\nlab:\n\tcd lab; docker build --build-arg V=$(V) .\n';
    expect(includedFiles(text)).toEqual(['.env']);
    const variables = assignedVariables('# ours\nV="4.2"\n');
    expect(lines(makefileBuilds(text, 'Makefile', '.', variables))).toEqual([
      'Makefile:4 lab/Dockerfile in lab V=4.2',
    ]);
  });
});

it('a compose file gives what stands under build, with defaults and the .env beside it', () => {
  const text = `
services:
  hub:
    image: \${HUB_IMAGE:-school/hub}:\${TAG}
    build:
      context: ../hub
      dockerfile: hub.Dockerfile
      target: full
      args:
        VERSION: \${VERSION}
        DEBUG: true
        SIZE: 3
        FROM_SHELL:
        PRICE: "5$$"
        KEY: \${KEY}
  lab: { build: ./lab }
  list:
    build: { context: ., args: [A=1, B], secrets: [pip] }
  db: { image: mariadb }
`;
  const variables = assignedVariables('VERSION=5\nTAG=v1\n');
  expect(lines(composeBuilds(text, 'deploy/compose.yaml', 'deploy', variables))).toEqual([
    'deploy/compose.yaml:5 hub/hub.Dockerfile in hub target=full VERSION=5 DEBUG=true SIZE=3 PRICE=5$ ' +
      'as school/hub:v1 lost: FROM_SHELL=(from the environment), KEY=${KEY}',
    'deploy/compose.yaml:16 deploy/lab/Dockerfile in deploy/lab',
    'deploy/compose.yaml:18 deploy/Dockerfile in deploy A=1 lost: B=(from the environment), secrets',
  ]);
});

describe('a bake file', () => {
  it('in HCL gives its targets with what they inherit, and names what is computed', () => {
    const text = `
variable "VERSION" { default = "4.1" }
variable "IMAGE" {
  default = "school/lab:\${VERSION}"
}
variable "OPEN" {}
function "tags" {
  params = [name]
  result = ["school/\${name}"]
}
group "default" { targets = ["lab", "hub"] }
target "_common" {
  args = { VERSION = VERSION, CHANNEL = "main" }
}
target "lab" {
  inherits = ["_common"]
  context = "images/lab" # the folder
  target = "full"
  args = {
    CHANNEL = "edge"
    "DATE" = formatdate("YYYY", timestamp())
    OPEN = "\${OPEN}"
    PARENT = "below"
  }
  contexts = { below = "target:hub" }
  tags = ["\${IMAGE}", "x/y"]
}
target "hub" {
  dockerfile = "hub.Dockerfile"
  tags = tags("hub")
}
`;
    expect(lines(bakeBuilds(text, 'docker-bake.hcl', '.'))).toEqual([
      'docker-bake.hcl:15 images/lab/Dockerfile in images/lab target=full VERSION=4.1 CHANNEL=edge PARENT=below ' +
        'as school/lab:4.1 as x/y lost: DATE=formatdate("YYYY", timestamp()), OPEN=${OPEN}',
      'docker-bake.hcl:28 hub.Dockerfile in . as school/hub as below',
    ]);
  });

  it('tells a name that means one image here and another there', () => {
    const text = `
target "a" { context = "a" }
target "b" { context = "b" }
target "x" {
  context = "x"
  args = { PARENT = "below" }
  contexts = { below = "target:a", files = "./files" }
}
target "y" {
  context = "y"
  contexts = { below = "target:b" }
}
`;
    expect(lines(bakeBuilds(text, 'docker-bake.hcl', '.'))).toEqual([
      'docker-bake.hcl:2 a/Dockerfile in a as a',
      'docker-bake.hcl:3 b/Dockerfile in b',
      'docker-bake.hcl:4 x/Dockerfile in x PARENT=a lost: context files=./files',
      'docker-bake.hcl:9 y/Dockerfile in y lost: context below=target:b: that FROM below is another image in each build; ' +
        'where the Dockerfile says ARG BASE and FROM $BASE, `args:` can say which',
    ]);
  });

  it('calls the functions that it defines, and no others', () => {
    const text = `
variable "PLACE" { default = "quay.io/school" }
function "tags" {
  params = [name, suffix]
  result = ["\${PLACE}/\${name}:1\${suffix}", "\${name}:\${formattimestamp("YYYY", timestamp())}"]
}
function "plain" {
  params = [name]
  result = tags(name, "")
}
function "endless" {
  params = []
  result = endless()
}
target "lab" {
  matrix = { size = ["small", "full"] }
  name = "lab-\${size}"
  tags = tags("lab-\${size}", "-amd64")
}
target "hub" { tags = plain("hub") }
target "x" { tags = concat(tags("x", ""), []) }
target "y" { tags = tags("y") }
target "z" { tags = endless() }
`;
    expect(lines(bakeBuilds(text, 'docker-bake.hcl', '.'))).toEqual([
      'docker-bake.hcl:15 Dockerfile in . as quay.io/school/lab-small:1-amd64',
      'docker-bake.hcl:15 Dockerfile in . as quay.io/school/lab-full:1-amd64',
      'docker-bake.hcl:20 Dockerfile in . as quay.io/school/hub:1',
      'docker-bake.hcl:21 Dockerfile in .',
      'docker-bake.hcl:22 Dockerfile in .',
      'docker-bake.hcl:23 Dockerfile in .',
    ]);
  });

  it('gives a target for each combination of a matrix that is written out', () => {
    const text = `
target "course" {
  name = "course-\${dir}"
  matrix = {
    dir = ["physics", "maths"]
  }
  context = "courses/\${dir}"
  args = { COURSE = dir }
  tags = ["school/\${dir}:1"]
}
target "lab" {
  matrix = { item = [{ tgt = "small", v = "3.12" }, { tgt = "full", v = "3.13" }] }
  name = "lab-\${item.tgt}"
  target = item.tgt
  args = { PYTHON = item.v }
}
target "open" {
  name = "x-\${y}"
  matrix = { y = split(",", OPEN) }
}
`;
    expect(lines(bakeBuilds(text, 'docker-bake.hcl', '.'))).toEqual([
      'docker-bake.hcl:2 courses/physics/Dockerfile in courses/physics COURSE=physics as school/physics:1',
      'docker-bake.hcl:2 courses/maths/Dockerfile in courses/maths COURSE=maths as school/maths:1',
      'docker-bake.hcl:11 Dockerfile in . target=small PYTHON=3.12',
      'docker-bake.hcl:11 Dockerfile in . target=full PYTHON=3.13',
      'docker-bake.hcl:17 Dockerfile in . lost: matrix',
    ]);
  });

  it('in JSON gives the same', () => {
    const text = JSON.stringify({
      variable: { V: { default: '3' } },
      target: { lab: { context: 'lab', args: { V: '${V}' }, tags: ['a/lab'] } },
    });
    expect(lines(bakeBuilds(text, 'x/docker-bake.json', 'x'))).toEqual([
      'x/docker-bake.json:1 x/lab/Dockerfile in x/lab V=3 as a/lab',
    ]);
  });

  it('that cannot be taken apart gives nothing', () => {
    expect(bakeBuilds('target "a" {\n  x = <<EOT\n', 'docker-bake.hcl', '.')).toBeUndefined();
    expect(bakeBuilds('{', 'docker-bake.json', '.')).toBeUndefined();
  });

  it.each(['a = [', 'target "a" { b = {', 'target "a" { b {', 'target "a" { ] b = ['])(
    'that nests without end with `%s` ends all the same',
    (piece) => {
      expect(() => bakeBuilds(piece.repeat(100_000), 'docker-bake.hcl', '.')).not.toThrow();
    },
  );

  it('that nests as deep as people do is read', () => {
    const text = `x = ${'['.repeat(50)}1${']'.repeat(50)}\ntarget "a" { context = "b" }\n`.repeat(3);
    expect(bakeBuilds(text, 'docker-bake.hcl', '.')).toHaveLength(3);
  });
});

describe('a workflow', () => {
  it('gives the steps that build and push, for each combination of a matrix that is written out', () => {
    const text = `
on: push
env: { OWNER: school, SHA: "\${{ github.sha }}" }
jobs:
  images:
    strategy:
      matrix:
        image: [lab, hub]
        include:
          - { image: hub, version: "5" }
          - { image: db, version: "11" }
    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v6
        with:
          context: images/\${{ matrix.image }}
          target: full
          build-args: |
            VERSION=\${{ matrix.version }}
            # none of ours
            OWNER=\${{ env.OWNER }}
          tags: quay.io/\${{ env.OWNER }}/\${{ matrix.image }}:latest, \${{ steps.meta.outputs.tags }}
  one:
    steps:
      - uses: docker/build-push-action@0123456789abcdef
        with: { file: docker/one.Dockerfile, secrets: a=b }
`;
    const lost = 'lost: VERSION=${{ matrix.version }}';
    const place = '.github/workflows/a.yml';
    expect(lines(workflowBuilds(text, place))).toEqual([
      `${place}:14 images/lab/Dockerfile in images/lab target=full OWNER=school as quay.io/school/lab:latest ${lost}`,
      `${place}:14 images/hub/Dockerfile in images/hub target=full VERSION=5 OWNER=school as quay.io/school/hub:latest`,
      `${place}:14 images/db/Dockerfile in images/db target=full VERSION=11 OWNER=school as quay.io/school/db:latest`,
      `${place}:25 docker/one.Dockerfile in . lost: secrets`,
    ]);
  });

  it('gives the commands that it runs, in their folder', () => {
    const text = `
jobs:
  a:
    env: { V: "4" }
    steps:
      - run: docker build --build-arg V=$V --build-arg R=\${{ github.ref }} -t x/lab lab
      - name: several
        working-directory: images
        run: |
          echo start
          docker build --build-arg V=\${{ env.V }} hub
`;
    expect(lines(workflowBuilds(text, 'w.yml'))).toEqual([
      'w.yml:6 lab/Dockerfile in lab V=4 as x/lab lost: R=${{ github.ref }}',
      'w.yml:11 images/hub/Dockerfile in images/hub V=4',
    ]);
  });

  it('that is no YAML, or no workflow, gives nothing', () => {
    for (const text of ['a: [', '[]', 'jobs: 3', 'jobs: { a: { steps: 1 } }', ''])
      expect(workflowBuilds(text, 'w.yml')).toEqual([]);
  });
});

const chartpress = (...text: readonly string[]): readonly string[] =>
  lines(chartpressBuilds(text.join('\n'), 'helm/chartpress.yaml', 'helm'));

it('a workflow’s command takes an argument without a value from `env`', () => {
  const text =
    'env: { V: "1" }\njobs: { a: { steps: [ { run: "docker build --build-arg V --build-arg W ." } ] } }\n';
  expect(lines(workflowBuilds(text, '.github/workflows/a.yml'))).toEqual([
    '.github/workflows/a.yml:2 Dockerfile in . V=1 lost: W=(from the environment)',
  ]);
});

describe('a chartpress file', () => {
  it('names images, their folders and arguments', () => {
    expect(
      chartpress(
        'charts:',
        '  - name: hub',
        '    imagePrefix: quay.io/site/k8s-',
        '    images:',
        '      hub:',
        '        valuesPath: hub.image',
        '        buildArgs: { PIP: requirements.txt, REF: "{LAST_COMMIT}-{TAG}" }',
        '      lab:',
        '        imageName: quay.io/site/lab',
        '        contextPath: ../images/lab',
        '        dockerfilePath: ../images/lab/gpu.Dockerfile',
        '        extraBuildCommandOptions: [--label=a=b, --rm, "--secret=id=pip"]',
        '      plain:',
        '  - name: empty',
      ),
    ).toEqual([
      'helm/chartpress.yaml:5 helm/images/hub/Dockerfile in helm/images/hub PIP=requirements.txt as quay.io/site/k8s-hub lost: REF={LAST_COMMIT}-{TAG}',
      'helm/chartpress.yaml:8 images/lab/gpu.Dockerfile in images/lab as quay.io/site/lab lost: --secret=id=pip',
      'helm/chartpress.yaml:13 helm/images/plain/Dockerfile in helm/images/plain as quay.io/site/k8s-plain',
    ]);
  });

  it.each(['charts: [', 'charts: 3', 'charts: [[], x, {images: [a]}]', '- a'])('that is none: %s', (text) => {
    expect(chartpress(text)).toEqual([]);
  });
});

const pipeline = (...text: readonly string[]): readonly string[] =>
  lines(gitlabBuilds(text.join('\n'), '.gitlab-ci.yml'));

describe('a pipeline of GitLab', () => {
  it('builds in the scripts of its jobs, with its variables and a matrix', () => {
    expect(
      pipeline(
        'variables:',
        '  PLACE: registry.example.org/site',
        '  PYTHON: { value: "3.13", description: the version }',
        '.build:',
        '  variables: { FOLDER: images }',
        '  script:',
        '    - cd $FOLDER',
        '    - docker build --build-arg PYTHON=$PYTHON --build-arg SHA=$CI_COMMIT_SHA -t $PLACE/$NAME $NAME',
        'notebooks:',
        '  extends: .build',
        '  parallel:',
        '    matrix:',
        '      - NAME: [base, lab]',
        'hub:',
        '  variables: { PYTHON: "3.12" }',
        '  before_script: [ "cd $CI_PROJECT_DIR/hub" ]',
        '  script:',
        '    -',
        '      - docker build --build-arg PYTHON --build-arg GONE .',
        '    - [ "docker push x" ]',
        'other: { stage: test }',
      ),
    ).toEqual([
      '.gitlab-ci.yml:9 images/base/Dockerfile in images/base PYTHON=3.13 as registry.example.org/site/base lost: SHA=$CI_COMMIT_SHA',
      '.gitlab-ci.yml:9 images/lab/Dockerfile in images/lab PYTHON=3.13 as registry.example.org/site/lab lost: SHA=$CI_COMMIT_SHA',
      '.gitlab-ci.yml:17 hub/Dockerfile in hub PYTHON=3.12 lost: GONE=(from the environment)',
    ]);
  });

  it.each(['a: [', 'a: { script: 3 }', 'a: { extends: a, script: [x] }', '- docker build .'])(
    'that builds nothing: %s',
    (text) => {
      expect(pipeline(text)).toEqual([]);
    },
  );
});
