/** `build prune` of a real registry: what releases left goes, what anybody may still need stays. */
import { describe, expect, test } from 'vitest';
import type { Digest } from '../../registry/digest.ts';
import { MEDIA_TYPES } from '../../registry/manifests.ts';
import { withDigest, withTag } from '../../registry/reference.ts';
import type { Signer } from '../../src/attest/signer.ts';
import { ok } from '../../src/core/result.ts';
import { inputsTag, keyTag, passTag, scanTag } from '../../src/core/labels.ts';
import { putRelease, type ReleaseArtifact } from '../../src/run/release-artifact.ts';
import { signRelease } from '../../src/run/release-signature.ts';
import type { Release } from '../../src/run/schema.ts';
import { keepArtifact } from '../../src/scan/kept-artifacts.ts';
import { build } from '../rig/command.ts';
import { matrixFolder } from '../rig/matrix-folder.ts';
import { signerOf } from '../rig/node-signer.ts';
import { startRegistry } from '../rig/registry.ts';
import { putImage, quickClient, referenceTo } from '../rig/registry-image.ts';
import { releaseOf } from '../rig/release.ts';

const { signal } = new AbortController();
const client = quickClient();
const dayMs = 86_400_000;

const keyOf = (day: number): string => String(day).padStart(2, '0').repeat(32);

/** An image `base` as it was published so many days ago, with a release of that day; answers its digest. */
async function publishAt(host: string, daysAgo: number, signer?: Signer): Promise<Digest> {
  const target = { prefix: `${host}/family`, naming: 'repository-per-image' } as const;
  const made = new Date(Date.now() - daysAgo * dayMs);
  const day = made.toISOString().slice(0, 10);
  const repository = referenceTo(`${host}/family/base`);
  const digest = await putImage(client, withTag(repository, keyTag(keyOf(daysAgo))), [100 + daysAgo]);
  const manifest = await client.getManifest(withDigest(repository, digest), signal);
  if (manifest.kind !== 'found') throw new Error('it was just put');
  const record = [passTag, scanTag, inputsTag].map((name) => name(keyOf(daysAgo)));
  for (const tag of ['latest', `${day}-${daysAgo}`, ...record])
    await client.putManifest(withTag(repository, tag), manifest.bytes, MEDIA_TYPES.ociManifest, signal);
  const [image] = releaseOf(target.prefix, ['base']).images;
  if (image === undefined) throw new Error('the rig makes an image for each name');
  const release: Release = {
    ...releaseOf(target.prefix, []),
    run: `${day.replaceAll('-', '')}-030000-${String(daysAgo).padStart(4, '0')}`,
    created: made.toISOString(),
    images: [
      {
        ...image,
        reference: `${target.prefix}/base@${digest}`,
        digest,
        key: keyOf(daysAgo),
        tags: ['latest', `${day}-${daysAgo}`],
        layers: [{ digest: `sha256:${keyOf(daysAgo)}`, size: 100 + daysAgo }],
      },
    ],
  };
  const sign: ReleaseArtifact['sign'] = (name, of) =>
    signer === undefined ? Promise.resolve(ok(undefined)) : signRelease(client, name, of, signer, signal);
  const put = await putRelease(client, { target, release, inputs: {}, sign }, true, signal);
  if (!put.ok) throw new Error(put.error);
  return digest;
}

const folderFor = (host: string, trusted?: string) =>
  matrixFolder({
    'matrix.yaml': `registry: ${host}/family\nimages:\n  base: { context: base, kind: singleuser }\n${trusted === undefined ? '' : 'trust: [{ key: ours.pub }]\n'}`,
    'base/Dockerfile': 'FROM scratch\n',
    'ours.pub': trusted ?? '',
  });

async function isThere(host: string, digest: Digest): Promise<boolean> {
  const head = await client.headManifest(withDigest(referenceTo(`${host}/family/base`), digest), signal);
  return head.kind === 'found';
}

describe('a registry with releases of five days', () => {
  test('old images go with all that refers to them; the last releases and young ones stay', async () => {
    await using rig = await startRegistry();
    await using folder = await folderFor(rig.host);
    const digests = new Map<number, Digest>();
    for (const day of [40, 30, 20, 3, 0]) digests.set(day, await publishAt(rig.host, day));
    const oldest = digests.get(40) ?? expect.fail();
    const subject = withDigest(referenceTo(`${rig.host}/family/base`), oldest);
    const scan = { kind: 'scan', bytes: Buffer.from('{}'), created: new Date() } as const;
    const kept = await keepArtifact(client, subject, scan, signal);
    if (!kept.ok) throw new Error(kept.error);

    const signature = withTag(subject, `${oldest.replace(':', '-')}.sig`);
    await putImage(client, signature, [10]);

    const args = ['prune', '--keep-releases', '1'];
    const shown = await build(folder.directory, args);
    expect(shown.exitCode, shown.stderr).toBe(0);
    expect(shown.stdout).toContain('would remove 3 images and 3 releases, about 390 B');
    expect(shown.stderr).toContain('nothing says what is deployed');
    expect(await isThere(rig.host, oldest)).toBe(true);

    const pruned = await build(folder.directory, [...args, '--yes']);
    expect(pruned.exitCode, pruned.stderr).toBe(0);
    const there = await Promise.all(
      [...digests].map(async ([day, each]) => [day, await isThere(rig.host, each)]),
    );
    expect(there).toEqual([
      [40, false],
      [30, false],
      [20, false],
      [3, true],
      [0, true],
    ]);
    expect(await isThere(rig.host, kept.value)).toBe(false);
    expect(await client.headManifest(signature, signal)).toMatchObject({ kind: 'absent' });
    const again = await build(folder.directory, args);
    expect(again.stdout).toBe('nothing has expired');
  });

  test('what is deployed, or somebody else has named, stays with its release', async () => {
    await using rig = await startRegistry();
    await using folder = await folderFor(rig.host);
    const byDigest = await publishAt(rig.host, 40);
    const byTag = await publishAt(rig.host, 30);
    const byStranger = await publishAt(rig.host, 20);
    const gone = await publishAt(rig.host, 10);
    await publishAt(rig.host, 0);
    const repository = referenceTo(`${rig.host}/family/base`);
    const manifest = await client.getManifest(withDigest(repository, byStranger), signal);
    if (manifest.kind !== 'found') throw new Error('it was just put');
    await client.putManifest(withTag(repository, 'exam'), manifest.bytes, MEDIA_TYPES.ociManifest, signal);
    const day = new Date(Date.now() - 30 * dayMs).toISOString().slice(0, 10);
    await using values = await matrixFolder({
      'prod.yaml': `singleuser:\n  image: { name: ${rig.host}/family/base, tag: "${day}-30" }\n  extra: base@${byDigest}\n`,
    });
    const args = ['prune', '--keep-releases', '1', '--deployed', `${values.directory}/prod.yaml`];
    const json = await build(folder.directory, [...args, '--json']);
    const { expired } = JSON.parse(json.stdout) as {
      readonly expired: readonly { readonly reference: string }[];
    };
    expect(expired.map(({ reference }) => reference)).toEqual([`${rig.host}/family/base@${gone}`]);
    expect((await build(folder.directory, [...args, '--yes'])).exitCode).toBe(0);
    for (const digest of [byDigest, byTag, byStranger]) expect(await isThere(rig.host, digest)).toBe(true);
    expect(await isThere(rig.host, gone)).toBe(false);
  });

  test('by a release that nobody signed who is trusted nothing goes, and what it names stays', async () => {
    await using rig = await startRegistry();
    const ours = signerOf('ours');
    await using folder = await folderFor(
      rig.host,
      String(ours.self.key.export({ type: 'spki', format: 'pem' })),
    );
    const old = await publishAt(rig.host, 40, ours);
    const older = await publishAt(rig.host, 50, signerOf('stranger'));
    const current = await publishAt(rig.host, 0, ours);
    // A later one than any of ours would be the one that is kept.
    await publishAt(rig.host, -1);
    const pruned = await build(folder.directory, ['prune', '--keep-releases', '1', '--yes']);
    expect(pruned.exitCode, pruned.stderr).toBe(0);
    expect(pruned.stderr).toContain('signed by nobody under `trust`');
    const there = [old, older, current].map((digest) => isThere(rig.host, digest));
    expect(await Promise.all(there)).toEqual([false, true, true]);
  });

  test('where a named source cannot be read, or the registry refuses, nothing more is lost and it is told', async () => {
    await using rig = await startRegistry('open', { keepsAll: true });
    await using folder = await folderFor(rig.host);
    const old = await publishAt(rig.host, 40);
    await publishAt(rig.host, 0);
    const args = ['prune', '--keep-releases', '1', '--yes'];
    const blind = await build(folder.directory, [...args, '--deployed', 'missing.yaml']);
    expect(blind).toMatchObject({ exitCode: 2 });
    expect(blind.stderr).toContain('`missing.yaml` cannot be read');
    const noCluster = await build(folder.directory, [...args, '--from-cluster', '--kubeconfig', 'missing']);
    expect(noCluster.exitCode).toBeGreaterThanOrEqual(2);
    const refused = await build(folder.directory, args);
    expect(refused).toMatchObject({ exitCode: 3 });
    expect(refused.stderr).toContain('the registry does not let images be deleted');
    expect(await isThere(rig.host, old)).toBe(true);
    await rig.stop();
    const unreachable = await build(folder.directory, args);
    expect(unreachable).toMatchObject({ exitCode: 3 });
    expect(unreachable.stderr).toContain('nothing is pruned');
  });
});
