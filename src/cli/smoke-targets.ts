/**
 * What `build smoke` was given → images to start: those of a family under their record's names, anything else as
 * the engine or a registry has it. Starts nothing.
 */
import { environmentError, type Diagnostic } from '../core/diagnostic.ts';
import { keyTag, recordReference } from '../core/labels.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { EngineError, EngineInfo, ImageDetails } from '../engine/engine.ts';
import { nodeOf } from '../graph/image-graph.ts';
import { selectImages } from '../graph/select-images.ts';
import { verdictKey } from '../key/verdict-key.ts';
import { publishedRepository } from '../matrix/naming.ts';
import { engineDiagnostic } from '../engine/engine-diagnostic.ts';
import { drawPlan, type DrawnPlan, type Family } from '../plan/draw-plan.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { RecordKeys } from '../run/record-verdict.ts';
import { guessProfile } from '../smoke/guess-profile.ts';
import { profileOf } from '../smoke/profile.ts';
import type { SmokeRequest } from '../smoke/request.ts';
import type { Profile } from '../smoke/verdict.ts';
import { screenOf, type CliContext } from './context.ts';
import { contractOf, deepContractOf } from '../run/smoke-contract.ts';
import { tell, usage } from './tell.ts';
import type { Workplace } from './workplace.ts';

/** An image to be judged. */
export interface SmokeTarget {
  readonly request: Omit<SmokeRequest, 'runId'>;
  /** Why it is held to its profile; undefined where that was said. */
  readonly because: string | undefined;
  /** The registry's digest, where the engine knows one. */
  readonly digest: string | undefined;
  /** Where its verdict is kept; undefined for an image of no family. */
  readonly record: { readonly directory: string; readonly keys: RecordKeys } | undefined;
}

export interface TargetOptions {
  readonly profile?: Profile;
  /** Shell command that has to succeed inside; whoever gives one of an image of no family says that it is `custom`. */
  readonly check?: string;
  readonly deep: boolean;
}

/** A name with one of these is a registry's or a tag, never a family's. */
const referenceSigns = /[/:@]/;

/** Which of the names a family answers for; all others are references. */
export function familyNames(names: readonly string[], { set, graph }: Family): readonly string[] {
  return names.filter((name) => !referenceSigns.test(name) && selectImages(set, graph, [name]).ok);
}

/** Whether anything given could be a family's. */
export function mayBeFamilys(names: readonly string[]): boolean {
  return names.some((name) => !referenceSigns.test(name));
}

/** Images of the family, in its order, that were built as its files are now. */
export async function familyTargets(
  context: CliContext,
  { engine, registry, credentials }: Workplace,
  family: Family,
  names: readonly string[],
  options: TargetOptions,
): Promise<Result<readonly SmokeTarget[], readonly Diagnostic[]>> {
  const chosen = selectImages(family.set, family.graph, names);
  if (!chosen.ok) return chosen;
  const isHub = (name: string): boolean => family.graph.nodes.get(name)?.image.kind === 'hub';
  // A hub is tried with the family's own proxy, where there is one.
  const proxies = chosen.value.some(isHub)
    ? family.set.images.filter(({ kind }) => kind === 'proxy').map(({ name }) => name)
    : [];
  const drawn = await drawPlan(
    family,
    engine,
    registry,
    {
      names: [...chosen.value, ...proxies],
      mode: { changed: true, force: false, push: false },
      contractOf: options.deep ? deepContractOf : contractOf,
      environment: context.env,
    },
    context.signal,
  );
  if (!drawn.ok) return drawn;
  await tell(context, drawn.value.warnings);
  const targets: SmokeTarget[] = [];
  const missing: Diagnostic[] = [];
  for (const name of chosen.value) {
    const entry = drawn.value.plan.entries.find((each) => each.name === name);
    if (entry === undefined) throw new Error(`the plan lacks ${name}`);
    const reference = referenceOf(drawn.value, entry);
    if (reference === undefined) missing.push(notBuilt(name));
    else {
      const details = await inspectOrPull(context, { engine, credentials }, reference);
      if (!details.ok) return err([details.error]);
      targets.push(familyTarget(drawn.value, entry, reference, details.value, proxies, options));
    }
  }
  return missing.length > 0 ? err(missing) : ok(targets);
}

/** An image by its reference: the engine's, else a registry's. */
export async function referenceTarget(
  context: CliContext,
  workplace: Pick<Workplace, 'engine' | 'credentials'>,
  info: EngineInfo,
  reference: string,
  options: TargetOptions,
): Promise<Result<SmokeTarget, Diagnostic>> {
  const found = await inspectOrPull(context, workplace, reference);
  if (!found.ok) return found;
  const details = found.value;
  const { profile, check } = options;
  const said = profile ?? (check === undefined ? undefined : 'custom');
  const guess = said === undefined ? guessProfile(details) : undefined;
  return ok({
    request: {
      name: reference,
      // The tag may be moved while this is running.
      reference: details.id,
      imageId: details.id,
      profile: said ?? guess?.profile ?? 'singleuser',
      tier: options.deep ? 'deep' : 'gate',
      resources: {},
      architecture: { image: details.architecture, node: info.architecture },
      ...(info.gpus ? { gpu: true } : {}),
      size: details.size,
      ...(check === undefined ? {} : { check }),
    },
    because: guess?.because,
    digest: digestOf(details),
    record: undefined,
  });
}

function familyTarget(
  drawn: DrawnPlan,
  entry: PlanEntry,
  reference: string,
  details: ImageDetails,
  proxies: readonly string[],
  options: TargetOptions,
): SmokeTarget {
  const { image } = nodeOf(drawn.graph, entry.name);
  const proxy = drawn.plan.entries.find(({ name, local }) => proxies.includes(name) && local !== undefined);
  const { name, key } = entry;
  const check = options.check ?? image.check;
  const keys: RecordKeys = {
    name,
    key,
    verdictKey: entry.verdictKey,
    includes: options.deep ? [verdictKey(key, contractOf(image))] : [],
  };
  return {
    request: {
      name,
      reference,
      imageId: details.id,
      profile: options.profile ?? profileOf(image.kind),
      tier: options.deep ? 'deep' : 'gate',
      waivers: image.waivers,
      resources: image.resources,
      architecture: { image: details.architecture, node: drawn.info.architecture },
      ...(drawn.info.gpus ? { gpu: true } : {}),
      size: details.size,
      ...(image.maxSize === undefined ? {} : { maxSize: image.maxSize }),
      ...(check === undefined ? {} : { check }),
      ...(image.kind === 'hub' && proxy !== undefined
        ? { companions: { proxy: recordReference(proxy.name, keyTag(proxy.key)) } }
        : {}),
    },
    because: undefined,
    digest: entry.published?.digest ?? digestOf(details),
    record: { directory: drawn.set.directory, keys },
  };
}

function referenceOf({ set }: DrawnPlan, { name, key, local, published }: PlanEntry): string | undefined {
  if (local !== undefined) return recordReference(name, keyTag(key));
  if (published === undefined || set.registry === undefined) return undefined;
  return `${publishedRepository(set.registry, name)}@${published.digest}`;
}

async function inspectOrPull(
  context: CliContext,
  { engine, credentials }: Pick<Workplace, 'engine' | 'credentials'>,
  reference: string,
): Promise<Result<ImageDetails, Diagnostic>> {
  const { signal } = context;
  const found = await engine.images.inspect(reference, signal);
  if (found.ok) return found;
  if (found.error.kind !== 'not-found') return err(troubleWith(reference, found.error));
  screenOf(context.stderr, context.env).write(`pulling ${reference} …\n`);
  const pulled = await engine.images.pull(reference, credentials, signal);
  if (!pulled.ok) return err(troubleWith(reference, pulled.error));
  const details = await engine.images.inspect(reference, signal);
  return details.ok ? details : err(troubleWith(reference, details.error));
}

function troubleWith(reference: string, error: EngineError): Diagnostic {
  if (error.kind === 'unreachable') return engineDiagnostic(error);
  if (/invalid reference format/i.test(error.message)) {
    return usage(`\`${reference}\` is no image`, 'a reference is written `host/name:tag`, in small letters');
  }
  return environmentError(
    'image-missing',
    `neither the engine nor a registry has \`${reference}\`: ${error.message}`,
    '`docker images` shows what the engine has; `docker login` opens a registry that asks who you are',
  );
}

function notBuilt(name: string): Diagnostic {
  return environmentError(
    'image-missing',
    `\`${name}\` has not been built as its files are now`,
    `\`build images ${name} --changed\` builds it, and checks it as well`,
  );
}

/** The engine's digests name a repository each; of one image they rarely differ. */
function digestOf({ digests }: ImageDetails): string | undefined {
  return digests[0]?.split('@')[1];
}
