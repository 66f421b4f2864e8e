/** `build prepull run|status|wait|delete|rbac` as a user runs them, against an API server that can refuse. */
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { build } from '../rig/command.ts';
import { FakeCluster } from '../rig/fake-cluster.ts';
import { matrixFolder, type MatrixFolder } from '../rig/matrix-folder.ts';
import { releaseOf } from '../rig/release.ts';

const matrix = `registry: registry.example.org/hub
images:
  base: { context: a, kind: singleuser }
  pause: { context: a, kind: custom }
pools:
  students: { images: [base] }
`;

async function folderFor(cluster: FakeCluster | undefined, names = ['base', 'pause']): Promise<MatrixFolder> {
  const folder = await matrixFolder({ 'matrix.yaml': matrix, 'a/Dockerfile': 'FROM scratch\n' });
  const release = JSON.stringify(releaseOf('registry.example.org/hub', names));
  await writeFile(path.join(folder.directory, 'release.json'), release);
  if (cluster !== undefined) await writeFile(path.join(folder.directory, 'kubeconfig'), cluster.kubeconfig);
  return folder;
}

const prepull = (folder: MatrixFolder, ...args: string[]) =>
  build(folder.directory, ['prepull', ...args, '--kubeconfig', 'kubeconfig']);

describe('a run', () => {
  test('ends with what the nodes have; status says so, and after delete nothing is left', async () => {
    await using cluster = await FakeCluster.start(['a', 'b', 'c']);
    await using folder = await folderFor(cluster);
    const run = await prepull(folder, 'run', '--quorum', '98%', '--deadline', '1m');
    expect(run).toMatchObject({ exitCode: 0 });
    expect(run.stdout).toContain('students  3 of 3 nodes have 1 image');
    expect(run.stderr).toContain('prepull-students created in namespace default');
    expect(await prepull(folder, 'status')).toMatchObject({ exitCode: 0 });
    expect((await prepull(folder, 'wait')).stdout).toContain('3 of 3 nodes');
    expect(await prepull(folder, 'delete')).toMatchObject({ exitCode: 0 });
    expect([...cluster.names('pods'), ...cluster.names('daemonsets')]).toEqual([]);
    expect((await prepull(folder, 'wait')).stderr).toContain('`build prepull apply` makes it');
  });

  test('that misses its deadline says of each node why, and what to do', async () => {
    await using cluster = await FakeCluster.start(['a', 'b']);
    await using folder = await folderFor(cluster);
    await prepull(folder, 'apply');
    cluster.setPull('b', { reason: 'ErrImagePull', message: 'unexpected status: 429 Too Many Requests' });
    const wait = await prepull(folder, 'wait', '--deadline', '5s');
    expect(wait).toMatchObject({ exitCode: 1 });
    expect(wait.stdout).toContain('1 of 2 nodes has 1 image');
    expect(wait.stdout).toContain('b: base: the registry answers too many requests (429)');
    expect(wait.stdout).toContain('`stagger:` of the pool');
  });

  test('as JSON tells estimate, progress and end, a line each', async () => {
    await using cluster = await FakeCluster.start(['a']);
    await using folder = await folderFor(cluster);
    const run = await prepull(folder, 'run', '--json');
    const events = run.stdout.split('\n').map((line) => JSON.parse(line));
    expect(new Set(events.map(({ kind }) => kind))).toEqual(
      new Set(['estimate', 'note', 'progress', 'finished']),
    );
    expect(events.at(-1)).toMatchObject({ pool: 'students', end: 'enough', ready: 1, missing: [] });
  });

  test('that is interrupted says what goes on by itself', async () => {
    await using cluster = await FakeCluster.start(['a']);
    await using folder = await folderFor(cluster);
    await prepull(folder, 'apply');
    cluster.setPull('a', 'pulling');
    const script = path.resolve(import.meta.dirname, '../../build.ts');
    const running = execa(process.execPath, [script, 'prepull', 'wait', '--kubeconfig', 'kubeconfig'], {
      cwd: folder.directory,
      reject: false,
    });
    if (running.stderr === null) throw new Error('it has no stderr');
    await once(running.stderr, 'data');
    running.kill('SIGINT');
    const { exitCode, stderr } = await running;
    expect(exitCode).toBe(130);
    expect(stderr).toContain('the nodes go on pulling by themselves');
  });
});

test('pools of a deployment’s values are applied, told of, waited for and taken out by the same option', async () => {
  await using cluster = await FakeCluster.start(['a', 'b']);
  await using folder = await folderFor(cluster);
  const values = 'singleuser: { image: { name: registry.example.org/hub/base }, nodeSelector: { a: b } }\n';
  await writeFile(path.join(folder.directory, 'values.yaml'), values);
  const [before = ''] = matrix.split('pools:');
  await writeFile(path.join(folder.directory, 'matrix.yaml'), before);
  const of = ['--values', 'values.yaml'];
  expect(await prepull(folder, 'run', ...of)).toMatchObject({ exitCode: 0 });
  expect(cluster.names('daemonsets')).toEqual(['prepull-b']);
  expect((await prepull(folder, 'status', ...of)).stdout).toContain('b  2 of 2 nodes have 1 image');
  expect(await prepull(folder, 'wait', ...of)).toMatchObject({ exitCode: 0 });
  expect(await prepull(folder, 'delete', ...of)).toMatchObject({ exitCode: 0 });
  expect(cluster.names('daemonsets')).toEqual([]);
  expect((await prepull(folder, 'status')).stderr).toContain('`--values FILE`');
});

test.each(['run', 'apply', 'wait', 'status', 'delete'])(
  '`%s` takes its pools from values or from the cluster, and asks nobody where both are named',
  async (command) => {
    await using cluster = await FakeCluster.start(['a']);
    await using folder = await folderFor(cluster);
    const both = await prepull(folder, command, '--values', 'values.yaml', '--from-cluster');
    expect(both).toMatchObject({ exitCode: 2, stdout: '' });
    expect(both.stderr).toContain('`--values` and `--from-cluster` each tell which pools there are');
    expect(both.stderr).toContain('help: name one');
    expect(cluster.requests).toEqual([]);
  },
);

test('pools found in the cluster are applied, and told of, waited for and taken out by what was applied', async () => {
  await using cluster = await FakeCluster.start([]);
  const labels = { 'hub.jupyter.org/node-purpose': 'user' };
  const taints = [{ key: 'hub.jupyter.org/dedicated', value: 'user', effect: 'NoSchedule' }];
  for (const name of ['a', 'b']) cluster.setNode(name, true, { labels, taints });
  await using folder = await folderFor(cluster);
  const [images = ''] = matrix.split('pools:');
  const write = (pools: string) =>
    writeFile(
      path.join(folder.directory, 'matrix.yaml'),
      `${images}  proxy: { context: a, kind: proxy }\n${pools}`,
    );
  await write('');
  const run = await prepull(folder, 'run', '--from-cluster');
  expect(run).toMatchObject({ exitCode: 0 });
  // Of the default group what users start: the proxy is not looked for.
  expect(run.stdout).toContain('user  2 of 2 nodes have 1 image');
  const applied = JSON.stringify(cluster.applied.at(-1));
  expect(applied).toContain(JSON.stringify({ nodeSelector: labels }).slice(1, -1));
  expect(applied).toContain('"key":"hub.jupyter.org/dedicated"');

  // Nodes are gone, and so is what matrix.yaml said; what was applied is there still.
  expect((await prepull(folder, 'status', '--from-cluster')).stdout).toContain('user  2 of 2 nodes');
  expect((await prepull(folder, 'wait', '--from-cluster', '--pool', 'user')).stdout).toContain(
    '2 of 2 nodes',
  );
  const unknown = await prepull(folder, 'status', '--from-cluster', '--pool', 'usr');
  expect(unknown.stderr).toContain('did you mean `user`?');
  expect(await prepull(folder, 'delete', '--from-cluster')).toMatchObject({ exitCode: 0 });
  expect(cluster.names('daemonsets')).toEqual([]);

  const status = await prepull(folder, 'status', '--from-cluster');
  expect(status).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('nothing is applied') });
  expect((await prepull(folder, 'wait', '--from-cluster')).exitCode).toBe(3);
  expect(await prepull(folder, 'delete', '--from-cluster')).toMatchObject({ exitCode: 0 });

  // A pool of matrix.yaml for these nodes takes the place of what is found.
  await write('pools: { mine: { images: [base] } }\n');
  expect(await prepull(folder, 'apply', '--from-cluster')).toMatchObject({ exitCode: 0 });
  expect(cluster.names('daemonsets')).toEqual(['prepull-mine']);
  cluster.forbidden.add('GET /api/v1/nodes');
  const refused = await prepull(folder, 'apply', '--from-cluster');
  expect(refused).toMatchObject({ exitCode: 3 });
  expect(refused.stderr).toContain('reading nodes is not allowed');
});

describe('pools from the cluster', () => {
  test('are a block for matrix.yaml, which `generate` takes', async () => {
    await using cluster = await FakeCluster.start([]);
    const about = {
      labels: { 'hub.jupyter.org/node-purpose': 'user' },
      taints: [{ key: 'hub.jupyter.org/dedicated', value: 'user', effect: 'NoSchedule' }],
      capacity: { 'ephemeral-storage': '97656250Ki' },
    };
    for (const name of ['a', 'b']) cluster.setNode(name, true, about);
    cluster.setNode('hub', true);
    await using folder = await folderFor(cluster);
    const found = await prepull(folder, 'generate', '--from-cluster');
    expect(found).toMatchObject({ exitCode: 0, stderr: '' });
    expect(found.stdout)
      .toBe(`# Found from the nodes of the cluster as they are now: a pool of which none is there is not among them.
# \`images\` is yours to choose: what the nodes shall have, as commands choose images.

pools:
  user:
    images: [ default ]
    selector: { hub.jupyter.org/node-purpose: user }
    tolerations:
      - { key: hub.jupyter.org/dedicated, operator: Equal, value: user, effect: NoSchedule }
    nodes: 2
    disk: 100GB`);
    const [before = ''] = matrix.split('pools:');
    await writeFile(path.join(folder.directory, 'matrix.yaml'), `${before}${found.stdout}\n`);
    const generated = await build(folder.directory, ['prepull', 'generate']);
    expect(generated).toMatchObject({ exitCode: 0 });
    expect(generated.stdout).toContain('name: prepull-user');
  });

  test('need nodes for users, the right to read them, and nothing that is said of manifests', async () => {
    await using cluster = await FakeCluster.start([]);
    cluster.setNode('a', true, { labels: { 'node-role.kubernetes.io/control-plane': '' } });
    await using folder = await folderFor(cluster);
    const none = await prepull(folder, 'generate', '--from-cluster');
    expect(none).toMatchObject({ exitCode: 3, stdout: '' });
    expect(none.stderr).toContain('has no node for users (it has 1 in all)');
    cluster.forbidden.add('GET /api/v1/nodes');
    const refused = await prepull(folder, 'generate', '--from-cluster');
    expect(refused).toMatchObject({ exitCode: 3 });
    expect(refused.stderr).toContain('reading nodes is not allowed');
    const both = await prepull(folder, 'generate', '--from-cluster', '--format', 'json');
    expect(both).toMatchObject({ exitCode: 2 });
    expect(await prepull(folder, 'generate')).toMatchObject({ exitCode: 2, stdout: '' });
  });
});

test('in a pod of the cluster its own account is enough, and its namespace is meant', async () => {
  await using folder = await folderFor(undefined);
  const at = (file: string): string => path.join(folder.directory, file);
  const options = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=api'];
  const files = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', at('api.key'), '-out', at('api.crt')];
  await execa('openssl', ['req', '-x509', ...options, ...files]);
  const [key, cert] = [await readFile(at('api.key'), 'utf8'), await readFile(at('api.crt'), 'utf8')];
  await using cluster = await FakeCluster.start(['a', 'b'], { key, cert });
  const script = `
    mount -t tmpfs none /run && account=/var/run/secrets/kubernetes.io/serviceaccount && mkdir -p $account
    printf pods-token > $account/token; printf default > $account/namespace; cp api.crt $account/ca.crt
    exec "$@"`;
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', path.resolve('build.ts')];
  const run = ['prepull', 'run', '--deadline', '1m'];
  const { exitCode, stdout, stderr } = await execa(
    'unshare',
    ['--mount', 'sh', '-ec', script, 'pod', ...command, ...run],
    {
      cwd: folder.directory,
      reject: false,
      extendEnv: false,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: folder.directory,
        KUBERNETES_SERVICE_HOST: '127.0.0.1',
        KUBERNETES_SERVICE_PORT: new URL(cluster.url).port,
      },
    },
  );
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toContain('2 of 2 nodes have 1 image');
  expect([...cluster.logins]).toEqual(['Bearer pods-token']);
});

describe('what is not there, or not allowed', () => {
  test('no kubeconfig, another context, and nobody who answers', async () => {
    await using cluster = await FakeCluster.start(['a']);
    await using folder = await folderFor(cluster);
    const missing = await build(folder.directory, ['prepull', 'run']);
    expect(missing).toMatchObject({ exitCode: 2 });
    expect(missing.stderr).toContain('there is no kubeconfig');
    const wrong = await prepull(folder, 'run', '--context', 'fale');
    expect(wrong).toMatchObject({ exitCode: 2 });
    expect(wrong.stderr).toContain('did you mean `fake`?');
    await writeFile(path.join(folder.directory, 'kubeconfig'), 'clusters: [');
    const broken = await prepull(folder, 'run');
    expect(broken).toMatchObject({ exitCode: 2 });
    expect(broken.stderr).toMatch(
      /^error\[no-kubeconfig\]: the kubeconfig `\S+\/kubeconfig` cannot be read: [^␊]+$/m,
    );
    await writeFile(path.join(folder.directory, 'kubeconfig'), cluster.kubeconfig);
    await cluster.away();
    const away = await prepull(folder, 'status');
    expect(away).toMatchObject({ exitCode: 3 });
    expect(away.stderr).toContain('does not answer');
  });

  test('a login that does not work is told as that, at once, and the server is not asked', async () => {
    await using cluster = await FakeCluster.start(['a']);
    await using folder = await folderFor(cluster);
    const login = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'sh',
      args: ['-c', 'echo run >> asked; echo "You are logged out." >&2; exit 1'],
      interactiveMode: 'Never',
    };
    const written = cluster.kubeconfig.replace('{"token":"secret-token"}', JSON.stringify({ exec: login }));
    await writeFile(path.join(folder.directory, 'kubeconfig'), written);
    const refused = await prepull(folder, 'run');
    expect(refused).toMatchObject({ exitCode: 3 });
    expect(refused.stderr).toMatch(
      /^error\[cluster-login\]: the kubeconfig's login for \S+ does not work: You are/,
    );
    expect(await readFile(path.join(folder.directory, 'asked'), 'utf8')).toBe('run\n');
    expect(cluster.requests).toEqual([]);
  });

  test('a permission that is missing is named, and so is the command that writes the Role', async () => {
    await using cluster = await FakeCluster.start(['a']);
    await using folder = await folderFor(cluster);
    cluster.forbidden.add('PATCH /apis/apps/v1/namespaces/default/daemonsets/prepull-students');
    const run = await prepull(folder, 'run');
    expect(run).toMatchObject({ exitCode: 3 });
    expect(run.stderr).toContain('applying the DaemonSet default/prepull-students is not allowed');
    expect(run.stderr).toContain('`build prepull rbac`');
    const roles = await build(folder.directory, ['prepull', 'rbac', '--service-account', 'hub/ci']);
    const documents = parseAllDocuments(roles.stdout).map((each) => each.toJS());
    expect(documents.map(({ kind }) => kind)).toEqual([
      'Role',
      'RoleBinding',
      'ClusterRole',
      'ClusterRoleBinding',
    ]);
    expect(documents[1].subjects).toEqual([{ kind: 'ServiceAccount', name: 'ci', namespace: 'hub' }]);
  });

  test('fields that somebody else manages are theirs, unless they are taken over', async () => {
    await using cluster = await FakeCluster.start(['a']);
    await using folder = await folderFor(cluster);
    const patch = 'PATCH /apis/apps/v1/namespaces/default/daemonsets/prepull-students';
    cluster.faults.set(patch, [{ status: 409, message: 'conflict with "argocd": .spec.template' }]);
    const run = await prepull(folder, 'run');
    expect(run).toMatchObject({ exitCode: 3 });
    expect(run.stderr).toContain('conflict with "argocd"');
    expect(run.stderr).toContain('--force-conflicts');
  });

  test('a release without an image is told before the cluster is asked', async () => {
    await using cluster = await FakeCluster.start(['a']);
    await using folder = await folderFor(cluster, ['pause']);
    const run = await prepull(folder, 'run');
    expect(run).toMatchObject({ exitCode: 2 });
    expect(run.stderr).toContain('the release has no image `base`');
    expect(cluster.requests).toEqual([]);
  });
});
