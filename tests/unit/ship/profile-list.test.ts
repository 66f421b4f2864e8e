import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Pool } from '../../../src/matrix/image-set.ts';
import { profileLists } from '../../../src/ship/values/profile-list.ts';
import { profileListsText } from '../../../src/ship/values/profile-text.ts';
import { imageOf, matrixSpan, setOf } from '../../rig/image-set.ts';
import { releasedTag, releaseOf } from '../../rig/release.ts';

const registry = 'registry.example.org/j';
const names = ['base', 'course-physics-student', 'course-physics-instructor', 'pytorch-cuda', 'hub'];
const pool: Pool = {
  name: 'gpu',
  images: ['pytorch-cuda'],
  selector: { 'example.org/gpu': 't4' },
  tolerations: [{ key: 'example.org/gpu', operator: 'Exists' }],
  nodes: undefined,
  diskBytes: undefined,
  bytesPerSecond: undefined,
  stagger: 1,
  namespace: undefined,
  pullSecrets: [],
  serviceAccount: undefined,
  priorityClass: undefined,
  span: matrixSpan,
};
const course = (role: string): ReturnType<typeof imageOf> =>
  imageOf(`course-physics-${role}`, {
    definition: 'course',
    kind: 'singleuser',
    axes: { course: 'physics', role },
    resources: { memory: 2 * 1024 ** 3, cpu: 1.5 },
  });
const set = setOf(
  [
    imageOf('base', { kind: 'singleuser', resources: { memory: 512 * 1024 ** 2 } }),
    course('student'),
    course('instructor'),
    imageOf('pytorch-cuda', { definition: 'pytorch', kind: 'pytorch', axes: { accelerator: 'cuda' } }),
    imageOf('new', { kind: 'singleuser' }),
    imageOf('hub', { kind: 'hub' }),
  ],
  { pools: [pool] },
);

test('each role has a list of its own images and of those that are for everybody', () => {
  const { lists, missing } = profileLists(set, releaseOf(registry, names));
  expect([...lists.keys()]).toEqual(['student', 'instructor']);
  expect(lists.get('instructor')?.map(({ slug }) => slug)).toEqual([
    'base',
    'course-physics-instructor',
    'pytorch-cuda',
  ]);
  expect(missing).toEqual(['new']);
  expect(lists.get('student')).toEqual([
    {
      display_name: 'Base',
      slug: 'base',
      default: true,
      kubespawner_override: {
        image: `${registry}/base:${releasedTag('base')}`,
        mem_limit: '512M',
        mem_guarantee: '512M',
      },
    },
    {
      display_name: 'Course physics',
      slug: 'course-physics-student',
      kubespawner_override: {
        image: `${registry}/course-physics-student:${releasedTag('course-physics-student')}`,
        mem_limit: '2G',
        mem_guarantee: '2G',
        cpu_limit: 1.5,
        environment: { COURSE: 'physics', ROLE: 'student' },
      },
    },
    {
      display_name: 'Pytorch cuda',
      slug: 'pytorch-cuda',
      description: 'With a GPU',
      kubespawner_override: {
        image: `${registry}/pytorch-cuda:${releasedTag('pytorch-cuda')}`,
        extra_resource_limits: { 'nvidia.com/gpu': '1' },
        node_selector: { 'example.org/gpu': 't4' },
        tolerations: [
          { key: 'example.org/gpu', operator: 'Exists' },
          { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
        ],
        environment: { ACCELERATOR: 'cuda' },
      },
    },
  ]);
});

test('as values, both lists and the hub’s choice among them', () => {
  const { lists } = profileLists(set, releaseOf(registry, names));
  const values: unknown = parse(profileListsText(lists));
  expect(values).toMatchObject({
    custom: { profileLists: { student: lists.get('student'), instructor: lists.get('instructor') } },
    hub: { extraConfig: { profiles: expect.stringContaining('c.KubeSpawner.profile_list') as string } },
  });
});

test('who is in no group gets the students’ list, whichever stands first', () => {
  const turned = setOf([course('instructor'), course('student')]);
  const { lists } = profileLists(turned, releaseOf(registry, names));
  expect([...lists.keys()]).toEqual(['instructor', 'student']);
  expect(profileListsText(lists)).toContain('return lists[roles[0] if roles else "student"]');
});
