/** `build mirror` and `build exists` as a user runs them, against real registries. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { withDigest } from '../../registry/reference.ts';
import { build, start } from '../rig/command.ts';
import { startCuttingProxy } from '../rig/cutting-proxy.ts';
import { LOGIN, startRegistry } from '../rig/registry.ts';
import { putImage, putIndex, quickClient, referenceTo } from '../rig/registry-image.ts';
import { matrixFolder } from '../rig/matrix-folder.ts';

const signal = new AbortController().signal;

test('mirrors are copied under their digests, and are left alone when they are there', async () => {
  await using upstream = await startRegistry();
  await using own = await startRegistry();
  const client = quickClient();
  const pause = referenceTo(`${upstream.host}/pause:3.10`);
  const digest = await putIndex(client, pause, [2_000_000]);
  await using folder = await matrixFolder({
    'matrix.yaml': `registry: ${own.host}/family\nimages:\n  pause: { mirror: "${upstream.host}/pause:3.10" }\n`,
  });
  const first = await build(folder.directory, ['mirror']);
  expect(first.stderr).toBe('');
  expect(first.stdout).toBe(
    `✓ pause  ${own.host}/family/pause:3.10@${digest.slice(0, 19)}…  4 MB sent\n1 mirror there`,
  );
  expect(first.exitCode).toBe(0);
  const copy = referenceTo(`${own.host}/family/pause:3.10`);
  expect(await client.headManifest(copy, signal)).toMatchObject({ kind: 'found', digest });

  const second = await build(folder.directory, ['mirror', 'pause']);
  expect(second.stdout).toContain('as it was');
  expect(second.exitCode).toBe(0);
});

test('--trivy-db copies the database of the first place that has it, and says how scans find it', async () => {
  await using upstream = await startRegistry();
  await using own = await startRegistry();
  const client = quickClient();
  const digest = await putImage(client, referenceTo(`${upstream.host}/public/trivy-db:2`), [50_000]);
  const places = [
    `${own.host}/family/trivy-db:2`,
    `${upstream.host}/absent/trivy-db:2`,
    `${upstream.host}/public/trivy-db:2`,
  ];
  const matrix = (databases: readonly string[]): string =>
    `registry: ${own.host}/family\nscan: { databases: ${JSON.stringify(databases)} }\nimages:\n  pause: { mirror: "${upstream.host}/nothing:1" }\n`;
  await using folder = await matrixFolder({ 'matrix.yaml': matrix(places.slice(1)) });
  const first = await build(folder.directory, ['mirror', '--trivy-db']);
  expect(first.exitCode, first.stderr).toBe(0);
  expect(first.stdout).toContain(`${own.host}/family/trivy-db:2@${digest.slice(0, 19)}`);
  expect(first.stdout).toContain(
    `scans take it from there, once matrix.yaml says so:\n  scan: { databases: ["${places[0]}"] }`,
  );
  expect(await client.headManifest(referenceTo(places[0] ?? ''), signal)).toMatchObject({ digest });
  // Its own registry named first is no source of the copy.
  await writeFile(path.join(folder.directory, 'matrix.yaml'), matrix(places));
  const second = await build(folder.directory, ['mirror', '--trivy-db']);
  expect(second.stdout).toContain('as it was');
  expect(second.stdout).not.toContain('scans take it');
  await writeFile(path.join(folder.directory, 'matrix.yaml'), matrix(places.slice(0, 2)));
  const third = await build(folder.directory, ['mirror', '--trivy-db']);
  expect(third.exitCode).toBe(3);
  expect(third.stdout).toContain(`${places[1]} is not there`);
});

test('a copy that is killed goes on without what the registry has acknowledged', async () => {
  await using upstream = await startRegistry();
  await using own = await startRegistry('token');
  await using proxy = await startCuttingProxy(own.host);
  const client = quickClient(LOGIN);
  const source = referenceTo(`${upstream.host}/pause:3.10`);
  const digest = await putImage(client, source, [100_000, 200_000, 300_000]);
  const auth = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64');
  await using folder = await matrixFolder({
    'matrix.yaml': `registry: ${proxy.host}/family\nimages:\n  pause: { mirror: "${upstream.host}/pause:3.10" }\n`,
    'docker/config.json': JSON.stringify({ auths: { [proxy.host]: { auth } } }),
  });
  const env = { DOCKER_CONFIG: `${folder.directory}/docker` };
  const manifest = await client.getManifest(source, signal);
  const { config, layers } = JSON.parse(manifest.kind === 'found' ? manifest.bytes.toString() : '');
  const sent = (blob: { readonly digest: string }): number =>
    proxy.count(new RegExp(`^PUT .*digest=${encodeURIComponent(blob.digest)}`));

  const arrived = Promise.withResolvers<void>();
  const killed = Promise.withResolvers<void>();
  proxy.before(new RegExp(`^PUT .*digest=${encodeURIComponent(layers[1].digest)}`), async () => {
    arrived.resolve();
    await killed.promise;
  });
  const running = start(folder.directory, ['mirror'], env);
  await arrived.promise;
  const there = referenceTo(`${own.host}/family/pause`);
  const others = [config, layers[0], layers[2]];
  await expect
    .poll(
      async () =>
        Promise.all(others.map(async ({ digest: id }) => (await client.headBlob(there, id, signal)).kind)),
      { timeout: 30_000 },
    )
    .toEqual(['found', 'found', 'found']);
  running.kill('SIGKILL');
  await running;
  killed.resolve();
  expect(others.map(sent)).toEqual([1, 1, 1]);

  const again = await build(folder.directory, ['mirror'], env);
  expect([again.exitCode, again.stderr]).toEqual([0, '']);
  expect(others.map(sent)).toEqual([1, 1, 1]);
  const copy = withDigest(referenceTo(`${proxy.host}/family/pause`), digest);
  expect(await client.headManifest(copy, signal)).toMatchObject({ kind: 'found', digest });
});

test('a locked mirror stays what it was when its tag moves upstream', async () => {
  await using upstream = await startRegistry();
  await using own = await startRegistry();
  const client = quickClient();
  const pause = referenceTo(`${upstream.host}/pause:3.10`);
  const digest = await putImage(client, pause, [10]);
  await putImage(client, pause, [20]);
  await using folder = await matrixFolder({
    'matrix.yaml': `registry: ${own.host}/family\nimages:\n  pause: { mirror: "${upstream.host}/pause:3.10" }\n`,
    'matrix.lock': `mirrors:\n  pause: ${digest}\n`,
  });
  const copied = await build(folder.directory, ['mirror']);
  expect(copied.stderr).toBe('');
  expect(await client.headManifest(referenceTo(`${own.host}/family/pause:3.10`), signal)).toMatchObject({
    digest,
  });

  await client.deleteManifest(withDigest(pause, digest), signal);
  await client.deleteManifest(withDigest(referenceTo(`${own.host}/family/pause`), digest), signal);
  const gone = await build(folder.directory, ['mirror']);
  expect(gone.exitCode).toBe(3);
  expect(gone.stdout).toContain('`build lock --update pause` asks what it is now');
});

test('a mirror that does not exist, or nowhere to copy to, is told with exit code 2', async () => {
  await using folder = await matrixFolder({
    'matrix.yaml': 'images:\n  pause: { mirror: "a.example/pause:1" }\n',
  });
  const unknown = await build(folder.directory, ['mirror', 'pauze']);
  expect(unknown.exitCode).toBe(2);
  expect(unknown.stderr).toContain('there is no mirror `pauze`');
  expect(unknown.stderr).toContain('there are `pause`');
  const nowhere = await build(folder.directory, ['mirror']);
  expect(nowhere.exitCode).toBe(2);
  expect(nowhere.stderr).toContain('`registry:` in matrix.yaml is empty');
});

test('exists tells what is there from what is absent, and both from what could not be asked', async () => {
  await using rig = await startRegistry();
  await using proxy = await startCuttingProxy(rig.host);
  const there = `${proxy.host}/base:1`;
  const digest = await putImage(quickClient(), referenceTo(there), [10]);
  await using folder = await matrixFolder({});
  expect(await build(folder.directory, ['exists', there])).toMatchObject({
    exitCode: 0,
    stdout: `${there}  ${digest}`,
  });
  const absent = `${proxy.host}/base:2`;
  expect(await build(folder.directory, ['exists', there, absent])).toMatchObject({
    exitCode: 1,
    stdout: `${there}  ${digest}\n${absent}  absent`,
  });
  proxy.refuse(/manifests/, 100, 403, 'DENIED');
  const refused = await build(folder.directory, ['exists', there]);
  expect(refused.exitCode).toBe(3);
  expect(refused.stdout).toBe('');
  expect(refused.stderr).toContain('403');
  expect(refused.stderr).toContain('cannot be looked up');
  expect((await build(folder.directory, ['exists', 'Not A Reference'])).exitCode).toBe(2);
});

test('a registry without TLS that is not this machine has to be named', async () => {
  await using rig = await startRegistry();
  await using proxy = await startCuttingProxy(rig.host, '127.0.0.2');
  const digest = await putImage(quickClient(), referenceTo(`${rig.host}/base:1`), [10]);
  await using folder = await matrixFolder({});
  const there = `${proxy.host}/base:1`;
  const refused = await build(folder.directory, ['exists', there]);
  expect([refused.exitCode, refused.stderr]).toEqual([3, expect.stringContaining('declare it insecure')]);
  const env = { HUBWRIGHT_INSECURE_REGISTRIES: `other.example, ${proxy.host}` };
  expect(await build(folder.directory, ['exists', there], env)).toMatchObject({
    exitCode: 0,
    stdout: `${there}  ${digest}`,
  });
});

test('a login that a broken helper cannot give is told, once', async () => {
  await using rig = await startRegistry('htpasswd');
  await using folder = await matrixFolder({
    'docker/config.json': JSON.stringify({ credHelpers: { [rig.host]: 'not-there' } }),
  });
  const env = { DOCKER_CONFIG: `${folder.directory}/docker` };
  const asked = await build(folder.directory, ['exists', `${rig.host}/a:1`, `${rig.host}/b:1`], env);
  expect(asked.exitCode).toBe(3);
  expect(asked.stderr.match(/docker-credential-not-there is not on PATH/g)).toHaveLength(1);
});
