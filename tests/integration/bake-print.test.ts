/** A bake file read by us and by `docker buildx bake --print`: both have to tell the same builds. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { bakeBuilds } from '../../src/adopt/bake-builds.ts';
import { givenBuild } from '../../src/adopt/given-build.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';

const run = promisify(execFile);
// Debian's client: another one without buildx may stand before it on the PATH.
const docker = '/usr/bin/docker';

const text = `
variable "PYTHON" { default = "3.13" }
variable "PLACE" { default = "quay.io/school" }
variable "IMAGE" { default = "\${PLACE}/lab:\${PYTHON}" }
function "tags" {
  params = [name, suffix]
  result = ["\${PLACE}/\${name}:1\${suffix}", "\${PLACE}/\${name}:latest"]
}
group "default" { targets = ["base", "lab", "course", "make"] }
target "_common" {
  args = { PYTHON = PYTHON, CHANNEL = "main" }
}
target "base" {
  inherits = ["_common"]
  context = "images/base"
  tags = tags("base", "-x")
}
target "lab" {
  inherits = ["_common"]
  context = "images/lab"
  dockerfile = "lab.Dockerfile"
  target = "full"
  args = { CHANNEL = "edge" }
  tags = [IMAGE]
}
target "course" {
  name = "course-\${dir}"
  matrix = { dir = ["physics", "maths"] }
  context = "courses/\${dir}"
  args = { COURSE = dir }
  tags = tags(dir, "")
}
target "make" {
  name = "make-\${item.tgt}-\${arch}"
  matrix = {
    item = [{ tgt = "small", v = "1" }, { tgt = "full", v = "2" }]
    arch = ["a", "b"]
  }
  context = "make"
  target = item.tgt
  args = { V = item.v, ARCH = "\${arch}" }
}
`;

interface Build {
  readonly context: string;
  readonly dockerfile: string;
  readonly target?: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
}

test('a bake file means what bake prints of it', async () => {
  await using folder = await temporaryFolder({ 'docker-bake.hcl': text });
  const { stdout } = await run(docker, ['buildx', 'bake', '--print'], { cwd: folder.path });
  const printed = (JSON.parse(stdout) as { readonly target: Readonly<Record<string, Build>> }).target;
  const theirs = Object.fromEntries(
    Object.entries(printed).map(([name, { context, dockerfile, target, args, tags }]) => [
      name,
      { dockerfile: `${context}/${dockerfile}`, context, target, args: args ?? {}, tags: tags ?? [] },
    ]),
  );
  const ours = (bakeBuilds(text, 'docker-bake.hcl', '.') ?? []).map((build) => {
    const given = givenBuild(build);
    return [
      given?.name,
      {
        dockerfile: given?.dockerfiles[0],
        context: given?.context,
        target: given?.target,
        args: given?.args,
        tags: given?.tags,
      },
    ];
  });
  expect(Object.fromEntries(ours)).toEqual(theirs);
  expect(ours).toHaveLength(8);
});
