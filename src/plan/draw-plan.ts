/**
 * From the repository's files to a plan: reads, asks the engine and the registry what they know, and lets
 * make-plan.ts decide. Everything that a user got wrong is collected before anything outside is asked.
 */
import type { RegistryClient } from '../../registry/client.ts';
import type { Trusted } from '../attest/trusted.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ContextEntry, Engine, EngineInfo } from '../engine/engine.ts';
import { engineDiagnostic } from '../engine/engine-diagnostic.ts';
import { buildGraph, type ImageGraph } from '../graph/image-graph.ts';
import { readDockerfiles } from '../graph/read-dockerfiles.ts';
import { selectImages } from '../graph/select-images.ts';
import { computeKeys, type ImageKey } from '../key/content-key.ts';
import type { KnownPins } from '../key/pinned-packages.ts';
import type { RememberedBuild } from '../key/reason-chain.ts';
import { verdictKey, type VerdictTerms } from '../key/verdict-key.ts';
import type { Image, ImageSet, Root } from '../matrix/image-set.ts';
import { cacheFolderOf, liesOutside } from '../matrix/cache-folder.ts';
import { keepValues, readKeptValues } from '../matrix/kept-values.ts';
import { loadMatrix, type Edits } from '../matrix/load-matrix.ts';
import { earlierBuilds } from './earlier-builds.ts';
import { listContexts } from './list-contexts.ts';
import { readLocalRecord, type LocalRecord } from './local-record.ts';
import { makePlan, unknownImages, type PlanMode } from './make-plan.ts';
import { readMemories } from './memory.ts';
import type { LocalBytes, Plan, PublishedBytes } from './plan.ts';
import type { RecordQuestion } from './remote-record.ts';
import { resolveRoots, type ResolvedRoot } from './resolve-roots.ts';
import type { Memory } from './schema.ts';
import { torchSkew } from './torch-skew.ts';
import { versionSkew } from './version-skew.ts';
import { wrongPlatforms } from './wrong-platforms.ts';

/** The family as its files say, before anything outside was asked. */
export interface Family {
  readonly set: ImageSet;
  readonly graph: ImageGraph;
  readonly warnings: readonly Diagnostic[];
  /** Where this user's programs keep what can be had again; undefined where the environment names no such place. */
  readonly cacheFolder: string | undefined;
  /** Texts that stand in the place of files of the repository, those of contexts among them. */
  readonly edits?: Edits;
}

/** A plan with all that walking it needs. */
export interface DrawnPlan extends Family {
  readonly plan: Plan;
  readonly info: EngineInfo;
  readonly keys: ReadonlyMap<string, ImageKey>;
  readonly contexts: ReadonlyMap<string, readonly ContextEntry[]>;
  readonly roots: ReadonlyMap<string, ResolvedRoot>;
  readonly local: LocalRecord;
  readonly memories: ReadonlyMap<string, Memory>;
  /** Keys whose signatures count; none: whoever may write to the registry is believed. */
  readonly trusted: readonly Trusted[];
  /** Earlier builds, of the images that nobody has and of what those stand on. */
  readonly remembered: ReadonlyMap<string, readonly RememberedBuild[]>;
  /** What their lists of Python packages pinned, and pin now, as far as that is known. */
  readonly pins: KnownPins;
}

export interface DrawOptions {
  /** Selectors; none: the group `default`. */
  readonly names: readonly string[];
  readonly mode: PlanMode;
  /** What a pass of this image is a pass of; the contract itself is src/smoke's. */
  readonly contractOf: (image: Image) => VerdictTerms;
  /** For services that keep trusted keys. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What a scan's pass of this image is a pass of; absent where nothing is scanned. Asked for what is published. */
  readonly scanKeyOf?: (imageName: string, contentKey: string) => string;
  /** Called when the registry has been asked: from then on the plan mostly waits. */
  readonly whileAsked?: () => void;
}

/** Reads matrix.yaml, the lock and the Dockerfiles of the repository at `directory`, `edits` in the place of its files. */
export async function readFamily(
  directory: string,
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
  edits?: Edits,
): Promise<Result<Family, readonly Diagnostic[]>> {
  const cacheFolder = cacheFolderOf(environment);
  const matrix =
    edits === undefined
      ? await loadWithCache(directory, environment, cacheFolder)
      : await loadMatrix(directory, environment, { edits });
  if (!matrix.ok) return matrix;
  const { set } = matrix.value;
  const dockerfiles = await readDockerfiles(set, signal);
  if (!dockerfiles.ok) return dockerfiles;
  const graph = buildGraph(set, dockerfiles.value);
  if (!graph.ok) return graph;
  const warnings = [...matrix.value.warnings, ...graph.value.warnings];
  return ok({
    set,
    graph: graph.value.graph,
    warnings,
    cacheFolder,
    ...(edits === undefined ? {} : { edits }),
  });
}

/** What was read before and has not changed is not parsed again. */
async function loadWithCache(
  directory: string,
  environment: Readonly<Record<string, string | undefined>>,
  folder: string | undefined,
): ReturnType<typeof loadMatrix> {
  if (folder === undefined || !liesOutside(directory, folder))
    return await loadMatrix(directory, environment);
  const values = readKeptValues(folder, directory);
  const loaded = await loadMatrix(directory, environment, { values });
  await keepValues(folder, directory, values);
  return loaded;
}

/**
 * Draws the plan for a family that was read. Diagnostics of the category `environment` mean that the engine,
 * a root or the registry could not be asked (exit code 3).
 */
export async function drawPlan(
  family: Family,
  engine: Engine,
  registry: RegistryClient,
  options: DrawOptions,
  signal: AbortSignal,
): Promise<Result<DrawnPlan, readonly Diagnostic[]>> {
  const { set, graph } = family;
  const selected = selectImages(set, graph, options.names);
  if (!selected.ok) return selected;
  const trusted = await trustedKeys(set, options.environment, signal);
  if (!trusted.ok) return trusted;
  const needed = [...new Set([...selected.value, ...graph.ancestors(selected.value)])];
  const images = needed.flatMap((name) => graph.nodes.get(name)?.image ?? []);

  const answers = Promise.all([
    engine.images.list({}, signal),
    engine.info(signal),
    readMemories(set.directory),
    listContexts(set.directory, images, signal, family.cacheFolder, family.edits),
  ]);
  // Without --changed something will be built for certain, and the engine takes a while to list its images.
  if (!options.mode.changed) engine.prepareBuilds();
  const [stored, info, memories, contexts] = await answers;
  if (!contexts.ok) return contexts;
  if (!stored.ok) return err([engineDiagnostic(stored.error)]);
  if (!info.ok) return err([engineDiagnostic(info.error)]);
  const platform = `linux/${info.value.architecture}`;
  const misplaced = wrongPlatforms(images, platform);
  if (misplaced.length > 0) return err(misplaced);

  const local = readLocalRecord(stored.value);
  const roots = await resolveRoots(rootsOf(graph, needed), local, registry, signal);
  // What is taken for an image from outside may be a name that was mistyped: the warnings tell.
  if (!roots.ok) return err([...family.warnings, ...roots.error]);

  const identities = new Map([...roots.value.roots].map(([key, root]) => [key, root.identity]));
  const keys = computeKeys(graph, { platform, roots: identities, contexts: contexts.value }, needed);
  const facts = await askRecords(
    { ...family, keys, local, needed, options, trusted: trusted.value },
    registry,
    signal,
  );
  if (!facts.ok) return err([facts.error]);

  const unknown = unknownImages(facts.value, needed);
  const asked = facts.value.remote === undefined ? undefined : registry;
  const { remembered, pins } = await earlierBuilds(
    { set, graph, keys, local, registry: asked, environment: options.environment },
    unknown,
    signal,
  );
  const plan = makePlan({
    graph,
    selected: selected.value,
    mode: options.mode,
    keys,
    remembered,
    pins,
    ...facts.value,
  });
  const skew = [
    ...versionSkew(images, memories, (name) => keys.get(name)?.key),
    ...torchSkew(images, set.images),
  ];
  const warnings = [...family.warnings, ...roots.value.warnings, ...skew];
  return ok({
    ...family,
    warnings,
    plan,
    info: info.value,
    keys,
    contexts: contexts.value,
    roots: roots.value.roots,
    local,
    memories,
    trusted: trusted.value,
    remembered,
    pins,
  });
}

/** Most families trust their registry, and load nothing. */
async function trustedKeys(
  set: ImageSet,
  environment: DrawOptions['environment'],
  signal: AbortSignal,
): Promise<Result<readonly Trusted[], readonly Diagnostic[]>> {
  if (set.trust.length === 0) return ok([]);
  const { loadTrust } = await import('../attest/trust.ts');
  return await loadTrust(set.trust, environment, signal);
}

interface RecordQuestions extends Family {
  readonly keys: ReadonlyMap<string, ImageKey>;
  readonly local: LocalRecord;
  readonly needed: readonly string[];
  readonly options: DrawOptions;
  readonly trusted: readonly Trusted[];
}

interface RecordFacts {
  readonly verdictKeys: ReadonlyMap<string, string>;
  readonly local: ReadonlyMap<string, LocalBytes>;
  /** Undefined where the registry was not asked. */
  readonly remote: ReadonlyMap<string, PublishedBytes> | undefined;
  readonly unsigned: ReadonlySet<string>;
  readonly missingTags: ReadonlyMap<string, readonly string[]>;
}

/** What both records know of the needed images: the engine's first, the registry only where it can add something. */
async function askRecords(
  questions: RecordQuestions,
  registry: RegistryClient,
  signal: AbortSignal,
): Promise<Result<RecordFacts, Diagnostic>> {
  const { set, graph, keys } = questions;
  const { mode, contractOf, scanKeyOf } = questions.options;
  const verdictKeys = new Map<string, string>();
  const local = new Map<string, LocalBytes>();
  const unanswered: RecordQuestion[] = [];
  for (const name of questions.needed) {
    const node = graph.nodes.get(name);
    const key = keys.get(name)?.key;
    if (node === undefined || key === undefined) continue;
    const verdict = verdictKey(key, contractOf(node.image));
    verdictKeys.set(name, verdict);
    const bytes = questions.local.bytes(name, key, verdict);
    if (bytes !== undefined) local.set(name, bytes);
    if (node.image.kind !== 'builder' && (mode.push || bytes === undefined || !bytes.passed)) {
      const scanKey = mode.push ? scanKeyOf?.(name, key) : undefined;
      unanswered.push({
        name,
        key,
        verdictKey: verdict,
        ...(scanKey === undefined ? {} : { scanKey }),
        ...(mode.push ? { isToPublish: true } : {}),
      });
    }
  }
  if (set.registry === undefined || (!mode.changed && !mode.push)) {
    return ok({ verdictKeys, local, remote: undefined, unsigned: new Set(), missingTags: new Map() });
  }
  if (unanswered.length === 0 && !mode.push) {
    return ok({ verdictKeys, local, remote: new Map(), unsigned: new Set(), missingTags: new Map() });
  }
  const { askRemoteRecord, openBelief } = await import('./remote-record.ts');
  const { belief, keep } = await openBelief(questions.trusted, questions.cacheFolder, set.directory);
  const answers = askRemoteRecord(registry, set.registry, unanswered, belief, signal);
  questions.options.whileAsked?.();
  const remote = await answers;
  await keep();
  if (!remote.ok) return remote;
  const { known, unsigned } = remote.value;
  if (!mode.push) return ok({ verdictKeys, local, remote: known, unsigned, missingTags: new Map() });
  const { missingTags } = await import('./missing-tags.ts');
  const missing = await missingTags(set, set.registry, registry, { keys, local, remote: known }, signal);
  if (!missing.ok) return missing;
  return ok({ verdictKeys, local, remote: known, unsigned, missingTags: missing.value });
}

/** The roots that these images draw on: nobody asks for one that nothing needs. */
function rootsOf(graph: ImageGraph, names: readonly string[]): ReadonlyMap<string, Root> {
  const used = new Set(names.flatMap((name) => graph.nodes.get(name)?.roots.map(({ root }) => root) ?? []));
  return new Map([...graph.roots].filter(([key]) => used.has(key)));
}
