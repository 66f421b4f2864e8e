/** Where users' pods run and with what, as a deployment's own values say it. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { poolsOfValues, withExplicit } from '../../../../src/ship/prepull/values-pools.ts';
import { noValuesSettings } from '../../../../src/ship/values/match-release.ts';
import { parseValues } from '../../../../src/ship/values/values-document.ts';
import { poolOf } from '../../../rig/pull-list.ts';
import { releaseOf } from '../../../rig/release.ts';

const registry = 'registry.example.org/hub';
const release = releaseOf(registry, ['base', 'physics', 'pytorch', 'db']);
const set = { images: [], mirrors: [], registry: undefined, values: noValuesSettings };
const dedicated = ['hub.jupyter.org/dedicated', 'hub.jupyter.org_dedicated'].map((key) => ({
  key,
  operator: 'Equal',
  value: 'user',
  effect: 'NoSchedule',
}));

function find(...texts: readonly string[]) {
  const files = texts.map((text, index) => {
    const parsed = parseValues(`values-${index}.yaml`, text);
    if (!parsed.ok) throw new Error(parsed.error[0]?.message);
    return parsed.value;
  });
  return poolsOfValues(files, release, set);
}

function poolsIn(...texts: readonly string[]) {
  const found = find(...texts);
  if (!found.ok) throw new Error(found.error[0]?.message);
  return found.value.pools;
}

const affinity = (operator: string) => `
scheduling: { userPods: { tolerations: [], nodeAffinity: { matchNodePurpose: require } } }
singleuser:
  image: { name: ${registry}/base, tag: "1" }
  extraNodeAffinity:
    required: [{ matchExpressions: [{ key: zone, operator: ${operator}, values: [a] }] }]
`;

describe('pools from the values of a deployment', () => {
  test('without profiles are one: where the chart starts its pods, with their taints and secrets', () => {
    const [pool, ...others] = poolsIn(`
imagePullSecret: { create: true }
imagePullSecrets: [{ name: registry }]
singleuser:
  image: { name: ${registry}/base, tag: "1", pullSecrets: [mine] }
  nodeSelector: { hub.jupyter.org/node-purpose: user }
  extraTolerations: [{ key: course, operator: Exists }]
  serviceAccountName: notebooks
  extraContainers: [{ name: db, image: "${registry}/db:1" }]
`);
    expect(others).toEqual([]);
    expect(pool).toMatchObject({
      name: 'user',
      images: ['base', 'db'],
      selector: { 'hub.jupyter.org/node-purpose': 'user' },
      tolerations: [...dedicated, { key: 'course', operator: 'Exists' }],
      pullSecrets: ['image-pull-secret', 'registry', 'mine'],
      serviceAccount: 'notebooks',
    });
  });

  test('know what KubeSpawner called `image` before', () => {
    const pools = poolsIn(`
singleuser:
  image: { name: ${registry}/base, tag: "1" }
  nodeSelector: { purpose: user }
  profileList: [{ display_name: A, kubespawner_override: { image_spec: "${registry}/physics:1" } }]
`);
    expect(pools.map(({ images }) => images)).toEqual([['physics']]);
  });

  test('are one for each kind of nodes that profiles ask for, with the images that start there alone', () => {
    const pools = poolsIn(`
singleuser:
  image: { name: ${registry}/base, tag: "1" }
  nodeSelector: { purpose: user }
  profileList:
    - display_name: Base
    - display_name: Physics
      kubespawner_override: { image: "${registry}/physics:1" }
    - display_name: GPU
      slug: gpu
      kubespawner_override:
        image: ${registry}/pytorch:1
        node_selector: { accelerator: tesla-t4 }
        tolerations: [{ key: nvidia.com/gpu, operator: Exists, effect: NoSchedule }]
        image_pull_secrets: [{ name: gpu }]
`);
    expect(pools.map(({ name, images, selector }) => [name, images, selector])).toEqual([
      ['tesla-t4-user', ['pytorch'], { purpose: 'user', accelerator: 'tesla-t4' }],
      ['user', ['base', 'physics'], { purpose: 'user' }],
    ]);
    const [gpu] = pools;
    // KubeSpawner puts a profile's list in the place of the chart's; a puller may tolerate more than its users.
    expect(gpu?.tolerations).toEqual([
      ...dedicated,
      { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
    ]);
    expect(gpu?.pullSecrets).toEqual(['gpu']);
  });

  test('hold every image of one choice on the nodes of every other', () => {
    const pools = poolsIn(`
jupyterhub:
  singleuser:
    profileList:
      - display_name: Choose
        profile_options:
          image:
            choices:
              physics: { kubespawner_override: { image: "${registry}/physics:1" } }
              base: { kubespawner_override: { image: "${registry}/base:1" } }
          memory:
            choices:
              small: { kubespawner_override: { node_selector: { size: r5.xlarge }, mem_limit: 1 } }
              same: { kubespawner_override: { node_selector: { size: r5.xlarge }, mem_limit: 2 } }
              large: { kubespawner_override: { node_selector: { size: r5.4xlarge } } }
`);
    expect(pools.map(({ name, images }) => [name, images])).toEqual([
      ['r5-4xlarge', ['physics', 'base']],
      ['r5-xlarge', ['physics', 'base']],
    ]);
  });

  test('take a node affinity that labels can say, and tell of another', () => {
    const [pool] = poolsIn(affinity('In'));
    expect(pool?.selector).toEqual({ 'hub.jupyter.org/node-purpose': 'user', zone: 'a' });
    expect(pool?.tolerations).toEqual([]);
    const other = find(affinity('NotIn'));
    expect(other.ok && other.value.warnings.map(({ code }) => code)).toEqual(['node-affinity']);
  });

  test('are of all files together: of two that say the same the later counts, and null takes away', () => {
    const common = `
base: &base { name: ${registry}/base, tag: "1" }
basehub:
  jupyterhub:
    singleuser:
      nodeSelector: { a: b, c: d }
      image: { <<: *base, tag: "2" }
`;
    const own = 'jupyterhub: { singleuser: { nodeSelector: { a: null, e: f } } }';
    expect(poolsIn(common, own).map(({ images, selector }) => [images, selector])).toEqual([
      [['base'], { c: 'd', e: 'f' }],
    ]);
  });

  test('without an image of ours are none; what is not ours is told', () => {
    const foreign = 'singleuser: { image: { name: other.example.org/x, tag: "1" } }';
    const none = find(foreign);
    expect(none.ok ? [] : none.error.map(({ code }) => code)).toEqual(['no-pool']);
    const some = find(foreign, `singleuser: { extraContainers: [{ image: "${registry}/db" }] }`);
    expect(some.ok && some.value.warnings[0]?.message).toContain('`other.example.org/x:1`');
    const wrong = find('singleuser: { nodeSelector: [a] }');
    expect(wrong.ok ? '' : wrong.error[0]?.message).toContain('`singleuser.nodeSelector`');
  });

  test('give way to those of matrix.yaml, by name and by their nodes', () => {
    const found = [poolOf('a', { selector: { a: '1' } }), poolOf('b', { selector: { b: '1' } }), poolOf('c')];
    const explicit = [poolOf('a', { selector: { x: '1' } }), poolOf('mine', { selector: { b: '1' } })];
    expect(withExplicit(explicit, found).map(({ name }) => name)).toEqual(['a', 'mine', 'c']);
  });
});

const folder = process.env['HUBWRIGHT_VALUES_FOLDER'];
const names = folder === undefined ? [] : readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));

/** Values of hubs that really run; CI says where they lie. None of their images is ours, and nothing else is wrong. */
test.each(names.toSorted())('%s is understood', (name) => {
  const found = find(readFileSync(path.join(folder ?? '', name), 'utf8'));
  expect(found.ok ? [] : found.error.map(({ code, message }) => [code, message])).toEqual([
    ['no-pool', expect.any(String)],
  ]);
});
