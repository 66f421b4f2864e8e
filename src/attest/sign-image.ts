/**
 * Signs an image and what is said of it, puts both beside it in the registry, and looks whether a reader finds them
 * there. the signer makes the signatures, all of one image at once; which statements there are is the caller's to say.
 */
import type { Failed, RegistryError } from '../../registry/error.ts';
import { err, ok, type Result } from '../core/result.ts';
import { attachBundles, putAttestations, putSignature, type Attestation, type Place } from './attachments.ts';
import { envelopeOf } from './dsse.ts';
import { imageSigners } from './proof.ts';
import type { Signature, Signer, SignerTrouble, ToSign } from './signer.ts';
import { predicateTypes, signatureStatement, simpleSigningPayload, type Subject } from './statement.ts';

/** One thing that is said of the image. */
export interface Statement {
  readonly predicateType: string;
  readonly payload: Buffer;
}

export type SigningTrouble =
  | { readonly kind: 'registry'; readonly error: RegistryError }
  | { readonly kind: 'signer'; readonly error: SignerTrouble }
  /** What was just written is not found by a reader. */
  | { readonly kind: 'not-found' };

/** Signs what is said of an image that is signed itself already, and attaches it. */
export async function signStatements(
  place: Place,
  signer: Signer,
  statements: readonly Statement[],
  signal: AbortSignal,
): Promise<Result<void, SigningTrouble>> {
  const signed = await signer.sign(statements.map(toSign), signal);
  if (!signed.ok) return err({ kind: 'signer', error: signed.error });
  const attestations = enveloped(statements, signed.value);
  const written = await Promise.all([
    putAttestations(place, attestations, signal),
    attachBundles(place, attestations, signal),
  ]);
  for (const each of written) if (each.kind === 'failed') return err({ kind: 'registry', error: each.error });
  return ok(undefined);
}

/** Signs and attaches; done again it adds the same once more, so ask first what is there already. */
export async function signImage(
  place: Place,
  signer: Signer,
  subject: Subject,
  statements: readonly Statement[],
  signal: AbortSignal,
): Promise<Result<void, SigningTrouble>> {
  const plain = simpleSigningPayload(subject);
  const all = [
    ...statements,
    { predicateType: predicateTypes.signature, payload: signatureStatement(subject) },
  ];
  const signed = await signer.sign([{ kind: 'bytes', bytes: plain }, ...all.map(toSign)], signal);
  if (!signed.ok) return err({ kind: 'signer', error: signed.error });
  const [plainSignature, ...signatures] = signed.value;
  const attestations = enveloped(all, signatures);
  // cosign 2 has a form of its own for the image's signature.
  const tagged = attestations.filter(({ predicateType }) => predicateType !== predicateTypes.signature);
  const written = await Promise.all([
    putAttestations(place, tagged, signal),
    attachBundles(place, attestations, signal),
  ]);
  // Last, for it is what admission controllers wait for.
  const last =
    plainSignature === undefined || written.some(({ kind }) => kind === 'failed')
      ? []
      : [await putSignature(place, plain, plainSignature, signal)];
  for (const each of [...written, ...last])
    if (each.kind === 'failed') return err({ kind: 'registry', error: each.error });
  return await lookAgain(place, signer, signal);
}

function toSign({ payload }: Statement): ToSign {
  return { kind: 'statement', bytes: payload };
}

function enveloped(
  statements: readonly Statement[],
  signatures: readonly Signature[],
): readonly Attestation[] {
  return statements.flatMap(({ predicateType, payload }, index) => {
    const signature = signatures[index];
    if (signature === undefined) return [];
    return [{ predicateType, envelope: envelopeOf(payload, signature.value), by: signature.by }];
  });
}

async function lookAgain(
  place: Place,
  signer: Signer,
  signal: AbortSignal,
): Promise<Result<void, SigningTrouble>> {
  const signers = await imageSigners(place, [signer.self], signal);
  if (isFailed(signers)) return err({ kind: 'registry', error: signers.error });
  return signers.length > 0 ? ok(undefined) : err({ kind: 'not-found' });
}

function isFailed(answer: readonly string[] | Failed): answer is Failed {
  return 'kind' in answer;
}
