/**
 * Whose signatures count: keys, and identities that an authority vouches for. Opens what lies beside an image where one
 * of them signed it. Pure; how certificates are judged is identity.ts's, which most families never load.
 */
import { createHash } from 'node:crypto';
import type { Expected } from '../matrix/signers.ts';
import { isSignature, openEnvelope, publicKeyHint, type PublicKey } from './dsse.ts';

/** Whose signatures count. */
export type Trusted = PublicKey | CertifiedIdentity;

/** Somebody whom certificates name, held to the authorities that may do so. */
export interface CertifiedIdentity {
  readonly kind: 'identity';
  /** As matrix.yaml or the command line names it. */
  readonly name: string;
  /** Whoever is expected and all that vouches for them: with another the same signature may count otherwise. */
  readonly id: string;
  judge(bundle: Buffer, context?: JudgedWith): Judgement;
  /** Whether what this certificate vouches for would be theirs. */
  isNamedBy(certificate: Named): boolean;
}

/** A certificate, and who it names. */
export interface Named {
  readonly identity: string;
  readonly issuer: string;
  /** PEM. */
  readonly certificate: string;
}

/** What a bundle does not hold itself. */
export interface JudgedWith {
  /** The bytes that it is a signature of, where it holds no envelope. */
  readonly artifact?: Buffer;
  /** What its timestamps are of, where that is not the signature: the whole envelope, in the form of cosign 2. */
  readonly stamped?: Buffer | undefined;
}

/** What a certificate and what goes with it come to. */
export type Judgement =
  /** `payload`: of its envelope, where it has one. */
  | { readonly kind: 'trusted'; readonly signer: string; readonly payload: Buffer | undefined }
  /** Properly signed, by somebody else. */
  | { readonly kind: 'stranger'; readonly signer: string; readonly issuer: string }
  | { readonly kind: 'invalid'; readonly why: string };

/** What lies beside an image: an envelope, and the bundle around it where something vouches for its key. */
export interface Attested {
  readonly envelope: Buffer;
  readonly bundle: Buffer | undefined;
  /** What the bundle's timestamps are of; undefined: the signature. */
  readonly stamped?: Buffer;
}

/** A signature of bytes as they are. */
export interface PlainSignature {
  readonly payload: Buffer;
  /** Base64. */
  readonly signature: string;
  readonly bundle: Buffer | undefined;
}

/** The payload and who signed it; undefined where nobody did who is trusted. */
export function openAttested(
  { envelope, bundle, stamped }: Attested,
  trusted: readonly Trusted[],
): { readonly payload: Buffer; readonly signer: string } | undefined {
  const opened = openEnvelope(envelope, trusted.filter(isKey));
  if (opened !== undefined) return { payload: opened.payload, signer: opened.signer.name };
  if (bundle === undefined) return undefined;
  for (const identity of trusted) {
    const judged = identity.kind === 'identity' ? identity.judge(bundle, { stamped }) : undefined;
    if (judged?.kind === 'trusted' && judged.payload !== undefined)
      return { payload: judged.payload, signer: judged.signer };
  }
  return undefined;
}

/** Who signed these bytes; undefined where nobody did who is trusted. */
export function signerOf(
  { payload, signature, bundle }: PlainSignature,
  trusted: readonly Trusted[],
): string | undefined {
  const bytes = Buffer.from(signature, 'base64');
  for (const each of trusted) {
    if (each.kind === 'key') {
      if (isSignature(each.key, payload, bytes)) return each.name;
      continue;
    }
    const judged = bundle === undefined ? undefined : each.judge(bundle, { artifact: payload });
    if (judged?.kind === 'trusted') return judged.signer;
  }
  return undefined;
}

/** All whose word counts, in one word: the same for the same people, and for nobody else. */
export function trustId(trusted: readonly Trusted[]): string {
  const ids = trusted.map((each) => (each.kind === 'key' ? `key ${publicKeyHint(each.key)}` : each.id));
  return createHash('sha256')
    .update(JSON.stringify([...new Set(ids)].toSorted()))
    .digest('hex');
}

/** A pattern has to match the whole: one that matched in the middle would believe more than is seen in it. */
export function isAsExpected(found: string, { kind, text }: Expected): boolean {
  return kind === 'exact' ? found === text : new RegExp(`^(?:${text})$`, 'u').test(found);
}

function isKey(each: Trusted): each is PublicKey {
  return each.kind === 'key';
}
