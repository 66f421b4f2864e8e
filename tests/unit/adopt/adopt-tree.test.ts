/** Whole trees adopted: what matrix.yaml becomes, that it loads, and who stands on whom then. */
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { adoptTree } from '../../../src/adopt/adopt-tree.ts';
import { adopt, shape } from '../../rig/adoption.ts';
import { makefileProject, notebookStacks } from '../../rig/dockerfile-trees.ts';
import { patience } from '../../rig/engine.ts';
import { repository } from '../../rig/family.ts';
import { told } from '../../rig/matrix-folder.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

describe('a tree of notebook stacks', () => {
  it('becomes a family of fourteen, six deep, without a word to be said', async () => {
    const adoption = await adopt(notebookStacks());
    expect(adoption.tree.warnings).toEqual([]);
    expect(adoption.family.warnings).toEqual([]);
    expect(shape(adoption)).toEqual([
      'docker-stacks-foundation custom images/docker-stacks-foundation ← ubuntu:24.04',
      'base-notebook singleuser images/base-notebook ← docker-stacks-foundation',
      'minimal-notebook singleuser images/minimal-notebook ← base-notebook',
      'julia-notebook singleuser images/julia-notebook ← minimal-notebook',
      'r-notebook singleuser images/r-notebook ← minimal-notebook',
      'scipy-notebook singleuser images/scipy-notebook ← minimal-notebook',
      'datascience-notebook singleuser images/datascience-notebook ← scipy-notebook',
      'pyspark-notebook singleuser images/pyspark-notebook ← scipy-notebook',
      'all-spark-notebook singleuser images/all-spark-notebook ← pyspark-notebook',
      'pytorch-notebook singleuser images/pytorch-notebook ← scipy-notebook',
      'pytorch-notebook-cuda12 singleuser images/pytorch-notebook/cuda12 ← scipy-notebook',
      'pytorch-notebook-cuda13 singleuser images/pytorch-notebook/cuda13 ← scipy-notebook',
      'tensorflow-notebook singleuser images/tensorflow-notebook ← scipy-notebook',
      'tensorflow-notebook-cuda singleuser images/tensorflow-notebook ← scipy-notebook',
    ]);
    // Foundation, base, minimal, scipy, pyspark, all-spark.
    expect(Math.max(...adoption.tree.images.map(({ depth }) => depth))).toBe(5);
  });

  it('may be adopted in part: what is not below comes from outside', async () => {
    const adoption = await adopt(notebookStacks(), 'images/pytorch-notebook');
    expect(shape(adoption)).toEqual([
      'pytorch-notebook singleuser images/pytorch-notebook ← quay.io/jupyter/scipy-notebook',
      'pytorch-notebook-cuda12 singleuser images/pytorch-notebook/cuda12 ← quay.io/jupyter/scipy-notebook',
      'pytorch-notebook-cuda13 singleuser images/pytorch-notebook/cuda13 ← quay.io/jupyter/scipy-notebook',
    ]);
  });
});

describe('a project with a Makefile', () => {
  it('becomes a family of five, with a context where the copied files are', async () => {
    const adoption = await adopt(makefileProject());
    expect(adoption.tree.warnings).toEqual([]);
    expect(shape(adoption)).toEqual([
      'base singleuser base ← debian:trixie-slim',
      'course singleuser course ← base',
      'hub hub hub ← base',
      'db database . ← mariadb:11',
      'proxy proxy proxy ← base, node:24-slim',
    ]);
  });

  it('is written as a person would write it', async () => {
    const { tree } = await adopt(makefileProject());
    expect(tree.text)
      .toBe(`# Written by \`build init --from .\`; no Dockerfile was edited. Yours from here on.
# Who starts from whom stands in the Dockerfiles alone. Look at each \`kind\`: it is guessed, and chooses the test.

# So far the images are called gcr.io/proj/NAME.
registry: \${DOCKER_REGISTRY:-}  # where to publish; empty: nowhere, the images stay in the engine
tags: ["\${IMG_VERSION:-latest}", "{date}-{key}"]

roots:  # images from outside that ours start from; \`build lock\` pins their digests
  debian: { from: "debian:trixie-slim", bootstrap: { debian: trixie } }
  mariadb: { from: "mariadb:11" }
  node: { from: "node:24-slim" }

images:
  base:
    context: base
    kind: singleuser  # guessed: it installs jupyterlab
    provides: ["gcr.io/proj/base:v1"]
  course:
    context: course
    kind: singleuser  # guessed: it is built on base
  hub:
    context: hub
    kind: hub  # guessed: its name
  db:
    context: "."
    dockerfile: db/Dockerfile
    kind: database  # guessed: its name
  proxy:
    context: proxy
    kind: proxy  # guessed: its name
`);
  });
});

describe('the reference family', () => {
  it('is found again from its Dockerfiles alone, each image with its kind', async () => {
    await using folder = await temporaryFolder();
    await cp(path.join(repository, 'images'), path.join(folder.path, 'images'), { recursive: true });
    const tree = await adoptTree({ root: folder.path, below: 'images', environment: {} }, patience());
    if (!tree.ok) throw new Error(tree.error.map(told).join('\n'));
    expect(Object.fromEntries(tree.value.images.map(({ name, guess }) => [name, guess.kind]))).toMatchObject({
      installer: 'builder',
      'course-kit': 'builder',
      base: 'singleuser',
      scientific: 'singleuser',
      course: 'singleuser',
      hub: 'hub',
      proxy: 'proxy',
      db: 'database',
      registry: 'registry',
    });
  });
});

describe('a project whose names are completed when it is built', () => {
  const base = 'FROM debian:13\n';

  it('gets values that all images share, and says that they are made up', async () => {
    const lab = 'ARG REGISTRY\nARG IMG_VERSION\nFROM ${REGISTRY}/base:${IMG_VERSION}\n';
    const adoption = await adopt({ 'base/Dockerfile': base, 'lab/Dockerfile': lab });
    expect(shape(adoption)).toEqual(['base custom base ← debian:13', 'lab singleuser lab ← base']);
    expect(adoption.tree.text).toContain('    args:  # made up, ');
    expect(adoption.tree.text).toContain(
      '      REGISTRY: registry.local/family\n      IMG_VERSION: latest\n',
    );
    expect(adoption.tree.text).not.toContain('So far the images are called');
  });

  it('may keep all images in one repository, known or not', async () => {
    const one = 'ARG VERSION\nFROM gcr.io/proj/images:base-$VERSION\n';
    const known = await adopt({ 'base/Dockerfile': base, 'one/Dockerfile': one });
    expect(shape(known)).toEqual(['base custom base ← debian:13', 'one custom one ← base']);
    expect(known.tree.text).toContain('# So far the images are called gcr.io/proj/images:NAME-TAG.\n');
    const two = 'ARG DOCKER_REGISTRY\nARG VERSION=1\nFROM ${DOCKER_REGISTRY}:base-$VERSION\n';
    const open = await adopt({ 'base/Dockerfile': base, 'two/Dockerfile': two });
    expect(shape(open)).toEqual(['base custom base ← debian:13', 'two custom two ← base']);
    expect(open.tree.text).toContain('\nnaming: single-repository  # registry:NAME-TAG\n');
  });

  it('is left out where the name could only be somebody else’s, or anything', async () => {
    const adoption = await adopt({
      'base/Dockerfile': 'FROM debian:13\n',
      'x/Dockerfile': 'ARG REGISTRY\nFROM $REGISTRY/other\n',
      'y/Dockerfile': 'ARG BASE_IMAGE\nFROM $BASE_IMAGE\n',
    });
    expect(shape(adoption)).toEqual(['base custom base ← debian:13']);
    expect(adoption.tree.warnings.map(({ code }) => code).toSorted()).toEqual([
      'empty-reference',
      'invalid-reference',
    ]);
  });
});

it('says what to write where nothing tells the kind of an image', async () => {
  const { tree } = await adopt({
    'tool/Dockerfile': 'FROM debian:13\nCMD ["tidy"]\n',
    'hub/Dockerfile': 'FROM debian:13\n',
  });
  expect(tree.text).toContain(
    '    kind: custom  # guessed: nothing tells what it is started as; write another kind, or `check: COMMAND`\n',
  );
  expect(tree.text).toContain('    kind: hub  # guessed: its name\n');
});

it('tells of stages that would be images of their own, with the lines that make them so', async () => {
  const dockerfile = [
    'FROM debian:13 AS common',
    'FROM common AS tools',
    'FROM common AS reader',
    'FROM common AS Writer_2',
    'FROM debian:13 AS mounted',
    'FROM common AS editor',
    'COPY --from=tools /a /a',
    'RUN --mount=from=mounted,target=/m true',
    '',
  ].join('\n');
  const { tree } = await adopt({ 'desk/Dockerfile.lab': dockerfile, 'one/Dockerfile': 'FROM debian:13\n' });
  expect(tree.text)
    .toContain(`    # Stages that nothing in it uses are not built; each may be an image of its own:
    #   desk-lab-reader: { context: desk, dockerfile: desk/Dockerfile.lab, kind: singleuser, target: reader }
    #   desk-lab-writer-2: { context: desk, dockerfile: desk/Dockerfile.lab, kind: singleuser, target: writer_2 }
`);
  expect(tree.warnings.map(told)).toEqual([
    'warning other-stages: of `desk/Dockerfile.lab` the last stage `editor` is adopted; nothing in it uses `reader`, `writer_2` (help: where they are images too, take over the lines with `target:` at `desk-lab` in matrix.yaml)',
  ]);
});

it('tells of arguments without a default, whose values a Makefile may have given', async () => {
  const { tree } = await adopt({
    'lab/Dockerfile': [
      'ARG SUITE=13\nARG CHANNEL=main\nFROM debian:$SUITE',
      'ARG CHANNEL\nARG TOOL_VERSION\nARG EXTRAS\nARG TARGETARCH\nARG http_proxy\nARG SIZE=2',
      'RUN get $TOOL_VERSION',
      'FROM debian:$SUITE\nARG EXTRAS=none\n',
    ].join('\n'),
    'hub/Dockerfile': 'ARG REGISTRY\nFROM $REGISTRY/lab\nARG REGISTRY\nARG TOOL_VERSION\n',
  });
  const line =
    '    # no default: TOOL_VERSION; what the build was given as --build-arg belongs into `args:`\n';
  expect(tree.text.split(line)).toHaveLength(3);
  expect(tree.warnings.map(told)).toEqual([
    'warning open-argument: arguments without a default: `TOOL_VERSION` in `hub/Dockerfile`, `lab/Dockerfile` (help: what the build was given as --build-arg belongs into `args:` in matrix.yaml)',
  ]);
});

describe('what cannot be taken over', () => {
  it('is a comment and a warning, and its children take it from outside', async () => {
    const adoption = await adopt({
      'a/Dockerfile': 'ARG BASE\nFROM $BASE\n',
      'b/Dockerfile': 'FORM debian:13\n',
      'c/Dockerfile': 'FROM debian:13\nADD https://example.org/x.tgz /x\n',
      'd/Dockerfile': 'FROM x.org/y/c:v1\nCOPY --from=x.org/y/e:v1 /f /f\n',
      'e/Dockerfile': 'FROM debian:12\n',
    });
    expect(shape(adoption)).toEqual(['d custom d ← e, x.org/y/c:v1', 'e builder e ← debian:12']);
    expect(adoption.tree.warnings.map(told)).toEqual([
      expect.stringContaining('a/Dockerfile:2:6 «$BASE» warning empty-reference: `a` is left out: '),
      expect.stringContaining('b/Dockerfile:1:1 «FORM» warning unknown-instruction: `b` is left out: '),
      expect.stringContaining(
        'c/Dockerfile:2:5 «https://example.org/x.tgz» warning unpinned-download: `c` is left',
      ),
    ]);
    expect(adoption.tree.text).toContain(
      '  # a is left out: a/Dockerfile could not be taken over.\n  #   line 2: ',
    );
  });

  it('is a fragment without FROM, told once', async () => {
    const adoption = await adopt({
      'parts/top.Dockerfile': 'FROM debian:13\n',
      'parts/tools.Dockerfile': 'LABEL a=b\n\nRUN one\nRUN two\n',
      'parts/empty.Dockerfile': '# nothing yet\nARG X\n',
      'parts/late.Dockerfile': 'LABEL a=b\nFROM debian:13\n',
    });
    expect(shape(adoption)).toEqual(['top custom parts ← debian:13']);
    const fragment =
      'has no FROM: it is a fragment, and no image by itself (help: adopt the Dockerfile that it is joined into)';
    expect(adoption.tree.warnings.map(told)).toEqual([
      `warning fragment: \`empty\` is left out: \`parts/empty.Dockerfile\` ${fragment}`,
      expect.stringContaining('«LABEL» warning instruction-before-from: `late` is left out: '),
      `warning fragment: \`tools\` is left out: \`parts/tools.Dockerfile\` ${fragment}`,
    ]);
  });

  it('is one of those that stand on one another in a circle', async () => {
    const adoption = await adopt({
      'a/Dockerfile': 'FROM x.org/y/b\n',
      'b/Dockerfile': 'FROM x.org/y/a\n',
      'c/Dockerfile': 'FROM x.org/y/b\n',
    });
    expect(shape(adoption)).toEqual(['b custom b ← x.org/y/a', 'c custom c ← b']);
    expect(adoption.tree.warnings.map(({ code }) => code)).toEqual(['dependency-cycle']);
  });

  it('is a folder that holds no Dockerfile', async () => {
    await using folder = await temporaryFolder({
      'a/README.md': '',
      'node_modules/x/Dockerfile': 'FROM a\n',
    });
    const tree = await adoptTree({ root: folder.path, below: '.', environment: {} }, patience());
    expect(tree.ok ? [] : tree.error.map(({ code }) => code)).toEqual(['no-dockerfiles']);
  });
});

describe('names and paths that YAML or a template would take for something else', () => {
  it('are quoted, or left out with the reason', async () => {
    const adoption = await adopt({
      '2024/Dockerfile': 'FROM scratch\n',
      'true/Dockerfile': 'FROM scratch\n',
      'with blank #1/Dockerfile': 'FROM scratch\n',
      '{axis}/Dockerfile': 'FROM scratch\n',
      'default/Dockerfile': 'FROM scratch\n',
    });
    expect(shape(adoption)).toEqual([
      '2024 custom 2024 ← ',
      'default-image custom default ← ',
      'true custom true ← ',
      'with-blank-1 custom with blank #1 ← ',
    ]);
    expect(adoption.tree.warnings.map(({ code }) => code)).toEqual(['undefined-placeholder']);
  });

  it('cannot end a comment', async () => {
    const adoption = await adopt({
      'good/Dockerfile': 'FROM debian:13\n',
      'a\nimages: {}/Dockerfile': 'FORM x\n',
    });
    expect(shape(adoption)).toEqual(['good custom good ← debian:13']);
  });
});
