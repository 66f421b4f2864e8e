/**
 * A signature and what vouches for it, in the forms that lie in registries: sigstore bundles (version 0.3), and the
 * annotations in which cosign 1 and 2 keep the same beside what they sign. Reads and writes both; judges neither.
 */
import { X509Certificate } from 'node:crypto';
import { parseJson } from '../../registry/parse-json.ts';
import { cosignBundleSchema, cosignTimestampSchema, entryContentSchema } from './schema.ts';
import type { Certified, LogEntry, Signature, SignedBy } from './signer.ts';

export const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
/** The first form, in which an entry of the log goes without the proof that annotations have no place for. */
const firstBundleType = 'application/vnd.dev.sigstore.bundle+json;version=0.1';

export const signatureAnnotation = 'dev.cosignproject.cosign/signature';
const annotation = {
  certificate: 'dev.sigstore.cosign/certificate',
  chain: 'dev.sigstore.cosign/chain',
  bundle: 'dev.sigstore.cosign/bundle',
  timestamp: 'dev.sigstore.cosign/rfc3161timestamp',
} as const;

type Annotations = Readonly<Record<string, string>>;

/** The bundle of an envelope that was signed so. */
export function bundleOf(envelope: Buffer, by: SignedBy): Buffer {
  const verificationMaterial = by.kind === 'key' ? { publicKey: { hint: by.hint } } : certifiedMaterial(by);
  return Buffer.from(
    JSON.stringify({
      mediaType: bundleType,
      verificationMaterial,
      // What was just made is JSON of our own.
      dsseEnvelope: JSON.parse(envelope.toString('utf8')) as unknown,
    }),
  );
}

function certifiedMaterial({ certificate, timestamps, entry }: Certified) {
  return {
    certificate: { rawBytes: new X509Certificate(certificate).raw.toString('base64') },
    tlogEntries: entry === undefined ? [] : [entryMaterial(entry)],
    timestampVerificationData: {
      rfc3161Timestamps:
        timestamps === undefined ? [] : [{ signedTimestamp: timestamps.signature.toString('base64') }],
    },
  };
}

function entryMaterial({ body, integratedTime, logID, logIndex, verification }: LogEntry) {
  const { signedEntryTimestamp, inclusionProof } = verification;
  return {
    ...promisedMaterial({ body, integratedTime, logID, logIndex }, signedEntryTimestamp),
    inclusionProof: {
      logIndex: String(inclusionProof.logIndex),
      rootHash: base64OfHex(inclusionProof.rootHash),
      treeSize: String(inclusionProof.treeSize),
      hashes: inclusionProof.hashes.map(base64OfHex),
      checkpoint: { envelope: inclusionProof.checkpoint },
    },
  };
}

/** An entry that the log has promised to keep. */
function promisedMaterial(
  { body, integratedTime, logID, logIndex }: Omit<LogEntry, 'verification'>,
  signedEntryTimestamp: string,
) {
  const kindVersion = entryKind(body);
  if (kindVersion === undefined) throw new Error('the entry of the log says nothing of itself');
  return {
    logIndex: String(logIndex),
    logId: { keyId: base64OfHex(logID) },
    kindVersion,
    integratedTime: String(integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    canonicalizedBody: body,
  };
}

/** What a log's entry with this body is; undefined where it does not say so. */
export function entryKind(body: string): { readonly kind: string; readonly version: string } | undefined {
  const content = parseJson(entryContentSchema, Buffer.from(body, 'base64'));
  return content && { kind: content.kind, version: content.apiVersion };
}

function base64OfHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

/** What cosign 2 keeps beside a signature that a certificate vouches for; nothing beside one of a key. */
export function annotationsOf(by: SignedBy): Annotations {
  if (by.kind === 'key') return {};
  const { certificate, chain, timestamps, entry } = by;
  const timestamp = timestamps?.envelope ?? timestamps?.signature;
  return {
    [annotation.certificate]: certificate,
    [annotation.chain]: chain,
    ...(timestamp === undefined
      ? {}
      : {
          [annotation.timestamp]: JSON.stringify({ SignedRFC3161Timestamp: timestamp.toString('base64') }),
        }),
    ...(entry === undefined ? {} : { [annotation.bundle]: JSON.stringify(cosignBundle(entry)) }),
  };
}

function cosignBundle({ body, integratedTime, logIndex, logID, verification }: LogEntry) {
  return {
    SignedEntryTimestamp: verification.signedEntryTimestamp,
    Payload: { body, integratedTime, logIndex, logID },
  };
}

/** What is signed, as a bundle holds it. */
export type BundleContent =
  | { readonly dsseEnvelope: unknown }
  | {
      readonly messageSignature: {
        readonly messageDigest: { readonly algorithm: 'SHA2_256'; readonly digest: string };
        readonly signature: Signature['value'];
      };
    };

/**
 * The bundle that these annotations come to; undefined where no certificate is among them. Beside an envelope its
 * timestamps are of the whole envelope, not of the signature.
 */
export function bundleOfAnnotations(annotations: Annotations, content: BundleContent): Buffer | undefined {
  try {
    const certificate = annotations[annotation.certificate];
    if (certificate === undefined) return undefined;
    const logged = parseJson(cosignBundleSchema, Buffer.from(annotations[annotation.bundle] ?? ''));
    const stamped = parseJson(cosignTimestampSchema, Buffer.from(annotations[annotation.timestamp] ?? ''));
    const verificationMaterial = {
      x509CertificateChain: {
        certificates: [{ rawBytes: new X509Certificate(certificate).raw.toString('base64') }],
      },
      tlogEntries:
        logged === undefined ? [] : [promisedMaterial(logged.Payload, logged.SignedEntryTimestamp)],
      timestampVerificationData: {
        rfc3161Timestamps: stamped === undefined ? [] : [{ signedTimestamp: stamped.SignedRFC3161Timestamp }],
      },
    };
    return Buffer.from(JSON.stringify({ mediaType: firstBundleType, verificationMaterial, ...content }));
  } catch {
    // What is no certificate and no entry of a log vouches for nothing.
    return undefined;
  }
}
