/**
 * Whoever comes from a Makefile finds the images under the references that `make push-all` gave them, in both naming
 * schemes: the same files, built and pushed by make and docker into one registry, and by us into another.
 */
import path from 'node:path';
import { execa } from 'execa';
import { expect, test, vi } from 'vitest';
import { startRegistry } from '../rig/registry.ts';
import { quickClient, referenceTo } from '../rig/registry-image.ts';
import { workspace, type Workspace } from '../rig/workspace.ts';

vi.setConfig({ testTimeout: 240_000 });

const { signal } = new AbortController();
const client = quickClient();

/** As such Makefiles are written: a target for each image, courses by a pattern, parents by their plain names. */
const makefile = `IMG_VERSION ?= latest
PLAIN = {p}base {p}hub
COURSES = {p}course-physics {p}course-data-science
ALL = $(PLAIN) $(COURSES)

all: $(ALL)

{p}base {p}hub: {p}%:
	docker build -q -t $@ -t $(call reference,$@) $*

{p}course-%: {p}base
	docker build -q -t $(call reference,$@) --build-arg COURSE=$* -f course/Dockerfile courses/$*

push-all: $(ALL:%=push-%)

push-%: %
	docker push -q $(call reference,$*)

.PHONY: all push-all
`;

const references = {
  'single-repository': 'reference = $(DOCKER_REGISTRY):$(1)-$(IMG_VERSION)\n',
  'repository-per-image': 'reference = $(DOCKER_REGISTRY)/$(1):$(IMG_VERSION)\n',
} as const;

const files = (naming: keyof typeof references): Record<string, string> => ({
  Makefile: `${references[naming]}${makefile}`,
  'matrix.yaml': `registry: \${DOCKER_REGISTRY}
naming: ${naming}
tags: ["\${IMG_VERSION:-latest}"]
roots:
  "{p}root": { from: "{p}root:1", bootstrap: { debian: trixie } }
images:
  "{p}base": { context: base, kind: custom }
  "{p}hub": { context: hub, kind: custom }
  "{p}course":
    dockerfile: course/Dockerfile
    context: courses/{course.name}
    kind: custom
    axes: { course: { from: courses.yaml } }
    name: "{p}course-{course.name}"
    args: { COURSE: "{course.name}" }
`,
  'courses.yaml':
    '- { name: physics, repo: "https://git.example.org/p.git" }\n- { name: data-science, repo: "https://git.example.org/d.git" }\n',
  'base/Dockerfile': 'FROM {p}root:1\nCOPY . /data/\nCMD ["true"]\n',
  'hub/Dockerfile': 'FROM {p}root:1\nCOPY . /hub/\nCMD ["true"]\n',
  'course/Dockerfile': 'FROM {p}base\nARG COURSE\nCOPY . /course/\nCMD ["true"]\n',
  'courses/physics/notes': 'of physics\n',
  'courses/data-science/notes': 'of data science\n',
});

test.each(['single-repository', 'repository-per-image'] as const)(
  '%s: the references are those of `make push-all`, whatever IMG_VERSION says',
  async (naming) => {
    await using before = await startRegistry();
    await using now = await startRegistry();
    await using family = await workspace(files(naming));
    await tagRoot(family);
    for (const version of ['v1.4', '2026-11', undefined]) {
      const more = version === undefined ? {} : { IMG_VERSION: version };
      await execa('make', ['push-all'], {
        cwd: family.directory,
        extendEnv: false,
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: family.directory,
          DOCKER_REGISTRY: `${before.host}/site/family`,
          ...more,
        },
      });
      const env = { DOCKER_REGISTRY: `${now.host}/site/family`, ...more };
      const run = await family.build(['images', '--changed', '--push'], env);
      expect(run.exitCode, run.stderr).toBe(0);
    }
    const theirs = await peoplesReferences(before.host, naming, family.prefix);
    expect(theirs.length).toBe(12);
    expect(await peoplesReferences(now.host, naming, family.prefix)).toEqual(theirs);

    // … and a machine that knows neither pulls what it asks for.
    const [reference = ''] = theirs;
    const asked = reference.replace('HOST', now.host);
    expect(await client.headManifest(referenceTo(asked), signal)).toMatchObject({ kind: 'found' });
  },
);

/** The root under a name that plain `docker build` finds. */
async function tagRoot(family: Workspace): Promise<void> {
  const listed = await family.engine.images.list({}, signal);
  if (!listed.ok) throw new Error('the engine does not answer');
  const root = listed.value
    .flatMap(({ tags }) => tags)
    .find((tag) => tag.startsWith(`hubwright/root-${family.prefix}root:`));
  await execa('docker', ['tag', root ?? '', `${family.prefix}root:1`]);
}

/** Every reference that people use, in the order of the alphabet, with HOST for the registry. */
async function peoplesReferences(
  host: string,
  naming: keyof typeof references,
  prefix: string,
): Promise<readonly string[]> {
  const names = ['base', 'hub', 'course-physics', 'course-data-science'].map((name) => `${prefix}${name}`);
  const repositories =
    naming === 'single-repository' ? ['site/family'] : names.map((name) => path.join('site/family', name));
  const found: string[] = [];
  for (const repository of repositories) {
    const listed = await client.listTags(referenceTo(`${host}/${repository}`), signal);
    if (listed.kind !== 'found') throw new Error(`${repository} is not there`);
    // The record's own tags: what a person never types.
    const own = /(?:^|-)(?:(?:key|pass|inputs|scan)-[0-9a-f]{64})$|^hubwright-release/;
    found.push(...listed.tags.filter((tag) => !own.test(tag)).map((tag) => `HOST/${repository}:${tag}`));
  }
  return found.toSorted();
}
