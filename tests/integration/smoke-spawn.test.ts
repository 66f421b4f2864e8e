/** `build smoke --spawn` on hubs with a fault each: where it stops, what it says, and that it leaves nothing running. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test, vi } from 'vitest';
import { build, type Answer } from '../rig/command.ts';
import { FakeHub } from '../rig/fake-hub.ts';
import { freePort } from '../rig/free-port.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';

vi.setConfig({ testTimeout: 180_000 });

const stopping = 'DELETE /jupyter/hub/api/users/probe/server';

interface Probed extends Answer {
  readonly steps: readonly string[];
}

/** Probes with the token in a file; the steps as `spawn: fail`. */
async function probe(url: string, token: string, ...more: readonly string[]): Promise<Probed> {
  await using folder = await temporaryFolder();
  const file = path.join(folder.path, 'token');
  await writeFile(file, `${token}\n`);
  const answer = await build(folder.path, ['smoke', '--spawn', url, '--token-file', file, '--json', ...more]);
  // Our own document, from our own process.
  const { steps = [] } = JSON.parse(answer.stdout || '{}') as { steps?: { id: string; result: string }[] };
  return { ...answer, steps: steps.map(({ id, result }) => `${id}: ${result}`) };
}

test('a refused token fails at the token, and nothing is started', async () => {
  await using hub = await FakeHub.start('token');
  const { exitCode, steps } = await probe(hub.url, hub.token);
  expect([exitCode, steps.slice(0, 3)]).toEqual([1, ['hub: pass', 'token: fail', 'spawn: not-run']]);
  expect(hub.requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
});

test('a server that runs already fails the start, and is left alone', async () => {
  await using hub = await FakeHub.start('running');
  const { exitCode, steps, stdout } = await probe(hub.url, hub.token);
  expect([exitCode, steps[2]]).toEqual([1, 'spawn: fail']);
  expect(stdout).toContain('an account of its own');
  expect(hub.requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
});

test('a failed start tells what the hub said', async () => {
  await using hub = await FakeHub.start('start');
  const { exitCode, steps, stdout } = await probe(hub.url, hub.token);
  expect([exitCode, steps[2], steps[6]]).toEqual([1, 'spawn: fail', 'stop: not-run']);
  expect(stdout).toContain('no such image');
});

test('a start that does not end fails at its time-out, and is taken back', async () => {
  await using hub = await FakeHub.start('pending');
  const { exitCode, steps, stdout } = await probe(hub.url, hub.token, '--timeout', '2s');
  expect([exitCode, steps[2]]).toEqual([1, 'spawn: fail']);
  expect(stdout).toContain('not ready within 2 s');
  expect([hub.requests.at(-1), hub.busy]).toEqual([stopping, false]);
});

test('what answers in the server’s place is no server; the server is stopped all the same', async () => {
  await using hub = await FakeHub.start('impostor');
  const { exitCode, steps } = await probe(hub.url, hub.token);
  expect(exitCode).toBe(1);
  expect(steps).toEqual([
    'hub: pass',
    'token: pass',
    'spawn: pass',
    'server: fail',
    'kernel: not-run',
    'lab: not-run',
    'stop: pass',
  ]);
  expect(hub.busy).toBe(false);
});

test('nobody there is 3; what is no hub’s address, or no token, is 2', async () => {
  const nowhere = await probe(`http://127.0.0.1:${await freePort()}`, 'secret-token');
  expect([nowhere.exitCode, nowhere.stderr]).toEqual([3, expect.stringContaining('connection refused')]);
  expect((await probe('hub.example.org', 'secret-token')).exitCode).toBe(2);
  expect((await probe('http://127.0.0.1:1', '')).exitCode).toBe(2);
  expect((await probe('http://127.0.0.1:1', 'two words')).exitCode).toBe(2);
});

test('the token stands in no output', async () => {
  await using hub = await FakeHub.start('impostor');
  for (const token of [hub.token, 'some-wrong-token']) {
    const { stdout, stderr } = await probe(hub.url, token);
    expect(stdout + stderr).not.toContain(token);
  }
});

test('Ctrl-C takes back a start under way', async () => {
  await using hub = await FakeHub.start('pending');
  await using folder = await temporaryFolder();
  await writeFile(path.join(folder.path, 'token'), hub.token);
  const script = path.resolve(import.meta.dirname, '../../build.ts');
  const args = [script, 'smoke', '--spawn', hub.url, '--token-file', 'token'];
  const running = execa(process.execPath, args, { cwd: folder.path, reject: false });
  await vi.waitFor(() => expect(hub.requests.at(-1)).toContain('/progress'), { timeout: 30_000 });
  running.kill('SIGINT');
  expect((await running).exitCode).toBe(130);
  expect([hub.requests.at(-1), hub.busy]).toEqual([stopping, false]);
});
