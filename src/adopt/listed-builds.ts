/**
 * Builds that a YAML file of somebody's own tool lists: wherever a map holds build arguments, the key above it or a
 * path beside them names the folder. Pure, and a guess: whether such folders are there is for the caller to see.
 */
import path from 'node:path';
import { list, readBuildYaml, record, scalar, type YamlMap } from './build-yaml.ts';
import type { WrittenBuild } from './given-build.ts';
import type { Written } from './written-text.ts';

/** Quicker than reading every YAML file of a tree. */
const telling = /^\s*(?:- )?["']?build[-_]?args["']?\s*:/im;
const argumentsKey = /^build[-_]?args$/i;
const folderKey = /^(?:context|path|dir|directory|folder)$/i;
const imageKey = /^image(?:[-_]?name)?$/i;
/** Deeper than a person nests. */
const deepest = 8;

/** All that may be builds, in the file's order; none where the file is no YAML. Paths start beside the file. */
export function listedBuilds(text: string, file: string): readonly WrittenBuild[] {
  if (!telling.test(text)) return [];
  const yaml = readBuildYaml(text);
  if (yaml === undefined) return [];
  const folder = path.posix.dirname(file);
  const builds: WrittenBuild[] = [];
  const visit = (value: unknown, keys: readonly (string | number)[]): void => {
    if (keys.length > deepest) return;
    if (Array.isArray(value)) {
      for (const [index, each] of value.entries()) visit(each, [...keys, index]);
      return;
    }
    const map = record(value);
    const given = valueOf(map, argumentsKey);
    const named = valueOf(map, folderKey) ?? map['name'] ?? keys.findLast((key) => typeof key === 'string');
    if (given !== undefined && named !== undefined)
      builds.push(
        listed(map, { given, folder, named: scalar(named), place: `${file}:${yaml.lineOf(keys)}` }),
      );
    for (const [key, each] of Object.entries(map)) visit(each, [...keys, key]);
  };
  visit(yaml.root, []);
  return builds;
}

interface Found {
  readonly given: unknown;
  readonly folder: string;
  readonly named: string;
  readonly place: string;
}

function listed(map: YamlMap, { given, folder, named, place }: Found): WrittenBuild {
  const pairs = Array.isArray(given)
    ? list(given).map((each) => splitPair(scalar(each)))
    : Object.entries(record(given)).map(([name, value]) => [name, scalar(value)] as const);
  const image = valueOf(map, imageKey);
  return {
    place,
    folder,
    context: written(named),
    dockerfile: undefined,
    dockerfileFrom: 'folder',
    target: undefined,
    args: pairs.map(([name, value]) => [name, value === undefined ? undefined : written(value)] as const),
    tags: image === undefined ? [] : [written(scalar(image))],
    others: [],
  };
}

function valueOf(map: YamlMap, pattern: RegExp): unknown {
  return Object.entries(map).find(([key]) => pattern.test(key))?.[1];
}

function splitPair(pair: string): readonly [string, string | undefined] {
  const at = pair.indexOf('=');
  return at < 0 ? [pair, undefined] : [pair.slice(0, at), pair.slice(at + 1)];
}

/** Templates of whatever tool it is are not filled in. */
function written(text: string): Written {
  return { text, value: /\{\{|\$/.test(text) ? undefined : text };
}
