/**
 * From the repository's files to a plan: reads, asks the engine and the registry what they know, and lets
 * make-plan.ts decide. Everything that a user got wrong is collected before anything outside is asked.
 */
import type { RegistryClient } from '../../registry/client.ts';
import type { Trusted } from '../attest/trusted.ts';
import { exitCodeOf, type Diagnostic } from '../core/diagnostic.ts';
import { exitCode } from '../core/exit-code.ts';
import { ownPlatform } from '../core/own-platform.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ContextEntry, Engine, EngineInfo } from '../engine/engine.ts';
import { engineDiagnostic } from '../engine/engine-diagnostic.ts';
import { buildGraph, nodeOf, type ImageGraph } from '../graph/image-graph.ts';
import { readDockerfiles } from '../graph/read-dockerfiles.ts';
import { selectImages } from '../graph/select-images.ts';
import { computeKeys, type ImageKey } from '../key/content-key.ts';
import type { KnownPins } from '../key/pinned-packages.ts';
import type { RememberedBuild } from '../key/reason-chain.ts';
import type { VerdictTerms } from '../key/verdict-key.ts';
import type { Image, ImageSet, Root } from '../matrix/image-set.ts';
import { cacheFolderOf, liesOutside } from '../matrix/cache-folder.ts';
import { keepValues, readKeptValues } from '../matrix/kept-values.ts';
import { loadMatrix, type Edits } from '../matrix/load-matrix.ts';
import { askRecords, type RecordFacts, type RecordQuestions } from './ask-records.ts';
import { earlierBuilds } from './earlier-builds.ts';
import { listContexts } from './list-contexts.ts';
import { readLocalRecord, type LocalRecord } from './local-record.ts';
import { makePlan, unknownImages, type PlanMode } from './make-plan.ts';
import { readMemories } from './memory.ts';
import type { Plan, UnknownImage } from './plan.ts';
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
  /** Only where the plan was to be drawn {@link DrawOptions.asFarAsKnown}: what could not be asked, and what follows. */
  readonly troubles: readonly Diagnostic[];
  readonly unknown: readonly UnknownImage[];
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
  /** A root or a registry that cannot be asked leaves a gap in the plan, and is no end of it: for showing alone. */
  readonly asFarAsKnown?: true;
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
  const graph = buildGraph(set, dockerfiles.value, ownPlatform());
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
  const nodes = needed.map((name) => nodeOf(graph, name));
  const images = nodes.map(({ image }) => image);

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
  const misplaced = wrongPlatforms(nodes, platform);
  if (misplaced.length > 0) return err(misplaced);

  const local = readLocalRecord(stored.value);
  const {
    roots,
    warnings: remarks,
    errors,
  } = await resolveRoots(rootsOf(graph, needed), local, registry, signal);
  const mayLack = options.asFarAsKnown === true && !signal.aborted && exitCodeOf(errors) !== exitCode.usage;
  // What is taken for an image from outside may be a name that was mistyped: the warnings tell.
  if (errors.length > 0 && !mayLack) return err([...family.warnings, ...remarks, ...errors]);
  const lacking = imagesWithoutRoot(graph, needed, roots);
  const known = needed.filter((name) => !lacking.has(name));

  const identities = new Map([...roots].map(([key, root]) => [key, root.identity]));
  const keys = computeKeys(graph, { platform, roots: identities, contexts: contexts.value }, known);
  const facts = await recordFacts(
    { ...family, keys, local, needed: known, options, trusted: trusted.value },
    registry,
    signal,
  );
  if (!facts.ok) return err([facts.error]);
  const { trouble } = facts.value;

  const unknown = unknownImages(facts.value, known);
  const asked = facts.value.remote === undefined ? undefined : registry;
  const { remembered, pins } = await earlierBuilds(
    { set, graph, keys, local, registry: asked, environment: options.environment },
    unknown,
    signal,
  );
  const plan = makePlan({
    graph,
    selected: selected.value.filter((name) => !lacking.has(name)),
    mode: trouble === undefined ? options.mode : { ...options.mode, push: false },
    keys,
    remembered,
    pins,
    ...facts.value,
  });
  const skew = [
    ...versionSkew(images, memories, (name) => keys.get(name)?.key),
    ...torchSkew(images, set.images),
  ];
  const warnings = [...family.warnings, ...remarks, ...skew];
  return ok({
    ...family,
    warnings,
    plan,
    info: info.value,
    keys,
    contexts: contexts.value,
    roots,
    local,
    memories,
    trusted: trusted.value,
    remembered,
    pins,
    troubles: [...errors, ...(trouble === undefined ? [] : [trouble])],
    unknown: [...lacking].map(([name, root]) => ({
      name,
      parents: nodeOf(graph, name).parents,
      action: 'unknown',
      root: graph.roots.get(root)?.name ?? root,
    })),
  });
}

/** What the records know; `trouble`: the registry's could not be asked, and the engine's alone is what is gone by. */
async function recordFacts(
  questions: RecordQuestions,
  registry: RegistryClient,
  signal: AbortSignal,
): Promise<Result<RecordFacts & { readonly trouble?: Diagnostic }, Diagnostic>> {
  const facts = await askRecords(questions, registry, signal);
  if (facts.ok || signal.aborted || questions.options.asFarAsKnown !== true) return facts;
  if (facts.error.category !== 'environment') return facts;
  const alone = await askRecords(
    { ...questions, set: { ...questions.set, registry: undefined } },
    registry,
    signal,
  );
  return alone.ok ? ok({ ...alone.value, trouble: facts.error }) : alone;
}

/** Images that stand on a root that nobody can tell the bytes of, directly or not, with the first such root. */
function imagesWithoutRoot(
  graph: ImageGraph,
  needed: readonly string[],
  roots: ReadonlyMap<string, ResolvedRoot>,
): ReadonlyMap<string, string> {
  const lacking = new Map<string, string>();
  const isNeeded = new Set(needed);
  for (const name of graph.order.filter((each) => isNeeded.has(each))) {
    const node = nodeOf(graph, name);
    const own = node.roots.find(({ root }) => !roots.has(root))?.root;
    const inherited = node.parents.flatMap((parent) => lacking.get(parent) ?? [])[0];
    const root = own ?? inherited;
    if (root !== undefined) lacking.set(name, root);
  }
  return lacking;
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

/** The roots that these images draw on: nobody asks for one that nothing needs. */
function rootsOf(graph: ImageGraph, names: readonly string[]): ReadonlyMap<string, Root> {
  const used = new Set(names.flatMap((name) => graph.nodes.get(name)?.roots.map(({ root }) => root) ?? []));
  return new Map([...graph.roots].filter(([key]) => used.has(key)));
}
