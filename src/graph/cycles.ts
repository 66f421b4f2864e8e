/**
 * Finds images that draw on themselves through others, and always tells the same trail of them. Pure.
 */
import type { Diagnostic } from '../core/diagnostic.ts';
import { usageError } from '../matrix/usage-error.ts';
import type { GraphNode } from './image-graph.ts';

/**
 * One diagnostic for each knot of images: the shortest way from its smallest name (by code unit) back to it;
 * among equals the one with the smaller names. Each step is a note with the line that makes it.
 */
export function findCycles(nodes: ReadonlyMap<string, GraphNode>): readonly Diagnostic[] {
  const told = new Set<string>();
  const diagnostics: Diagnostic[] = [];
  for (const name of [...nodes.keys()].toSorted()) {
    const trail = told.has(name) ? undefined : shortestTrail(name, nodes);
    if (trail === undefined) continue;
    for (const other of nodes.keys()) if (isKnotted(name, other, nodes)) told.add(other);
    diagnostics.push(describe(trail, nodes));
  }
  return diagnostics;
}

/** From `start` along parents back to `start`, both ends included. */
function shortestTrail(start: string, nodes: ReadonlyMap<string, GraphNode>): readonly string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const name of queue) {
    for (const parent of (nodes.get(name)?.parents ?? []).toSorted()) {
      if (parent === start) return [...trailTo(name, start, cameFrom), start];
      if (cameFrom.has(parent)) continue;
      cameFrom.set(parent, name);
      queue.push(parent);
    }
  }
  return undefined;
}

function trailTo(name: string, start: string, cameFrom: ReadonlyMap<string, string>): readonly string[] {
  const trail = [name];
  for (let at = name; at !== start;) {
    at = cameFrom.get(at) ?? start;
    trail.unshift(at);
  }
  return trail;
}

function isKnotted(a: string, b: string, nodes: ReadonlyMap<string, GraphNode>): boolean {
  return leadsTo(a, b, nodes) && leadsTo(b, a, nodes);
}

function leadsTo(from: string, to: string, nodes: ReadonlyMap<string, GraphNode>): boolean {
  const seen = new Set<string>();
  const open = [...(nodes.get(from)?.parents ?? [])];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === to) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    open.push(...(nodes.get(name)?.parents ?? []));
  }
  return false;
}

function describe(trail: readonly string[], nodes: ReadonlyMap<string, GraphNode>): Diagnostic {
  const steps = trail.slice(0, -1).map((name, index) => {
    const parent = trail[index + 1];
    const reference = nodes
      .get(name)
      ?.references.find(({ target }) => target.kind === 'image' && target.name === parent);
    const message = `\`${name}\` draws on \`${parent}\``;
    return reference === undefined ? { message } : { message, span: reference.span };
  });
  const message = `these images draw on one another in a circle: ${trail.join(' → ')}`;
  return usageError('dependency-cycle', message, steps[0]?.span, {
    notes: steps,
    help: 'let one of them start from something else; to mean an image from outside, name it with registry and path',
  });
}
