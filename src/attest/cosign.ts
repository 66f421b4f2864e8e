/**
 * Runs cosign, for what only it can do: sign with a key that it keeps encrypted or that a service keeps, and tell that
 * key's public half. It signs bytes and never talks to a registry, so it needs no login there; and it knows of our
 * environment only what its key asks for.
 */
import { createPublicKey } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { childEnvironment, networkNames } from '../core/child-environment.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { KeySource } from '../matrix/signers.ts';
import { inTotoType, isSignature, publicKeyHint, signedBytes, type PublicKey } from './dsse.ts';
import type { Signature, Signer, SignerTrouble, ToSign } from './signer.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const timeoutMs = 2 * 60_000;

/** How the variables of each service begin. */
const ofService: Readonly<Record<string, readonly string[]>> = {
  awskms: ['AWS_'],
  azurekms: ['AZURE_'],
  gcpkms: ['GOOGLE_', 'CLOUDSDK_', 'GCE_METADATA_'],
  hashivault: ['VAULT_', 'TRANSIT_SECRET_ENGINE_PATH'],
  k8s: ['KUBECONFIG', 'KUBERNETES_'],
};

/** Opens a key for signing: asks cosign for its public half, so that a wrong password is told before anything is built. */
export async function openSigner(
  key: KeySource,
  env: Environment,
  signal: AbortSignal,
): Promise<Result<Signer, SignerTrouble>> {
  if (key.kind === 'file' && env['COSIGN_PASSWORD'] === undefined) {
    return err({
      kind: 'failed',
      message: `\`${key.shown}\` is encrypted, and \`COSIGN_PASSWORD\` is not set`,
      help: 'set it to the key’s password; to nothing (`COSIGN_PASSWORD=`) where it has none',
    });
  }
  const publicKey = await askPublicKey(key, env, signal);
  if (!publicKey.ok) return publicKey;
  return ok({
    self: publicKey.value,
    sign: (items, until) => sign(key, publicKey.value, items, env, until),
  });
}

/** The public half of a key that cosign can reach. */
export async function askPublicKey(
  key: KeySource,
  env: Environment,
  signal: AbortSignal,
): Promise<Result<PublicKey, SignerTrouble>> {
  const answer = await run(['public-key', '--key', key.address], key, env, signal);
  if (!answer.ok) return answer;
  try {
    return ok({ kind: 'key', name: key.shown, key: createPublicKey(answer.value) });
  } catch {
    return err({ kind: 'failed', message: `cosign tells no public key for \`${key.shown}\`` });
  }
}

async function sign(
  key: KeySource,
  publicKey: PublicKey,
  items: readonly ToSign[],
  env: Environment,
  signal: AbortSignal,
): Promise<Result<readonly Signature[], SignerTrouble>> {
  const payloads = items.map(({ kind, bytes }) =>
    kind === 'bytes' ? bytes : signedBytes(inTotoType, bytes),
  );
  const folder = await mkdtemp(path.join(tmpdir(), 'hubwright-sign-'));
  try {
    const files = payloads.map((_, index) => path.join(folder, String(index)));
    await Promise.all(payloads.map((payload, index) => writeFile(files[index] ?? '', payload)));
    // The public log is for keys without an owner; what a family is called is nobody's business.
    const args = ['sign-blob', '--key', key.address, '--tlog-upload=false', '--yes', '--', ...files];
    const answer = await run(args, key, env, signal);
    if (!answer.ok) return answer;
    const signatures = answer.value.split('\n').filter((line) => line !== '');
    const wrong = payloads.findIndex(
      (payload, index) =>
        !isSignature(publicKey.key, payload, Buffer.from(signatures[index] ?? '', 'base64')),
    );
    if (signatures.length === payloads.length && wrong === -1) {
      const by = { kind: 'key', hint: publicKeyHint(publicKey.key) } as const;
      return ok(signatures.map((value) => ({ value, by })));
    }
    return err({
      kind: 'failed',
      message: `cosign answered with something else than signatures of \`${key.shown}\``,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(
  args: readonly string[],
  key: KeySource,
  env: Environment,
  signal: AbortSignal,
): Promise<Result<string, SignerTrouble>> {
  // Loaded by runs that sign; most do not.
  const { execa } = await import('execa');
  const result = await execa('cosign', args, {
    env: environmentFor(key, env),
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    timeout: timeoutMs,
    cancelSignal: signal,
  });
  if (!result.failed) return ok(result.stdout);
  if (result.isCanceled) return err({ kind: 'cancelled', message: 'cancelled' });
  if (result.code === 'ENOENT') {
    return err({
      kind: 'missing',
      message: 'cosign is not installed, and `sign:` in matrix.yaml asks for it',
      help: '`build setup` installs it, or `apt-get install cosign`',
    });
  }
  return err(refusal(key, result.timedOut ? 'it did not answer in time' : lastLine(result.stderr)));
}

function refusal(key: KeySource, said: string): SignerTrouble {
  if (/unrecognized scheme/.test(said)) {
    return {
      kind: 'failed',
      message: `the cosign of this machine knows no keys at \`${key.shown}\``,
      help: 'Debian’s is built without the services that keep keys: put sigstore’s own first on PATH',
    };
  }
  const isPassword = /decrypt|password|passphrase/i.test(said);
  return {
    kind: 'failed',
    ...(isPassword ? { help: 'the password is the one that `cosign generate-key-pair` asked for' } : {}),
    message: isPassword
      ? `cosign cannot open \`${key.shown}\`: the password in \`COSIGN_PASSWORD\` is not that key’s`
      : `cosign cannot use \`${key.shown}\`: ${said}`,
  };
}

/** cosign's own words: the last line, without control characters, not endless. */
function lastLine(text: string): string {
  const lines = text.split('\n').map((line) => line.replaceAll(/\p{Cc}+/gu, ' ').trim());
  const line = lines.findLast((each) => each !== '') ?? 'it says nothing';
  return line.replace(/^(?:error:|error during command execution:)\s*/i, '').slice(0, 300);
}

function environmentFor(key: KeySource, env: Environment): Record<string, string> {
  if (key.kind === 'file') return childEnvironment(env, ['COSIGN_PASSWORD']);
  return childEnvironment(env, [...networkNames, ...ofItsService(key.address, Object.keys(env))]);
}

function ofItsService(address: string, names: readonly string[]): readonly string[] {
  const beginnings = ofService[address.slice(0, address.indexOf(':'))] ?? [];
  return names.filter((name) => beginnings.some((beginning) => name.startsWith(beginning)));
}
