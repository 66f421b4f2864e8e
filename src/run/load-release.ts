/**
 * The release for all that reads releases (prepull, values, retention, verification): a file, a reference to the
 * artifact, or, where nobody names one, the repository's own. Writes nothing.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { formatFamiliar, parseReference, type Reference } from '../../registry/reference.ts';
import type { Trusted } from '../attest/trusted.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import { usageError } from '../matrix/usage-error.ts';
import { trustedRelease } from './published-release.ts';
import { releaseFile } from './release.ts';
import { releaseReference, releaseTags, type ReleaseRegistry } from './release-artifact.ts';
import { releaseSchema, type Release } from './schema.ts';

export interface ReleaseSource {
  /** What the user named: a file, or a reference to the artifact; undefined: the repository's own. */
  readonly named: string | undefined;
  /** What files are relative to. */
  readonly cwd: string;
  /** The repository: its release.json, and where the family is published, should there be no such file. */
  readonly directory: string;
  readonly target: RegistryTarget | undefined;
  readonly registry: ReleaseRegistry;
  /** Keys whose signature a release in a registry needs; none: the registry is believed. */
  readonly trusted?: readonly Trusted[];
}

/** Reads the release. What is missing or unreadable is told with what to do. */
export async function loadRelease(
  source: ReleaseSource,
  signal: AbortSignal,
): Promise<Result<Release, readonly Diagnostic[]>> {
  const { named, cwd, directory, target } = source;
  if (named !== undefined) {
    const file = path.resolve(cwd, named);
    if (existsSync(file)) return await readFileOf(file, named);
    const reference = parseReference(named);
    if (reference.kind === 'reference' && named.includes('/') && !named.endsWith('.json')) {
      return await fetched(source, reference, signal);
    }
    return unreadable(named, 'there is no such file');
  }
  const own = path.join(directory, releaseFile);
  if (existsSync(own)) return await readFileOf(own, own);
  const reference = target === undefined ? undefined : releaseReference(target, releaseTags.newest);
  if (reference === undefined) return missing(directory, '');
  const release = await fetchTrusted(source, reference, signal);
  if (release.ok && release.value !== undefined) return ok(release.value);
  return missing(directory, release.ok ? ', nor one in the registry' : `, and ${release.error}`);
}

function missing(directory: string, besides: string): Result<never, readonly Diagnostic[]> {
  return err([
    usageError('no-release', `there is no \`${releaseFile}\` in \`${directory}\`${besides}`, undefined, {
      help: 'publish the family first: `build images --changed --push` writes it; or name one: `--release FILE`',
    }),
  ]);
}

async function readFileOf(file: string, shown: string): Promise<Result<Release, readonly Diagnostic[]>> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    return unreadable(shown, error instanceof Error ? error.message : String(error));
  }
  const release = releaseSchema.safeParse(content);
  if (release.success) return ok(release.data);
  return unreadable(shown, 'it is no release that this version of hubwright knows');
}

/** What no trusted key signed is an error here: whoever asks for a release would act on it. */
async function fetchTrusted(
  { registry, trusted = [] }: ReleaseSource,
  reference: Reference,
  signal: AbortSignal,
): Promise<Result<Release | undefined, string>> {
  const release = await trustedRelease({ registry, trusted }, reference, signal);
  if (!release.ok) return release;
  return release.value === 'unsigned'
    ? err(`\`${formatFamiliar(reference)}\` is signed by nobody under \`trust\``)
    : ok(release.value);
}

async function fetched(
  source: ReleaseSource,
  reference: Reference,
  signal: AbortSignal,
): Promise<Result<Release, readonly Diagnostic[]>> {
  const shown = formatFamiliar(reference);
  const release = await fetchTrusted(source, reference, signal);
  if (release.ok && release.value !== undefined) return ok(release.value);
  return unreadable(shown, release.ok ? 'the registry has no such release' : release.error);
}

function unreadable(shown: string, why: string): Result<never, readonly Diagnostic[]> {
  return err([
    usageError('no-release', `the release \`${shown}\` cannot be read: ${why}`, undefined, {
      help: 'name the release.json that `build images --push` wrote, or its artifact: `REGISTRY/hubwright-release:newest`',
    }),
  ]);
}
