/** Builds that a chartpress.yaml describes: the images of each of its charts. Pure. */
import { list, readBuildYaml, record, scalar } from './build-yaml.ts';
import type { WrittenBuild } from './given-build.ts';
import type { Written } from './written-text.ts';

/** Options of `docker build` that say nothing of what comes out. */
const harmless = /^--(?:rm|force-rm|pull|no-cache|label|progress|quiet)\b/;

/** All builds; none where the file is no YAML. Paths start beside the file. */
export function chartpressBuilds(text: string, file: string, folder: string): readonly WrittenBuild[] {
  const yaml = readBuildYaml(text);
  return list(yaml?.root['charts']).flatMap((each, index) => {
    const chart = record(each);
    const prefix = scalar(chart['imagePrefix'] ?? '');
    return Object.entries(record(chart['images'])).map(([name, value]) => {
      const image = record(value);
      const context = scalar(image['contextPath'] ?? `images/${name}`);
      const options = list(image['extraBuildCommandOptions']);
      const { dockerfilePath } = image;
      return {
        place: `${file}:${yaml?.lineOf(['charts', index, 'images', name])}`,
        name,
        folder,
        context: { text: context, value: context },
        dockerfile: dockerfilePath === undefined ? undefined : templated(dockerfilePath),
        dockerfileFrom: 'folder',
        target: undefined,
        args: Object.entries(record(image['buildArgs'])).map(
          ([key, argument]) => [key, templated(argument)] as const,
        ),
        tags: [templated(image['imageName'] ?? `${prefix}${name}`)],
        others: options.map(scalar).filter((option) => !harmless.test(option)),
      } satisfies WrittenBuild;
    });
  });
}

/** Text in which `{TAG}` and `{LAST_COMMIT}` stand for what git says. */
function templated(value: unknown): Written {
  const text = scalar(value);
  return { text, value: text.includes('{') ? undefined : text };
}
