/** Builds that a compose file describes: `build:` of each service, with the name that `image:` gives. Pure. */
import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import type { WrittenBuild } from './given-build.ts';
import { filled, type Variables, type Written } from './written-text.ts';

/** All builds; none where the file is no YAML. `variables`: those of the `.env` beside it. */
export function composeBuilds(
  text: string,
  file: string,
  folder: string,
  variables: Variables,
): readonly WrittenBuild[] {
  const counter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: counter,
    merge: true,
    logLevel: 'silent',
    uniqueKeys: false,
  });
  if (document.errors.length > 0) return [];
  const read = (value: unknown): Written | undefined =>
    value === undefined || value === null ? undefined : filled(scalar(value), variables);
  const services = record(record(document.toJS({ maxAliasCount: 1000 }))['services']);
  return Object.entries(services).flatMap(([name, service]) => {
    const { build, image } = record(service);
    if (build === undefined || build === null) return [];
    const line = lineOf(document, ['services', name, 'build'], counter);
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

/** The line of a key, or of the nearest above it that is written. */
export function lineOf(document: Document, keys: readonly (string | number)[], counter: LineCounter): number {
  for (let depth = keys.length; depth > 0; depth -= 1) {
    const parent = depth === 1 ? document.contents : document.getIn(keys.slice(0, depth - 1), true);
    const key = keys[depth - 1];
    const pair = isMap(parent)
      ? parent.items.find((each) => isScalar(each.key) && String(each.key.value) === key)
      : undefined;
    const node = pair === undefined ? document.getIn(keys.slice(0, depth), true) : pair.key;
    const range = (node as { readonly range?: readonly number[] } | undefined)?.range;
    if (range?.[0] !== undefined) return counter.linePos(range[0]).line;
  }
  return 1;
}

/** A map of YAML; empty for anything else. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** A scalar as text. */
export function scalar(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
