/**
 * Certificates that are good for minutes, and what vouches for them: when another one is asked for, and what no longer
 * holds once a part is missing, altered or somebody else's. Sigstore's services are the rig's, over their real protocols.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { annotationsOf, bundleOf, bundleOfAnnotations } from '../../src/attest/bundle.ts';
import { envelopeOf } from '../../src/attest/dsse.ts';
import { certifiedIdentity } from '../../src/attest/identity.ts';
import { openKeylessSigner } from '../../src/attest/keyless-signer.ts';
import { loadRoot } from '../../src/attest/sigstore-root.ts';
import type { Judgement } from '../../src/attest/trusted.ts';
import type { KeylessSign } from '../../src/matrix/signers.ts';
import { serviceAccount, startOidcIssuer, type OidcIssuer } from '../rig/oidc-issuer.ts';
import { startSigstore, type SigstoreRig } from '../rig/sigstore.ts';
import { temporaryFolder, type TemporaryFolder } from '../rig/temporary-folder.ts';

const signal = new AbortController().signal;
const job = 'https://ci.example.org/images';
const payload = Buffer.from('{"_type":"https://in-toto.io/Statement/v1"}');
let issuer: OidcIssuer;
let sigstore: SigstoreRig;
let folder: TemporaryFolder;

beforeAll(async () => {
  issuer = await startOidcIssuer();
  sigstore = await startSigstore({ issuer });
  folder = await temporaryFolder();
});
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
  await sigstore[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
});

test('a certificate that is about to end is renewed, once for all who sign at the time', async () => {
  await using short = await startSigstore({ issuer, certificateSeconds: 30 });
  const signer = await open(short);
  const certificates = (): number => short.asked.filter((path) => path.endsWith('signingCert')).length;
  expect(certificates()).toBe(1);
  const item = { kind: 'bytes', bytes: payload } as const;
  const both = await Promise.all([signer.sign([item], signal), signer.sign([item, item], signal)]);
  expect(both.map(({ ok }) => ok)).toEqual([true, true]);
  expect(certificates()).toBe(2);
  await signer.sign([item], signal);
  expect(certificates()).toBe(3);
});

test('on Google the metadata server says who runs, by the account’s address', async () => {
  const signer = await open(sigstore, { GCE_METADATA_HOST: new URL(issuer.address).host });
  expect(signer).toMatchObject({ identity: serviceAccount, issuer: issuer.address });
});

test('one that is good for long signs everything', async () => {
  const before = sigstore.asked.length;
  const signer = await open(sigstore);
  for (const bytes of [payload, payload]) await signer.sign([{ kind: 'bytes', bytes }], signal);
  const asked = sigstore.asked.slice(before).filter((path) => path.endsWith('signingCert'));
  expect(asked).toHaveLength(1);
});

test('an identity that changes in mid-run signs nothing', async () => {
  await using short = await startSigstore({ issuer, certificateSeconds: 30 });
  const env = { SIGSTORE_ID_TOKEN: issuer.token({ sub: job }) };
  const signer = await open(short, env);
  env.SIGSTORE_ID_TOKEN = issuer.token({ sub: `${job}-of-somebody-else` });
  const signed = await signer.sign([{ kind: 'bytes', bytes: payload }], signal);
  expect(signed).toMatchObject({ ok: false, error: { kind: 'failed', code: 'identity-changed' } });
});

test('what vouches for a signature is a signature’s own, whole, and of an authority of the root', async () => {
  const bundle = await signedBundle();
  expect(await judge(bundle)).toMatchObject({ kind: 'trusted', signer: job });
  expect(await judge(bundle, sigstore.trustedRoot(['rekor']))).toMatchObject({ kind: 'trusted' });
  expect(await judge(bundle, sigstore.trustedRoot(['timestamps']))).toMatchObject({ kind: 'trusted' });

  // Minutes later the certificate has ended, and nobody says that it had not when the signature was made.
  expect(await judge(bundle, sigstore.trustedRoot([]))).toEqual({
    kind: 'invalid',
    why: expect.stringMatching(
      /^nobody whom `root` knows says when it was signed, and its certificate ended at /,
    ),
  });
  await using other = await startSigstore({ issuer });
  expect(await judge(bundle, other.trustedRoot())).toEqual({
    kind: 'invalid',
    why: 'its certificate is of an authority that `root` does not know',
  });

  const another = await signedBundle();
  for (const part of ['certificate', 'tlogEntries', 'timestampVerificationData'] as const) {
    const material = { ...bundle.verificationMaterial, [part]: another.verificationMaterial[part] };
    expect(await judge({ ...bundle, verificationMaterial: material })).toMatchObject({ kind: 'invalid' });
  }
  for (const part of ['tlogEntries', 'timestampVerificationData'] as const) {
    const { [part]: left, ...material } = bundle.verificationMaterial;
    const judged = await judge({ ...bundle, verificationMaterial: material });
    // The log is required where the root has one; without the clock, the log still tells the time.
    expect([left === undefined, judged.kind]).toEqual([
      false,
      part === 'tlogEntries' ? 'invalid' : 'trusted',
    ]);
  }
  const altered = { ...bundle.dsseEnvelope, payload: Buffer.from('{}').toString('base64') };
  expect(await judge({ ...bundle, dsseEnvelope: altered })).toMatchObject({ kind: 'invalid' });
  expect(await judge({} as Bundle)).toMatchObject({ kind: 'invalid' });
});

test('in the form of cosign 2 the timestamp is one of the whole envelope', async () => {
  const signer = await open(sigstore);
  const signed = await signer.sign([{ kind: 'statement', bytes: payload }], signal);
  const [signature] = signed.ok ? signed.value : [];
  if (signature === undefined) throw new Error('nothing was signed');
  const envelope = envelopeOf(payload, signature.value);
  // Our own.
  const dsseEnvelope = JSON.parse(envelope.toString()) as object;
  const bundle = bundleOfAnnotations(annotationsOf(signature.by), { dsseEnvelope });
  if (bundle === undefined) throw new Error('no certificate');
  const root = await rootOf(sigstore.trustedRoot(['timestamps']));
  const identity = certifiedIdentity(ours(), root);
  expect(identity.judge(bundle, { stamped: envelope })).toMatchObject({ kind: 'trusted', signer: job });
  expect(identity.judge(bundle)).toMatchObject({ kind: 'invalid' });
  const other = Buffer.concat([envelope, Buffer.from(' ')]);
  expect(identity.judge(bundle, { stamped: other })).toMatchObject({ kind: 'invalid' });
});

test('somebody else of the same authority is told by name, and is not believed', async () => {
  const bundle = await signedBundle({ SIGSTORE_ID_TOKEN: issuer.token({ sub: `${job}/of-mallory` }) });
  expect(await judge(bundle)).toEqual({
    kind: 'stranger',
    signer: `${job}/of-mallory`,
    issuer: issuer.address,
  });
});

/** What this test reads of a bundle. */
interface Bundle {
  readonly verificationMaterial: {
    readonly certificate: unknown;
    readonly tlogEntries?: unknown;
    readonly timestampVerificationData?: unknown;
  };
  readonly dsseEnvelope: object;
}

async function signedBundle(env?: Readonly<Record<string, string>>): Promise<Bundle> {
  const signer = await open(sigstore, env);
  const signed = await signer.sign([{ kind: 'statement', bytes: payload }], signal);
  const [signature] = signed.ok ? signed.value : [];
  if (signature === undefined) throw new Error('nothing was signed');
  // Our own.
  return JSON.parse(bundleOf(envelopeOf(payload, signature.value), signature.by).toString()) as Bundle;
}

function ours() {
  return { name: 'ours', identity: exact(job), issuer: exact(issuer.address) };
}

function exact(text: string) {
  return { kind: 'exact', text } as const;
}

async function judge(bundle: Bundle, root = sigstore.trustedRoot()): Promise<Judgement> {
  return certifiedIdentity(ours(), await rootOf(root)).judge(Buffer.from(JSON.stringify(bundle)));
}

async function open(
  { address, trustedRoot }: SigstoreRig,
  env: Readonly<Record<string, string>> = { SIGSTORE_ID_TOKEN: issuer.token({ sub: job }) },
) {
  const root = await rootOf(trustedRoot());
  const settings: KeylessSign = {
    kind: 'keyless',
    fulcio: address,
    rekor: address,
    timestamps: `${address}/api/v1/timestamp`,
    audience: 'sigstore',
    root: { kind: 'public' },
    span: undefined,
  };
  const noted: string[] = [];
  const note = (secret: string) => void noted.push(secret);
  const opened = await openKeylessSigner(settings, { env, note, userAgent: 'test', root }, signal);
  if (!opened.ok) throw new Error(opened.error.message);
  // A secret is known as one before anything is said.
  expect(noted).toContain(env['SIGSTORE_ID_TOKEN'] ?? issuer.issued.at(-1));
  return opened.value;
}

async function rootOf(text: string) {
  const shown = 'root.json';
  await folder.write(shown, text);
  const root = await loadRoot(
    { kind: 'file', file: { path: `${folder.path}/${shown}`, shown, span: undefined } },
    {},
  );
  if (!root.ok) throw new Error(root.error.message);
  return root.value;
}
