/** Values files that nobody thought of: whatever else is in them and however it is written, images alone change. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { editValues } from '../../../src/ship/values/edit-values.ts';
import { parseValues } from '../../../src/ship/values/values-document.ts';
import { releasedTag, releaseOf } from '../../rig/release.ts';
import { changedScalars } from '../../rig/values.ts';

const registry = 'registry.example.org/jupyter';
const names = ['base', 'hub', 'db'];
const release = releaseOf(registry, names);

/** Lines of YAML, how many of its scalars a release would change, and how many it can only tell of. */
interface Block {
  readonly lines: readonly string[];
  readonly stale: number;
  readonly told?: number;
}

const quote = fc.constantFrom<(text: string) => string>(
  (text) => text,
  (text) => `"${text}"`,
  (text) => `'${text}'`,
);
const tail = fc.constantFrom('', '', '  ', ' # a remark: with a colon', '\t', ' #');
const between = fc.constantFrom<readonly string[]>([], [], [''], ['# alone'], ['   ', '#tabs\there']);
const plainValue = fc.constantFrom(
  'true',
  '1.10',
  '~',
  '"a \\" # b"',
  "'it''s'",
  'x: y'.replace(': ', ':'),
  '[1, {a: b}]',
  '{}',
  '&ANCHOR v',
  `${registry}/base:1`,
);

const reference = fc
  .record({
    name: fc.constantFrom(...names),
    tag: fc.constantFrom(':1', ':latest', '', '@sha256:' + '0'.repeat(64), ':2026@sha256:' + 'a'.repeat(64)),
  })
  .map(({ name, tag }) => ({ name, text: `${registry}/${name}${tag}` }));

const foreign = fc.constantFrom(
  'quay.io/jupyter/base:1',
  'base:1',
  '{value}',
  'postgres',
  `${registry}x/base`,
);

const stringImage: fc.Arbitrary<Block> = fc
  .tuple(
    fc.oneof(
      reference,
      foreign.map((text) => ({ name: undefined, text })),
    ),
    quote,
    tail,
  )
  .map(([{ name, text }, quoted, end]) => ({
    // Braces begin a map where they are not quoted.
    lines: [`image: ${text.startsWith('{') ? `"${text}"` : quoted(text)}${end}`],
    stale: name === undefined ? 0 : 1,
  }));

const pairImage: fc.Arbitrary<Block> = fc
  .record({
    name: fc.constantFrom(...names),
    ours: fc.boolean(),
    tag: fc.constantFrom('1', '2026.11', 'v1', 'current'),
    quoted: quote,
    order: fc.boolean(),
    flow: fc.boolean(),
    end: tail,
  })
  .map(({ name, ours, tag, quoted, order, flow, end }) => {
    const value = tag === 'current' ? releasedTag(name) : tag;
    const pair = [
      `name: ${quoted(`${ours ? registry : 'quay.io/jupyter'}/${name}`)}`,
      `tag: ${quoted(value)}`,
    ];
    const entries = [...(order ? pair : pair.toReversed()), 'pullPolicy: Always'];
    const lines = flow
      ? [`image: { ${entries.join(', ')} }${end}`]
      : ['image:', ...entries.map((each) => `  ${each}${end}`)];
    return { lines, stale: ours && tag !== 'current' ? 1 : 0 };
  });

const leaf: fc.Arbitrary<Block> = fc.tuple(plainValue, tail).map(([value, end]) => ({
  lines: [`KEY: ${value}${end}`],
  stale: 0,
  told: value.startsWith(registry) ? 1 : 0,
}));

const script: fc.Arbitrary<Block> = fc.constant({
  lines: [
    'KEY: |',
    `  image: ${registry}/base:1`,
    '',
    `    # image: ${registry}/base:1`,
    '    # not YAML: {{',
  ],
  stale: 0,
  told: 1,
});

const { block } = fc.letrec<{ block: Block }>((tie) => ({
  block: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    stringImage,
    pairImage,
    script,
    fc
      .tuple(fc.array(fc.tuple(between, tie('block')), { minLength: 1, maxLength: 4 }), fc.boolean())
      .map(nested),
  ),
}));

function nested([children, isList]: [(readonly [readonly string[], Block])[], boolean]): Block {
  // A map has each key once: two images would be one too many.
  let hasImage = false;
  const kept = children.filter(([, { lines }]) => {
    const isImage = lines[0]?.startsWith('image:') === true;
    const keep = isList || !isImage || !hasImage;
    hasImage ||= isImage;
    return keep;
  });
  const lines = kept.flatMap(([gap, child]) =>
    isList
      ? [...gap, ...child.lines.map((line, at) => (at === 0 ? `  - ${line}` : indented(line, 4)))]
      : [...gap, ...child.lines.map((line) => indented(line, 2))],
  );
  const sum = (of: (block: Block) => number): number => kept.reduce((all, [, child]) => all + of(child), 0);
  return { lines: ['KEY:', ...lines], stale: sum(({ stale }) => stale), told: sum(({ told = 0 }) => told) };
}

function indented(line: string, by: number): string {
  return line === '' ? '' : ' '.repeat(by) + line;
}

const file = fc
  .record({
    top: fc.array(block, { minLength: 1, maxLength: 4 }),
    wrapped: fc.boolean(),
    lineEnd: fc.constantFrom('\n', '\r\n'),
    mark: fc.constantFrom('', '\uFEFF'),
    last: fc.boolean(),
  })
  .map(({ top, wrapped, lineEnd, mark, last }) => {
    const whole = nested([top.map((each) => [[], each] as const), false]);
    const lines = wrapped
      ? ['jupyterhub:', ...whole.lines.slice(1)]
      : whole.lines.slice(1).map((line) => line.slice(2));
    let count = 0;
    const text = lines
      .join(lineEnd)
      .replace(/\b(?:KEY|ANCHOR)\b/g, (word) => `${word === 'KEY' ? 'key' : 'anchor'}${(count += 1)}`);
    return { text: `${mark}${text}${last ? lineEnd : ''}`, stale: whole.stale, told: whole.told };
  });

test('of random values files only image scalars change, all that are stale, and once; the others are told', () => {
  fc.assert(
    fc.property(file, ({ text, stale, told }) => {
      const values = parseValues('values.yaml', text);
      if (!values.ok) throw new Error(values.error.map(({ message }) => message).join('\n'));
      const edited = editValues(values.value, { release });
      expect(edited.changes).toHaveLength(stale);
      expect(changedScalars(text, edited.text)).toHaveLength(stale);
      expect(edited.problems.filter(({ severity }) => severity === 'error')).toHaveLength(told ?? 0);
      const again = parseValues('values.yaml', edited.text);
      expect(again.ok && editValues(again.value, { release }).changes).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
