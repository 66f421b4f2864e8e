/**
 * Builds that the jobs of a GitLab pipeline make: `docker build` in their scripts. Variables of the file, of a job
 * and of its `parallel: matrix:` are filled in; what a server or an included file gives is not known. Pure.
 */
import { buildCommands } from './build-command.ts';
import { readBuildYaml, record, scalar, type YamlMap } from './build-yaml.ts';
import type { WrittenBuild } from './given-build.ts';
import { filled, type Variables } from './written-text.ts';

/** More combinations than a person writes down. */
const mostCombinations = 256;

/** All builds; none where the file is no YAML. Scripts start in the repository's root. */
export function gitlabBuilds(text: string, file: string): readonly WrittenBuild[] {
  const yaml = readBuildYaml(text);
  if (yaml === undefined) return [];
  const pipeline = yaml.root;
  const usual = { before_script: pipeline['before_script'], ...record(pipeline['default']) };
  return Object.keys(pipeline).flatMap((name) => {
    const job = withTemplates(name, pipeline, new Set());
    // A job whose name begins with a dot is one that others extend.
    if (name.startsWith('.') || job['script'] === undefined) return [];
    const line = yaml.lineOf([name, 'script']);
    const script = [job['before_script'] ?? usual['before_script'], job['script']].flatMap(linesOf);
    const known = variablesOf([pipeline['variables'], job['variables']], new Map([['CI_PROJECT_DIR', '.']]));
    return combinations(record(job['parallel'])['matrix']).flatMap((own) =>
      buildCommands({
        text: script.join('\n'),
        file,
        line,
        folder: '.',
        variables: variablesOf([Object.fromEntries(own)], known),
        isEnvironment: true,
      }).map((build) => ({ ...build, place: `${file}:${line}` })),
    );
  });
}

/** A job over those that it extends: keys replace, variables are put together one by one. */
function withTemplates(name: string, pipeline: YamlMap, above: ReadonlySet<string>): YamlMap {
  const own = record(pipeline[name]);
  if (above.has(name)) return {};
  const layers = [own['extends'] ?? []]
    .flat()
    .map((parent) => withTemplates(scalar(parent), pipeline, new Set([...above, name])));
  const variables = Object.assign({}, ...[...layers, own].map((layer) => record(layer['variables'])));
  return Object.assign({}, ...layers, own, { variables });
}

/** Lists of lists, as references to other jobs' scripts make them, are one. */
function linesOf(script: unknown): readonly string[] {
  if (Array.isArray(script)) return script.flatMap(linesOf);
  return typeof script === 'string' ? [script] : [];
}

/** Each over those before it; a value may name what is known by then. */
function variablesOf(levels: readonly unknown[], before: Variables): Variables {
  const known = new Map(before);
  for (const level of levels) {
    for (const [name, given] of Object.entries(record(level))) {
      const isDescribed = typeof given === 'object' && given !== null;
      const { value } = filled(scalar(isDescribed ? record(given)['value'] : given), known);
      if (value === undefined) known.delete(name);
      else known.set(name, value);
    }
  }
  return known;
}

/** The combinations of each entry of a matrix; one that knows nothing where there is none. */
function combinations(matrix: unknown): readonly Variables[] {
  if (!Array.isArray(matrix)) return [new Map()];
  const all = matrix.flatMap((entry) =>
    Object.entries(record(entry)).reduce<readonly Variables[]>(
      (some, [name, values]) =>
        some
          .flatMap((each) => [values].flat().map((value) => new Map([...each, [name, scalar(value)]])))
          .slice(0, mostCombinations + 1),
      [new Map()],
    ),
  );
  return all.length > mostCombinations ? [new Map()] : all;
}
