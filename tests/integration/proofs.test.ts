/**
 * What counts as proven, by what lies in a real registry: signatures of other images, garbage and strangers' words
 * beside ours. The keys are Node's own; that cosign's signatures are the same, signing.test.ts holds.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Digest } from '../../registry/digest.ts';
import { withDigest, withTag, type Reference } from '../../registry/reference.ts';
import { attachBundles, putAttestations, type Place } from '../../src/attest/attachments.ts';

import { envelopeOf, inTotoType, signedBytes } from '../../src/attest/dsse.ts';
import { proveImage } from '../../src/attest/image-proof.ts';
import { provenPasses } from '../../src/attest/proof.ts';
import { signImage } from '../../src/attest/sign-image.ts';
import type { Signer } from '../../src/attest/signer.ts';
import { predicateTypes, testResultStatement } from '../../src/attest/statement.ts';
import { keyTag, passTag } from '../../src/core/labels.ts';
import type { RegistryTarget } from '../../src/matrix/image-set.ts';
import { KnownProofs } from '../../src/plan/known-proofs.ts';
import {
  askRemoteRecord,
  type Belief,
  type RecordQuestion,
  type RemoteRecord,
} from '../../src/plan/remote-record.ts';
import { readProof } from '../../src/plan/signed-record.ts';
import { startCuttingProxy } from '../rig/cutting-proxy.ts';
import { valueOf } from '../rig/engine.ts';
import { signerOf, type KeySigner } from '../rig/node-signer.ts';
import { startRegistry, type RegistryRig } from '../rig/registry.ts';
import { putImage, quickClient, referenceTo } from '../rig/registry-image.ts';

const signal = new AbortController().signal;
const client = quickClient();
const ours = signerOf('ours');
const stranger = signerOf('stranger');
let rig: RegistryRig;

beforeAll(async () => {
  rig = await startRegistry();
});
afterAll(() => rig[Symbol.asyncDispose]());

test('a pass counts for the digest that it is about, and is nowhere else of use', async () => {
  const good = await image('one');
  await passes(good, ours);
  expect(await provenPasses(good.place, [ours.self], signal)).toMatchObject([{ key: 'k', contract: 7 }]);

  // Our own envelope, beside another image: in cosign's tag, and as a bundle.
  const other = await image('one');
  const copied = await client.getManifest(attestationTag(good.place), signal);
  if (copied.kind !== 'found') throw new Error('nothing was signed');
  const { bytes, mediaType } = copied;
  await client.putManifest(attestationTag(other.place), bytes, mediaType, signal);
  expect(await provenPasses(other.place, [ours.self], signal)).toEqual([]);
  const envelope = signedPass(good, ours);
  await attachBundles(other.place, [testResult(envelope)], signal);
  expect(await provenPasses(other.place, [ours.self], signal)).toEqual([]);
});

test('of a pass only the keys that it names count: it is no pass of another contract or content', async () => {
  const good = await image('two');
  await passes(good, ours);
  const where = {
    registry: client,
    target: { prefix: rig.host, naming: 'repository-per-image' as const },
    name: 'two',
    digest: good.digest,
  };
  const ask = async (key: string, verdictKey: string) =>
    await readProof(where, { key, verdictKey }, [ours.self], signal);
  expect(await ask('k', 'v')).toMatchObject({ value: { isOurs: true, hasPassed: true } });
  expect(await ask('k', 'stricter')).toMatchObject({ value: { isOurs: true, hasPassed: false } });
  expect(await ask('another', 'v')).toMatchObject({ value: { isOurs: false, hasPassed: false } });
});

test('what was proved is asked for once: then one request says it, as long as the same people are trusted', async () => {
  await using proxy = await startCuttingProxy(rig.host);
  const good = await image('six', [keyTag('k'), passTag('v')]);
  await passes(good, ours);
  const known = new KnownProofs([ours.self]);
  const ask = async (belief: Belief): Promise<RemoteRecord> =>
    valueOf(await askRemoteRecord(client, targetAt(proxy.host), [question('six')], belief, signal));
  const requests = /^\w+ \/v2\/six\//;
  const passed = new Map([['six', { digest: good.digest, passed: true }]]);
  expect((await ask({ trusted: [ours.self], known })).known).toEqual(passed);
  // The pass, cosign's tag, and the envelope in it.
  expect(proxy.count(requests)).toBe(3);
  const later = new KnownProofs([ours.self], known.text());
  expect((await ask({ trusted: [ours.self], known: later })).known).toEqual(passed);
  expect(proxy.count(requests)).toBe(3 + 1);
  // Somebody else's word is asked for anew, and is not there.
  const others = new KnownProofs([stranger.self], known.text());
  expect((await ask({ trusted: [stranger.self], known: others })).unsigned).toEqual(new Set(['six']));
});

test('a pass that somebody planted takes nothing from what we signed under the key', async () => {
  const good = await image('seven', [keyTag('k')]);
  await passes(good, ours);
  const planted = await image('seven', [passTag('v')]);
  const known = new KnownProofs([ours.self]);
  const ask = async (more: Partial<RecordQuestion> = {}): Promise<RemoteRecord> => {
    const questions = [{ ...question('seven'), ...more }];
    const belief = { trusted: [ours.self], known };
    return valueOf(await askRemoteRecord(client, targetAt(rig.host), questions, belief, signal));
  };
  const untested = new Map([['seven', { digest: good.digest, passed: false }]]);
  expect((await ask()).known).toEqual(untested);
  // Of another content, or by other terms, what was proved of these bytes proves nothing.
  await passes(planted, stranger);
  expect((await ask()).known).toEqual(untested);
  expect((await ask({ verdictKey: 'stricter' })).known).toEqual(untested);
  expect(known.has({ digest: planted.digest, key: 'k', verdictKey: 'v' })).toBe(false);
});

test('garbage and strangers’ words beside ours hide nothing and prove nothing', async () => {
  const good = await image('three');
  await putAttestations(
    good.place,
    [
      testResult(Buffer.from('no json')),
      testResult(Buffer.from('{"payloadType":"application/vnd.in-toto+json","payload":"","signatures":[]}')),
      testResult(signedPass(good, stranger)),
    ],
    signal,
  );
  expect(await provenPasses(good.place, [ours.self], signal)).toEqual([]);
  await passes(good, ours);
  const proof = await proveImage(client, good.reference, [ours.self], signal);
  expect(proof).toMatchObject({ value: { signers: ['ours'], passes: [{ signer: 'ours' }], origins: [] } });
  // What was there before us is there still: others may believe the stranger.
  expect(await provenPasses(good.place, [stranger.self], signal)).toHaveLength(1);
});

test('where cosign’s tag was taken away, the bundle says the same', async () => {
  const good = await image('four');
  await passes(good, ours);
  const tag = await client.headManifest(attestationTag(good.place), signal);
  if (tag.kind !== 'found') throw new Error('nothing was signed');
  await client.deleteManifest(withDigest(good.reference, tag.digest), signal);
  expect(await provenPasses(good.place, [ours.self], signal)).toHaveLength(1);
});

test('a registry that cannot be asked is a trouble, and never "nobody signed it"', async () => {
  const good = await image('five');
  const gone = referenceTo('127.0.0.1:1/five:1');
  const place = { registry: client, image: withDigest(gone, good.digest) };
  expect(await provenPasses(place, [ours.self], signal)).toMatchObject({ kind: 'failed' });
});

function testResult(envelope: Buffer) {
  return { predicateType: predicateTypes.testResult, envelope, by: { kind: 'key', hint: '' } } as const;
}

interface Put {
  readonly reference: Reference;
  readonly digest: Digest;
  readonly place: Place;
}

function question(name: string): RecordQuestion {
  return { name, key: 'k', verdictKey: 'v' };
}

function targetAt(prefix: string): RegistryTarget {
  return { prefix, naming: 'repository-per-image' };
}

async function image(name: string, tags: readonly string[] = []): Promise<Put> {
  const reference = referenceTo(`${rig.host}/${name}:1`);
  const digest = await putImage(client, reference, [300]);
  const manifest = await client.getManifest(reference, signal);
  if (manifest.kind !== 'found') throw new Error('the image is not there');
  for (const tag of tags)
    await client.putManifest(withTag(reference, tag), manifest.bytes, manifest.mediaType, signal);
  return {
    reference,
    digest,
    place: { registry: client, image: withDigest(reference, digest) },
  };
}

function passOf({ digest, reference }: Put): Buffer {
  const repository = `${reference.registry}/${reference.repository}`;
  return testResultStatement(
    { repository, digest },
    {
      image: 'image',
      key: 'k',
      verdictKeys: ['v'],
      contract: 7,
      profile: 'custom',
      tier: 'gate',
      judged: new Date(0),
      clauses: { C1: 'pass', C2: 'waived' },
    },
  );
}

async function passes(put: Put, signer: Signer): Promise<void> {
  const repository = `${put.reference.registry}/${put.reference.repository}`;
  const statements = [{ predicateType: predicateTypes.testResult, payload: passOf(put) }];
  const signed = await signImage(put.place, signer, { repository, digest: put.digest }, statements, signal);
  expect(signed.ok).toBe(true);
}

function signedPass(put: Put, signer: KeySigner): Buffer {
  const payload = passOf(put);
  return envelopeOf(payload, signer.signNow(signedBytes(inTotoType, payload)));
}

function attestationTag({ image: { digest, ...rest } }: Place): Reference {
  return withTag(rest, `${digest.replace(':', '-')}.att`);
}
