/** Images that a hubploy.yaml has built: by docker where a Dockerfile is there, else by repo2docker. Pure. */
import { list, readBuildYaml, record, scalar } from './build-yaml.ts';
import type { WrittenBuild } from './given-build.ts';

/** All builds; none where the file is no YAML. Paths start beside the file, and are `image` where none is written. */
export function hubployBuilds(text: string, file: string, folder: string): readonly WrittenBuild[] {
  const yaml = readBuildYaml(text);
  if (yaml === undefined) return [];
  const images = record(yaml.root['images']);
  const several = list(images['images']).map(record);
  // The older form names one image alone.
  const one = images['image_name'];
  const all =
    several.length > 0
      ? several
      : one === undefined
        ? []
        : [{ name: one, path: images['image_config_path'] }];
  return all.map(({ name, path }, index) => {
    const context = scalar(path ?? 'image');
    const keys = several.length > 0 ? ['images', 'images', index] : ['images'];
    return {
      place: `${file}:${yaml.lineOf(keys)}`,
      folder,
      context: { text: context, value: context },
      dockerfile: undefined,
      dockerfileFrom: 'folder',
      target: undefined,
      args: [],
      tags: name === undefined ? [] : [{ text: scalar(name), value: scalar(name) }],
      others: [],
    };
  });
}
