/** Values that share what they say through anchors, aliases and merges, read back as Helm would read them. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { digestOf } from '../../../registry/digest.ts';
import { editValues, type EditedValues } from '../../../src/ship/values/edit-values.ts';
import { parseValues } from '../../../src/ship/values/values-document.ts';
import { releaseOf } from '../../rig/release.ts';

const registry = 'registry.example.org/jupyter';
const names = ['base', 'hub'] as const;
const release = releaseOf(registry, names);

const kinds = [
  'tag',
  'reference',
  'map',
  'override',
  'image',
  'anchored image',
  'string',
  'image by alias',
  'merged image',
  'merged override',
  'override by alias',
  'tag elsewhere',
  'map elsewhere',
  'merged elsewhere',
] as const;

const statements = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    pick: fc.nat(5),
    repository: fc.constantFrom(`${registry}/base`, `${registry}/hub`, `${registry}/gone`, 'quay.io/other'),
    more: fc.constantFrom('pullPolicy: Always', `name: ${registry}/hub`, 'tag: "9"'),
  }),
  { minLength: 2, maxLength: 9 },
);

/** What only refers to an anchor that is not there yet is left out. */
const file = statements.map((all) => {
  const anchors = { t: 0, s: 0, m: 0, o: 0 };
  const fresh = (of: keyof typeof anchors): string => `&${of}${(anchors[of] += 1)}`;
  const known = (of: keyof typeof anchors, pick: number): string | undefined =>
    anchors[of] === 0 ? undefined : `*${of}${(pick % anchors[of]) + 1}`;
  const lines = all.flatMap(({ kind, pick, repository, more }, index): readonly string[] => {
    const tag = pick % 2 === 0 ? '"1"' : (known('t', pick) ?? '2');
    const text = pick % 2 === 0 ? `${repository}:1` : (known('s', pick) ?? `${repository}:2`);
    const [map, override, aTag] = [known('m', pick), known('o', pick), known('t', pick)];
    const key = `k${index}`;
    switch (kind) {
      case 'tag':
        return [`x-${index}: ${fresh('t')} "1"`];
      case 'reference':
        return [`x-${index}: ${fresh('s')} ${repository}:1`];
      case 'map':
        return [`x-${index}: ${fresh('m')} { name: ${repository}, tag: ${tag} }`];
      case 'override':
        return [`x-${index}: ${fresh('o')} { image: ${text}, cpu: 1 }`];
      case 'image':
        return [`${key}: { image: { name: ${repository}, tag: ${tag} } }`];
      case 'anchored image':
        return [`${key}: { image: ${fresh('m')} { name: ${repository}, tag: ${fresh('t')} "3" } }`];
      case 'string':
        return [`${key}: { image: ${text} }`];
      case 'image by alias':
        return only(map, `${key}: { image: ${map} }`);
      case 'merged image':
        return only(map, `${key}: { image: { <<: ${map}, ${more} } }`);
      case 'merged override':
        return only(override, `${key}: { override: { <<: ${override}, mem: 1 } }`);
      case 'override by alias':
        return only(override, `${key}: { override: ${override} }`);
      case 'tag elsewhere':
        return only(aTag, `${key}: { env: { VERSION: ${aTag} } }`);
      case 'map elsewhere':
        return only(map, `${key}: { about: ${map} }`);
      case 'merged elsewhere':
        return only(map, `${key}: { about: { <<: ${map}, more: 1 } }`);
      default:
        return kind satisfies never;
    }
  });
  return `${lines.join('\n')}\n`;
});

function only(alias: string | undefined, line: string): readonly string[] {
  return alias === undefined ? [] : [line];
}

function edit(text: string): EditedValues {
  const values = parseValues('values.yaml', text);
  if (!values.ok) throw new Error(values.error.map(({ message }) => message).join('\n'));
  return editValues(values.value, { release });
}

/** What a reader gets, by path; what is only referred to is not among it. */
function leaves(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const look = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) found.set(path, String(node));
    else for (const [key, value] of Object.entries(node)) look(value, path === '' ? key : `${path}.${key}`);
  };
  look(parse(text, { merge: true, maxAliasCount: -1 }), '');
  return new Map([...found].filter(([path]) => !path.startsWith('x-')));
}

/** Each image as a reference. */
function imagesIn(read: ReadonlyMap<string, string>): readonly string[] {
  return [...read].flatMap(([path, value]) => {
    if (path.endsWith('.image')) return [value];
    return path.endsWith('.image.name') ? [`${value}:${read.get(path.replace(/name$/, 'tag'))}`] : [];
  });
}

test('only our images change, each to its own digest, and what has to stay is told', () => {
  fc.assert(
    fc.property(file, (text) => {
      const { text: edited, problems } = edit(text);
      const [before, after] = [leaves(text), leaves(edited)];
      const changed = [...after].filter(([path, value]) => before.get(path) !== value).map(([path]) => path);
      expect(changed.filter((path) => !/\.image(?:\.name|\.tag)?$/.test(path))).toEqual([]);
      const isTold = problems.some(({ severity }) => severity === 'error');
      for (const image of imagesIn(after)) {
        const name = names.find((each) => image.startsWith(`${registry}/${each}:`));
        const digest = image.split('@')[1];
        if (digest === undefined) expect(name === undefined || isTold, image).toBe(true);
        else expect(digest, image).toBe(name && digestOf(name));
      }
      expect(edit(edited).changes).toEqual([]);
    }),
    { numRuns: 400 },
  );
});
