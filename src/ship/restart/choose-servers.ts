/**
 * Which users' servers run an older image than the release has, and which of these may be stopped now. Pure.
 *
 * The hub does not tell a server's image. Where the cluster's pods are known, theirs are compared digest by digest;
 * else a server counts as older when it started before the release was made.
 */
import { parseReference } from '../../../registry/reference.ts';
import type { Release } from '../../run/schema.ts';
import type { RunningServer } from './running-servers.ts';

/** What is to become of a server. */
export type Decision =
  | { readonly kind: 'stop'; readonly why: string }
  /** It runs what the release has. */
  | { readonly kind: 'current' }
  /** It ought to be stopped, and somebody works in it, or it only just starts or stops. */
  | { readonly kind: 'busy'; readonly why: string };

export interface DecidedServer {
  readonly server: RunningServer;
  readonly decision: Decision;
}

export interface ChoosingFacts {
  readonly release: Release;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** How long nothing may have happened in a server that is stopped; undefined: stop them all. */
  readonly idleMs: number | undefined;
  /** Images of each server's containers, by `userKey`; undefined where the cluster was not asked. */
  readonly images: ReadonlyMap<string, readonly string[]> | undefined;
  /** Servers that started before are older; for where no cluster is asked. */
  readonly before: number;
}

/** One key for a user's server. */
export function userKey(user: string, name: string): string {
  return `${user}\n${name}`;
}

/** Decides on each, in the order given. */
export function chooseServers(
  servers: readonly RunningServer[],
  facts: ChoosingFacts,
): readonly DecidedServer[] {
  return servers.map((server) => ({ server, decision: decide(server, facts) }));
}

function decide(server: RunningServer, facts: ChoosingFacts): Decision {
  const why = reason(server, facts);
  if (why === undefined) return { kind: 'current' };
  if (!server.ready) return { kind: 'busy', why: 'it is starting or stopping' };
  const { idleMs, now } = facts;
  if (idleMs === undefined) return { kind: 'stop', why };
  // A hub that never heard of activity counts from the start.
  const last = server.lastActivity ?? server.started ?? now;
  return now - last >= idleMs ? { kind: 'stop', why } : { kind: 'busy', why: 'somebody works in it' };
}

function reason(server: RunningServer, facts: ChoosingFacts): string | undefined {
  const { images, release, before } = facts;
  if (images === undefined) {
    return server.started !== undefined && server.started < before
      ? 'it started before the release'
      : undefined;
  }
  const running = images.get(userKey(server.user, server.name)) ?? [];
  const old = running.find((image) => isOld(image, release));
  return old === undefined ? undefined : `it runs \`${shown(old)}\``;
}

/** In a repository of the release, and none of its digests. A tag without a digest may be anything. */
function isOld(image: string, release: Release): boolean {
  const parsed = parseReference(image);
  if (parsed.kind === 'invalid-reference') return false;
  const ours = release.images.filter(({ reference }) => {
    const own = parseReference(reference);
    return own.kind === 'reference' && own.familiarName === parsed.familiarName;
  });
  return ours.length > 0 && ours.every(({ digest }) => digest !== parsed.digest);
}

const shownDigestLength = 'sha256:'.length + 12;

function shown(image: string): string {
  const [name = '', digest] = image.split('@');
  return digest === undefined ? name : `${name}@${digest.slice(0, shownDigestLength)}…`;
}
