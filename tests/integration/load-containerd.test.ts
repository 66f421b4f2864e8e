/** `build load containerd` into a real containerd of its own, as root; Debian's comes along with its engine. */
import path from 'node:path';
import { execa } from 'execa';
import { expect, test, vi } from 'vitest';
import { temporaryFolder } from '../rig/temporary-folder.ts';
import { matrixOf, trivial, workspace } from '../rig/workspace.ts';

vi.setConfig({ testTimeout: 120_000 });

interface Containerd extends AsyncDisposable {
  readonly address: string;
  /** What its client answers, of the namespace that kubelets look in. */
  ask(...args: readonly string[]): Promise<string>;
}

/** It runs no container, so nothing of it outlives its process. */
async function startContainerd(): Promise<Containerd> {
  const folder = await temporaryFolder();
  const address = path.join(folder.path, 'containerd.sock');
  const config = `version = 2
root = "${folder.path}/root"
state = "${folder.path}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "${address}"
`;
  await folder.write('containerd.toml', config);
  const running = execa('containerd', ['--config', path.join(folder.path, 'containerd.toml')], {
    reject: false,
    stdio: 'ignore',
  });
  const ask = async (...args: readonly string[]): Promise<string> =>
    (await execa('ctr', ['--address', address, '--namespace', 'k8s.io', ...args])).stdout;
  await vi.waitFor(() => ask('version'), { timeout: 30_000, interval: 200 });
  return {
    address,
    ask,
    async [Symbol.asyncDispose]() {
      running.kill();
      await running;
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('what passed is there under the name that a pod asks for, and is the very image', async () => {
  await using containerd = await startContainerd();
  await using family = await workspace({ 'matrix.yaml': matrixOf(['a', 'b']), 'a/Dockerfile': trivial });
  await family.write('b/Dockerfile', `FROM ${family.prefix}a\nLABEL of=b\n`);
  expect((await family.build(['images', '--changed'])).exitCode).toBe(0);

  const loaded = await family.build(['load', 'containerd', '--address', containerd.address]);
  expect(loaded, loaded.stderr).toMatchObject({ exitCode: 0 });
  const names = ['a', 'b'].map((name) => `docker.io/library/${family.prefix}${name}:latest`);
  expect((await containerd.ask('images', 'ls', '--quiet')).split('\n')).toEqual(names);
  for (const name of names) {
    const [, local = ''] = /library\/(.*)$/.exec(name) ?? [];
    const { stdout: id } = await execa('docker', ['image', 'inspect', '--format', '{{.Id}}', local]);
    const [, line = ''] = (await containerd.ask('images', 'ls', `name==${name}`)).split('\n');
    const [, , digest = ''] = line.split(/ +/);
    const { config } = JSON.parse(await containerd.ask('content', 'get', digest)) as {
      config: { digest: string };
    };
    expect(config.digest).toBe(id);
  }
});

test('an address at which nobody listens is told', async () => {
  await using family = await workspace({ 'matrix.yaml': matrixOf(['a']), 'a/Dockerfile': trivial });
  expect((await family.build(['images', '--changed'])).exitCode).toBe(0);
  const socket = path.join(family.directory, 'absent.sock');
  const loaded = await family.build(['load', 'containerd', '--address', socket]);
  expect(loaded.exitCode).toBe(3);
  expect(loaded.stderr).toContain(socket);
});
