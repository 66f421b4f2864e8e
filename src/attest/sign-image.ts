/**
 * Signs an image and what is said of it, puts both beside it in the registry, and looks whether a reader finds them
 * there. cosign makes the signatures, all of one image at once; which statements there are is the caller's to say.
 */
import type { Failed, RegistryError } from '../../registry/error.ts';
import { err, ok, type Result } from '../core/result.ts';
import { attachBundles, putAttestations, putSignature, type Place } from './attachments.ts';
import type { CosignTrouble, Signer } from './cosign.ts';
import { envelopeOf, inTotoType, signedBytes } from './dsse.ts';
import { imageSigners } from './proof.ts';
import { predicateTypes, signatureStatement, simpleSigningPayload, type Subject } from './statement.ts';

/** One thing that is said of the image. */
export interface Statement {
  readonly predicateType: string;
  readonly payload: Buffer;
}

export type SigningTrouble =
  | { readonly kind: 'registry'; readonly error: RegistryError }
  | { readonly kind: 'cosign'; readonly error: CosignTrouble }
  /** What was just written is not found by a reader. */
  | { readonly kind: 'not-found' };

/** Signs what is said of an image that is signed itself already, and attaches it. */
export async function signStatements(
  place: Place,
  signer: Signer,
  statements: readonly Statement[],
  signal: AbortSignal,
): Promise<Result<void, SigningTrouble>> {
  const payloads = statements.map(({ payload }) => signedBytes(inTotoType, payload));
  const signed = await signer.sign(payloads, signal);
  if (!signed.ok) return err({ kind: 'cosign', error: signed.error });
  const attestations = enveloped(statements, signed.value);
  const written = await Promise.all([
    putAttestations(place, attestations, signal),
    attachBundles(place, attestations, signer.publicKey, signal),
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
  const signed = await signer.sign(
    [plain, ...all.map(({ payload }) => signedBytes(inTotoType, payload))],
    signal,
  );
  if (!signed.ok) return err({ kind: 'cosign', error: signed.error });
  const [plainSignature = '', ...signatures] = signed.value;
  const attestations = enveloped(all, signatures);
  // cosign 2 has a form of its own for the image's signature.
  const tagged = attestations.filter(({ predicateType }) => predicateType !== predicateTypes.signature);
  const written = await Promise.all([
    putAttestations(place, tagged, signal),
    attachBundles(place, attestations, signer.publicKey, signal),
  ]);
  // Last, for it is what admission controllers wait for.
  const last = written.some(({ kind }) => kind === 'failed')
    ? []
    : [await putSignature(place, plain, plainSignature, signal)];
  for (const each of [...written, ...last])
    if (each.kind === 'failed') return err({ kind: 'registry', error: each.error });
  return await lookAgain(place, signer, signal);
}

function enveloped(statements: readonly Statement[], signatures: readonly string[]) {
  return statements.map(({ predicateType, payload }, index) => ({
    predicateType,
    envelope: envelopeOf(payload, signatures[index] ?? ''),
  }));
}

async function lookAgain(
  place: Place,
  signer: Signer,
  signal: AbortSignal,
): Promise<Result<void, SigningTrouble>> {
  const signers = await imageSigners(place, [signer.publicKey], signal);
  if (isFailed(signers)) return err({ kind: 'registry', error: signers.error });
  return signers.length > 0 ? ok(undefined) : err({ kind: 'not-found' });
}

function isFailed(answer: readonly string[] | Failed): answer is Failed {
  return 'kind' in answer;
}
