/** Applying a pool and waiting for it, against an API server that lists, watches, forgets, refuses and goes away. */
import { describe, expect, test } from 'vitest';
import { kubernetesApi, type KubernetesApi } from '../../../../src/ship/kubernetes/api.ts';
import { applyPool, type ApplyOptions } from '../../../../src/ship/prepull/apply-pool.ts';
import { deletePool } from '../../../../src/ship/prepull/delete-pool.ts';
import type { PoolStatus } from '../../../../src/ship/prepull/judge.ts';
import { waitForPool, type WaitOptions } from '../../../../src/ship/prepull/wait-for-pool.ts';
import { FakeCluster } from '../../../rig/fake-cluster.ts';
import { poolOf, pullImage, pullList } from '../../../rig/pull-list.ts';

const place = { pool: 'p', namespace: 'default', selector: {} };
const list = pullList(poolOf('p'), [pullImage('base'), pullImage('course')]);
const all: WaitOptions = {
  quorum: { kind: 'share', percent: 100 },
  minNodes: 1,
  deadlineMs: 30_000,
  target: undefined,
};
const sets = '/apis/apps/v1/namespaces/default/daemonsets';
const pods = '/api/v1/namespaces/default/pods';
const never = new AbortController().signal;
const nothing: ApplyOptions = { priorityClass: false, namespaces: false, force: false, quietMs: 50 };

function apiOf(cluster: FakeCluster): KubernetesApi {
  return kubernetesApi(cluster.url, () => Promise.resolve({}), 5);
}

async function applied(cluster: FakeCluster): Promise<KubernetesApi> {
  const api = apiOf(cluster);
  expect(await applyPool(api, place, list, nothing, never)).toMatchObject({
    kind: 'applied',
    change: 'created',
  });
  return api;
}

/** Resolves at the first status that the condition holds for. */
function seen(condition: (status: PoolStatus) => boolean) {
  const { promise, resolve } = Promise.withResolvers<PoolStatus>();
  return { promise, onProgress: (status: PoolStatus) => void (condition(status) && resolve(status)) };
}

describe('applying a pool', () => {
  test('makes the pods first, and then gives them the images', async () => {
    await using cluster = await FakeCluster.start(['a', 'b']);
    await applied(cluster);
    const stages = cluster.applied.map(({ spec }) => JSON.stringify(spec).includes('initContainers'));
    expect(stages).toEqual([false, true]);
  });

  test('is done under our own name, takes nothing from others unasked, and is read strictly by the server', async () => {
    await using cluster = await FakeCluster.start(['a']);
    await applied(cluster);
    const query = { fieldManager: 'hubwright', force: 'false', fieldValidation: 'Strict' };
    expect(cluster.appliedWith).toEqual([query, query]);
  });

  test('again changes nothing, and needs no second stage', async () => {
    await using cluster = await FakeCluster.start(['a']);
    const api = await applied(cluster);
    const before = cluster.names('pods');
    expect(await applyPool(api, place, list, nothing, never)).toMatchObject({ change: 'unchanged' });
    expect(cluster.names('pods')).toEqual(before);
    expect(cluster.applied).toHaveLength(3);
  });

  test('goes on when a node’s pod does not come up', async () => {
    await using cluster = await FakeCluster.start(['a', 'b']);
    cluster.pulls.set('b', 'pulling');
    await applied(cluster);
    expect(cluster.applied).toHaveLength(2);
  });

  test('waits as long as a busy server asks for', async () => {
    await using cluster = await FakeCluster.start(['a']);
    const path = `${sets}/prepull-p`;
    cluster.faults.set(`PATCH ${path}`, [
      { status: 429, message: 'slow down', retryAfter: 0.01 },
      { status: 503, message: 'starting' },
    ]);
    await applied(cluster);
    expect(cluster.requests.filter((each) => each === `PATCH ${path}`)).toHaveLength(4);
  });

  test.each([
    [403, 'forbidden'],
    [409, 'conflict'],
    [401, 'unauthorized'],
  ])('that is answered %i is told as %s', async (status, kind) => {
    await using cluster = await FakeCluster.start(['a']);
    cluster.faults.set(`PATCH ${sets}/prepull-p`, [{ status, message: 'no' }]);
    const end = await applyPool(apiOf(cluster), place, list, nothing, never);
    expect(end).toMatchObject({
      kind: 'trouble',
      trouble: { kind, message: 'no' },
      doing: 'applying the DaemonSet default/prepull-p',
    });
  });
});

describe('waiting for a pool', () => {
  test('ends when every node has everything', async () => {
    await using cluster = await FakeCluster.start(['a', 'b', 'c']);
    const end = await waitForPool(await applied(cluster), place, all, never);
    expect(end).toMatchObject({
      kind: 'enough',
      status: { ready: 3, desired: 3, images: 2 },
      otherDigests: [],
    });
  });

  test('ends at its quorum, and names the others with their reasons', async () => {
    await using cluster = await FakeCluster.start(['a', 'b', 'c', 'd']);
    cluster.pulls.set('b', { reason: 'ErrImagePull', message: 'pull access denied: 401 Unauthorized' });
    const api = await applied(cluster);
    const end = await waitForPool(api, place, { ...all, quorum: { kind: 'share', percent: 75 } }, never);
    expect(end).toMatchObject({ kind: 'enough', status: { ready: 3, needed: 3 } });
    const missing =
      end.kind === 'enough' ? end.status.nodes.filter(({ state }) => state.kind !== 'ready') : [];
    expect(missing).toMatchObject([
      { node: 'b', state: { kind: 'failed', container: 'base', reason: { kind: 'login' } } },
    ]);
  });

  test('remembers why, when kubelet only says that it waits', async () => {
    await using cluster = await FakeCluster.start(['a']);
    cluster.pulls.set('a', { reason: 'ErrImagePull', message: 'manifest unknown' });
    const api = await applied(cluster);
    const failed = seen(({ nodes }) => nodes.some(({ state }) => state.kind === 'failed'));
    const backed = seen(({ nodes }) =>
      nodes.some(({ state }) => state.kind === 'failed' && state.said.startsWith('ImagePullBackOff')),
    );
    const ending = new AbortController();
    const onProgress = (status: PoolStatus): void => {
      failed.onProgress(status);
      backed.onProgress(status);
    };
    const waiting = waitForPool(api, place, { ...all, onProgress }, ending.signal);
    await failed.promise;
    cluster.setPull('a', { reason: 'ImagePullBackOff', message: 'Back-off pulling image' });
    const { nodes } = await backed.promise;
    expect(nodes[0]?.state).toMatchObject({ reason: { kind: 'not-found' } });
    ending.abort();
    expect(await waiting).toMatchObject({ kind: 'cancelled', status: { ready: 0 } });
  });

  test('says of a node that is away that it is away', async () => {
    await using cluster = await FakeCluster.start(['a', 'b']);
    cluster.pulls.set('b', 'pulling');
    const api = await applied(cluster);
    cluster.setNode('b', false);
    const away = seen(({ nodes }) => nodes.some(({ state }) => state.kind === 'not-ready'));
    const ending = new AbortController();
    const waiting = waitForPool(api, place, { ...all, onProgress: away.onProgress }, ending.signal);
    expect((await away.promise).nodes[1]?.state).toEqual({
      kind: 'not-ready',
      why: 'Kubelet stopped posting node status.',
    });
    ending.abort();
    await waiting;
  });

  test('tells of a node that is away and has no pod, and does not wait for it', async () => {
    await using cluster = await FakeCluster.start(['a']);
    cluster.setNode('b', false);
    const end = await waitForPool(await applied(cluster), place, all, never);
    expect(end).toMatchObject({
      kind: 'enough',
      status: {
        desired: 1,
        ready: 1,
        nodes: [
          { node: 'a', state: { kind: 'ready' } },
          { node: 'b', state: { kind: 'not-ready', why: 'Kubelet stopped posting node status.' } },
        ],
      },
    });
  });

  test('ends at the deadline with what is known', async () => {
    await using cluster = await FakeCluster.start(['a', 'b']);
    cluster.pulls.set('b', 'pulling');
    const api = await applied(cluster);
    const told = seen(({ ready }) => ready === 1);
    const end = await waitForPool(
      api,
      place,
      { ...all, deadlineMs: 3000, onProgress: told.onProgress },
      never,
    );
    expect(end).toMatchObject({ kind: 'deadline', status: { ready: 1, desired: 2 } });
  });

  test('asks for no list a second time while it follows', async () => {
    await using cluster = await FakeCluster.start(['a']);
    cluster.pulls.set('a', 'pulling');
    const api = await applied(cluster);
    cluster.requests.length = 0;
    const started = seen(() => true);
    const waiting = waitForPool(api, place, { ...all, onProgress: started.onProgress }, never);
    await started.promise;
    cluster.setPull('a', 'ready');
    expect(await waiting).toMatchObject({ kind: 'enough' });
    expect(cluster.requests.filter((each) => each === `GET ${pods}`)).toHaveLength(1);
  });

  test('goes on where it was when the server was away', async () => {
    await using cluster = await FakeCluster.start(['a']);
    cluster.pulls.set('a', 'pulling');
    const api = await applied(cluster);
    const started = seen(() => true);
    const away = Promise.withResolvers<void>();
    const back = Promise.withResolvers<void>();
    const waiting = waitForPool(
      api,
      place,
      {
        ...all,
        onProgress: started.onProgress,
        onAway: (message) => (message === undefined ? back : away).resolve(),
      },
      never,
    );
    await started.promise;
    await cluster.away();
    await away.promise;
    cluster.requests.length = 0;
    await cluster.back();
    cluster.setPull('a', 'ready');
    expect(await waiting).toMatchObject({ kind: 'enough' });
    expect(cluster.requests.every((each) => each.startsWith('WATCH'))).toBe(true);
  });

  test('lists anew where the server has forgotten the place', async () => {
    await using cluster = await FakeCluster.start(['a']);
    cluster.pulls.set('a', 'pulling');
    const api = await applied(cluster);
    const started = seen(() => true);
    const waiting = waitForPool(api, place, { ...all, onProgress: started.onProgress }, never);
    await started.promise;
    cluster.requests.length = 0;
    cluster.setPull('a', 'ready');
    cluster.forget();
    expect(await waiting).toMatchObject({ kind: 'enough' });
  });

  test('that is told of other images in between says so', async () => {
    await using cluster = await FakeCluster.start(['a']);
    cluster.pulls.set('a', 'pulling');
    const api = await applied(cluster);
    const started = seen(() => true);
    const target = `${list.images.map(({ repository, tag, digest }) => `${repository}:${tag}@${digest}`).join('\n')}`;
    const waiting = waitForPool(api, place, { ...all, target, onProgress: started.onProgress }, never);
    await started.promise;
    await applyPool(api, place, { ...list, release: 'newer', images: [pullImage('other')] }, nothing, never);
    expect(await waiting).toMatchObject({ kind: 'superseded', release: 'newer' });
  });

  test('needs no permission to read nodes, and says that it lacks it', async () => {
    await using cluster = await FakeCluster.start(['a']);
    const api = await applied(cluster);
    cluster.forbidden.add('GET /api/v1/nodes');
    const told = Promise.withResolvers<void>();
    cluster.setPull('a', 'pulling');
    const waiting = waitForPool(api, place, { ...all, onNoNodes: told.resolve }, never);
    await told.promise;
    cluster.setPull('a', 'ready');
    expect(await waiting).toMatchObject({ kind: 'enough' });
  });

  test('names what it may not read', async () => {
    await using cluster = await FakeCluster.start(['a']);
    const api = await applied(cluster);
    cluster.forbidden.add(`GET ${pods}`);
    expect(await waitForPool(api, place, all, never)).toMatchObject({
      kind: 'trouble',
      trouble: { kind: 'forbidden' },
      doing: 'watching pods in namespace default',
    });
  });

  test('for what was never applied ends at once', async () => {
    await using cluster = await FakeCluster.start(['a']);
    expect(await waitForPool(apiOf(cluster), place, all, never)).toEqual({ kind: 'absent' });
  });

  test('too few nodes are not enough, whatever they have', async () => {
    await using cluster = await FakeCluster.start(['a']);
    const api = await applied(cluster);
    const end = await waitForPool(api, place, { ...all, minNodes: 2, deadlineMs: 3000 }, never);
    expect(end).toMatchObject({ kind: 'deadline', status: { ready: 1, desired: 1, enough: false } });
  });

  test('leaves no watch behind', async () => {
    await using cluster = await FakeCluster.start(['a']);
    await waitForPool(await applied(cluster), place, all, never);
    await expect.poll(() => cluster.watches).toBe(0);
  });
});

describe('deleting a pool', () => {
  test('ends when its pods are gone', async () => {
    await using cluster = await FakeCluster.start(['a', 'b']);
    const api = await applied(cluster);
    expect(await deletePool(api, place, 30_000, never)).toEqual({ kind: 'deleted' });
    expect([...cluster.names('pods'), ...cluster.names('daemonsets')]).toEqual([]);
    expect(await deletePool(api, place, 30_000, never)).toEqual({ kind: 'absent' });
  });
});
