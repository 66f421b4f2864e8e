/** `build prune`: removes published images from the registry that no release to keep and nothing deployed names. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { loadTrust } from '../attest/trust.ts';
import { environmentError, type Diagnostic } from '../core/diagnostic.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import { loadMatrix } from '../matrix/load-matrix.ts';
import { renderRetention, retentionDocument } from '../report/retention.ts';
import { readDeployedPods } from '../ship/retention/deployed-pods.ts';
import {
  expiredImages,
  freedBytes,
  type DeployedSource,
  type Retention,
} from '../ship/retention/expired-images.ts';
import {
  foreignTag,
  readReleases,
  removeContent,
  removeRelease,
  tagsBeside,
  type PrunedRegistry,
} from '../ship/retention/prune-registry.ts';
import { screenOf, type CliContext } from './context.ts';
import { openCluster } from './prepull-cluster.ts';
import { findRepository } from './repository.ts';
import { readTrouble } from './read-trouble.ts';
import { tell, usage } from './tell.ts';
import { openWorkplace } from './workplace.ts';

export interface PruneRegistryOptions {
  readonly directory?: string;
  readonly yes: boolean;
  readonly json: boolean;
  /** Milliseconds. */
  readonly olderThan: number;
  readonly keepReleases: number;
  readonly deployed?: readonly string[];
  readonly fromCluster: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Without `--yes` it shows what would go, and nothing goes. What cannot be read ends it: it may name what is in use. */
export async function pruneRegistryCommand(
  context: CliContext,
  options: PruneRegistryOptions,
): Promise<ExitCode> {
  const { signal } = context;
  const directory = findRepository(options.directory, context.cwd);
  const matrix = await loadMatrix(directory, context.env);
  if (!matrix.ok) return await tell(context, matrix.error);
  const { registry: target, trust } = matrix.value.set;
  if (target === undefined) {
    const help = 'set `registry:` in matrix.yaml, or DOCKER_REGISTRY; `prune --local` looks at this machine';
    return await tell(context, [usage('there is no registry to prune', help)]);
  }
  const trusted = await loadTrust(trust, context.env, signal);
  if (!trusted.ok) return await tell(context, trusted.error);
  const deployed = await readDeployed(context, options);
  if (!deployed.ok) return await tell(context, deployed.error);
  await using workplace = openWorkplace(context);
  const { registry } = workplace;
  const known = await readReleases({ registry, trusted: trusted.value }, target, signal);
  if (!known.ok) return await tell(context, [unread(known.error)]);
  const facts = { ...known.value, ...options, target, olderThanMs: options.olderThan, now: Date.now() };
  const chosen = expiredImages({ ...facts, deployed: deployed.value });
  const retention = await withoutForeign(registry, target, chosen, signal);
  if (!retention.ok) return await tell(context, [unread(retention.error)]);
  const freed = freedBytes(retention.value.expired, known.value.releases);
  const screen = screenOf(context.stdout, context.env);
  if (options.json) context.stdout.write(retentionDocument(retention.value, freed, options.yes));
  else screen.write(renderRetention(retention.value, freed, options.yes, screen));
  if (known.value.doubtful.length > 0) await tell(context, [notBelieved(known.value.doubtful.length)]);
  if (deployed.value.length === 0) await tell(context, [nothingDeployed]);
  return options.yes ? await removeAll(context, registry, target, retention.value) : exitCode.ok;
}

const nothingDeployed: Diagnostic = {
  ...usage(
    'nothing says what is deployed: releases alone decide',
    'name it: `--deployed values.yaml`, or `--from-cluster`',
  ),
  severity: 'warning',
};

function notBelieved(count: number): Diagnostic {
  const what = count === 1 ? 'a release is' : `${count} releases are`;
  const message = `${what} signed by nobody under \`trust\`, or under a name that is not theirs: what they name stays`;
  return { ...usage(message, 'remove them by hand where they are not yours'), severity: 'warning' };
}

/** Everything that names images that run. A source that is named and cannot be read is an error. */
async function readDeployed(
  context: CliContext,
  options: PruneRegistryOptions,
): Promise<Result<readonly DeployedSource[], readonly Diagnostic[]>> {
  const sources: DeployedSource[] = [];
  const wrong: Diagnostic[] = [];
  for (const name of options.deployed ?? []) {
    try {
      sources.push({ name, text: await readFile(path.resolve(context.cwd, name), 'utf8') });
    } catch (error) {
      const help = 'correct the path: nothing is pruned while it is not known what it names';
      wrong.push(usage(`\`${name}\` cannot be read: ${readTrouble(error)}`, help));
    }
  }
  if (options.fromCluster) {
    const cluster = await openCluster(context, options);
    const pods = cluster.ok ? await readDeployedPods(cluster.value, context.signal) : cluster;
    if (pods.ok) sources.push(pods.value);
    else wrong.push(pods.error);
  }
  return wrong.length > 0 ? err(wrong) : ok(sources);
}

/** A tag of somebody else's keeps an image: deleting the manifest would take it along. */
async function withoutForeign(
  registry: PrunedRegistry,
  target: RegistryTarget,
  retention: Retention,
  signal: AbortSignal,
): Promise<Result<Retention, string>> {
  const expired = [];
  const kept = [...retention.kept];
  const listed = new Map<string, readonly string[]>();
  for (const content of retention.expired) {
    const tags = listed.has(content.repository)
      ? ok(listed.get(content.repository) ?? [])
      : await tagsBeside(registry, content, signal);
    if (!tags.ok) return tags;
    listed.set(content.repository, tags.value);
    const foreign = await foreignTag(registry, target, content, tags.value, signal);
    if (!foreign.ok) return foreign;
    if (foreign.value === undefined) expired.push(content);
    else kept.push({ content, because: `the tag \`${foreign.value}\`, which is not ours, names it` });
  }
  return ok({ ...retention, expired, kept });
}

async function removeAll(
  context: CliContext,
  registry: PrunedRegistry,
  target: RegistryTarget,
  { expired, releases, kept }: Retention,
): Promise<ExitCode> {
  for (const content of expired) {
    const failed = await removeContent(registry, target, content, context.signal);
    if (failed !== undefined) return await tell(context, [refusal(content.reference, failed.error)]);
  }
  // Last, and only where none of its images stays: a release is how an image is known to be ours.
  const staying = new Set(kept.map(({ content }) => content.reference));
  for (const release of releases) {
    if (release.images.some(({ reference }) => staying.has(reference))) continue;
    const failed = await removeRelease(registry, target, release, context.signal);
    if (failed !== undefined)
      return await tell(context, [refusal(`the release ${release.run}`, failed.error)]);
  }
  return exitCode.ok;
}

function refusal(what: string, error: { readonly kind: string; readonly message: string }): Diagnostic {
  const mayNot = error.kind === 'rejected' && 'status' in error && error.status === 405;
  return environmentError(
    'not-deleted',
    `${what} was not deleted: ${error.message}`,
    mayNot
      ? 'the registry does not let images be deleted: allow it (docker-registry: `storage.delete.enabled`), or use its own retention (docs/registries.md)'
      : 'what was removed before is gone; the same command goes on from here',
  );
}

function unread(message: string): Diagnostic {
  return environmentError(
    'registry-unread',
    `nothing is pruned: ${message}`,
    'what cannot be read may name what is in use; try again when the registry answers',
  );
}
