import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RegistryCredentials } from '../../src/engine/engine.ts';
import { engineRig, errorOf, patience, stores, valueOf } from '../rig/engine.ts';
import type { EngineRig } from '../rig/engine.ts';
import { LOGIN, startRegistry } from '../rig/registry.ts';

const manifestTypes = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
].join(', ');

async function nobody(): Promise<RegistryCredentials | undefined> {
  return undefined;
}

async function wrong(): Promise<RegistryCredentials> {
  return { username: LOGIN.username, password: 'wrong' };
}

describe.each(stores)('images on the %s store', (store) => {
  let rig: EngineRig;
  beforeAll(async () => {
    rig = await engineRig(store);
  });
  afterAll(() => rig?.[Symbol.asyncDispose]());

  test("an imported tar's only layer is known by the tar's own digest", async () => {
    const digest = createHash('sha256')
      .update(await readFile(rig.rootTar))
      .digest('hex');
    const details = valueOf(await rig.engine.images.inspect(rig.root, patience()));
    expect(details.diffIds).toEqual([`sha256:${digest}`]);
    expect(details.tags).toContain(rig.root);
    expect(details.os).toBe('linux');
  });

  test('labels of an import may hold quotes, backslashes and dollars', async () => {
    const target = `hubwright/${rig.name}:labels`;
    const labels = { ...rig.labels, tricky: String.raw`a "b" \ $HOME 'c'` };
    const id = valueOf(await rig.engine.images.importTar(rig.rootTar, target, labels, patience()));
    const details = valueOf(await rig.engine.images.inspect(target, patience()));
    expect(details).toMatchObject({ id, labels });
  });

  test('a tar that is not there is told as such', async () => {
    const target = `hubwright/${rig.name}:none`;
    const result = await rig.engine.images.importTar('/nowhere/root.tar', target, {}, patience());
    expect(errorOf(result)).toMatchObject({ kind: 'not-found' });
  });

  test('images are found by label and by reference, tagged, moved and removed', async () => {
    const { images } = rig.engine;
    const tag = `hubwright/${rig.name}:moving`;
    valueOf(await images.tag(rig.root, tag, patience()));
    valueOf(await images.tag(rig.root, tag, patience()));
    const { id } = valueOf(await images.inspect(tag, patience()));
    const byLabel = valueOf(await images.list({ label: `hubwright=${rig.name}` }, patience()));
    expect(byLabel.find((image) => image.id === id)).toMatchObject({ labels: rig.labels });
    const byReference = valueOf(await images.list({ reference: `hubwright/${rig.name}:mov*` }, patience()));
    expect(byReference.flatMap(({ tags }) => tags)).toContain(tag);
    valueOf(await images.remove(tag, patience()));
    expect(errorOf(await images.inspect(tag, patience())).kind).toBe('not-found');
    expect(errorOf(await images.remove(tag, patience())).kind).toBe('not-found');
    valueOf(await images.inspect(rig.root, patience()));
  });

  test('saved images lie in one layout, each under its manifest, and a layer that two have lies there once', async () => {
    const { images } = rig.engine;
    const twin = `hubwright/${rig.name}:twin`;
    // Of the same tar, and yet another image: its label differs.
    valueOf(await images.importTar(rig.rootTar, twin, { ...rig.labels, twin: 'yes' }, patience()));
    const details = [];
    const third = `hubwright/${rig.name}:third`;
    valueOf(await images.importTar(rig.rootTar, third, { ...rig.labels, third: 'yes' }, patience()));
    for (const name of [rig.root, twin, third]) details.push(valueOf(await images.inspect(name, patience())));
    const folder = await mkdtemp(path.join(tmpdir(), 'hubwright-layout-'));
    try {
      // One after the other, so that the second finds the first's; and two in one answer.
      const all = details.map(({ id }) => id);
      for (const ids of [all.slice(0, 1), all.slice(1)]) {
        const manifests = valueOf(await images.save(ids, folder, patience()));
        expect(new Set(manifests.keys())).toEqual(new Set(ids));
        for (const digest of manifests.values()) {
          const bytes = await readFile(path.join(folder, 'blobs', digest.replace(':', '/')));
          expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(digest);
        }
      }
      const index = JSON.parse(await readFile(path.join(folder, 'index.json'), 'utf8'));
      expect(index.manifests.length).toBe(3);
      const blobs = await readdir(path.join(folder, 'blobs', 'sha256'));
      const sizes = await Promise.all(
        blobs.map(async (name) => (await stat(path.join(folder, 'blobs', 'sha256', name))).size),
      );
      expect(sizes.filter((size) => size > 500_000).length).toBe(1);
    } finally {
      await rm(folder, { recursive: true });
    }
    expect(errorOf(await images.save([`sha256:${'0'.repeat(64)}`], folder, patience())).kind).toBe(
      'not-found',
    );
  });

  test('a pushed image is in the registry under the digest that was told, and can be pulled back', async () => {
    await using registry = await startRegistry();
    const { images } = rig.engine;
    const reference = `${registry.host}/family/base:one`;
    valueOf(await images.tag(rig.root, reference, patience()));
    const { digest } = valueOf(await images.push(reference, nobody, patience()));
    const head = await fetch(`http://${registry.host}/v2/family/base/manifests/one`, {
      method: 'HEAD',
      headers: { accept: manifestTypes },
    });
    expect(head.headers.get('docker-content-digest')).toBe(digest);
    const before = valueOf(await images.inspect(reference, patience()));
    valueOf(await images.remove(reference, patience()));
    valueOf(await images.pull(reference, nobody, patience()));
    const after = valueOf(await images.inspect(reference, patience()));
    expect(after.diffIds).toEqual(before.diffIds);
    expect(after.digests).toContain(`${registry.host}/family/base@${digest}`);
    valueOf(await images.remove(reference, patience()));
    const exact = `${registry.host}/family/base@${digest}`;
    valueOf(await images.pull(exact, nobody, patience()));
    expect(valueOf(await images.inspect(exact, patience())).diffIds).toEqual(before.diffIds);
    await images.remove(exact, patience());
  });

  test('credentials are asked for by the exact host, and a registry without them refuses', async () => {
    await using registry = await startRegistry('htpasswd');
    const { images } = rig.engine;
    const reference = `${registry.host}/family/base:one`;
    valueOf(await images.tag(rig.root, reference, patience()));
    expect(errorOf(await images.push(reference, nobody, patience())).kind).toBe('refused');
    expect(errorOf(await images.push(reference, wrong, patience())).kind).toBe('refused');
    const asked: string[] = [];
    const login = async (host: string): Promise<RegistryCredentials> => {
      asked.push(host);
      return LOGIN;
    };
    valueOf(await images.push(reference, login, patience()));
    valueOf(await images.remove(reference, patience()));
    expect(errorOf(await images.pull(reference, nobody, patience())).kind).toBe('refused');
    valueOf(await images.pull(reference, login, patience()));
    expect(asked).toEqual([registry.host, registry.host]);
    valueOf(await images.remove(reference, patience()));
  });

  test('a registry that hangs up in the middle of a push is an error', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo; // an address, since it listens on TCP
    const reference = `127.0.0.1:${port}/family/base:one`;
    valueOf(await rig.engine.images.tag(rig.root, reference, patience()));
    expect(errorOf(await rig.engine.images.push(reference, nobody, patience())).kind).toBe('failed');
    valueOf(await rig.engine.images.remove(reference, patience()));
    server.close();
  });

  test('pulling what no registry has is an error', async () => {
    await using registry = await startRegistry();
    const reference = `${registry.host}/family/none:one`;
    expect(errorOf(await rig.engine.images.pull(reference, nobody, patience())).kind).toBe('not-found');
  });
});
