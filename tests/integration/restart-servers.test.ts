/** `build restart-servers` as a user runs it, before a hub that speaks JupyterHub's REST API. */
import path from 'node:path';
import { expect, test } from 'vitest';
import { BusyHub, type BusyServer } from '../rig/busy-hub.ts';
import { build } from '../rig/command.ts';
import { matrixFolder, type MatrixFolder } from '../rig/matrix-folder.ts';
import { releaseOf } from '../rig/release.ts';

const release = releaseOf('registry.example.org/j', ['base']);
const before = '2026-11-19T09:00:00.000000Z';
const after = '2026-11-21T09:00:00.000000Z';
const now = new Date().toISOString();
const image = release.images[0]?.reference ?? '';

const servers: readonly BusyServer[] = [
  { user: 'ada', started: before, lastActivity: before, images: [image] },
  { user: 'bob@example.org', started: before, lastActivity: before, images: [`${image.split('@')[0]}:old`] },
  { user: 'cyd', started: before, lastActivity: now, images: [image] },
  { user: 'dot', name: 'second', started: before, lastActivity: before, images: [image] },
  { user: 'eve', started: after, lastActivity: after, images: [image] },
];

function folderFor(hub: BusyHub): Promise<MatrixFolder> {
  return matrixFolder({
    'matrix.yaml': 'images: {}\n',
    'release.json': JSON.stringify(release),
    token: `${hub.token}\n`,
    kubeconfig: hub.kubeconfig,
  });
}

function restart(folder: MatrixFolder, hub: BusyHub, ...args: readonly string[]): ReturnType<typeof build> {
  return build(folder.directory, ['restart-servers', '--hub', hub.url, '--token-file', 'token', ...args]);
}

test('idle servers that are older than the release are stopped, page by page, named ones as well', async () => {
  await using hub = await BusyHub.start(servers);
  await using folder = await folderFor(hub);
  const shown = await restart(folder, hub, '--dry-run');
  expect(shown.exitCode, shown.stderr).toBe(0);
  expect(shown.stdout).toBe(
    [
      'stop  ada  it started before the release',
      'stop  bob@example.org  it started before the release',
      'keep  cyd  somebody works in it',
      'stop  dot/second  it started before the release',
      '5 servers: 3 to stop, 1 as released, 1 older and in use (`--all` stops them too)',
    ].join('\n'),
  );
  expect(hub.requests.filter((each) => each.startsWith('GET /hub/api/users'))).toHaveLength(3);
  expect(hub.running).toHaveLength(5);

  const unasked = await restart(folder, hub);
  expect(unasked.exitCode).toBe(2);
  expect(unasked.stderr).toContain('nobody can be asked here');
  expect(hub.running).toHaveLength(5);

  const stopped = await restart(folder, hub, '--yes');
  expect(stopped.exitCode, stopped.stderr).toBe(0);
  expect(hub.running).toEqual(['cyd', 'eve']);
  expect((await restart(folder, hub, '--yes', '--all')).exitCode).toBe(0);
  expect(hub.running).toEqual(['eve']);
});

test('where the cluster is asked, the pods’ digests decide', async () => {
  await using hub = await BusyHub.start(servers);
  await using folder = await folderFor(hub);
  const asked = ['--namespace', 'jupyter', '--kubeconfig', path.join(folder.directory, 'kubeconfig')];
  const { exitCode, stdout, stderr } = await restart(folder, hub, ...asked, '--yes', '--json');
  expect(exitCode, stderr).toBe(0);
  expect(hub.running).toEqual(['ada', 'cyd', 'dot/second', 'eve']);
  expect(JSON.parse(stdout)).toMatchObject([
    { user: 'ada', decision: 'current' },
    { user: 'bob@example.org', decision: 'stopped', why: 'it runs `registry.example.org/j/base:old`' },
    { user: 'cyd', decision: 'current' },
    { user: 'dot', server: 'second', decision: 'current' },
    { user: 'eve', decision: 'current' },
  ]);
  expect(hub.requests.filter((each) => each.includes('/pods'))).toHaveLength(3);
});

test('what the token lacks, and a hub that is not there, are told', async () => {
  await using hub = await BusyHub.start(servers, { mayDelete: false });
  await using folder = await folderFor(hub);
  const refused = await restart(folder, hub, '--yes');
  expect(refused.exitCode).toBe(3);
  expect(refused.stderr).toContain('it needs `delete:servers`');
  const elsewhere = ['restart-servers', '--hub', 'http://127.0.0.1:9', '--token-file', 'token'];
  const absent = await build(folder.directory, elsewhere);
  expect(absent.exitCode).toBe(3);
  expect(absent.stderr).toContain('the hub does not answer');
});
