/** Opens the key that a run signs with, before anything is built: what is wrong with it is told at once. */
import { openSigner, type CosignTrouble } from '../attest/cosign.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { SignSettings } from '../matrix/image-set.ts';
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
  const signer = await openSigner(sign.key, context.env, context.signal);
  if (!signer.ok) return err(troubleOf(sign, signer.error));
  const { key } = signer.value.publicKey;
  if (trusted.length > 0 && !trusted.some((each) => each.key.equals(key))) {
    return err({
      category: 'usage',
      severity: 'error',
      code: 'key-not-trusted',
      message: `what \`${sign.key.shown}\` signs would not be believed: its public key is not under \`trust\``,
      ...(sign.span === undefined ? {} : { span: sign.span }),
      help: `write \`cosign public-key --key ${sign.key.shown}\` into a file, and name it under \`trust\``,
    });
  }
  let source: Promise<Source | undefined> | undefined;
  return ok({
    signer: signer.value,
    source: () => (source ??= readSource(set.directory, context.env, context.signal)),
  });
}

function troubleOf({ span }: SignSettings, { kind, message, help }: CosignTrouble): Diagnostic {
  return {
    category: kind === 'failed' ? 'usage' : 'environment',
    severity: 'error',
    code: kind === 'missing' ? 'cosign-missing' : 'signing-key',
    message,
    ...(span === undefined ? {} : { span }),
    ...(help === undefined ? {} : { help }),
  };
}
