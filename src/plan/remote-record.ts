/**
 * The record as the registry holds it: which content keys exist there, which passed, and which of the
 * tags that we publish point to them. Asks with HEAD requests alone; believes nothing but a plain answer:
 * "absent" is a 404, and every other trouble is an error, never "absent". What signatures prove is signed-record.ts's.
 */
import pLimit from 'p-limit';
import { parseReference } from '../../registry/reference.ts';
import type { RegistryClient } from '../../registry/client.ts';
import type { PublicKey } from '../attest/dsse.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { keyTag, passTag, scanTag } from '../core/labels.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import { publishedReference } from '../matrix/naming.ts';
import type { PublishedBytes } from './plan.ts';

export interface RecordQuestion {
  readonly name: string;
  readonly key: string;
  readonly verdictKey: string;
  /** Where the family is scanned. */
  readonly scanKey?: string;
}

/** Requests under way at once: enough to hide latency, few enough for a small registry. */
const concurrency = 16;

/**
 * The digest behind one published tag; undefined where the registry says that there is none.
 * Everything but a plain yes or no is a diagnostic of the category `environment`.
 */
export async function publishedDigest(
  registry: Pick<RegistryClient, 'headManifest'>,
  target: RegistryTarget,
  name: string,
  tag: string,
  signal: AbortSignal,
): Promise<Result<string | undefined, Diagnostic>> {
  const text = publishedReference(target, name, tag);
  const reference = parseReference(text);
  if (reference.kind === 'invalid-reference') {
    return err({
      category: 'usage',
      severity: 'error',
      code: 'invalid-reference',
      message: `\`${text}\`: ${reference.message}`,
    });
  }
  const answer = await registry.headManifest(reference, signal);
  if (answer.kind === 'found') return ok(answer.digest);
  if (answer.kind === 'absent') return ok(undefined);
  return err(registryTrouble(`the registry can't say whether it has \`${text}\``, answer.error.message));
}

/** A registry that did not answer what it was asked. */
export function registryTrouble(what: string, said: string): Diagnostic {
  return {
    category: 'environment',
    severity: 'error',
    code: 'registry-unreachable',
    message: `${what}: ${said}`,
    help: 'check `registry:` in matrix.yaml, the network, and the login (`docker login`)',
  };
}

/** What a registry has of the images that were asked for. */
export interface RemoteRecord {
  readonly known: ReadonlyMap<string, PublishedBytes>;
  /** Images that are there, but that nobody who is trusted signed. */
  readonly unsigned: ReadonlySet<string>;
}

/**
 * Asks for all images side by side. The first trouble is the answer: a registry that fails once is not half believed.
 * With keys to trust, an image counts only where one of them signed that it is this content, and a pass only where
 * one of them signed it. Without, whoever may write to the registry is believed.
 */
export async function askRemoteRecord(
  registry: RegistryClient,
  target: RegistryTarget,
  questions: readonly RecordQuestion[],
  trusted: readonly PublicKey[],
  signal: AbortSignal,
): Promise<Result<RemoteRecord, Diagnostic>> {
  const limit = pLimit(concurrency);
  const known = new Map<string, PublishedBytes>();
  const unsigned = new Set<string>();
  // Most families trust their registry, and need not load what reads signatures.
  const proofs = trusted.length === 0 ? undefined : await import('./signed-record.ts');
  const answers = await Promise.all(
    questions.map(({ name, key, verdictKey, scanKey }) =>
      limit(async () => {
        const bytes = await publishedDigest(registry, target, name, keyTag(key), signal);
        if (!bytes.ok) return bytes.error;
        if (bytes.value === undefined) return undefined;
        const pass = await publishedDigest(registry, target, name, passTag(verdictKey), signal);
        if (!pass.ok) return pass.error;
        const hasPass = pass.value === bytes.value;
        const scan =
          scanKey === undefined
            ? undefined
            : await publishedDigest(registry, target, name, scanTag(scanKey), signal);
        if (scan?.ok === false) return scan.error;
        const scanned = scan === undefined ? {} : { scanned: scan.value === bytes.value };
        if (proofs === undefined) {
          known.set(name, { digest: bytes.value, passed: hasPass, ...scanned });
          return undefined;
        }
        const place = { registry, target, name, digest: bytes.value };
        const proof = await proofs.askProof(place, { key, verdictKey }, trusted, signal);
        if (!proof.ok) return proof.error;
        const { isOurs, hasPassed } = proof.value;
        if (isOurs) {
          const unsignedPass = hasPass && !hasPassed ? { unsignedPass: true as const } : {};
          const scans =
            scanKey !== undefined && scanned.scanned === true
              ? await proofs.askScanProof(place, scanKey, trusted, signal)
              : undefined;
          if (scans?.ok === false) return scans.error;
          const unsignedScan = scans?.value === false ? { scanned: false, unsignedScan: true as const } : {};
          const passed = hasPass && hasPassed;
          known.set(name, { digest: bytes.value, passed, ...unsignedPass, ...scanned, ...unsignedScan });
        } else unsigned.add(name);
        return undefined;
      }),
    ),
  );
  const trouble = answers.find((answer) => answer !== undefined);
  return trouble === undefined ? ok({ known, unsigned }) : err(trouble);
}
