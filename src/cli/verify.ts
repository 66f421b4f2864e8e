/** `build verify`: what trusted keys prove of published images. Asks the registry alone, for any reference. */
import path from 'node:path';
import { isProven, proveImage, type ImageProof } from '../attest/image-proof.ts';
import type { Trusted } from '../attest/trusted.ts';
import { loadTrust } from '../attest/trust.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { err, type Result } from '../core/result.ts';
import type { TrustedKey } from '../matrix/signers.ts';
import { renderProof, verifyDocument } from '../report/verify-report.ts';
import { screenOf, type CliContext } from './context.ts';
import { readCheckedFamily } from './read-family.ts';
import { parseReferences } from './references.ts';
import { findRepository } from './repository.ts';
import { tell, unreachable, usage } from './tell.ts';
import { openWorkplace } from './workplace.ts';

export interface VerifyOptions {
  readonly directory?: string;
  readonly key?: readonly string[];
  readonly json: boolean;
}

/**
 * 0 when for every reference somebody who is trusted signed that it passed, 1 when not; 3 where a registry or a key
 * could not be asked: that is neither.
 */
export async function verifyCommand(
  context: CliContext,
  texts: readonly string[],
  options: VerifyOptions,
): Promise<ExitCode> {
  const parsed = parseReferences(texts);
  if (!parsed.ok) return await tell(context, parsed.error);
  const references = parsed.value;
  const keys = await keysOf(context, options);
  if (!keys.ok) return await tell(context, keys.error);

  await using workplace = openWorkplace(context);
  const answers = await Promise.all(
    references.map((reference) => proveImage(workplace.registry, reference, keys.value, context.signal)),
  );
  const troubles: Diagnostic[] = [];
  const proofs: { reference: string; proof: ImageProof | undefined }[] = [];
  for (const [index, answer] of answers.entries()) {
    const reference = texts[index] ?? '';
    if (answer.ok) proofs.push({ reference, proof: answer.value });
    else if (answer.error.kind === 'cancelled') return exitCode.interrupted;
    else troubles.push(unreachable(`\`${reference}\` cannot be looked up: ${answer.error.message}`));
  }
  const screen = screenOf(context.stdout, context.env);
  const names = keys.value.map(({ name }) => name);
  if (options.json) screen.write(`${JSON.stringify(verifyDocument(proofs, names), null, 2)}\n`);
  else screen.write(renderProof(proofs, names, screen));
  if (troubles.length > 0) return await tell(context, troubles);
  const allProven = proofs.every(({ proof }) => proof !== undefined && isProven(proof));
  return allProven ? exitCode.ok : exitCode.imageFailed;
}

/** The keys of the command line, else those that the family trusts. */
async function keysOf(
  context: CliContext,
  options: VerifyOptions,
): Promise<Result<readonly Trusted[], readonly Diagnostic[]>> {
  const named = (options.key ?? []).map((text): TrustedKey => {
    const isService = /^[a-z0-9]+:\/\//.test(text);
    const address = isService ? text : path.resolve(context.cwd, text);
    return {
      kind: 'key',
      key: { kind: isService ? 'service' : 'file', address, shown: text },
      span: undefined,
    };
  });
  if (named.length > 0) return await loadTrust(named, context.env, context.signal);
  const directory = findRepository(options.directory, context.cwd, context.home);
  const family = await readCheckedFamily(context, directory);
  if (!family.ok) return family;
  const { trust } = family.value.set;
  if (trust.length > 0) return await loadTrust(trust, context.env, context.signal);
  const message = 'there is no key to verify with: matrix.yaml has no `trust`';
  return err([usage(message, 'name one with `--key cosign.pub`, or under `trust`')]);
}
