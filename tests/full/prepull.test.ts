/**
 * Prepull on a real Kubernetes: API server, controllers and scheduler, with 25 nodes that kwok plays. Where the rig's
 * programs are absent this fails and says how to build them.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { build } from '../rig/command.ts';
import { KubernetesRig } from '../rig/kubernetes/control-plane.ts';
import { matrixFolder, type MatrixFolder } from '../rig/matrix-folder.ts';
import { releaseOf } from '../rig/release.ts';

const images = ['base', 'course-a', 'course-b', 'course-c', 'course-d', 'db'];
const matrix = `registry: registry.example.org/hub
images:
${[...images, 'missing', 'pause'].map((name) => `  ${name}: { context: a, kind: singleuser }`).join('\n')}
pools:
  students: { images: [${images.join(', ')}], selector: { simulated: "yes" }, stagger: 10 }
  broken: { images: [base, missing], selector: { simulated: "yes" }, stagger: 10 }
`;
const pods = '/api/v1/namespaces/default/pods';
const sets = '/apis/apps/v1/namespaces/default/daemonsets';

async function familyFolder(): Promise<MatrixFolder> {
  const folder = await matrixFolder({ 'matrix.yaml': matrix, 'a/Dockerfile': 'FROM scratch\n' });
  await writeRelease(folder, 'release-1');
  return folder;
}

/** Each run has digests of its own. */
async function writeRelease(folder: MatrixFolder, run: string, changed = ''): Promise<void> {
  const release = releaseOf('registry.example.org/hub', [...images, 'missing', 'pause']);
  const other = releaseOf('registry.example.org/hub', [`${changed}-anew`]).images[0];
  const all = release.images.map((image) => ({
    ...image,
    ...(image.name === changed && other !== undefined
      ? { digest: other.digest, reference: image.reference.replace(image.digest, other.digest) }
      : {}),
    size: { compressed: 683e6 },
  }));
  await writeFile(
    path.join(folder.directory, 'release.json'),
    JSON.stringify({ ...release, run, images: all }),
  );
}

describe('25 nodes', () => {
  let rig: KubernetesRig;
  let folder: MatrixFolder;
  const names = [...Array.from({ length: 23 }, (_, index) => `node-${index}`), 'slow-0', 'bad-0'];

  beforeAll(async () => {
    folder = await familyFolder();
    rig = await KubernetesRig.start(names);
  }, 400_000);
  afterAll(async () => {
    await rig?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });
  afterEach(async () => {
    await prepull('delete');
  });

  const prepull = (...args: string[]) =>
    build(folder.directory, ['prepull', ...args, '--kubeconfig', rig.kubeconfig]);

  test('a quorum is met although one node fails; the slow one is waited for, the other told with its reason', async () => {
    const run = await prepull('run', '--pool', 'students', '--quorum', '96%', '--deadline', '5m');
    expect(run).toMatchObject({ exitCode: 0 });
    expect(run.stdout).toContain('✓ students  24 of 25 nodes have 6 images (4.1 GB)');
    expect(run.stdout).toContain('✗ bad-0: base: the registry does not have it (404)');
  }, 400_000);

  test('at most so many nodes pull at once', async () => {
    await prepull('apply', '--pool', 'students');
    const set = JSON.stringify(await rig.ask('GET', `${sets}/prepull-students`));
    expect(set).toContain('"maxUnavailable":10');
    expect(set).toContain('"manager":"hubwright","operation":"Apply"');
  }, 400_000);

  test('a second apply makes no pod anew', async () => {
    await prepull('run', '--pool', 'students', '--quorum', '24');
    const before = await rig.names(pods);
    await writeRelease(folder, 'release-2');
    const again = await prepull('run', '--pool', 'students', '--quorum', '24');
    expect(again).toMatchObject({ exitCode: 0 });
    expect(again.stderr).toContain('prepull-students unchanged');
    expect(await rig.names(pods)).toEqual(before);
  }, 400_000);

  test('a deadline that is missed is told with what is missing, and the nodes go on', async () => {
    const run = await prepull('run', '--pool', 'broken', '--deadline', '20s');
    expect(run).toMatchObject({ exitCode: 1 });
    expect(run.stdout).toContain('0 of 25 nodes have 2 images');
    expect(run.stdout).toContain('the registry does not have it (404)');
    expect(run.stderr).toContain('the nodes go on pulling by themselves');
    expect(await rig.names(sets)).toEqual(['prepull-broken']);
  }, 400_000);

  test('a release that changes in the middle ends the wait for the older one', async () => {
    await prepull('run', '--pool', 'students', '--quorum', '24');
    await writeRelease(folder, 'release-3', 'db');
    // No quorum of 25 is ever met here: bad-0 fails.
    const first = prepull('run', '--pool', 'students', '--deadline', '5m');
    await rig.until('the first change', async () =>
      JSON.stringify(await rig.ask('GET', sets)).includes('release-3'),
    );
    await writeRelease(folder, 'release-4', 'base');
    const second = await prepull('run', '--pool', 'students', '--quorum', '24');
    expect(second).toMatchObject({ exitCode: 0 });
    const { exitCode, stderr } = await first;
    expect(exitCode).toBe(3);
    expect(stderr).toContain('was given other images meanwhile (release release-4)');
  }, 400_000);

  test('the API server goes away in the middle of a wait, and the wait goes on', async () => {
    const run = prepull('run', '--pool', 'students', '--quorum', '24', '--deadline', '5m');
    // Some nodes are done, and the slow one is not: the run waits by now.
    await rig.until('the first node', async () =>
      JSON.stringify(await rig.ask('GET', pods)).includes('"reason":"Completed"'),
    );
    await rig.stopServer();
    await rig.startServer();
    const { stdout, stderr } = await run;
    expect(stderr).toContain('the API server does not answer');
    expect(stderr).toContain('the API server answers again');
    expect(stdout).toContain('24 of 25 nodes have 6 images');
  }, 400_000);

  test('who may not is told which permission is missing, and has it after `rbac`', async () => {
    const nobody = await rig.writeConfig('nobody', 'nobody-token');
    const as = (...args: string[]) => build(folder.directory, ['prepull', ...args, '--kubeconfig', nobody]);
    const refused = await as('run', '--pool', 'students');
    expect(refused).toMatchObject({ exitCode: 3 });
    expect(refused.stderr).toContain('cannot get resource "daemonsets" in API group "apps"');
    const roles = await build(folder.directory, ['prepull', 'rbac', '--user', 'nobody']);
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    const apply = 'application/apply-patch+yaml';
    for (const text of roles.stdout.split('---\n')) {
      const kind = /^kind: (\w+)$/m.exec(text)?.[1] ?? '';
      const at = kind.startsWith('Cluster') ? rbac : `${rbac}/namespaces/default`;
      await rig.applyText(`${at}/${kind.toLowerCase()}s/hubwright-prepull?fieldManager=test`, text, apply);
    }
    expect(await as('run', '--pool', 'students', '--quorum', '24')).toMatchObject({ exitCode: 0 });
    expect(await as('delete', '--pool', 'students')).toMatchObject({ exitCode: 0 });
  }, 400_000);

  test('delete leaves nothing', async () => {
    await prepull('run', '--pool', 'students', '--quorum', '24', '--priority-class');
    expect(await rig.names('/apis/scheduling.k8s.io/v1/priorityclasses')).toContain('hubwright-prepull');
    expect(await prepull('delete')).toMatchObject({ exitCode: 0 });
    expect([...(await rig.names(pods)), ...(await rig.names(sets))]).toEqual([]);
    expect(await rig.names('/apis/scheduling.k8s.io/v1/priorityclasses')).not.toContain('hubwright-prepull');
    expect(await rig.names('/apis/apps/v1/namespaces/default/controllerrevisions')).toEqual([]);
  }, 400_000);

  test('a node that is away is told as not ready', async () => {
    await rig.makeSilentNode('silent-0');
    const run = await prepull('run', '--pool', 'students', '--quorum', '24', '--deadline', '5m');
    await rig.ask('DELETE', '/api/v1/nodes/silent-0');
    expect(run).toMatchObject({ exitCode: 0 });
    // The controller does not count it; who waits for it is told.
    expect(run.stdout).toContain('24 of 25 nodes have 6 images');
    expect(run.stdout).toContain('silent-0: the node is not ready: Kubelet stopped posting node status.');
  }, 400_000);
});

describe('1,000 nodes', () => {
  test('are followed by watches, in 200 MB', async () => {
    await using folder = await familyFolder();
    await using rig = await KubernetesRig.start(Array.from({ length: 1000 }, (_, index) => `node-${index}`));
    const script = path.resolve(import.meta.dirname, '../../build.ts');
    const args = [
      script,
      'prepull',
      'run',
      '--pool',
      'students',
      '--deadline',
      '9m',
      '--kubeconfig',
      rig.kubeconfig,
    ];
    await writeFile(
      path.join(folder.directory, 'matrix.yaml'),
      matrix.replaceAll('stagger: 10', 'stagger: 100%'),
    );
    const run = spawn(process.execPath, args, { cwd: folder.directory, stdio: ['ignore', 'pipe', 'ignore'] });
    let peak = 0;
    const timer = setInterval(
      () => void peakOf(run.pid).then((bytes) => (peak = Math.max(peak, bytes))),
      200,
    );
    let stdout = '';
    run.stdout.on('data', (chunk) => (stdout += String(chunk)));
    const [code] = await once(run, 'exit');
    clearInterval(timer);
    expect(stdout).toContain('1000 of 1000 nodes have 6 images');
    expect(code).toBe(0);
    expect(peak).toBeGreaterThan(30e6);
    expect(peak).toBeLessThan(200e6);
  }, 900_000);
});

/** The most memory that a process has had; 0 once it is gone. */
async function peakOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
