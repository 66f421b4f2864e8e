/**
 * Signs without a key that anybody keeps: makes one for the run, has an authority certify whose it is, and signs all of
 * the run with it; some minutes later, before the certificate ends, it makes another. The private half never leaves this
 * process. cosign is not needed: it would ask for a certificate for every single file.
 */
import { createHash, generateKeyPairSync, sign as signNow, type KeyObject } from 'node:crypto';
import { X509Certificate } from '@sigstore/core';
import type { TrustMaterial } from '@sigstore/verify';
import pLimit from 'p-limit';
import { defaultRetryPolicy, withRetries } from '../../registry/retry.ts';
import { createTransport, type Send } from '../../registry/transport.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { KeylessSign } from '../matrix/signers.ts';
import { envelopeOf, inTotoType, signedBytes } from './dsse.ts';
import { certifiedIdentity, isOfRoot } from './identity.ts';
import { findIdentityToken, type TokenSources } from './identity-token.ts';
import type { Signature, Signer, SignerTrouble, ToSign } from './signer.ts';
import type { Named } from './trusted.ts';
import type { LoadedRoot } from './sigstore-root.ts';
import { askCertificate, askEntry, askTimestamp, type Chain } from './sigstore-services.ts';

export interface KeylessTools extends Pick<TokenSources, 'env' | 'note'> {
  readonly userAgent: string;
  readonly root: LoadedRoot;
}

const timeoutMs = 30_000;
/** A certificate that ends sooner is not used any more: signing and asking for the time take their time. */
const marginMs = 60_000;
/** Requests at the same time. */
const mostRequests = 8;
/** Fulcio's extension that tells who vouched for the identity (the second form). */
const issuerExtension = '1.3.6.1.4.1.57264.1.8';

interface Certified extends Named {
  readonly privateKey: KeyObject;
  readonly chain: string;
  readonly until: number;
}

/** Gets a certificate at once, so that whatever is wrong with it is told before anything is built. */
export async function openKeylessSigner(
  settings: KeylessSign,
  tools: KeylessTools,
  signal: AbortSignal,
): Promise<Result<Signer & Named, SignerTrouble>> {
  const send = withRetries(createTransport({ userAgent: tools.userAgent, timeoutMs }), defaultRetryPolicy);
  const asking = { settings, tools, send };
  const first = await certify(asking, signal);
  if (!first.ok) return first;
  const { identity, issuer, certificate } = first.value;
  const expected = {
    name: identity,
    identity: { kind: 'exact', text: identity },
    issuer: { kind: 'exact', text: issuer },
  } as const;
  const signer = new KeylessSigner(asking, first.value);
  return ok({
    identity,
    issuer,
    certificate,
    self: certifiedIdentity(expected, tools.root),
    sign: (items, until) => signer.sign(items, until),
  });
}

interface Asking {
  readonly settings: KeylessSign;
  readonly tools: KeylessTools;
  readonly send: Send;
}

class KeylessSigner {
  readonly #asking: Asking;
  readonly #limit = pLimit(mostRequests);
  #certified: Certified;
  #renewal: Promise<Result<Certified, SignerTrouble>> | undefined;

  constructor(asking: Asking, certified: Certified) {
    this.#asking = asking;
    this.#certified = certified;
  }

  async sign(
    items: readonly ToSign[],
    signal: AbortSignal,
  ): Promise<Result<readonly Signature[], SignerTrouble>> {
    const certified = await this.#current(signal);
    if (!certified.ok) return certified;
    const signed = await Promise.all(
      items.map((item) => this.#limit(() => signOne(item, certified.value, this.#asking, signal))),
    );
    const failure = signed.find((each) => !each.ok);
    if (failure !== undefined && !failure.ok) return failure;
    return ok(signed.flatMap((each) => (each.ok ? [each.value] : [])));
  }

  /** Images are signed side by side: one of them renews for all. */
  async #current(signal: AbortSignal): Promise<Result<Certified, SignerTrouble>> {
    if (Date.now() + marginMs < this.#certified.until) return ok(this.#certified);
    this.#renewal ??= this.#renew(signal).finally(() => {
      this.#renewal = undefined;
    });
    return await this.#renewal;
  }

  async #renew(signal: AbortSignal): Promise<Result<Certified, SignerTrouble>> {
    const { identity, issuer } = this.#certified;
    const renewed = await certify(this.#asking, signal);
    if (!renewed.ok) return renewed;
    if (renewed.value.identity !== identity || renewed.value.issuer !== issuer) {
      const message = `the identity changed in mid-run, from \`${identity}\` to \`${renewed.value.identity}\``;
      return err({ kind: 'failed', code: 'identity-changed', message });
    }
    this.#certified = renewed.value;
    return renewed;
  }
}

async function certify(
  { settings, tools, send }: Asking,
  signal: AbortSignal,
): Promise<Result<Certified, SignerTrouble>> {
  const token = await findIdentityToken({ ...tools, send, now: Date.now }, settings.audience, signal);
  if (!token.ok) return token;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const proof = signNow('sha256', Buffer.from(token.value.subject), privateKey);
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const chain = await askCertificate(send, settings.fulcio, token.value, pem, proof, signal);
  if (!chain.ok) return chain;
  const read = readCertificate(chain.value, tools.root);
  return read.ok ? ok({ ...read.value, privateKey }) : err({ ...read.error, help: rootHelp });
}

const rootHelp = '`sign.keyless.root` has to hold the certificates of this very authority';

/** Whom the certificate names; it has to be of an authority of the root, or nobody would believe what it vouches for. */
function readCertificate(
  [certificate, ...above]: Chain,
  root: TrustMaterial,
): Result<Omit<Certified, 'privateKey'>, SignerTrouble> {
  try {
    const leaf = X509Certificate.parse(certificate);
    const issuer = leaf.extension(issuerExtension)?.valueObj.subs[0]?.value.toString('utf8');
    const identity = leaf.subjectAltName;
    if (issuer !== undefined && identity !== undefined) {
      if (isOfRoot(leaf, root))
        return ok({ identity, issuer, certificate, chain: above.join(''), until: leaf.notAfter.getTime() });
      const message = `Fulcio gave a certificate to \`${identity}\` that no authority under \`root\` signed`;
      return err({ kind: 'failed', code: 'fulcio-not-trusted', message });
    }
  } catch {
    // Told below.
  }
  const message = 'Fulcio answers with a certificate that names nobody';
  return err({ kind: 'failed', code: 'fulcio-not-trusted', message });
}

/** Signs, and has it said when that was. */
async function signOne(
  { kind, bytes }: ToSign,
  { privateKey, certificate, chain }: Certified,
  { settings, send }: Asking,
  signal: AbortSignal,
): Promise<Result<Signature, SignerTrouble>> {
  const signed = kind === 'bytes' ? bytes : signedBytes(inTotoType, bytes);
  const raw = signNow('sha256', signed, privateKey);
  const value = raw.toString('base64');
  const logged =
    kind === 'statement'
      ? ({ kind: 'envelope', envelope: envelopeOf(bytes, value) } as const)
      : ({
          kind: 'signature',
          sha256: createHash('sha256').update(bytes).digest('hex'),
          signature: value,
        } as const);
  const { rekor, timestamps } = settings;
  const stamp = async (what: Buffer | undefined) =>
    timestamps === undefined || what === undefined
      ? ok(undefined)
      : await askTimestamp(send, timestamps, what, signal);
  const [ofSignature, ofEnvelope, entry] = await Promise.all([
    stamp(raw),
    stamp(logged.kind === 'envelope' ? logged.envelope : undefined),
    rekor === undefined ? ok(undefined) : askEntry(send, rekor, logged, certificate, signal),
  ]);
  if (!ofSignature.ok) return ofSignature;
  if (!ofEnvelope.ok) return ofEnvelope;
  if (!entry.ok) return entry;
  const seen =
    ofSignature.value === undefined
      ? undefined
      : { signature: ofSignature.value, envelope: ofEnvelope.value };
  const by = { kind: 'certificate', certificate, chain, timestamps: seen, entry: entry.value } as const;
  return ok({ value, by });
}
