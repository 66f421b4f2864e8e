/**
 * Copies what the family uses unchanged from other registries (`mirror:` in matrix.yaml) into its own: digests and
 * all platforms kept, only missing blobs sent, so that calling it again after an interruption goes on.
 * Which images are mirrors is the matrix's to say; how bytes travel is registry/copy.ts.
 */
import type { RegistryClient } from '../../registry/client.ts';
import { isDigest } from '../../registry/digest.ts';
import { parseReference, withDigest, type Reference } from '../../registry/reference.ts';
import type { Mirror, RegistryTarget } from '../matrix/image-set.ts';
import { publishedReference } from '../matrix/naming.ts';

export interface MirrorOutcome {
  readonly name: string;
  readonly from: string;
  /** Where it is now: `registry/pause:3.10`. */
  readonly to: string;
  readonly result:
    | { readonly kind: 'copied'; readonly digest: string; readonly sentBytes: number }
    | { readonly kind: 'unchanged'; readonly digest: string }
    /** A sentence for a person. */
    | { readonly kind: 'failed'; readonly reason: string };
}

type MirrorSource = Pick<Mirror, 'name' | 'from' | 'digest'>;

/** Copies one mirror to the target, under its own tag or `tag`; never throws for what a registry does. */
export async function mirrorImage(
  mirror: MirrorSource,
  target: RegistryTarget,
  registry: RegistryClient,
  signal: AbortSignal,
  tag?: string,
): Promise<MirrorOutcome> {
  const source = sourceOf(mirror);
  const to = publishedReference(target, mirror.name, tag ?? source.tag ?? 'latest');
  const about = { name: mirror.name, from: mirror.from, to };
  const destination = parseReference(to);
  if (destination.kind === 'invalid-reference')
    return { ...about, result: { kind: 'failed', reason: destination.message } };
  let sentBytes = 0;
  const copied = await registry.copyImage(
    source.locked,
    destination,
    ({ how, size }) => {
      if (how === 'sent') sentBytes += size;
    },
    signal,
  );
  switch (copied.kind) {
    case 'copied':
      return {
        ...about,
        result: copied.changed
          ? { kind: 'copied', digest: copied.digest, sentBytes }
          : { kind: 'unchanged', digest: copied.digest },
      };
    case 'absent':
      return {
        ...about,
        result: { kind: 'failed', reason: `${mirror.from} is not there${lockHint(mirror)}` },
      };
    case 'failed':
      return { ...about, result: { kind: 'failed', reason: copied.error.message } };
    default:
      return copied satisfies never;
  }
}

/** What is read: by the digest of matrix.lock where there is one, so that what a tag names tomorrow changes nothing today. */
function sourceOf(mirror: MirrorSource): { readonly tag: string | undefined; readonly locked: Reference } {
  const reference = parseReference(mirror.from);
  if (reference.kind === 'invalid-reference')
    throw new Error(`a checked mirror is no reference: ${mirror.from}`);
  const { digest } = mirror;
  const locked = digest !== undefined && isDigest(digest) ? withDigest(reference, digest) : reference;
  return { tag: reference.tag, locked };
}

function lockHint({ name, digest }: MirrorSource): string {
  if (digest === undefined) return '';
  return ` as ${digest.slice(0, 19)}…; \`build lock --update ${name}\` asks what it is now`;
}
