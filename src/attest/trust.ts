/**
 * The keys and identities whose signatures count, read from where matrix.yaml or the command line names them. One that
 * cannot be read is an error and never left out: with fewer of them less is believed, with none everything is.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Diagnostic, SourceSpan } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { KeySource, SigstoreRoot, TrustedIdentity, TrustedKey, TrustEntry } from '../matrix/signers.ts';
import { askPublicKey, type Environment } from './cosign.ts';
import type { PublicKey } from './dsse.ts';
import type { LoadedRoot } from './sigstore-root.ts';
import type { CertifiedIdentity, Trusted } from './trusted.ts';

const kinds = new Set(['ec', 'rsa', 'ed25519']);

/** All who are trusted, or everything that is wrong with them. */
export async function loadTrust(
  trust: readonly TrustEntry[],
  env: Environment,
  signal: AbortSignal,
): Promise<Result<readonly Trusted[], readonly Diagnostic[]>> {
  const roots = new RootLoader(env);
  const loaded = await Promise.all(
    trust.map(async (entry): Promise<Result<Trusted, Diagnostic>> =>
      entry.kind === 'key' ? await loadKey(entry, env, signal) : await roots.identity(entry),
    ),
  );
  const mistakes = loaded.flatMap((each) => (each.ok ? [] : [each.error]));
  // Several identities may share a root: what is wrong with it is told once.
  const told = new Map(mistakes.map((each) => [JSON.stringify(each), each]));
  return told.size > 0
    ? err([...told.values()])
    : ok(loaded.flatMap((each) => (each.ok ? [each.value] : [])));
}

/** Reads each root once; of families that trust keys alone it loads nothing. */
class RootLoader {
  readonly #env: Environment;
  readonly #roots = new Map<string, Promise<Result<LoadedRoot, Diagnostic>>>();

  constructor(env: Environment) {
    this.#env = env;
  }

  async identity(entry: TrustedIdentity): Promise<Result<CertifiedIdentity, Diagnostic>> {
    const root = await this.#root(entry.root);
    if (!root.ok) return root;
    const { certifiedIdentity } = await import('./identity.ts');
    const { identity, issuer } = entry;
    return ok(certifiedIdentity({ name: identity.text, identity, issuer }, root.value));
  }

  async #root(root: SigstoreRoot): Promise<Result<LoadedRoot, Diagnostic>> {
    const { loadRoot } = await import('./sigstore-root.ts');
    const key = JSON.stringify(root, (name, value: unknown) => (name === 'span' ? undefined : value));
    const loading = this.#roots.get(key) ?? loadRoot(root, this.#env);
    this.#roots.set(key, loading);
    return await loading;
  }
}

async function loadKey(
  { key, span }: TrustedKey,
  env: Environment,
  signal: AbortSignal,
): Promise<Result<PublicKey, Diagnostic>> {
  if (key.kind === 'service') {
    const asked = await askPublicKey(key, env, signal);
    if (asked.ok) return asked;
    const { message, help } = asked.error;
    return err(diagnostic('environment', 'key-unreachable', message, span, help));
  }
  const text = await readFile(key.address, 'utf8').catch(() => undefined);
  if (text === undefined) {
    const message = `the trusted key \`${key.shown}\` cannot be read`;
    return err(diagnostic('usage', 'missing-key-file', message, span, 'put it there, or correct the path'));
  }
  return readPublicKey(key, text, span);
}

function readPublicKey(
  key: KeySource,
  text: string,
  span: SourceSpan | undefined,
): Result<PublicKey, Diagnostic> {
  if (text.includes('PRIVATE KEY')) {
    const message = `\`${key.shown}\` is a private key: what is trusted is its public half`;
    const help = `name cosign.pub, which \`cosign generate-key-pair\` wrote beside it`;
    return err(diagnostic('usage', 'private-key', message, span, help));
  }
  const parsed = parseKey(text);
  if (parsed !== undefined) return ok({ kind: 'key', name: key.shown, key: parsed });
  const help = 'a public key in PEM, as `cosign generate-key-pair` writes it: ECDSA, RSA or Ed25519';
  return err(diagnostic('usage', 'invalid-key', `\`${key.shown}\` holds no public key`, span, help));
}

function parseKey(text: string): KeyObject | undefined {
  try {
    const key = createPublicKey(text);
    return kinds.has(key.asymmetricKeyType ?? '') ? key : undefined;
  } catch {
    return undefined;
  }
}

function diagnostic(
  category: Diagnostic['category'],
  code: string,
  message: string,
  span: SourceSpan | undefined,
  help: string | undefined,
): Diagnostic {
  return {
    category,
    severity: 'error',
    code,
    message,
    ...(span === undefined ? {} : { span }),
    ...(help === undefined ? {} : { help }),
  };
}
