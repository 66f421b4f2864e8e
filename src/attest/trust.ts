/**
 * The keys whose signatures count, read from where matrix.yaml or the command line names them. A key that cannot be
 * read is an error and never left out: with fewer keys less is believed, with none everything is.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Diagnostic, SourceSpan } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { KeySource, TrustedKey } from '../matrix/image-set.ts';
import { askPublicKey, type Environment } from './cosign.ts';
import type { PublicKey } from './dsse.ts';

const kinds = new Set(['ec', 'rsa', 'ed25519']);

/** All trusted keys, or everything that is wrong with them. */
export async function loadTrust(
  trust: readonly TrustedKey[],
  env: Environment,
  signal: AbortSignal,
): Promise<Result<readonly PublicKey[], readonly Diagnostic[]>> {
  const loaded = await Promise.all(trust.map((entry) => loadKey(entry, env, signal)));
  const mistakes = loaded.flatMap((each) => (each.ok ? [] : [each.error]));
  return mistakes.length > 0 ? err(mistakes) : ok(loaded.flatMap((each) => (each.ok ? [each.value] : [])));
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
  if (parsed !== undefined) return ok({ name: key.shown, key: parsed });
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
