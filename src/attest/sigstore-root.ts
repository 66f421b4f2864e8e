/**
 * Reads the authorities and logs whose word on an identity counts: a trusted root as cosign writes it, PEM files, or the
 * root of Sigstore's public instance, which its TUF repository keeps. Loaded only where an identity is trusted.
 */
import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toTrustMaterial, type TrustMaterial } from '@sigstore/verify';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import { cacheFolderOf } from '../matrix/cache-folder.ts';
import type { NamedFile, SigstoreRoot } from '../matrix/signers.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const timeoutMs = 10_000;

/** What counts under a root. */
export interface LoadedRoot extends TrustMaterial {
  /** A hash of all that is in it. */
  readonly id: string;
}

function loaded(root: TrustedRoot): LoadedRoot {
  const text = JSON.stringify(TrustedRoot.toJSON(root));
  return { ...toTrustMaterial(root), id: createHash('sha256').update(text).digest('hex') };
}

/** What counts under this root, or what is wrong with it. */
export async function loadRoot(
  root: SigstoreRoot,
  env: Environment,
): Promise<Result<LoadedRoot, Diagnostic>> {
  switch (root.kind) {
    case 'public':
      return await publicRoot(env);
    case 'file':
      return await readRoot(root.file);
    case 'parts':
      return await joinParts(root);
    default:
      return root satisfies never;
  }
}

async function publicRoot(env: Environment): Promise<Result<LoadedRoot, Diagnostic>> {
  const folder = cacheFolderOf(env);
  // Nobody who has a root of their own needs it.
  const { getTrustedRoot } = await import('@sigstore/tuf');
  try {
    const kept = folder === undefined ? {} : { cachePath: path.join(folder, 'sigstore') };
    return ok(loaded(await getTrustedRoot({ ...kept, timeout: timeoutMs })));
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    return err({
      category: 'environment',
      severity: 'error',
      code: 'root-unreachable',
      message: `Sigstore’s public root cannot be had: ${said.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 300)}`,
      help: 'it comes from tuf-repo-cdn.sigstore.dev; a root of your own is named under `root`',
    });
  }
}

async function readRoot(file: NamedFile): Promise<Result<LoadedRoot, Diagnostic>> {
  const text = await read(file);
  if (!text.ok) return text;
  try {
    const material = loaded(TrustedRoot.fromJSON(JSON.parse(text.value)));
    if (material.certificateAuthorities.length > 0) return ok(material);
  } catch {
    // Told below.
  }
  const help =
    '`cosign trusted-root create` writes one; PEM files are named as `root: { ca: …, timestamps: … }`';
  return err(unusable(file, 'is no trusted root with an authority in it', help));
}

async function joinParts(
  parts: Extract<SigstoreRoot, { kind: 'parts' }>,
): Promise<Result<LoadedRoot, Diagnostic>> {
  const [ca, timestamps, rekor, ct] = await Promise.all([
    authority(parts.ca),
    parts.timestamps === undefined ? ok([]) : authority(parts.timestamps),
    parts.rekor === undefined ? ok([]) : log(parts.rekor),
    parts.ct === undefined ? ok([]) : log(parts.ct),
  ]);
  if (!ca.ok) return ca;
  if (!timestamps.ok) return timestamps;
  if (!rekor.ok) return rekor;
  if (!ct.ok) return ct;
  const root = TrustedRoot.fromJSON({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    certificateAuthorities: ca.value,
    timestampAuthorities: timestamps.value,
    tlogs: rekor.value,
    ctlogs: ct.value,
  });
  return ok(loaded(root));
}

async function authority(file: NamedFile): Promise<Result<readonly object[], Diagnostic>> {
  const text = await read(file);
  if (!text.ok) return text;
  const blocks = text.value.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    // A chain begins with what signs; who certifies others stands above it.
    const certificates = blocks
      .map((block) => new X509Certificate(block))
      .toSorted((a, b) => Number(a.ca) - Number(b.ca));
    if (certificates.length > 0) {
      const raw = certificates.map((each) => ({ rawBytes: each.raw.toString('base64') }));
      return ok([{ certChain: { certificates: raw } }]);
    }
  } catch {
    // Told below.
  }
  return err(unusable(file, 'holds no certificate', 'certificates in PEM, the one that signs first'));
}

async function log(file: NamedFile): Promise<Result<readonly object[], Diagnostic>> {
  const text = await read(file);
  if (!text.ok) return text;
  try {
    const der = createPublicKey(text.value).export({ type: 'spki', format: 'der' });
    const keyId = createHash('sha256').update(der).digest('base64');
    return ok([{ publicKey: { rawBytes: der.toString('base64') }, logId: { keyId } }]);
  } catch {
    return err(unusable(file, 'holds no public key', 'the log’s public key in PEM'));
  }
}

async function read(file: NamedFile): Promise<Result<string, Diagnostic>> {
  const text = await readFile(file.path, 'utf8').catch(() => undefined);
  if (text !== undefined) return ok(text);
  return err(unusable(file, 'cannot be read', 'put it there, or correct the path'));
}

function unusable({ shown, span }: NamedFile, what: string, help: string): Diagnostic {
  return {
    category: 'usage',
    severity: 'error',
    code: 'unusable-root',
    message: `\`${shown}\` ${what}`,
    ...(span === undefined ? {} : { span }),
    help,
  };
}
