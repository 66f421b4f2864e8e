/** Builds that a bake file describes: each target with what it inherits. Pure. */
import { bakeFunctions, withoutCalls } from './bake-functions.ts';
import { withoutMatrix, type Target } from './bake-matrix.ts';
import { record, scalar } from './build-yaml.ts';
import type { WrittenBuild } from './given-build.ts';
import { parseHcl, type HclValue } from './hcl.ts';
import { filled, type Variables, type Written } from './written-text.ts';

/** All builds; undefined where the file cannot be read. */
export function bakeBuilds(text: string, file: string, folder: string): readonly WrittenBuild[] | undefined {
  const read = file.endsWith('.json') ? readJson(text) : readHcl(text);
  if (read === undefined) return undefined;
  const targets = read.targets.flatMap(withoutMatrix);
  const { variables } = read;
  const names = namesOfTargets(variables, targets);
  const byName = new Map(targets.map((target) => [target.name, target]));
  const inherited = new Set(targets.flatMap(({ values }) => texts(values.get('inherits'))));
  const whole = new Map(targets.map((target) => [target, withInherited(target, byName, new Set())]));
  const shared = sharedAliases([...whole.values()], byName);
  const called = new Set(
    [...whole.values()].flatMap((values) => [...parentsInArguments(values, shared, byName).values()]),
  );
  return targets.flatMap((target) => {
    const values = whole.get(target) ?? target.values;
    // What others inherit from, and has no name of its own, is no image.
    const isTemplate =
      inherited.has(target.name) && writtenTags(values.get('tags'), variables, names).length === 0;
    if (isTemplate || target.name.startsWith('_') || values.has('dockerfile-inline')) return [];
    const one = (key: string): Written | undefined => {
      const value = values.get(key);
      return value && writtenOf(value, variables);
    };
    const args = values.get('args');
    const named = contextsOf(values.get('contexts'));
    const parents = parentsInArguments(values, shared, byName);
    const isShared = (alias: string): boolean => isSharedBy(shared, alias, named.get(alias));
    return [
      {
        place: `${file}:${target.line}`,
        name: target.name,
        folder,
        context: one('context'),
        dockerfile: one('dockerfile'),
        dockerfileFrom: 'context',
        target: one('target'),
        args:
          args?.kind === 'map'
            ? [...args.entries].map(([name, value]) => {
                const parent = parents.get(name);
                return [
                  name,
                  parent === undefined ? namedOf(value, variables, names) : { text: parent, value: parent },
                ] as const;
              })
            : [],
        aliases: [...named.keys()].filter((alias) => !isShared(alias)),
        tags: [
          ...writtenTags(values.get('tags'), variables, names),
          ...[...shared].flatMap(([alias, name]) =>
            name === target.name ? { text: alias, value: alias } : [],
          ),
          ...(called.has(target.name) ? [{ text: target.name, value: target.name }] : []),
        ],
        others: [
          ...(args?.kind === 'unknown' ? [`args = ${args.text}`] : []),
          ...[...named].flatMap(([alias, meant]) =>
            isShared(alias) || saidByArgument(values, parents, alias) ? [] : contextWords(alias, meant),
          ),
          ...(values.has('contexts') && values.get('contexts')?.kind !== 'map' ? ['contexts'] : []),
          ...['secret', 'ssh', 'network', 'matrix'].filter((key) => values.has(key)),
        ],
      } satisfies WrittenBuild,
    ];
  });
}

interface BakeFile {
  readonly targets: readonly Target[];
  readonly variables: Variables;
}

function readHcl(text: string): BakeFile | undefined {
  const blocks = parseHcl(text);
  if (blocks === undefined) return undefined;
  const functions = bakeFunctions(blocks);
  const targets = blocks.flatMap(({ type, labels: [name], line, values: written }) => {
    if (type !== 'target' || name === undefined) return [];
    const values = new Map([...written].map(([key, value]) => [key, withoutCalls(value, functions)]));
    return [{ name, line, values }];
  });
  const variables = new Map<string, string>();
  for (const { type, labels, values } of blocks) {
    const [name] = labels;
    const value = values.get('default');
    if (type !== 'variable' || name === undefined || value?.kind !== 'text') continue;
    const known = expanded(value.text, variables).value;
    if (known !== undefined) variables.set(name, known);
  }
  return { targets, variables };
}

function readJson(text: string): BakeFile | undefined {
  let whole: unknown;
  try {
    whole = JSON.parse(text);
  } catch {
    return undefined;
  }
  const lines = text.split('\n');
  const { target, variable } = record(whole);
  const targets = Object.entries(record(target)).map(([name, values]) => ({
    name,
    line: lines.findIndex((line) => line.includes(`${JSON.stringify(name)}:`)) + 1,
    values: new Map(Object.entries(record(values)).map(([key, value]) => [key, asHcl(value)])),
  }));
  const defaults = Object.entries(record(variable)).flatMap(([name, value]): [string, string][] => {
    const given = record(value)['default'];
    return given === undefined || given === null ? [] : [[name, scalar(given)]];
  });
  return { targets, variables: new Map(defaults) };
}

function asHcl(value: unknown): HclValue {
  if (Array.isArray(value)) return { kind: 'list', items: value.map(asHcl) };
  if (typeof value !== 'object' || value === null) return { kind: 'text', text: scalar(value) };
  return {
    kind: 'map',
    entries: new Map(Object.entries(value).map(([key, inner]) => [key, asHcl(inner)])),
  };
}

/** Own values over those that it inherits; arguments are put together one by one. */
function withInherited(
  target: Target,
  byName: ReadonlyMap<string, Target>,
  above: ReadonlySet<string>,
): ReadonlyMap<string, HclValue> {
  const result = new Map<string, HclValue>();
  const layers = texts(target.values.get('inherits')).flatMap((name) => {
    const parent = byName.get(name);
    return parent === undefined || above.has(name)
      ? []
      : [withInherited(parent, byName, new Set([...above, target.name]))];
  });
  for (const layer of [...layers, target.values]) {
    for (const [key, value] of layer) {
      const before = result.get(key);
      const isBoth = before?.kind === 'map' && value.kind === 'map';
      result.set(
        key,
        isBoth ? { kind: 'map', entries: new Map([...before.entries, ...value.entries]) } : value,
      );
    }
  }
  return result;
}

/** What a target calls other images or folders: `below` is `target:hub`. */
function contextsOf(value: HclValue | undefined): ReadonlyMap<string, string> {
  if (value?.kind !== 'map') return new Map();
  return new Map(
    [...value.entries].map(([name, each]) => [name, each.kind === 'text' ? each.text : `a ${each.kind}`]),
  );
}

/** A name that means another image for each target has no place in matrix.yaml; an argument of the Dockerfile has. */
function contextWords(alias: string, meant: string): string {
  const way = meant.startsWith('target:')
    ? `: that FROM ${alias} is another image in each build; where the Dockerfile says ARG BASE and FROM $BASE, \`args:\` can say which`
    : '';
  return `context ${alias}=${meant}${way}`;
}

/** The target that a context's text means, where the file has it. */
function targetOf(meant: string | undefined, byName: ReadonlyMap<string, Target>): string | undefined {
  const target = meant?.startsWith('target:') === true ? meant.slice('target:'.length) : undefined;
  return target !== undefined && byName.has(target) ? target : undefined;
}

/**
 * The target that a name means in some build of every Dockerfile that uses it, the one of most builds: its image may be
 * called so by others. Where one Dockerfile means something else by it, it is nobody's name.
 */
function sharedAliases(
  all: readonly ReadonlyMap<string, HclValue>[],
  byName: ReadonlyMap<string, Target>,
): ReadonlyMap<string, string> {
  const uses = all.flatMap((values) => {
    const of = ['context', 'dockerfile'].map((key) => JSON.stringify(values.get(key) ?? null)).join();
    return [...contextsOf(values.get('contexts'))].map(([alias, meant]) => ({ alias, meant, of }));
  });
  return new Map(
    [...Map.groupBy(uses, ({ alias }) => alias)].flatMap(([alias, own]): [string, string][] => {
      const dockerfiles = new Set(own.map(({ of }) => of)).size;
      const meanings = [...Map.groupBy(own, ({ meant }) => meant)]
        .filter(([, some]) => new Set(some.map(({ of }) => of)).size === dockerfiles)
        .toSorted(([, a], [, b]) => b.length - a.length);
      const target = targetOf(meanings[0]?.[0], byName);
      return target === undefined ? [] : [[alias, target]];
    }),
  );
}

function isSharedBy(shared: ReadonlyMap<string, string>, alias: string, meant: string | undefined): boolean {
  return shared.has(alias) && meant === `target:${shared.get(alias) ?? ''}`;
}

/** Of arguments whose value is a name that this build alone gives to another target, that target. */
function parentsInArguments(
  values: ReadonlyMap<string, HclValue>,
  shared: ReadonlyMap<string, string>,
  byName: ReadonlyMap<string, Target>,
): ReadonlyMap<string, string> {
  const args = values.get('args');
  if (args?.kind !== 'map') return new Map();
  const named = contextsOf(values.get('contexts'));
  return new Map(
    [...args.entries].flatMap(([name, value]): [string, string][] => {
      const alias = value.kind === 'text' ? value.text : '';
      const target = targetOf(named.get(alias), byName);
      return target === undefined || isSharedBy(shared, alias, named.get(alias)) ? [] : [[name, target]];
    }),
  );
}

/** True where an argument says it already. */
function saidByArgument(
  values: ReadonlyMap<string, HclValue>,
  parents: ReadonlyMap<string, string>,
  alias: string,
): boolean {
  const args = values.get('args');
  return (
    args?.kind === 'map' &&
    [...parents.keys()].some((name) => {
      const value = args.entries.get(name);
      return value?.kind === 'text' && value.text === alias;
    })
  );
}

/**
 * Some write as a variable's default what it is for. In a tag, which holds no blanks, such a variable comes to
 * nothing; and so it does in an argument that is one of these tags.
 */
function namesOfTargets(variables: Variables, targets: readonly Target[]): ReadonlyMap<string, string> {
  const plain = new Map([...variables].map(([name, value]) => [name, /\s/.test(value) ? '' : value]));
  const names = new Map<string, string>();
  for (const { values } of targets) {
    const tags = values.get('tags');
    for (const each of tags?.kind === 'list' ? tags.items : []) {
      const described = writtenOf(each, variables).value;
      const bare = writtenOf(each, plain).value;
      if (described !== undefined && bare !== undefined && /\s/.test(described)) names.set(described, bare);
    }
  }
  return names;
}

function namedOf(value: HclValue, variables: Variables, names: ReadonlyMap<string, string>): Written {
  const written = writtenOf(value, variables);
  const named = names.get(written.value ?? '');
  return named === undefined ? written : { text: written.text, value: named };
}

/** Tags that are written out. */
function writtenTags(
  value: HclValue | undefined,
  variables: Variables,
  names: ReadonlyMap<string, string>,
): readonly Written[] {
  const all = value?.kind === 'list' ? value.items.map((each) => namedOf(each, variables, names)) : [];
  return all.filter((each) => each.value !== undefined);
}

function texts(value: HclValue | undefined): readonly string[] {
  return value?.kind === 'list' ? value.items.flatMap((each) => (each.kind === 'text' ? each.text : [])) : [];
}

function writtenOf(value: HclValue, variables: Variables): Written {
  if (value.kind === 'text') return expanded(value.text, variables);
  return { text: value.kind === 'unknown' ? value.text : `a ${value.kind}`, value: undefined };
}

/** Of templates, the name of a variable alone is filled in. */
function expanded(text: string, variables: Variables): Written {
  return filled(text.replace(/\$(?!\{)/g, '$$$$'), variables);
}
