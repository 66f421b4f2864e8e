import { describe, expect, test } from 'vitest';
import { findPools, readPoolNode, type PoolNode } from '../../../../src/ship/prepull/found-pools.ts';

const user = { 'hub.jupyter.org/node-purpose': 'user' };

function node(labels: Readonly<Record<string, string>>, more: Partial<PoolNode> = {}): PoolNode {
  return { labels, taints: [], diskBytes: 100e9, ...more };
}

const group = (name: string) => node({ ...user, 'eks.amazonaws.com/nodegroup': name });

describe('pools of a cluster', () => {
  test('are the nodes for users, with their taints, their number and the smallest disk', () => {
    const taints = [
      { key: 'hub.jupyter.org/dedicated', value: 'user', effect: 'NoSchedule' },
      { key: 'nvidia.com/gpu', effect: 'NoSchedule' },
      { key: 'cheap', value: 'yes', effect: 'PreferNoSchedule' },
      { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' },
      { key: 'DeletionCandidateOfClusterAutoscaler', value: '17', effect: 'NoSchedule' },
    ];
    const nodes = [
      node({ ...user, 'kubernetes.io/hostname': 'a' }, { diskBytes: 200e9 }),
      node(user, { taints, diskBytes: 90e9 }),
      node(user, { diskBytes: undefined }),
      node({ 'hub.jupyter.org/node-purpose': 'core' }),
      node({}),
    ];
    expect(findPools(nodes)).toEqual([
      {
        name: 'user',
        selector: user,
        tolerations: [
          { key: 'hub.jupyter.org/dedicated', operator: 'Equal', value: 'user', effect: 'NoSchedule' },
          { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
        ],
        nodes: 3,
        diskBytes: 90e9,
      },
    ]);
  });

  test('are as many as the provider has groups of such nodes, by names that a pool may have', () => {
    expect(
      findPools([group('Users.small'), group('gpu'), group('Users_small'), group('gpu')]).map(
        ({ name, selector, nodes }) => [name, selector['eks.amazonaws.com/nodegroup'], nodes],
      ),
    ).toEqual([
      ['users-small', 'Users.small', 1],
      ['users-small-2', 'Users_small', 1],
      ['gpu', 'gpu', 2],
    ]);
  });

  test('where no node is labelled for users are all but the control plane and those for the hub', () => {
    const nodes = [
      node({ 'node-role.kubernetes.io/control-plane': '' }),
      node({ 'hub.jupyter.org/node-purpose': 'core' }),
      node({ any: 'thing' }),
    ];
    expect(findPools(nodes)).toMatchObject([{ name: 'nodes', selector: {}, nodes: 1 }]);
    expect(findPools(nodes.slice(0, 2))).toEqual([]);
  });

  test('are one pool where only some of the nodes belong to a group: pools that overlap would pull twice', () => {
    const nodes = [node({ ...user, 'cloud.google.com/gke-nodepool': 'a' }), node(user)];
    expect(findPools(nodes)).toMatchObject([{ name: 'user', selector: user, nodes: 2 }]);
  });
});

test('a node tells its disk in Kubernetes’ units', () => {
  const status = { capacity: { 'ephemeral-storage': '97656250Ki' } };
  expect(readPoolNode({ metadata: { name: 'a' }, status })).toEqual(node({}));
  expect(readPoolNode({ kind: 'Status' })).toBeUndefined();
});
