/**
 * The bytes of a trial beside those that are published: whether anybody could tell them apart, and what becomes of
 * bytes that nobody needs. Decides nothing about moves.
 */
import type { RegistryClient } from '../../registry/client.ts';
import { parseReference } from '../../registry/reference.ts';
import { environmentError, type Diagnostic } from '../core/diagnostic.ts';
import { keyTag, passTag, recordReference } from '../core/labels.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { CredentialSource, Engine } from '../engine/engine.ts';
import { publishedReference, publishedRepository } from '../matrix/naming.ts';
import { engineDiagnostic } from '../engine/engine-diagnostic.ts';
import type { DrawnPlan } from '../plan/draw-plan.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { differenceOf } from './compare.ts';
import { readContents, type Contents } from './contents.ts';
import type { TrialVerdict } from './verdicts.ts';

export interface ByteTools {
  readonly engine: Engine;
  readonly registry: Pick<RegistryClient, 'getManifest' | 'putManifest'>;
  readonly credentials: CredentialSource;
  /** By what the containers that it looks into are found again, should it be killed: `NotedWork`. */
  readonly owner: string;
}

/**
 * What the registry has of an image as it is published now, whether or not it passed what is asked today (a newer
 * contract, a check that was added); else what the engine has that passed.
 */
export function publishedImage({ set }: DrawnPlan, entry: PlanEntry | undefined): string | undefined {
  const { name, published, local, kind } = entry ?? {};
  if (name !== undefined && set.registry !== undefined && published !== undefined)
    return `${publishedRepository(set.registry, name)}@${published.digest}`;
  // A builder is never checked; what is there is what others were built with.
  return local !== undefined && (local.passed || kind === 'builder') ? local.id : undefined;
}

/**
 * Compares what the engine has under the image's key with what is published. Where they are equal, the published bytes
 * take the key's name, so that children stand on them, and the trial's are removed.
 */
export async function compareBytes(
  tools: ByteTools,
  base: DrawnPlan,
  drawn: DrawnPlan,
  name: string,
  signal: AbortSignal,
): Promise<Result<TrialVerdict, readonly Diagnostic[]>> {
  const entry = entryOf(base, name);
  const published = publishedImage(base, entry);
  const changed = { kind: 'changed', difference: undefined, verified: false } as const;
  const equal: TrialVerdict =
    entry?.published?.passed === false ? { kind: 'equal', unchecked: true } : { kind: 'equal' };
  if (published === undefined) return ok(changed);
  const fresh = await imageUnderKey(tools, drawn, name, signal);
  if (!fresh.ok) return fresh;
  const old = await idIn(tools, published, signal);
  if (!old.ok) return old;
  if (old.value === fresh.value) return ok(equal);
  const before = await contentsOf(tools, old.value, signal);
  if (!before.ok) return before;
  const after = await contentsOf(tools, fresh.value, signal);
  if (!after.ok) return after;
  const difference = differenceOf(before.value, after.value);
  if (difference !== undefined) return ok({ ...changed, difference });
  const key = drawn.keys.get(name)?.key ?? '';
  const kept = await tools.engine.images.tag(old.value, recordReference(name, keyTag(key)), signal);
  if (!kept.ok) return err([engineDiagnostic(kept.error)]);
  // Another name may hold it, or the engine's cache: then it stays, and harms nobody.
  await tools.engine.images.remove(fresh.value, signal);
  return ok(equal);
}

/** What the engine has under the image's key, else what a registry has, pulled. */
export async function imageUnderKey(
  tools: ByteTools,
  drawn: DrawnPlan,
  name: string,
  signal: AbortSignal,
): Promise<Result<string, readonly Diagnostic[]>> {
  const key = drawn.keys.get(name)?.key ?? '';
  const built = await tools.engine.images.inspect(recordReference(name, keyTag(key)), signal);
  if (built.ok) return ok(built.value.id);
  const digest = entryOf(drawn, name)?.published?.digest;
  const target = drawn.set.registry;
  if (built.error.kind !== 'not-found' || digest === undefined || target === undefined)
    return err([engineDiagnostic(built.error)]);
  return await idIn(tools, `${publishedRepository(target, name)}@${digest}`, signal);
}

/** The engine's ID of an image, which is pulled where the engine lacks it. */
async function idIn(
  { engine, credentials }: ByteTools,
  reference: string,
  signal: AbortSignal,
): Promise<Result<string, readonly Diagnostic[]>> {
  const there = await engine.images.inspect(reference, signal);
  if (there.ok) return ok(there.value.id);
  if (there.error.kind !== 'not-found') return err([engineDiagnostic(there.error)]);
  const pulled = await engine.images.pull(reference, credentials, signal);
  if (!pulled.ok) return err([engineDiagnostic(pulled.error)]);
  const image = await engine.images.inspect(reference, signal);
  return image.ok ? ok(image.value.id) : err([engineDiagnostic(image.error)]);
}

async function contentsOf(
  { engine, owner }: ByteTools,
  image: string,
  signal: AbortSignal,
): Promise<Result<Contents, readonly Diagnostic[]>> {
  const contents = await readContents(engine, image, owner, signal);
  return contents.ok ? contents : err([engineDiagnostic(contents.error)]);
}

/**
 * Says of published bytes that they are an image's content under another key as well: one that moved because somebody
 * else needs the same root. Nobody pulls anything for it.
 */
export async function keepUnderKey(
  { engine, registry }: ByteTools,
  base: DrawnPlan,
  drawn: DrawnPlan,
  name: string,
  signal: AbortSignal,
): Promise<Result<void, readonly Diagnostic[]>> {
  const published = publishedImage(base, entryOf(base, name));
  const entry = entryOf(drawn, name);
  const target = drawn.set.registry;
  if (published === undefined || entry === undefined) return ok(undefined);
  const passed = await engine.images.tag(published, recordReference(name, passTag(entry.verdictKey)), signal);
  if (!passed.ok) return err([engineDiagnostic(passed.error)]);
  const reference = parseReference(published);
  if (target === undefined || reference.kind !== 'reference' || reference.digest === undefined)
    return ok(undefined);
  const manifest = await registry.getManifest(reference, signal);
  if (manifest.kind !== 'found') return err([registryTrouble(published)]);
  for (const tag of [keyTag(entry.key), passTag(entry.verdictKey)]) {
    const named = parseReference(publishedReference(target, name, tag));
    if (named.kind !== 'reference') throw new Error(named.message);
    const put = await registry.putManifest(named, manifest.bytes, manifest.mediaType, signal);
    if (put.kind === 'failed') return err([registryTrouble(`${published}: ${put.error.message}`)]);
  }
  return ok(undefined);
}

function registryTrouble(what: string): Diagnostic {
  return environmentError(
    'registry-unreachable',
    `the registry does not keep \`${what}\` under its new key`,
    'matrix.lock has moved already: `build images --changed --push` goes on from there',
  );
}

function entryOf({ plan }: DrawnPlan, name: string): PlanEntry | undefined {
  return plan.entries.find((entry) => entry.name === name);
}
