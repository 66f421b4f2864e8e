import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectDocker } from '../../src/engine/docker/docker-engine.ts';
import type { ContainerSpec } from '../../src/engine/container.ts';
import { engineRig, errorOf, patience, stores, valueOf } from '../rig/engine.ts';
import type { EngineRig } from '../rig/engine.ts';

describe.each(stores)('containers on the %s store', (store) => {
  let rig: EngineRig;
  beforeAll(async () => {
    rig = await engineRig(store);
  });
  afterAll(() => rig?.[Symbol.asyncDispose]());

  function spec(script: string, more: Partial<ContainerSpec> = {}): ContainerSpec {
    return {
      image: rig.root,
      cmd: ['/bin/sh', '-c', script],
      env: {},
      labels: rig.labels,
      mounts: [],
      ...more,
    };
  }

  async function started(script: string, more: Partial<ContainerSpec> = {}): Promise<string> {
    const id = valueOf(await rig.engine.createContainer(spec(script, more), patience()));
    valueOf(await rig.engine.startContainer(id, patience()));
    return id;
  }

  test('info tells the kind of store', async () => {
    const info = valueOf(await rig.engine.info(patience()));
    expect(info.store).toBe(store);
    expect(info.cpus).toBeGreaterThan(0);
    expect(info.memoryBytes).toBeGreaterThan(1e8);
    expect(info.dataRoot).toMatch(/^\//);
    expect(['amd64', 'arm64']).toContain(info.architecture);
  });

  test('a container that ends gives its exit code and both its streams', async () => {
    const id = await started('echo out; echo err >&2; exit 7');
    expect(valueOf(await rig.engine.waitContainer(id, patience()))).toBe(7);
    const state = valueOf(await rig.engine.inspectContainer(id, patience()));
    expect(state).toMatchObject({ status: 'exited', exitCode: 7, outOfMemory: false, pid: 0, addresses: {} });
    const logs = valueOf(await rig.engine.logs(id, 10, 1000, patience()));
    expect(logs.split('\n').toSorted()).toEqual(['', 'err', 'out']);
  });

  test('stopping sends SIGTERM and waits for the end', async () => {
    const id = await started('trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done');
    await expect
      .poll(async () => rig.engine.logs(id, 1, 100, patience()))
      .toMatchObject({ value: 'ready\n' });
    valueOf(await rig.engine.stopContainer(id, 10, patience()));
    expect(valueOf(await rig.engine.inspectContainer(id, patience())).exitCode).toBe(9);
  });

  test('stopping kills what ignores SIGTERM', async () => {
    const id = await started('trap "" TERM; while :; do sleep 0.05; done');
    valueOf(await rig.engine.stopContainer(id, 1, patience()));
    expect(valueOf(await rig.engine.inspectContainer(id, patience())).exitCode).toBe(137);
  });

  test('logs keep the last bytes of a flood, within bounds', async () => {
    const id = await started('yes 0123456789012345678901234567890123456789 | head -n 200000; echo the end');
    valueOf(await rig.engine.waitContainer(id, patience()));
    const logs = valueOf(await rig.engine.logs(id, 1_000_000, 1000, patience()));
    expect(Buffer.byteLength(logs)).toBeLessThanOrEqual(1000);
    expect(logs.endsWith('the end\n')).toBe(true);
    expect(valueOf(await rig.engine.logs(id, 2, 1000, patience())).split('\n')).toHaveLength(3);
  });

  test('a command inside gives code, streams and environment', async () => {
    const id = await started('while :; do sleep 0.1; done', { env: { FROM_SPEC: 'a b' } });
    const run = valueOf(
      await rig.engine.exec(
        id,
        ['/bin/sh', '-c', 'echo "$FROM_SPEC|$FROM_EXEC|$(id -u)"; echo trouble >&2; exit 3'],
        { user: '1000', env: { FROM_EXEC: 'ü' } },
        patience(),
      ),
    );
    expect(run).toEqual({ exitCode: 3, stdout: 'a b|ü|1000\n', stderr: 'trouble\n' });
    const flood = valueOf(await rig.engine.exec(id, ['/bin/seq', '100000'], { maxBytes: 10 }, patience()));
    expect(flood).toEqual({ exitCode: 0, stdout: '1\n2\n3\n4\n5\n', stderr: '' });
  });

  test('files are read out, links followed, and limits held', async () => {
    const id = await started('while :; do sleep 0.1; done');
    valueOf(
      await rig.engine.exec(
        id,
        [
          '/bin/sh',
          '-c',
          'echo one > /tmp/a; /bin/busybox ln -s a /tmp/b; /bin/busybox ln -s /tmp/b /data/c',
        ],
        {},
        patience(),
      ),
    );
    expect(valueOf(await rig.engine.readFile(id, '/data/c', 100, patience())).toString()).toBe('one\n');
    expect(errorOf(await rig.engine.readFile(id, '/data/c', 3, patience())).kind).toBe('failed');
    expect(errorOf(await rig.engine.readFile(id, '/data/none', 3, patience())).kind).toBe('not-found');
    expect(errorOf(await rig.engine.readFile(id, '/data', 3, patience())).message).toContain('directory');
    expect(valueOf(await rig.engine.fileMode(id, '/bin/busybox', patience())) & 0o777).toBe(0o755);
    expect(valueOf(await rig.engine.fileMode(id, '/data/c', patience())) & 0o111).toBe(0);
    expect(errorOf(await rig.engine.fileMode(id, '/data', patience())).message).toContain('directory');
  });

  test('a folder is listed and given away before the container runs, in a volume as well', async () => {
    const volume = `${rig.name}-folder`;
    valueOf(await rig.engine.createVolume(volume, rig.labels, patience()));
    const mounts = [{ kind: 'volume', volume, target: '/data/home', noCopy: true }] as const;
    const script = "stat -c '%u %g %a' /data/home; stat -c '%u' /data/own";
    const id = valueOf(await rig.engine.createContainer(spec(script, { mounts }), patience()));
    const owner = { uid: 0, gid: 100, mode: 0o2775 };
    valueOf(await rig.engine.ownFolder(id, '/data/home', owner, patience()));
    valueOf(await rig.engine.ownFolder(id, '/data/own', { uid: 1000, gid: 0, mode: 0o755 }, patience()));
    valueOf(await rig.engine.startContainer(id, patience()));
    valueOf(await rig.engine.waitContainer(id, patience()));
    expect(valueOf(await rig.engine.logs(id, 9, 999, patience()))).toBe('0 100 2775\n1000\n');
    const listed = valueOf(await rig.engine.listFolder(id, '/data', 1e6, patience()));
    expect(listed).toContainEqual({ path: 'seed', kind: 'file' });
    expect(listed).toContainEqual({ path: 'own', kind: 'directory' });
    expect(errorOf(await rig.engine.listFolder(id, '/none', 1e6, patience())).kind).toBe('not-found');
    valueOf(await rig.engine.removeContainer(id, patience()));
    valueOf(await rig.engine.removeVolume(volume, patience()));
  });

  test('a folder behind a link is the one that is listed and given away', async () => {
    const id = await started('mkdir /data/far && touch /data/far/seen && ln -s far /data/near');
    valueOf(await rig.engine.waitContainer(id, patience()));
    const owner = { uid: 0, gid: 100, mode: 0o2775 };
    valueOf(await rig.engine.ownFolder(id, '/data/near', owner, patience()));
    const listed = valueOf(await rig.engine.listFolder(id, '/data', 1e6, patience()));
    expect(listed).toContainEqual({ path: 'near', kind: 'other' });
    const near = valueOf(await rig.engine.listFolder(id, '/data/near', 1e6, patience()));
    expect(near).toEqual([{ path: 'seen', kind: 'file' }]);
    valueOf(await rig.engine.removeContainer(id, patience()));
  });

  test('a server in this process is reached from an internal network by its gateway', async () => {
    const network = valueOf(
      await rig.engine.createNetwork(rig.name, { internal: true, labels: rig.labels }, patience()),
    );
    const server = createServer((_request, response) => response.end('from the test'));
    await new Promise<void>((resolve) => server.listen(0, network.gateway, () => resolve()));
    const { port } = server.address() as AddressInfo; // an address, since it listens on TCP
    const id = await started('while :; do sleep 0.1; done', {
      network: rig.name,
      networkAliases: ['itself'],
      extraHosts: [`the-hub:${network.gateway}`],
    });
    const state = valueOf(await rig.engine.inspectContainer(id, patience()));
    expect(state.addresses[rig.name]).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    const ask = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 5 ${network.gateway} ${port}`;
    const said = valueOf(await rig.engine.exec(id, ['/bin/sh', '-c', ask], {}, patience()));
    expect(said.stdout).toMatch(/^HTTP\/1\.1 200 OK[^]*from the test$/);
    const hosts = valueOf(await rig.engine.readFile(id, '/etc/hosts', 10_000, patience())).toString();
    expect(hosts).toContain(`${network.gateway}\tthe-hub`);
    expect(errorOf(await rig.engine.removeNetwork(rig.name, patience())).kind).toBe('conflict');
    valueOf(await rig.engine.removeContainer(id, patience()));
    valueOf(await rig.engine.removeNetwork(rig.name, patience()));
    server.close();
  });

  test('two containers share one network namespace', async () => {
    const first = await started('while :; do echo hello | nc -l -p 8000; done');
    const second = await started('while :; do sleep 0.1; done', { network: `container:${first}` });
    await expect
      .poll(async () => {
        const run = await rig.engine.exec(second, ['/bin/nc', '127.0.0.1', '8000'], {}, patience());
        return valueOf(run).stdout;
      })
      .toBe('hello\n');
  });

  test('a volume is filled from the image only where that is wanted', async () => {
    for (const noCopy of [true, false]) {
      const volume = `${rig.name}-${noCopy}`;
      valueOf(await rig.engine.createVolume(volume, rig.labels, patience()));
      const id = await started('ls /data', {
        mounts: [{ kind: 'volume', volume, target: '/data', noCopy }],
      });
      valueOf(await rig.engine.waitContainer(id, patience()));
      const logs = valueOf(await rig.engine.logs(id, 10, 1000, patience()));
      expect(logs).toBe(noCopy ? '' : 'seed\n');
      valueOf(await rig.engine.removeContainer(id, patience()));
    }
    const listed = valueOf(await rig.engine.listVolumes(`hubwright=${rig.name}`, patience()));
    expect(listed).toHaveLength(2);
    for (const volume of listed) valueOf(await rig.engine.removeVolume(volume, patience()));
    expect(valueOf(await rig.engine.listVolumes(`hubwright=${rig.name}`, patience()))).toEqual([]);
  });

  test('what a container and its volume take of the disk is counted together', async () => {
    const volume = `${rig.name}-counted`;
    valueOf(await rig.engine.createVolume(volume, rig.labels, patience()));
    const script =
      'head -c 3000000 /dev/zero > /tmp/a; head -c 2000000 /dev/zero > /v/b; echo done; sleep 60';
    const mounts = [{ kind: 'volume', volume, target: '/v', noCopy: true }] as const;
    const id = await started(script, { mounts });
    await expect.poll(async () => rig.engine.logs(id, 1, 100, patience())).toMatchObject({ value: 'done\n' });
    const alone = valueOf(await rig.engine.occupiedBytes(id, [], patience()));
    expect(alone).toBeGreaterThanOrEqual(3e6);
    expect(alone).toBeLessThan(4e6);
    const both = valueOf(await rig.engine.occupiedBytes(id, [volume], patience()));
    expect(both - alone).toBeGreaterThanOrEqual(2e6);
    expect(both - alone).toBeLessThan(3e6);
    expect(errorOf(await rig.engine.occupiedBytes('no-such', [], patience())).kind).toBe('not-found');
  });

  test('limits reach the container, and exceeding memory is told', async () => {
    const id = await started('head -c 200000000 /dev/zero | /bin/busybox tail -c 150000000 > /dev/null', {
      memory: 32 * 1024 * 1024,
      cpu: 1,
      pidsLimit: 50,
      capDrop: ['ALL'],
      securityOpt: ['no-new-privileges'],
      tmpfs: { '/scratch': 'size=64k' },
    });
    expect(valueOf(await rig.engine.waitContainer(id, patience()))).not.toBe(0);
    expect(valueOf(await rig.engine.inspectContainer(id, patience())).outOfMemory).toBe(true);
  });

  test('a published port is bound to 127.0.0.1 alone', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => probe.once('listening', resolve));
    const { port } = probe.address() as AddressInfo; // an address, since it listens on TCP
    await new Promise((resolve) => probe.close(resolve));
    const page = 'HTTP/1.0 200 OK\\r\\n\\r\\npublished';
    const id = await started(`while :; do printf '${page}' | nc -l -p 80; done`, { publish: { 80: port } });
    await expect
      .poll(async () => fetch(`http://127.0.0.1:${port}/`).then((response) => response.text(), String))
      .toBe('published');
    const listening = await import('execa').then(({ execa }) => execa('ss', ['-ltnH', `sport = :${port}`]));
    expect(listening.stdout).toContain(`127.0.0.1:${port}`);
    expect(listening.stdout).not.toContain(`0.0.0.0:${port}`);
    valueOf(await rig.engine.removeContainer(id, patience()));
  });

  test('lists by label, with the labels, and removing twice is no error', async () => {
    const labels = { ...rig.labels, mark: 'listed' };
    const id = valueOf(
      await rig.engine.createContainer(spec('true', { labels, name: rig.name }), patience()),
    );
    const listed = valueOf(await rig.engine.listContainers('mark=listed', patience()));
    expect(listed.filter(({ name }) => name === rig.name)).toMatchObject([
      { id, name: rig.name, status: 'created', labels },
    ]);
    const again = await rig.engine.createContainer(spec('true', { name: rig.name }), patience());
    expect(errorOf(again).kind).toBe('conflict');
    valueOf(await rig.engine.removeContainer(id, patience()));
    valueOf(await rig.engine.removeContainer(id, patience()));
    expect(errorOf(await rig.engine.startContainer(id, patience())).kind).toBe('not-found');
  });

  test('our own signal ends a wait as cancelled', async () => {
    const id = await started('while :; do sleep 0.1; done');
    const abort = new AbortController();
    const waiting = rig.engine.waitContainer(id, abort.signal);
    setTimeout(() => abort.abort(), 100);
    expect(errorOf(await waiting).kind).toBe('cancelled');
    expect(errorOf(await rig.engine.waitContainer(id, abort.signal)).kind).toBe('cancelled');
  });
});

test('an engine that is not there is unreachable, and so is an address that makes no sense', async () => {
  for (const socket of [
    '/nowhere/docker.sock',
    'unix:///nowhere/docker.sock',
    'tcp://127.0.0.1:1',
    'unix-socket',
  ]) {
    const engine = connectDocker({ socket });
    const error = errorOf(await engine.info(patience()));
    expect(error.kind).toBe('unreachable');
    expect(error.message).toContain(socket);
    await engine.close();
  }
});
