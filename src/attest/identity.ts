/**
 * Judges bundles that a certificate vouches for, over Sigstore's own library: whether an authority of the root gave the
 * certificate, whether something of the root says that it was good when the signature was made, and whose it is.
 * What the root has is also required: a log's entry where there is a log, the authority's log where that has one.
 */
import { bundleFromJSON } from '@sigstore/bundle';
import { X509Certificate } from '@sigstore/core';
import { toSignedEntity, Verifier, type SignedEntity, type TrustMaterial } from '@sigstore/verify';
import type { Expected } from '../matrix/signers.ts';
import { inTotoType } from './dsse.ts';
import type { LoadedRoot } from './sigstore-root.ts';
import { isAsExpected, type CertifiedIdentity, type JudgedWith, type Judgement } from './trusted.ts';

/** Who is expected, as certificates name them, and what they are called here. */
export interface ExpectedIdentity {
  readonly name: string;
  readonly identity: Expected;
  readonly issuer: Expected;
}

/** Somebody whose signatures count under this root. */
export function certifiedIdentity(expected: ExpectedIdentity, root: LoadedRoot): CertifiedIdentity {
  const verifier = new Verifier(root, {
    ctlogThreshold: Math.min(root.ctlogs.length, 1),
    tlogThreshold: Math.min(root.tlogs.length, 1),
    timestampThreshold: 1,
  });
  return {
    kind: 'identity',
    name: expected.name,
    id: `identity ${JSON.stringify([expected.identity, expected.issuer, root.id])}`,
    judge: (bundle, context = {}) => judge(bundle, context, expected, root, verifier),
    isNamedBy: ({ identity, issuer, certificate }) =>
      isAsExpected(identity, expected.identity) &&
      isAsExpected(issuer, expected.issuer) &&
      isOfRoot(X509Certificate.parse(certificate), root),
  };
}

/** Whether an authority of the root signed it. */
export function isOfRoot(certificate: X509Certificate, { certificateAuthorities }: TrustMaterial): boolean {
  return certificateAuthorities.some(({ certChain }) =>
    certChain.some((authority) => {
      try {
        return certificate.verify(authority);
      } catch {
        // Of another kind of key.
        return false;
      }
    }),
  );
}

function judge(
  bytes: Buffer,
  { artifact, stamped }: JudgedWith,
  { identity, issuer }: ExpectedIdentity,
  root: TrustMaterial,
  verifier: Verifier,
): Judgement {
  try {
    const bundle = bundleFromJSON(JSON.parse(bytes.toString('utf8')));
    if (bundle.verificationMaterial.content.$case === 'publicKey') return invalid('a key signed it');
    const entity = underRoot(stampedAs(toSignedEntity(bundle, artifact), stamped), root);
    // The library would tell of what it looks at first: a timestamp, as a rule.
    if (entity.key.$case === 'certificate' && !isOfRoot(entity.key.certificate, root))
      return invalid('its certificate is of an authority that `root` does not know');
    if (entity.timestamps.length === 0) return invalid(withoutTime(entity));
    const { identity: found } = verifier.verify(entity);
    const signer = found?.subjectAlternativeName;
    const vouching = found?.extensions?.issuer;
    if (signer === undefined || vouching === undefined) return invalid('its certificate names nobody');
    if (!isAsExpected(signer, identity) || !isAsExpected(vouching, issuer))
      return { kind: 'stranger', signer, issuer: vouching };
    const { content } = bundle;
    if (content.$case === 'messageSignature') return { kind: 'trusted', signer, payload: undefined };
    const { payloadType, payload } = content.dsseEnvelope;
    if (payloadType !== inTotoType) return invalid('it is no in-toto statement');
    return { kind: 'trusted', signer, payload };
  } catch (error) {
    // The library throws for what does not hold, and for what is no bundle at all.
    return invalid(error instanceof Error ? error.message : String(error));
  }
}

/** The library holds timestamps against the signature; here they are held against what they are of. */
function stampedAs(entity: SignedEntity, stamped: Buffer | undefined): SignedEntity {
  const { signature } = entity;
  if (stamped === undefined) return entity;
  return {
    ...entity,
    signature: {
      signature: stamped,
      compareSignature: (other) => signature.compareSignature(other),
      compareDigest: (digest) => signature.compareDigest(digest),
      compareSignedDigest: (digest) => signature.compareSignedDigest(digest),
      verifySignature: (key) => signature.verifySignature(key),
    },
  };
}

/** What the root knows nothing of proves nothing: left out, it is not held against what does. */
function underRoot(entity: SignedEntity, root: TrustMaterial): SignedEntity {
  const hasLog = root.tlogs.length > 0;
  const hasClock = root.timestampAuthorities.length > 0;
  return {
    ...entity,
    tlogEntries: hasLog ? entity.tlogEntries : [],
    timestamps: entity.timestamps.filter(({ $case }) => ($case === 'transparency-log' ? hasLog : hasClock)),
  };
}

function withoutTime({ key }: SignedEntity): string {
  const until =
    key.$case === 'certificate'
      ? `, and its certificate ended at ${key.certificate.notAfter.toISOString()}`
      : '';
  return `nobody whom \`root\` knows says when it was signed${until}`;
}

function invalid(why: string): Judgement {
  return { kind: 'invalid', why };
}
