/**
 * Builds that steps of a GitHub workflow make with an action that somebody wrote for it: docker's own, and two that
 * take a folder. Pure.
 */
import { record, scalar, type YamlMap } from './build-yaml.ts';
import type { WrittenBuild } from './given-build.ts';
import type { Written } from './written-text.ts';

export interface ActionStep {
  readonly place: string;
  /** Fills in the workflow's expressions. */
  readonly fill: (text: string) => Written;
}

/** The build of a step; none where its action builds nothing that is known. */
export function actionBuilds(step: YamlMap, at: ActionStep): readonly WrittenBuild[] {
  const action = scalar(step['uses'] ?? '').replace(/@.*$/, '');
  const settings = record(step['with']);
  if (action === 'docker/build-push-action') return [dockersBuild(settings, at)];
  if (/(?:^|\/)repo2docker-action$/.test(action)) return [repo2dockerBuild(settings, at)];
  if (/(?:^|\/)publish-docker-github-action$/i.test(action)) return [publishingBuild(settings, at)];
  return [];
}

function dockersBuild(settings: YamlMap, { place, fill }: ActionStep): WrittenBuild {
  return {
    place,
    folder: '.',
    context: one(settings['context'], fill),
    dockerfile: one(settings['file'], fill),
    dockerfileFrom: 'folder',
    target: one(settings['target'], fill),
    args: lines(settings['build-args'], /\n/).map((each) => argument(each, fill)),
    tags: lines(settings['tags'], /[\n,]/).map(fill),
    others: [
      'secrets',
      'secret-envs',
      'secret-files',
      'ssh',
      'build-contexts',
      'network',
      'add-hosts',
    ].filter((key) => settings[key] !== undefined),
  };
}

/** A folder's Dockerfile is what repo2docker takes, where there is one. */
function repo2dockerBuild(settings: YamlMap, { place, fill }: ActionStep): WrittenBuild {
  const image = scalar(settings['IMAGE_NAME'] ?? '');
  return {
    place,
    folder: '.',
    context: one(settings['SOURCE_SUBDIR'], fill),
    dockerfile: undefined,
    dockerfileFrom: 'folder',
    target: undefined,
    args: [],
    tags: image === '' ? [] : [fill(inRegistry(settings['DOCKER_REGISTRY'], image))],
    others: [],
  };
}

function publishingBuild(settings: YamlMap, { place, fill }: ActionStep): WrittenBuild {
  const image = scalar(settings['name'] ?? '');
  const folder = fill(scalar(settings['workdir'] ?? '.')).value;
  return {
    place,
    folder,
    context: one(settings['context'], fill),
    dockerfile: one(settings['dockerfile'], fill),
    dockerfileFrom: 'folder',
    target: undefined,
    // A name alone is the environment's, and so are its values.
    args: lines(settings['buildargs'], /[\n,]/).map((each) => argument(each, fill)),
    tags: image === '' ? [] : [fill(inRegistry(settings['registry'], image))],
    others: [],
  };
}

function inRegistry(registry: unknown, image: string): string {
  const host = scalar(registry ?? '').replace(/^https?:\/\//, '');
  return host === '' || image.startsWith(`${host}/`) ? image : `${host}/${image}`;
}

function one(value: unknown, fill: ActionStep['fill']): Written | undefined {
  return value === undefined || value === null || value === '' ? undefined : fill(scalar(value));
}

function lines(value: unknown, separator: RegExp): readonly string[] {
  return scalar(value ?? '')
    .split(separator)
    .map((each) => each.trim())
    .filter((each) => each !== '' && !each.startsWith('#'));
}

function argument(line: string, fill: ActionStep['fill']): readonly [string, Written | undefined] {
  const at = line.indexOf('=');
  if (at < 0) return [line, undefined];
  return [line.slice(0, at), fill(line.slice(at + 1).replace(/^(["'])(.*)\1$/, '$2'))];
}
