/** What `build scan` was given → images to look at: the engine's, or what is published. Scans nothing. */
import { parseReference, withDigest, type DigestReference } from '../../registry/reference.ts';
import type { Trusted } from '../attest/trusted.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import { selectImages } from '../graph/select-images.ts';
import { publishedReference } from '../matrix/naming.ts';
import { renderTag } from '../matrix/naming.ts';
import { engineDiagnostic } from '../engine/engine-diagnostic.ts';
import type { Family } from '../plan/draw-plan.ts';
import { followedTags } from '../plan/image-tags.ts';
import { lastRelease } from '../run/published-release.ts';
import { subjectOf } from '../run/scan-stage.ts';
import type { CliContext } from './context.ts';
import { familyNames, familyTargets } from './smoke-targets.ts';
import { unreachable, usage } from './tell.ts';
import type { Workplace } from './workplace.ts';

export interface ScanTarget {
  readonly name: string;
  /** The family whose policy it is judged by answers for it. */
  readonly isFamilys: boolean;
  readonly what:
    | { readonly kind: 'engine'; readonly id: string }
    | { readonly kind: 'published'; readonly subject: DigestReference };
}

type Targets = Result<readonly ScanTarget[], readonly Diagnostic[]>;

/** Everything named, the family's images first; no names: the group `default`. */
export async function scanTargets(
  context: CliContext,
  workplace: Workplace,
  family: Family | undefined,
  names: readonly string[],
  options: { readonly fromSbom: boolean; readonly trusted: readonly Trusted[] },
): Promise<Targets> {
  const theirs = family === undefined ? [] : familyNames(names, family);
  const targets: ScanTarget[] = [];
  if (family !== undefined && (theirs.length > 0 || names.length === 0)) {
    const found = await (options.fromSbom
      ? publishedTargets(context, workplace, family, theirs, options.trusted)
      : builtTargets(context, workplace, family, theirs));
    if (!found.ok) return found;
    targets.push(...found.value);
  }
  for (const reference of names.filter((name) => !theirs.includes(name))) {
    const found = await referenceTarget(context, workplace, reference, options.fromSbom);
    if (!found.ok) return err([found.error]);
    targets.push(found.value);
  }
  return ok(targets);
}

async function builtTargets(
  context: CliContext,
  workplace: Workplace,
  family: Family,
  names: readonly string[],
): Promise<Targets> {
  const chosen = selectImages(family.set, family.graph, names);
  if (!chosen.ok) return chosen;
  // A builder is never published; what it leaves in others is found there.
  const isShipped = (name: string): boolean => family.graph.nodes.get(name)?.image.kind !== 'builder';
  const shipped = names.length === 0 ? chosen.value.filter(isShipped) : chosen.value;
  const found = await familyTargets(context, workplace, family, shipped, { deep: false });
  if (!found.ok) return found;
  return ok(
    found.value.map(({ request }) => ({
      name: request.name,
      isFamilys: true,
      what: { kind: 'engine', id: request.imageId },
    })),
  );
}

/** What the last release names (this repository's, else the registry's newest), else what the family's moving tags name in the registry. */
async function publishedTargets(
  context: CliContext,
  workplace: Workplace,
  { set, graph }: Family,
  names: readonly string[],
  trusted: readonly Trusted[],
): Promise<Targets> {
  const target = set.registry;
  if (target === undefined)
    return err([
      usage(
        'nothing is published: `registry:` in matrix.yaml is empty',
        'name one: `DOCKER_REGISTRY=…`, or `registry:`',
      ),
    ]);
  const chosen = selectImages(set, graph, names);
  if (!chosen.ok) return chosen;
  const where = { registry: workplace.registry, trusted, directory: set.directory };
  const release = await lastRelease(where, target, context.signal);
  if (!release.ok)
    return err([unreachable(`the last release in ${target.prefix} cannot be read: ${release.error}`)]);
  const released = new Map(release.value?.images.map(({ name, digest }) => [name, digest]));
  const targets: ScanTarget[] = [];
  for (const name of chosen.value) {
    if (graph.nodes.get(name)?.image.kind === 'builder') continue;
    let digest = released.get(name);
    for (const template of digest === undefined ? followedTags(set) : []) {
      const tag = renderTag(template, { date: '', key: '', name });
      const found = await digestBehind(context, workplace, publishedReference(target, name, tag));
      if (!found.ok) return err([found.error]);
      digest ??= found.value?.digest;
    }
    if (digest !== undefined)
      targets.push({
        name,
        isFamilys: true,
        what: { kind: 'published', subject: subjectOf(target, name, digest) },
      });
  }
  if (targets.length > 0) return ok(targets);
  return err([usage(`nothing of it is published in ${target.prefix}`, '`build images --push` publishes')]);
}

async function referenceTarget(
  context: CliContext,
  workplace: Workplace,
  reference: string,
  fromSbom: boolean,
): Promise<Result<ScanTarget, Diagnostic>> {
  if (!fromSbom) {
    const details = await workplace.engine.images.inspect(reference, context.signal);
    if (details.ok)
      return ok({ name: reference, isFamilys: false, what: { kind: 'engine', id: details.value.id } });
    if (details.error.kind !== 'not-found') return err(engineDiagnostic(details.error));
  }
  const found = await digestBehind(context, workplace, reference);
  if (!found.ok) return found;
  if (found.value === undefined)
    return err({
      category: 'environment',
      severity: 'error',
      code: 'image-not-found',
      message: `there is no \`${reference}\`, neither in the family nor in the engine or a registry`,
      help: '`build list` shows the family’s images; of others give the whole reference',
    });
  return ok({ name: reference, isFamilys: false, what: { kind: 'published', subject: found.value } });
}

async function digestBehind(
  { signal }: CliContext,
  { registry }: Workplace,
  text: string,
): Promise<Result<DigestReference | undefined, Diagnostic>> {
  const reference = parseReference(text);
  if (reference.kind === 'invalid-reference')
    return err(usage(`\`${text}\` is neither an image of the family nor a reference`, reference.message));
  const answer = await registry.headManifest(reference, signal);
  if (answer.kind === 'absent') return ok(undefined);
  if (answer.kind === 'found') return ok(withDigest(reference, answer.digest));
  const guess = `no image of the family is called so (\`build list\`), and so ${reference.registry} was asked`;
  const help = /[/:]/.test(text) ? {} : { help: guess };
  return err({ ...unreachable(`\`${text}\` cannot be looked up: ${answer.error.message}`), ...help });
}
