/** Builds that a compose file describes: `build:` of each service, with the name that `image:` gives. Pure. */
import { readBuildYaml, record, scalar } from './build-yaml.ts';
import type { WrittenBuild } from './given-build.ts';
import { filled, type Variables, type Written } from './written-text.ts';

/** All builds; none where the file is no YAML. `variables`: those of the `.env` beside it. */
export function composeBuilds(
  text: string,
  file: string,
  folder: string,
  variables: Variables,
): readonly WrittenBuild[] {
  const yaml = readBuildYaml(text);
  if (yaml === undefined) return [];
  const read = (value: unknown): Written | undefined =>
    value === undefined || value === null ? undefined : filled(scalar(value), variables);
  const services = record(yaml.root['services']);
  return Object.entries(services).flatMap(([name, service]) => {
    const { build, image } = record(service);
    if (build === undefined || build === null) return [];
    const line = yaml.lineOf(['services', name, 'build']);
    const settings = typeof build === 'string' ? { context: build } : record(build);
    if (settings['dockerfile_inline'] !== undefined) return [];
    const tag = read(image);
    return [
      {
        place: `${file}:${line}`,
        name,
        folder,
        context: read(settings['context']),
        dockerfile: read(settings['dockerfile']),
        dockerfileFrom: 'context',
        target: read(settings['target']),
        args: composeArguments(settings['args'], read),
        aliases: Object.keys(record(settings['additional_contexts'])),
        tags: tag === undefined ? [] : [tag],
        others: ['additional_contexts', 'secrets', 'ssh', 'network', 'extra_hosts'].filter(
          (key) => settings[key] !== undefined,
        ),
      },
    ];
  });
}

/** A map, or a list of `NAME=value`; without a value the environment's. */
function composeArguments(
  args: unknown,
  read: (value: unknown) => Written | undefined,
): readonly (readonly [string, Written | undefined])[] {
  if (!Array.isArray(args)) return Object.entries(record(args)).map(([name, value]) => [name, read(value)]);
  return args.map((each) => {
    const text = scalar(each);
    const at = text.indexOf('=');
    return at < 0 ? [text, undefined] : [text.slice(0, at), read(text.slice(at + 1))];
  });
}
