/**
 * Finds what builds the images of a tree until now: Makefiles, scripts, compose files, bake files, files of
 * chartpress, hubploy and people's own tools, GitHub workflows and GitLab pipelines, in the tree itself and in the
 * folders above it. Reads them, and runs nothing.
 */
import { lstat, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { bakeBuilds } from './bake-builds.ts';
import { buildCommands } from './build-command.ts';
import { chartpressBuilds } from './chartpress-builds.ts';
import { composeBuilds } from './compose-builds.ts';
import { filesBelow, longest } from './find-dockerfiles.ts';
import { gitlabBuilds } from './gitlab-builds.ts';
import {
  givenBuild,
  remoteBuild,
  type GivenBuild,
  type RemoteBuild,
  type WrittenBuild,
} from './given-build.ts';
import { hubployBuilds } from './hubploy-builds.ts';
import { listedBuilds } from './listed-builds.ts';
import { assignedVariables, includedFiles, makefileBuilds } from './makefile-builds.ts';
import type { Variables } from './written-text.ts';
import { workflowBuilds } from './workflow-builds.ts';

const makefile = /^(?:GNUm|[Mm])akefile$|\.mk$/;
const composeFile = /^(?:docker-)?compose(?:[.-].*)?\.ya?ml$/;
const bakeFile = /(?:^|[.-])docker-bake(?:\.override)?\.(?:hcl|json)$/;
const chartpressFile = /^chartpress\.ya?ml$/;
const hubployFile = /^hubploy\.ya?ml$/;
const pipelineFile = /(?:^|\.)gitlab-ci\.ya?ml$/;
const yaml = /\.ya?ml$/;
const script = /\.(?:ba)?sh$/;

function isBuildFile(name: string): boolean {
  return [makefile, bakeFile, yaml, script].some((pattern) => pattern.test(name));
}

export interface FoundBuilds {
  readonly builds: readonly GivenBuild[];
  /** Those that take their files from elsewhere. */
  readonly remote: readonly RemoteBuild[];
}

/** All builds that the files tell, in the order of their names. */
export async function findBuilds(root: string, below: string, signal: AbortSignal): Promise<FoundBuilds> {
  const within = await filesBelow(root, below, isBuildFile, signal);
  const above = await Promise.all(foldersAbove(below).map((folder) => filesIn(root, folder, isBuildFile)));
  const workflows = await filesIn(root, '.github/workflows', (name) => yaml.test(name));
  const files = [...new Set([...within, ...above.flat(), ...workflows])].toSorted();
  const builds = (await Promise.all(files.map((file) => buildsOf(root, file)))).flat();
  return {
    builds: builds.flatMap((build) => givenBuild(build) ?? []),
    remote: builds.flatMap((build) => remoteBuild(build) ?? []),
  };
}

/** Of `a/b`: the root and `a`; of the root itself none. */
function foldersAbove(below: string): readonly string[] {
  if (below === '.') return [];
  const parent = path.posix.dirname(below);
  return [...foldersAbove(parent), parent];
}

async function filesIn(
  root: string,
  folder: string,
  wanted: (name: string) => boolean,
): Promise<readonly string[]> {
  const entries = await readdir(path.join(root, folder), { withFileTypes: true }).catch(() => []);
  return entries.flatMap((entry) =>
    entry.isFile() && wanted(entry.name) ? [path.posix.join(folder, entry.name)] : [],
  );
}

async function buildsOf(root: string, file: string): Promise<readonly WrittenBuild[]> {
  const text = await textOf(root, file);
  const folder = path.posix.dirname(file);
  const name = path.posix.basename(file);
  if (text === undefined) return [];
  if (file.startsWith('.github/workflows/')) return workflowBuilds(text, file);
  if (composeFile.test(name))
    return composeBuilds(text, file, folder, await variablesOf(root, folder, ['.env']));
  if (chartpressFile.test(name)) return chartpressBuilds(text, file, folder);
  if (hubployFile.test(name)) return await hubployBuildsOf(root, file, text);
  if (pipelineFile.test(name)) return gitlabBuilds(text, file);
  if (bakeFile.test(name)) return await bakeBuildsOf(root, file, text);
  if (yaml.test(name)) return await listedBuildsOf(root, file, text);
  if (makefile.test(name))
    return makefileBuilds(text, file, folder, await variablesOf(root, folder, includedFiles(text)));
  return buildCommands({ text, file, line: 1, folder, variables: assignedVariables(text) });
}

/** A deployment may name an image that is built elsewhere: then there is no folder for it. */
async function hubployBuildsOf(root: string, file: string, text: string): Promise<readonly WrittenBuild[]> {
  const builds = hubployBuilds(text, file, path.posix.dirname(file));
  const contexts = builds.map((build) => givenBuild(build)?.context);
  const isThere = await Promise.all(
    contexts.map(
      (context) => context !== undefined && lstat(path.join(root, context)).then(Boolean, () => false),
    ),
  );
  return builds.filter((_, index) => isThere[index]);
}

/** What some YAML lists means images of this tree only where their Dockerfiles are. */
async function listedBuildsOf(root: string, file: string, text: string): Promise<readonly WrittenBuild[]> {
  const builds = listedBuilds(text, file);
  const isThere = await Promise.all(
    builds.map(async (build) => {
      const dockerfiles = givenBuild(build)?.dockerfiles ?? [];
      const found = await Promise.all(
        dockerfiles.map((each) => lstat(path.join(root, each)).then(Boolean, () => false)),
      );
      return found.includes(true);
    }),
  );
  return builds.filter((_, index) => isThere[index]);
}

/** The paths of a bake file start where bake is run: beside the file, or else in the tree's root. */
async function bakeBuildsOf(root: string, file: string, text: string): Promise<readonly WrittenBuild[]> {
  const beside = bakeBuilds(text, file, path.posix.dirname(file)) ?? [];
  const dockerfiles = beside.flatMap((build) => givenBuild(build)?.dockerfiles ?? []);
  const texts = await Promise.all(dockerfiles.map((dockerfile) => textOf(root, dockerfile)));
  return texts.some((found) => found !== undefined) ? beside : (bakeBuilds(text, file, '.') ?? []);
}

/** What files beside a file give; what is not there gives nothing. */
async function variablesOf(root: string, folder: string, files: readonly string[]): Promise<Variables> {
  const texts = await Promise.all(files.map((file) => textOf(root, path.posix.join(folder, file))));
  return assignedVariables(texts.flatMap((text) => text ?? []).join('\n'));
}

async function textOf(root: string, file: string): Promise<string | undefined> {
  const bytes = await readFile(path.join(root, file)).catch(() => undefined);
  return bytes === undefined || bytes.length > longest ? undefined : bytes.toString('utf8');
}
