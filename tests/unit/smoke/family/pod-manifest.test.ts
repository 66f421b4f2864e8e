import { describe, expect, test } from 'vitest';
import { imitatePod, parseQuantity } from '../../../../src/smoke/family/pod-manifest.ts';

/** As KubeSpawner 7.1 writes it, shortened. */
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'jupyter-ada', labels: { app: 'jupyterhub' } },
  spec: {
    containers: [
      {
        name: 'notebook',
        image: 'course',
        args: ['jupyterhub-singleuser'],
        env: [{ name: 'JUPYTERHUB_USER', value: 'ada' }],
        ports: [{ containerPort: 8888, name: 'notebook-port' }],
        resources: { limits: { cpu: 1.0, memory: 1073741824 }, requests: { memory: '536870912' } },
        securityContext: { allowPrivilegeEscalation: false, runAsUser: 1001 },
        volumeMounts: [
          { mountPath: '/home/jovyan', name: 'home' },
          { mountPath: '/srv/exchange', name: 'exchange', readOnly: true },
        ],
      },
      { name: 'database', image: 'db', env: [], resources: { limits: { memory: '512Mi' } } },
    ],
    securityContext: { fsGroup: 100 },
    volumes: [
      { name: 'home', persistentVolumeClaim: { claimName: 'claim-ada' } },
      { name: 'exchange', nfs: { server: 'nfs', path: '/exchange' } },
    ],
  },
};

function withContainer(change: object): object {
  const [notebook, ...rest] = pod.spec.containers;
  return { ...pod, spec: { ...pod.spec, containers: [{ ...notebook, ...change }, ...rest] } };
}

describe('a pod of KubeSpawner’s as containers', () => {
  test('keeps the image’s ENTRYPOINT, and takes user, groups, limits and volumes over', () => {
    const imitated = imitatePod(pod);
    expect(imitated).toEqual({
      ok: true,
      value: {
        name: 'jupyter-ada',
        notebook: {
          name: 'notebook',
          spec: {
            image: 'course',
            cmd: ['jupyterhub-singleuser'],
            env: { JUPYTERHUB_USER: 'ada' },
            user: '1001',
            groupAdd: ['100'],
            securityOpt: ['no-new-privileges'],
            memory: 1024 ** 3,
            cpu: 1,
            shmSize: 64 * 1024 ** 2,
            pidsLimit: 4096,
          },
          mounts: [
            { source: { kind: 'claim', name: 'claim-ada' }, target: '/home/jovyan', readOnly: false },
            {
              source: { kind: 'nfs', server: 'nfs', path: '/exchange' },
              target: '/srv/exchange',
              readOnly: true,
            },
          ],
        },
        sidecars: [
          {
            name: 'database',
            spec: expect.objectContaining({ image: 'db', memory: 512 * 1024 ** 2, groupAdd: ['100'] }),
            mounts: [],
          },
        ],
      },
    });
  });

  test('a `command` replaces the ENTRYPOINT, as Kubernetes has it', () => {
    const imitated = imitatePod(withContainer({ command: ['tini'], args: undefined }));
    expect(imitated.ok && imitated.value.notebook.spec).toMatchObject({ entrypoint: ['tini'], cmd: [] });
  });

  test.each([
    [
      'an init container',
      { ...pod, spec: { ...pod.spec, initContainers: [{ name: 'x' }] } },
      /init containers/,
    ],
    [
      'a volume of another kind',
      { ...pod, spec: { ...pod.spec, volumes: [{ name: 'home', hostPath: { path: '/' } }] } },
      /volume home is of a kind/,
    ],
    [
      'a mount of nothing',
      withContainer({ volumeMounts: [{ mountPath: '/x', name: 'nowhere' }] }),
      /mounts nowhere/,
    ],
    ['something else', { kind: 'Service' }, /not a pod/],
    ['a name that could leave its path', { ...pod, metadata: { name: '../x' } }, /not a pod/],
  ])('refuses %s, and says so', (_, manifest, message) => {
    expect(imitatePod(manifest)).toEqual({ ok: false, error: expect.stringMatching(message) });
  });
});

test.each([
  ['1Gi', 1024 ** 3],
  ['500m', 0.5],
  ['1.5', 1.5],
  [2, 2],
  ['1G', 1e9],
  ['much', undefined],
] as const)('a quantity of %s is %s', (text, number) => {
  expect(parseQuantity(text)).toBe(number);
});
