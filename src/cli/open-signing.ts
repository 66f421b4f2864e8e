/** Opens what a run signs with, before anything is built: what is wrong with it is told at once. */
import { openSigner } from '../attest/cosign.ts';
import type { Signer, SignerTrouble } from '../attest/signer.ts';
import { isAsExpected, type Trusted } from '../attest/trusted.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { KeylessSign, KeySign, SignSettings, TrustEntry } from '../matrix/signers.ts';
import type { DrawnPlan } from '../plan/draw-plan.ts';
import type { Signing } from '../run/run-context.ts';
import { readSource, type Source } from '../run/source.ts';
import type { CliContext } from './context.ts';

/** With what the run signs; undefined where the family signs nothing. */
export async function openSigning(
  context: CliContext,
  { set, trusted }: Pick<DrawnPlan, 'set' | 'trusted'>,
): Promise<Result<Signing | undefined, Diagnostic>> {
  const { sign } = set;
  if (sign === undefined) return ok(undefined);
  const signer = await (sign.kind === 'key'
    ? openKey(context, sign, trusted)
    : openKeyless(context, sign, set.trust, trusted));
  if (!signer.ok) return signer;
  let source: Promise<Source | undefined> | undefined;
  return ok({
    signer: signer.value,
    source: () => (source ??= readSource(set.directory, context.env, context.signal)),
  });
}

async function openKey(
  context: CliContext,
  sign: KeySign,
  trusted: readonly Trusted[],
): Promise<Result<Signer, Diagnostic>> {
  const signer = await openSigner(sign.key, context.env, context.signal);
  if (!signer.ok) return err(troubleOf(sign, signer.error));
  const { self } = signer.value;
  const isTrusted = trusted.some(
    (each) => each.kind === 'key' && self.kind === 'key' && each.key.equals(self.key),
  );
  if (trusted.length === 0 || isTrusted) return signer;
  return err({
    category: 'usage',
    severity: 'error',
    code: 'key-not-trusted',
    message: `what \`${sign.key.shown}\` signs would not be believed: its public key is not under \`trust\``,
    ...(sign.span === undefined ? {} : { span: sign.span }),
    help: `write \`cosign public-key --key ${sign.key.shown}\` into a file, and name it under \`trust\``,
  });
}

/** Loaded by families that sign so; most do not. */
async function openKeyless(
  context: CliContext,
  sign: KeylessSign,
  trust: readonly TrustEntry[],
  trusted: readonly Trusted[],
): Promise<Result<Signer, Diagnostic>> {
  const { loadRoot } = await import('../attest/sigstore-root.ts');
  const root = await loadRoot(sign.root, context.env);
  if (!root.ok) return root;
  const { openKeylessSigner } = await import('../attest/keyless-signer.ts');
  const tools = {
    env: context.env,
    note: (secret: string) => context.secrets.add(secret),
    userAgent: `hubwright/${context.version}`,
    root: root.value,
  };
  const signer = await openKeylessSigner(sign, tools, context.signal);
  if (!signer.ok) return err(troubleOf(sign, signer.error));
  const { identity, issuer } = signer.value;
  const identities = trust.filter((each) => each.kind === 'identity');
  const isTrusted = trusted.some((each) => each.kind === 'identity' && each.isNamedBy(signer.value));
  if (trust.length === 0 || isTrusted) return signer;
  const isNamed = identities.some(
    (each) => isAsExpected(identity, each.identity) && isAsExpected(issuer, each.issuer),
  );
  const named = identities.map((each) => `\`${each.identity.text}\` of \`${each.issuer.text}\``);
  return err({
    category: 'usage',
    severity: 'error',
    code: 'identity-not-trusted',
    message: `what \`${identity}\` of \`${issuer}\` signs would not be believed: ${
      isNamed ? 'its authority is not of the `root` under `trust`' : 'it is not under `trust`'
    }`,
    ...(sign.span === undefined ? {} : { span: sign.span }),
    notes: [{ message: `trusted are ${named.length === 0 ? 'keys alone' : named.join(', ')}` }],
    help: isNamed
      ? 'name the same `root` under `sign.keyless` and in the entry of `trust`'
      : `\`trust: [{ identity: "${identity}", issuer: "${issuer}" }]\` believes it`,
  });
}

function troubleOf({ span }: SignSettings, { kind, code, message, help }: SignerTrouble): Diagnostic {
  return {
    category: kind === 'failed' ? 'usage' : 'environment',
    severity: 'error',
    code: code ?? (kind === 'missing' ? 'cosign-missing' : 'signing-key'),
    message,
    ...(span === undefined ? {} : { span }),
    ...(help === undefined ? {} : { help }),
  };
}
