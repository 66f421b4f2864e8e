/** `build verify`: what those who are trusted prove of published images. Asks the registry alone, for any reference. */
import path from 'node:path';
import { isProven, proveImage, type ImageProof } from '../attest/image-proof.ts';
import type { Trusted } from '../attest/trusted.ts';
import { loadTrust } from '../attest/trust.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { err, ok, type Result } from '../core/result.ts';
import { isPattern } from '../matrix/keyless-settings.ts';
import type { ImageSet } from '../matrix/image-set.ts';
import { publishedReference, renderTag } from '../matrix/naming.ts';
import type { Expected, TrustEntry } from '../matrix/signers.ts';
import { renderProof, verifyDocument } from '../report/verify-report.ts';
import { screenOf, type CliContext } from './context.ts';
import { readCheckedFamily } from './read-family.ts';
import { parseReferences } from './references.ts';
import { findRepository, hasRepository } from './repository.ts';
import { tell, unreachable, usage } from './tell.ts';
import { openWorkplace } from './workplace.ts';

export interface VerifyOptions {
  readonly directory?: string;
  readonly key?: readonly string[];
  readonly identity?: string;
  readonly identityRegexp?: string;
  readonly issuer?: string;
  readonly issuerRegexp?: string;
  readonly root?: string;
  readonly json: boolean;
}

/**
 * 0 when for every reference somebody who is trusted signed that it passed, 1 when not; 3 where a registry or a key
 * could not be asked: that is neither.
 */
export async function verifyCommand(
  context: CliContext,
  named: readonly string[],
  options: VerifyOptions,
): Promise<ExitCode> {
  const set = await familyOf(context, options);
  if (!set.ok) return await tell(context, set.error);
  const texts = named.map((name) => publishedText(set.value, name));
  const parsed = parseReferences(texts);
  if (!parsed.ok) return await tell(context, parsed.error);
  const references = parsed.value;
  const keys = await trustedOf(context, options, set.value);
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
  if (options.json) context.stdout.write(`${JSON.stringify(verifyDocument(proofs, names), null, 2)}\n`);
  else screen.write(renderProof(proofs, names, screen));
  if (troubles.length > 0) return await tell(context, troubles);
  const allProven = proofs.every(({ proof }) => proof !== undefined && isProven(proof));
  return allProven ? exitCode.ok : exitCode.imageFailed;
}

/** The family here; undefined where there is none, and where the command line names everything and there need be none. */
async function familyOf(
  context: CliContext,
  options: VerifyOptions,
): Promise<Result<ImageSet | undefined, readonly Diagnostic[]>> {
  if (!hasRepository(options.directory, context.cwd)) return ok(undefined);
  const family = await readCheckedFamily(context, findRepository(options.directory, context.cwd));
  if (family.ok) return ok(family.value.set);
  return isNamed(options) ? ok(undefined) : family;
}

/** What the family publishes under a name of its own, by the tag that names the newest; else the text as it is. */
function publishedText(set: ImageSet | undefined, text: string): string {
  const isOurs = set?.images.some(({ name, kind }) => name === text && kind !== 'builder') === true;
  const template = set?.tags.find((tag) => !/\{(?:date|key)\}/.test(tag));
  if (!isOurs || set.registry === undefined || template === undefined) return text;
  return publishedReference(set.registry, text, renderTag(template, { date: '', key: '', name: text }));
}

/** Those of the command line, else those whom the family trusts. */
async function trustedOf(
  context: CliContext,
  options: VerifyOptions,
  set: ImageSet | undefined,
): Promise<Result<readonly Trusted[], readonly Diagnostic[]>> {
  const identity = identityOf(context, options);
  if (!identity.ok) return err([identity.error]);
  const named = [...keysOf(context, options), ...identity.value];
  if (named.length > 0) return await loadTrust(named, context.env, context.signal);
  const trust = set?.trust ?? [];
  if (trust.length > 0) return await loadTrust(trust, context.env, context.signal);
  const message = 'there is nobody to verify by: no matrix.yaml here has `trust`';
  const help = 'name a key with `--key cosign.pub`, `--identity` and `--issuer`, or either under `trust`';
  return err([usage(message, help)]);
}

/** Whether the command line says who is trusted. */
function isNamed({ key = [], identity, identityRegexp }: VerifyOptions): boolean {
  return key.length > 0 || identity !== undefined || identityRegexp !== undefined;
}

function keysOf(context: CliContext, { key = [] }: VerifyOptions): readonly TrustEntry[] {
  return key.map((text) => {
    const isService = /^[a-z0-9]+:\/\//.test(text);
    const address = isService ? text : path.resolve(context.cwd, text);
    return {
      kind: 'key',
      key: { kind: isService ? 'service' : 'file', address, shown: text },
      span: undefined,
    };
  });
}

/** The identity of the command line; none where nothing of one is given. */
function identityOf(
  context: CliContext,
  { identity, identityRegexp, issuer, issuerRegexp, root }: VerifyOptions,
): Result<readonly TrustEntry[], Diagnostic> {
  const given = [identity, identityRegexp, issuer, issuerRegexp, root];
  if (given.every((text) => text === undefined)) return ok([]);
  const who = expectedOf(identity, identityRegexp);
  const vouching = expectedOf(issuer, issuerRegexp);
  if (who === undefined || vouching === undefined) {
    const message =
      'an identity is who it is by its issuer: one of each has to be given, and no regular expression beside it';
    return err(
      usage(message, '`--identity IDENTITY --issuer ISSUER`, or `--identity-regexp`, `--issuer-regexp`'),
    );
  }
  const broken = [who, vouching].find(({ kind, text }) => kind === 'pattern' && !isPattern(text));
  if (broken !== undefined)
    return err(usage(`\`${broken.text}\` is no regular expression`, 'it has to match the whole text'));
  const file =
    root === undefined
      ? ({ kind: 'public' } as const)
      : ({
          kind: 'file',
          file: { path: path.resolve(context.cwd, root), shown: root, span: undefined },
        } as const);
  return ok([{ kind: 'identity', identity: who, issuer: vouching, root: file, span: undefined }]);
}

/** Undefined where neither, or both, are given. */
function expectedOf(exact: string | undefined, pattern: string | undefined): Expected | undefined {
  if (exact !== undefined && pattern !== undefined) return undefined;
  if (exact !== undefined) return exact === '' ? undefined : { kind: 'exact', text: exact };
  return pattern === undefined || pattern === '' ? undefined : { kind: 'pattern', text: pattern };
}
