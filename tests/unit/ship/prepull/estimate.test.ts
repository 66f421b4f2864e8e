/** What a release costs a node: shared layers once, what is there left out, against disk and time. */
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../../registry/digest.ts';
import { shortLayer } from '../../../../src/ship/prepull/daemon-set.ts';
import { estimatePool, judgeEstimate, nodesAtOnce } from '../../../../src/ship/prepull/estimate.ts';
import { told } from '../../../rig/matrix-folder.ts';
import { poolOf, pullImage, pullList } from '../../../rig/pull-list.ts';

const images = [pullImage('a', ['base:100', 'a:20']), pullImage('b', ['base:100', 'b:30'])];

describe('the estimate of a pool', () => {
  test('counts a shared layer once, the pause image too', () => {
    expect(estimatePool(pullList(poolOf('p'), images)).fetchBytes).toBe(151e6);
  });

  test('leaves out what the nodes have', () => {
    const present = new Set([shortLayer(digestOf('base'))]);
    const { fetchBytes, presentBytes } = estimatePool(pullList(poolOf('p'), images), { present });
    expect([fetchBytes, presentBytes]).toEqual([51e6, 100e6]);
  });

  test('takes what an image says of its unpacked size, and counts both forms on the disk', () => {
    const image = pullImage('a', ['base:100'], { unpackedBytes: 300e6 });
    const list = {
      ...pullList(poolOf('p'), [image]),
      pause: { ...pullImage('pause', [], { compressedBytes: 0 }), program: undefined },
    };
    expect(estimatePool(list).diskBytes).toBe(400e6);
  });

  test('takes as long as its waves', () => {
    const pool = poolOf('p', { nodes: 25, stagger: 10, bytesPerSecond: 151e6 });
    const { atOnce, nodeMs, totalMs } = estimatePool(pullList(pool, images));
    expect([atOnce, nodeMs, totalMs]).toEqual([10, 1000, 3000]);
  });

  test('says which images it had to count whole', () => {
    expect(
      estimatePool(pullList(poolOf('p'), [pullImage('a', [], { compressedBytes: 7 })])).countedWhole,
    ).toEqual(['a']);
  });

  test('more than kubelet leaves on the disk is a mistake, told at the pool', () => {
    const list = pullList(poolOf('p', { diskBytes: 600e6 }), images);
    expect(judgeEstimate(list, estimatePool(list)).map(told)).toEqual([
      'matrix.yaml:1:1 «» disk-too-small: the images of pool `p` need 0.5 GB on each node, and kubelet removes images above 85 % of its 0.6 GB (help: give the nodes a larger disk, or bring fewer images to this pool (`images:`))',
    ]);
    const fits = pullList(poolOf('p', { diskBytes: 700e6 }), images);
    expect(judgeEstimate(fits, estimatePool(fits))).toEqual([]);
  });
});

test.each([
  ['25%', 25, 7],
  ['1%', 10, 1],
  [5, 3, 3],
  [5, 25, 5],
])('%s of %i nodes are %i at once', (stagger, nodes, atOnce) => {
  expect(nodesAtOnce(stagger, nodes)).toBe(atOnce);
});
