/**
 * Who signed a release in a registry: everything downstream deploys what a release names, so where keys are trusted it
 * counts only with the signature of one of them. Signs and asks; what a release says is release-artifact.ts's.
 */
import type { Digest } from '../../registry/digest.ts';
import { formatFamiliar, withDigest, type Reference } from '../../registry/reference.ts';
import type { AttachmentRegistry } from '../attest/attachments.ts';
import type { Signer } from '../attest/signer.ts';
import type { Trusted } from '../attest/trusted.ts';
import { imageSigners } from '../attest/proof.ts';
import { signImage } from '../attest/sign-image.ts';
import { err, ok, type Result } from '../core/result.ts';

/** What a name in the registry leads to. `unsigned`: something that nobody who is trusted signed. */
export type SignedName =
  | { readonly kind: 'signed'; readonly reference: Reference }
  | { readonly kind: 'unsigned' | 'absent' };

/** The very bytes behind a release's name, where somebody who is trusted signed them. */
export async function signedRelease(
  registry: AttachmentRegistry,
  name: Reference,
  trusted: readonly Trusted[],
  signal: AbortSignal,
): Promise<Result<SignedName, string>> {
  const head = await registry.headManifest(name, signal);
  if (head.kind === 'failed') return err(head.error.message);
  if (head.kind === 'absent') return ok({ kind: 'absent' });
  const { digest } = head;
  const reference = withDigest(name, digest);
  const signers = await imageSigners({ registry, image: { ...reference, digest } }, trusted, signal);
  if ('kind' in signers) return err(signers.error.message);
  return ok(signers.length > 0 ? { kind: 'signed', reference } : { kind: 'unsigned' });
}

/** Signs the release with this digest. The error is a sentence for a person. */
export async function signRelease(
  registry: AttachmentRegistry,
  name: Reference,
  digest: Digest,
  signer: Signer,
  signal: AbortSignal,
): Promise<Result<void, string>> {
  const image = withDigest(name, digest);
  const subject = { repository: formatFamiliar(withoutNames(name)), digest };
  const signed = await signImage({ registry, image }, signer, subject, [], signal);
  if (signed.ok) return signed;
  return err(
    signed.error.kind === 'not-found' ? 'its signature is not found again' : signed.error.error.message,
  );
}

function withoutNames({ kind, registry, repository, familiarName }: Reference): Reference {
  return { kind, registry, repository, familiarName };
}
