/** Computes one image's requirements.lock by a build of its own, and reads it out of the result. Leaves no image behind. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { environmentError, type Diagnostic } from '../core/diagnostic.ts';
import { ownerLabel } from '../core/labels.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { BuildFailure, CredentialSource, Engine } from '../engine/engine.ts';
import { buildArgs } from '../key/content-key.ts';
import type { GraphNode } from '../graph/image-graph.ts';
import type { DrawnPlan } from '../plan/draw-plan.ts';
import {
  exactImage,
  installerImage,
  lockDockerfile,
  lockFile,
  lockTarget,
  requirementsFile,
  type LockInput,
  type LockOptions,
} from './python-lock.ts';

const largestLock = 16 * 1024 * 1024;

export interface LockTools {
  readonly engine: Engine;
  readonly credentials: CredentialSource;
  readonly secrets: ReadonlyMap<string, Buffer>;
  /** By what the container that a lock is read through is found again, should we be killed: `NotedWork`. */
  readonly owner: string;
  /** Take newer versions than the lock has: of all packages, or of these. */
  readonly upgrade: boolean | readonly string[];
}

/** The image's `requirements.txt`, or undefined where it has none. */
export async function requirementsOf(directory: string, node: GraphNode): Promise<string | undefined> {
  if (node.image.context === undefined) return undefined;
  return await readFile(path.join(directory, node.image.context, requirementsFile), 'utf8').catch(
    () => undefined,
  );
}

/** What a lock is computed in, and by which build. */
export interface LockPlace {
  readonly dockerfile: string;
  readonly args: Readonly<Record<string, string>>;
  /** Images of the family that the engine has to have, each under its key. */
  readonly images: readonly string[];
}

/** The place of one image's lock in a plan that holds it and all that it needs; undefined where nothing says what that is. */
export function lockPlace(
  drawn: DrawnPlan,
  node: GraphNode,
  input: LockInput,
  options: Omit<LockOptions, 'installer'>,
): LockPlace | undefined {
  const images = new Set<string>();
  const exactOf = (name: string): string => {
    images.add(name);
    return exactImage(name, drawn.keys.get(name)?.key ?? '');
  };
  const dockerfile = lockDockerfile(
    node,
    (target) =>
      target.kind === 'image'
        ? exactOf(target.name)
        : (drawn.roots.get(target.root)?.reference ?? target.root),
    input,
    { ...options, installer: drawn.keys.has(installerImage) ? exactOf(installerImage) : undefined },
  );
  return dockerfile === undefined ? undefined : { dockerfile, args: buildArgs(node), images: [...images] };
}

/**
 * Brings one image's lock up to date; answers whether its text changed. `drawn` must hold the image and all that it
 * needs, built. The lock is written under a temporary name and renamed.
 */
export async function compilePythonLock(
  drawn: DrawnPlan,
  node: GraphNode,
  requirements: string,
  tools: LockTools,
  signal: AbortSignal,
): Promise<Result<boolean, Diagnostic>> {
  const file = path.join(drawn.set.directory, node.image.context ?? '', lockFile);
  const before = await readFile(file, 'utf8').catch(() => '');
  const lock = await computePythonLock(drawn, node, { requirements, lock: before }, tools, signal);
  if (!lock.ok) return lock;
  if (lock.value === before) return ok(false);
  await writeFileAtomic(file, lock.value);
  return ok(true);
}

/** The text that one image's lock has now. `drawn` must hold the image and all that it needs, built. Writes nothing. */
export async function computePythonLock(
  drawn: DrawnPlan,
  node: GraphNode,
  input: LockInput,
  tools: LockTools,
  signal: AbortSignal,
): Promise<Result<string, Diagnostic>> {
  const { name, context = '', dockerfile } = node.image;
  const { upgrade } = tools;
  // Only the question is asked anew: what it is asked in may come from the engine's cache.
  const place = lockPlace(drawn, node, input, {
    upgrade,
    ...(upgrade === false ? {} : { question: randomUUID() }),
  });
  if (place === undefined) return err(noSystemStage(name, dockerfile));
  const output: string[] = [];
  const built = await tools.engine.build(
    {
      name: `${name}-lock`,
      dockerfile: place.dockerfile,
      dockerfilePath: dockerfile,
      context: {
        directory: path.join(drawn.set.directory, context),
        entries: drawn.contexts.get(name) ?? [],
      },
      target: lockTarget,
      args: place.args,
      labels: { [ownerLabel]: 'lock' },
      tags: [],
      secrets: tools.secrets,
      credentials: tools.credentials,
      noCache: false,
    },
    (event) => void (event.kind === 'output' && output.push(event.text)),
    signal,
  );
  if (!built.ok) return err(lockFailed(name, context, built.error, output.join('')));
  return await readOut(tools, built.value.id, signal);
}

/** The one file of the result; the image and the container that it is read through are removed. */
async function readOut(
  { engine, owner }: LockTools,
  image: string,
  signal: AbortSignal,
): Promise<Result<string, Diagnostic>> {
  const container = await engine.createContainer(
    { image, cmd: ['none'], env: {}, labels: { [ownerLabel]: owner }, mounts: [] },
    signal,
  );
  if (!container.ok) return err(engineTrouble(container.error.message));
  const file = await engine.readFile(container.value, `/${lockFile}`, largestLock, signal);
  const clean = AbortSignal.timeout(30_000);
  await engine.removeContainer(container.value, clean);
  await engine.images.remove(image, clean);
  return file.ok ? ok(file.value.toString('utf8')) : err(engineTrouble(file.error.message));
}

function engineTrouble(message: string): Diagnostic {
  return environmentError('engine-failed', `the lock could not be read out: ${message}`);
}

function noSystemStage(name: string, dockerfile: string): Diagnostic {
  return {
    category: 'usage',
    severity: 'error',
    code: 'no-system-stage',
    message: `nothing says what the Python packages of \`${name}\` are installed on`,
    help: `name the stage of ${dockerfile} that they are installed on \`system\` (FROM … AS system)`,
  };
}

/** Of a step that ran and failed, what it printed tells more than its command, which is ours. */
function causeOf(failure: Exclude<BuildFailure, { kind: 'engine' }>): string {
  const { message } = failure;
  const code = failure.kind === 'step-failed' ? failure.exitCode : undefined;
  return code === undefined ? (message.split('\n')[0] ?? message) : `a step ended with exit code ${code}`;
}

function lockFailed(name: string, context: string, failure: BuildFailure, output: string): Diagnostic {
  const engine = failure.kind === 'engine';
  const message = engine ? failure.error.message : causeOf(failure);
  const lines = output
    .trim()
    .split('\n')
    .slice(-12)
    .filter((line) => line !== '');
  return {
    category: engine ? 'environment' : 'usage',
    severity: 'error',
    code: 'lock-failed',
    message: `\`${context}/${requirementsFile}\` could not be locked for \`${name}\`: ${message}`,
    notes: lines.map((line) => ({ message: line })),
    ...(engine ? {} : { help: 'what does not fit together, or does not exist, is named above' }),
  };
}
