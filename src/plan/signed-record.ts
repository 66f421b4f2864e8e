/**
 * What signatures prove of an image that the registry has under a key: that it is this content, and that it passed.
 * A tag in a registry is anybody's word who may write there; here only what a trusted key signed counts.
 */
import type { RegistryClient } from '../../registry/client.ts';
import { isDigest } from '../../registry/digest.ts';
import type { RegistryError } from '../../registry/error.ts';
import { parseReference, withDigest } from '../../registry/reference.ts';
import type { Place } from '../attest/attachments.ts';
import type { Trusted } from '../attest/trusted.ts';
import { provenOrigins, provenPasses } from '../attest/proof.ts';
import { provenScans } from '../attest/scan-statement.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import { publishedRepository } from '../matrix/naming.ts';
import { registryTrouble } from './remote-record.ts';

/** A published image of the family. */
export interface SignedPlace {
  readonly registry: RegistryClient;
  readonly target: RegistryTarget;
  readonly name: string;
  readonly digest: string;
}

export interface RecordProof {
  /** Somebody who is trusted signed that these bytes are the content of this key. */
  readonly isOurs: boolean;
  /** … and that they passed what this verdict key stands for. */
  readonly hasPassed: boolean;
}

/** Where the attest room finds what is said of the image. */
export function attestPlace({ registry, target, name, digest }: SignedPlace): Place {
  const text = `${publishedRepository(target, name)}@${digest}`;
  const reference = parseReference(text);
  if (reference.kind !== 'reference' || !isDigest(digest)) throw new Error(`${text} is no reference`);
  return { registry, image: withDigest(reference, digest) };
}

/** As {@link readProof}, with a registry's trouble as a person is told of it. */
export async function askProof(
  place: SignedPlace,
  keys: { readonly key: string; readonly verdictKey: string },
  trusted: readonly Trusted[],
  signal: AbortSignal,
): Promise<Result<RecordProof, Diagnostic>> {
  const proof = await readProof(place, keys, trusted, signal);
  if (proof.ok) return proof;
  const text = `${publishedRepository(place.target, place.name)}@${place.digest}`;
  return err(registryTrouble(`the registry can't say who signed \`${text}\``, proof.error.message));
}

/** A signed pass says both; where there is none, a pass of other terms or a provenance still says whose the bytes are. */
export async function readProof(
  place: SignedPlace,
  { key, verdictKey }: { readonly key: string; readonly verdictKey: string },
  trusted: readonly Trusted[],
  signal: AbortSignal,
): Promise<Result<RecordProof, RegistryError>> {
  const where = attestPlace(place);
  const passes = await provenPasses(where, trusted, signal);
  if ('kind' in passes) return err(passes.error);
  const ours = passes.filter((pass) => pass.key === key);
  if (ours.length > 0)
    return ok({ isOurs: true, hasPassed: ours.some(({ verdictKeys }) => verdictKeys.includes(verdictKey)) });
  const origins = await provenOrigins(where, trusted, signal);
  if ('kind' in origins) return err(origins.error);
  return ok({ isOurs: origins.some((origin) => origin.key === key), hasPassed: false });
}

/** Whether somebody who is trusted signed that the image passed this scan. */
export async function askScanProof(
  place: SignedPlace,
  scanKey: string,
  trusted: readonly Trusted[],
  signal: AbortSignal,
): Promise<Result<boolean, Diagnostic>> {
  const scans = await provenScans(attestPlace(place), trusted, signal);
  if (!('kind' in scans)) return ok(scans.some(({ scanKeys }) => scanKeys.includes(scanKey)));
  const text = `${publishedRepository(place.target, place.name)}@${place.digest}`;
  return err(registryTrouble(`the registry can't say who scanned \`${text}\``, scans.error.message));
}
