/** What `build list` shows in a terminal. */
import { expect, test } from 'vitest';
import { renderFamilyList, type FamilyDocument } from '../../../src/report/family-list.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const image = (
  name: string,
  parents: readonly string[],
  roots: readonly string[],
): FamilyDocument['images'][number] => ({
  name,
  definition: name,
  kind: 'singleuser',
  context: `images/${name}`,
  dockerfile: `images/${name}/Dockerfile`,
  axes: {},
  parents,
  roots,
});
const pinned = `quay.io/jupyter/base-notebook:2026-11@${digest}`;
const family: FamilyDocument = {
  version: 1,
  images: [
    image('scientific-computing', [], [pinned]),
    image('computational-physics-instructor', ['scientific-computing'], []),
  ],
  definitions: [{ name: 'x', images: [] }],
  groups: [
    {
      name: 'default',
      images: ['scientific-computing', 'computational-physics-instructor', 'a', 'b', 'c-d-e-f-g'],
    },
  ],
  roots: [
    { from: pinned, digest: null },
    { from: 'debian:13', digest: null },
  ],
  mirrors: [],
};

test('80 columns break no name, and lose nothing', () => {
  expect(renderFamilyList(family, { colour: false, width: 80 })).toBe(`image                             kind
scientific-computing              singleuser
  in images/scientific-computing
  stands on quay.io/jupyter/base-notebook:2026-11@sha256:0123456789ab…
computational-physics-instructor  singleuser
  in images/computational-physics-instructor
  stands on scientific-computing

group       images
default  5  scientific-computing, computational-physics-instructor, a, b,
            c-d-e-f-g

root
quay.io/jupyter/base-notebook:2026-11
  ${digest}
debian:13
  open

2 images of 1 definition.
`);
});

test('a root that is pinned where it is written shows that digest, in a pipe as well', () => {
  const text = renderFamilyList(family, { colour: false, width: 0 });
  expect(text).toContain(`quay.io/jupyter/base-notebook:2026-11  ${digest}\n`);
  expect(text).toContain('debian:13                              open\n');
  expect(text).toContain(`images/scientific-computing              ${pinned}\n`);
});
