/** What prepull generates: valid before a cluster sees it, the same each time, pinned by digest, named within limits. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { digestOf } from '../../../../registry/digest.ts';
import { checkDaemonSet } from '../../../../src/ship/prepull/check-manifest.ts';
import { daemonSetOf } from '../../../../src/ship/prepull/daemon-set.ts';
import {
  chartValuesText,
  kustomizationText,
  listText,
  manifestsOf,
  streamText,
} from '../../../../src/ship/prepull/manifests.ts';
import { containerNames, poolLabel, setName } from '../../../../src/ship/prepull/names.ts';
import { inPullOrder, pullListOf } from '../../../../src/ship/prepull/pull-list.ts';
import { rolesOf } from '../../../../src/ship/prepull/role.ts';
import { poolOf, pullImage, pullList } from '../../../rig/pull-list.ts';
import { manifestProblems } from '../../../rig/kubernetes-types.ts';
import { releaseOf } from '../../../rig/release.ts';

const students = poolOf('students', {
  selector: { 'hub.jupyter.org/node-purpose': 'user' },
  tolerations: [{ key: 'hub.jupyter.org/dedicated', operator: 'Equal', value: 'user', effect: 'NoSchedule' }],
  namespace: 'hub',
  pullSecrets: ['registry'],
  serviceAccount: 'notebooks',
  stagger: 5,
});
const list = pullList(
  students,
  [pullImage('course-physics', ['base:100', 'physics:20']), pullImage('db', ['db:50'], { noop: [] })],
  '/bin/busybox',
);
const plain = { priorityClass: false, namespaces: false };

describe('a pool’s DaemonSet', () => {
  const set = daemonSetOf(list);
  const pod = set.spec.template.spec;

  test('has an init container for each image, by tag and digest, that does nothing', () => {
    expect(pod.initContainers?.map(({ name, image, command }) => [name, image, command?.join(' ')])).toEqual([
      [
        'program',
        `registry.example.org/hub/pause:2026-11-20@${digestOf('pause')}`,
        '/bin/busybox cp /bin/busybox /hubwright/true',
      ],
      [
        'course-physics',
        `registry.example.org/hub/course-physics:2026-11-20@${digestOf('course-physics')}`,
        '/bin/sh -c exit 0',
      ],
      ['db', `registry.example.org/hub/db:2026-11-20@${digestOf('db')}`, '/hubwright/true'],
    ]);
  });

  test('runs what was seen in each image, and what it brings along where nothing was seen or nobody looked', () => {
    const images = [
      pullImage('true', [], { noop: ['/usr/bin/true'] }),
      pullImage('old', [], { noop: undefined }),
      pullImage('bare', [], { noop: [] }),
    ];
    const commands = (program?: string) =>
      daemonSetOf(pullList(students, images, program))
        .spec.template.spec.initContainers?.filter(({ name }) => name !== 'program')
        .map(({ name, command, volumeMounts }) => [name, command?.join(' '), volumeMounts?.length ?? 0]);
    expect(commands('/bin/busybox')).toEqual([
      ['true', '/usr/bin/true', 0],
      ['old', '/hubwright/true', 1],
      ['bare', '/hubwright/true', 1],
    ]);
    expect(commands()?.slice(0, 2)).toEqual([
      ['true', '/usr/bin/true', 0],
      ['old', '/bin/sh -c exit 0', 0],
    ]);
  });

  test('is told of before it is made where an image has nothing to run and nothing is brought along', () => {
    const release = releaseOf('registry.example.org/hub', ['base', 'bare']);
    const [base, bare] = release.images;
    if (base === undefined || bare === undefined) throw new Error('the release has two images');
    const seen = { ...release, images: [base, { ...bare, verdict: { ...bare.verdict, noop: [] } }] };
    const foreign = `registry.example.org/pause:3@${digestOf('pause')}`;
    const pool = poolOf('all', { images: ['base', 'bare'] });
    const nothing = { mirrors: [], registry: undefined };
    const made = pullListOf(pool, { release: seen, set: nothing, pause: foreign });
    expect(made.ok ? [] : made.error.map(({ code, message }) => [code, message.split(' ')[0]])).toEqual([
      ['no-command', '`bare`'],
    ]);
    const own = { ...seen, images: [...seen.images, ...releaseOf(release.registry, ['pause']).images] };
    expect(pullListOf(pool, { release: own, set: nothing, pause: undefined }).ok).toBe(true);
  });

  test('goes where the pool says, with the user pods’ own secrets and account', () => {
    expect(set.metadata).toMatchObject({ name: 'prepull-students', namespace: 'hub' });
    expect(pod).toMatchObject({
      nodeSelector: students.selector,
      tolerations: students.tolerations,
      imagePullSecrets: [{ name: 'registry' }],
      serviceAccountName: 'notebooks',
      automountServiceAccountToken: false,
    });
    expect(set.spec.updateStrategy.rollingUpdate.maxUnavailable).toBe(5);
  });

  test('tells release, digests and bytes', () => {
    expect(set.metadata.annotations).toMatchObject({
      'hubwright/release': 'a-run',
      'hubwright/images': `course-physics@${digestOf('course-physics')}\ndb@${digestOf('db')}`,
      'hubwright/bytes': '170000000',
    });
  });

  test('without the images is the same but for them', () => {
    const pausing = daemonSetOf(list, 'pause');
    expect(pausing.spec.template.spec.initContainers).toBeUndefined();
    expect(pausing.spec.selector).toEqual(set.spec.selector);
    expect(pausing.spec.template.spec.containers).toEqual(pod.containers);
  });

  test('needs no program where every image has a shell, and asks for no volume', () => {
    const simple = daemonSetOf(pullList(students, [pullImage('base')], '/bin/busybox')).spec.template.spec;
    expect(simple.initContainers).toHaveLength(1);
    expect(simple.volumes).toBeUndefined();
  });

  test('a release with the same digests changes nothing that makes a node pull', () => {
    expect(daemonSetOf({ ...list, release: 'another-run' }).spec).toEqual(set.spec);
  });
});

describe('everything that is generated', () => {
  const names = fc.string({ minLength: 1, maxLength: 140, unit: fc.constantFrom(...'abz09.-_') });
  const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);

  test('is valid by Kubernetes’ own types and by what they miss', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(names, { minLength: 1, maxLength: 12 }),
        label,
        fc.boolean(),
        fc.boolean(),
        async (images, pool, shell, secrets) => {
          const made = daemonSetOf(
            pullList(
              poolOf(pool, secrets ? { pullSecrets: ['a'], stagger: 3, selector: { a: 'b' } } : {}),
              images.map((name) => pullImage('x', [], { name, noop: shell ? ['/bin/true'] : undefined })),
              '/bin/busybox',
            ),
          );
          expect(checkDaemonSet(made)).toEqual([]);
          expect(await manifestProblems(made)).toEqual([]);
        },
      ),
    );
  });

  test('whatever is made besides is valid too', async () => {
    const subject = { kind: 'ServiceAccount', name: 'ci', namespace: 'hub' } as const;
    const all = [
      ...manifestsOf([list], { priorityClass: true, namespaces: true }).map(({ object }) => object),
      daemonSetOf(list, 'pause'),
      ...rolesOf(['hub', 'other'], subject, true),
      ...rolesOf(['hub'], { kind: 'Group', name: 'staff' }, false),
    ];
    expect(new Set(all.map(({ kind }) => kind))).toEqual(
      new Set([
        'Namespace',
        'PriorityClass',
        'DaemonSet',
        'Role',
        'RoleBinding',
        'ClusterRole',
        'ClusterRoleBinding',
      ]),
    );
    for (const each of all) expect(await manifestProblems(each), each.kind).toEqual([]);
  });

  test('a field that nobody knows would be found however deep it lies', async () => {
    const text = JSON.stringify(daemonSetOf(list));
    const wrong = (from: string, to: string) => manifestProblems(JSON.parse(text.replace(from, to)));
    expect(await wrong('"drop":', '"drops":')).toEqual([
      'DaemonSet.spec.template.spec.containers.0.securityContext.capabilities has a field `drops` that nobody knows',
    ]);
    expect((await wrong('"effect":"NoSchedule"', '"effect":"Never"')).join()).toContain(
      'tolerations/0/effect',
    );
    expect((await wrong('"cpu":"1m"', '"cpu":{}')).join()).toContain('requests.cpu');
  });

  test('names are valid, at most 63 characters, and unique after shortening', () => {
    fc.assert(
      fc.property(fc.uniqueArray(names, { maxLength: 20 }), (images) => {
        const made = [...containerNames(images, ['pause', 'program']).values()];
        expect(new Set([...made, 'pause', 'program']).size).toBe(images.length + 2);
        for (const name of [...made, ...images.map(setName), ...images.map(poolLabel)])
          expect(name).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
      }),
    );
    const long = 'c'.repeat(80);
    expect(setName(`${long}1`)).not.toBe(setName(`${long}2`));
    expect(`${setName(long)}-abcde`.length).toBeLessThanOrEqual(63);
  });

  test('is the same each time', () => {
    const once = streamText(manifestsOf([list], { priorityClass: true, namespaces: true }));
    expect(streamText(manifestsOf([structuredClone(list)], { priorityClass: true, namespaces: true }))).toBe(
      once,
    );
    expect(once.split('---\n').map((text) => parse(text).kind)).toEqual([
      'Namespace',
      'PriorityClass',
      'DaemonSet',
    ]);
  });
});

describe('what Kubernetes’ schema misses is told', () => {
  const set = daemonSetOf(list);
  const withPod = (parts: object) =>
    checkDaemonSet({
      ...set,
      spec: {
        ...set.spec,
        template: { ...set.spec.template, spec: { ...set.spec.template.spec, ...parts } },
      },
    });

  test('an unknown field', () => {
    expect(withPod({ initcontainers: [] })).toEqual([
      'the pod has a field `initcontainers` that nobody knows',
    ]);
  });

  test('a restart policy that a DaemonSet cannot have', () => {
    expect(withPod({ restartPolicy: 'Never' })).toEqual([
      'a DaemonSet’s pods have no other restart policy than `Always`',
    ]);
  });

  test('a container’s name that is none, and an image without a digest', () => {
    const [container] = set.spec.template.spec.containers;
    expect(withPod({ containers: [{ ...container, name: 'a_b', image: 'x:latest' }] })).toEqual([
      '`a_b` is no name of a container',
      '`x:latest` is not pinned by a digest',
    ]);
  });

  test('a selector that its own pods do not have', () => {
    expect(
      checkDaemonSet({ ...set, spec: { ...set.spec, selector: { matchLabels: { app: 'other' } } } }),
    ).toEqual(['the selector wants `app: other`, which its own pods do not have']);
  });
});

describe('other forms', () => {
  test('a base of kustomize names each file', () => {
    expect(parse(kustomizationText(manifestsOf([list], plain))).resources).toEqual(['prepull-students.yaml']);
  });

  test('a JSON list', () => {
    expect(JSON.parse(listText(manifestsOf([list], plain))).items[0].kind).toBe('DaemonSet');
  });

  test('values for the chart’s own puller: the digest stands in the tag', () => {
    expect(parse(chartValuesText(list)).prePuller).toEqual({
      hook: { enabled: true },
      continuous: { enabled: true },
      extraTolerations: students.tolerations,
      extraImages: {
        'course-physics': {
          name: 'registry.example.org/hub/course-physics',
          tag: `2026-11-20@${digestOf('course-physics')}`,
        },
        db: { name: 'registry.example.org/hub/db', tag: `2026-11-20@${digestOf('db')}` },
      },
      pause: { image: { name: 'registry.example.org/hub/pause', tag: `2026-11-20@${digestOf('pause')}` } },
    });
  });
});

test('images are pulled the most shared first, then the larger', () => {
  const images = [
    pullImage('lone', ['lone:900']),
    pullImage('small', ['base:100', 'small:1']),
    pullImage('large', ['base:100', 'more:50', 'large:30']),
    pullImage('larger', ['base:100', 'more:50', 'larger:40'], { compressedBytes: 190e6 }),
  ];
  expect(inPullOrder(images).map(({ name }) => name)).toEqual(['larger', 'large', 'small', 'lone']);
  const sized = ['a:1', 'b:3', 'c:2'].map((each) =>
    pullImage(each, [], { compressedBytes: Number(each.slice(2)) }),
  );
  expect(inPullOrder(sized).map(({ name }) => name)).toEqual(['b:3', 'c:2', 'a:1']);
});
