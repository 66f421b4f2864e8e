/**
 * Holds an edit that is not written yet against the whole family: the matrix has to load and the Dockerfiles have
 * to make a graph, as if the edit were there. Writes nothing.
 */
import type { Diagnostic } from '../core/diagnostic.ts';
import { ownPlatform } from '../core/own-platform.ts';
import { err, ok, type Result } from '../core/result.ts';
import { buildGraph, type ImageGraph } from '../graph/image-graph.ts';
import { readDockerfiles } from '../graph/read-dockerfiles.ts';
import type { ImageSet } from '../matrix/image-set.ts';
import { loadMatrix, type Edits } from '../matrix/load-matrix.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface EditedFamily {
  readonly set: ImageSet;
  readonly graph: ImageGraph;
  readonly warnings: readonly Diagnostic[];
}

/** The family as it would be. Errors: all that would be wrong with it, whether the edit brought it or not. */
export async function familyAfter(
  directory: string,
  environment: Environment,
  edits: Edits,
  signal: AbortSignal,
): Promise<Result<EditedFamily, readonly Diagnostic[]>> {
  const loaded = await loadMatrix(directory, environment, { edits });
  if (!loaded.ok) return loaded;
  const { set, warnings } = loaded.value;
  const dockerfiles = await readDockerfiles(set, signal);
  if (!dockerfiles.ok) return dockerfiles;
  const graph = buildGraph(set, dockerfiles.value, ownPlatform());
  if (!graph.ok) return err([...warnings, ...graph.error]);
  return ok({ set, graph: graph.value.graph, warnings: [...warnings, ...graph.value.warnings] });
}

/** True for a diagnostic that shows a line which the edit changed or added. */
export function isAboutEdit(diagnostic: Diagnostic, file: string, before: string, after: string): boolean {
  const { span } = diagnostic;
  if (span === undefined || span.file !== file) return false;
  const old = before.split('\n');
  const fresh = after.split('\n');
  const same = fresh.findIndex((line, index) => line !== old[index]);
  if (same < 0) return false;
  let tail = 0;
  while (tail < Math.min(old.length, fresh.length) - same && old.at(-1 - tail) === fresh.at(-1 - tail))
    tail += 1;
  return span.line > same && span.line <= fresh.length - tail;
}
