/**
 * What an image's provenance tells of its build: from the keys, what it was made from; from the run, by which command.
 * Only what is known enters; nothing of it is a secret, for arguments are part of the published keys already.
 */
import { parseReference } from '../../registry/reference.ts';
import type { BuildFacts, Material } from '../attest/statement.ts';
import { inputsTag, keyTag } from '../core/labels.ts';
import { nodeOf } from '../graph/image-graph.ts';
import { publishedReference, publishedRepository } from '../matrix/naming.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { Bytes } from './build-stage.ts';
import { maskOf } from './mask-secrets.ts';
import { readDigest, type Place } from './published-manifest.ts';
import { done, type RunContext, type StageResult } from './run-context.ts';
import { uncommittedOf, type Source } from './source.ts';

/** The facts of one image's build; its parents are published. */
export async function buildFacts(
  context: RunContext,
  entry: PlanEntry,
  place: Place,
  bytes: Bytes,
  source: Source | undefined,
  signal: AbortSignal,
): Promise<StageResult<BuildFacts>> {
  const { drawn, options, command, version } = context;
  const { image } = nodeOf(drawn.graph, entry.name);
  const inputs = drawn.keys.get(entry.name)?.inputs;
  if (inputs === undefined) throw new Error(`${entry.name} has no key`);
  const parents = await parentMaterials(context, entry, place, signal);
  if (parents.kind !== 'ok') return parents;
  const mask = maskOf(context.secrets);
  const others = drawn.set.images.filter(({ name }) => name !== entry.name);
  return done({
    image: entry.name,
    definition: image.definition,
    dockerfile: image.dockerfile,
    target: image.target,
    args: inputs.args,
    platform: inputs.platform,
    key: entry.key,
    command: command.map((word) => withoutLogin(mask(word))),
    run: options.runId,
    version,
    engine: `docker ${drawn.info.version}`,
    built: new Date(bytes.created * 1000),
    materials: [
      ...(source === undefined ? [] : [sourceMaterial(source, uncommittedOf(source, image, others))]),
      {
        name: 'inputs',
        uri: publishedReference(place.target, place.name, inputsTag(entry.key)),
        digest: { sha256: entry.key },
      },
      ...inputs.roots.map(rootMaterial),
      ...parents.value,
    ],
  });
}

/** Files that are named of what is not committed. */
const namedFiles = 20;

/** A night moves matrix.lock before anybody can commit it: by the names of the files that is told from an edit. */
function sourceMaterial({ commit, origin }: Source, uncommitted: readonly string[]): Material {
  const uri = origin === undefined ? {} : { uri: `git+${origin}` };
  const annotations =
    uncommitted.length === 0
      ? { dirty: false }
      : { dirty: true, uncommitted: uncommitted.slice(0, namedFiles) };
  return { name: 'source', ...uri, digest: { gitCommit: commit }, annotations };
}

/** A root that was pulled is known by its digest, one that was made on the spot by its layer's. */
function rootMaterial({ root, identity }: { readonly root: string; readonly identity: string }): Material {
  const madeHere = identity.startsWith('diffid:');
  const hex = identity.slice(identity.lastIndexOf(':') + 1);
  const reference = parseReference(root);
  const uri = reference.kind === 'reference' ? { uri: packageAddress(reference) } : {};
  const digest = madeHere ? { diffID: hex } : { sha256: hex };
  return { name: root, ...uri, digest, ...(madeHere ? { annotations: { madeOnTheSpot: true } } : {}) };
}

/** Parents by the digests that they are published under; builders, which are not, by their keys. */
async function parentMaterials(
  context: RunContext,
  entry: PlanEntry,
  { target }: Place,
  signal: AbortSignal,
): Promise<StageResult<readonly Material[]>> {
  const materials: Material[] = [];
  for (const name of entry.parents) {
    const parent = context.drawn.plan.entries.find((candidate) => candidate.name === name);
    if (parent === undefined) continue;
    const found =
      parent.kind === 'builder'
        ? done(undefined)
        : await readDigest(context, { target, name }, keyTag(parent.key), signal);
    if (found.kind !== 'ok') return found;
    const digest = found.value;
    const reference = parseReference(publishedRepository(target, name));
    materials.push({
      name,
      ...(digest === undefined || reference.kind !== 'reference' ? {} : { uri: packageAddress(reference) }),
      digest: digest === undefined ? { contentKey: parent.key } : { sha256: digest.replace(/^sha256:/, '') },
    });
  }
  return done(materials);
}

/** A package URL of the type `oci` (github.com/package-url/purl-spec). */
function packageAddress(reference: {
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
}): string {
  const { registry, repository, tag } = reference;
  const name = repository.slice(repository.lastIndexOf('/') + 1);
  const query = new URLSearchParams({ repository_url: `${registry}/${repository}` });
  if (tag !== undefined) query.set('tag', tag);
  return `pkg:oci/${name}?${query.toString()}`;
}

/** A word of the command line without the login that an address in it may hold. */
function withoutLogin(word: string): string {
  return word.replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^/@\s]+@/gi, '$1');
}
