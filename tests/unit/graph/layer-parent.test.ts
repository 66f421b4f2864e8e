import { expect, test } from 'vitest';
import { layerParent } from '../../../src/graph/layer-parent.ts';
import { graphOf } from '../../rig/image-set.ts';

test.each([
  ['FROM', 'FROM base', 'base'],
  ['an argument', 'ARG B=base\nFROM ${B}', 'base'],
  ['a stage in between', 'FROM base AS first\nRUN x\nFROM first', 'base'],
  ['the later of two stages with one name', 'FROM x:1 AS a\nFROM base AS a\nFROM a', 'base'],
  ['a stage that is called like its image', 'FROM base AS base\nFROM base', 'base'],
  ['what is only copied from', 'FROM x:1\nCOPY --from=base / /', undefined],
  ['a stage that is only copied from', 'FROM base AS a\nFROM x:1\nCOPY --from=a / /', undefined],
  ['no layers at all', 'FROM scratch\nCOPY --from=base / /', undefined],
])('%s', (_name, dockerfile, parent) => {
  const { graph } = graphOf({ base: 'FROM root:1', child: dockerfile });
  const node = graph.nodes.get('child');
  expect(node && layerParent(node)).toBe(parent);
});

test('the target stage counts, not the last', () => {
  const dockerfiles = { base: 'FROM root:1', child: 'FROM base AS wanted\nFROM x:1 AS other\n' };
  const node = graphOf(dockerfiles, { child: { target: 'wanted' } }).graph.nodes.get('child');
  expect(node && layerParent(node)).toBe('base');
});
