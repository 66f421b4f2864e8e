/** What the server offers, as a client sees it, and whom it takes a client for. Judges nothing. */
import { randomBytes } from 'node:crypto';
import { err, ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { NfsClient, NfsTrouble } from '../../nfs/nfs-client.ts';

/** Anybody, with no rights of his own. */
export const somebody = { uid: 54_321, gid: 54_321 } as const;
export const root = { uid: 0, gid: 0 } as const;

const mostExports = 4;

/** A folder that can be mounted. */
export interface Export {
  /** Empty for a server that exports its root. */
  readonly path: string;
  /** `uid:gid`, or names, of a file that `root` wrote and of one that `somebody` wrote. */
  readonly owners: readonly [string, string];
  /** Owner of the folder itself, without its group. */
  readonly folderOwner: string;
}

/** A name that nobody uses. */
export function freshName(): string {
  return `hubwright-${randomBytes(6).toString('hex')}`;
}

/** The exports (at most four are looked at), each after two users have written to it. */
export async function readExports(
  client: NfsClient,
  signal: AbortSignal,
): Promise<Result<readonly Export[], NfsTrouble & { readonly at: string }>> {
  const listed = await client.list(somebody, '', signal);
  if (!listed.ok) return err({ ...listed.error, at: '/' });
  // A pseudo root can be written to by nobody; a server that exports its own root can.
  const writable = await ownerOfFile(client, '', somebody, signal);
  const paths =
    writable.ok || listed.value.length === 0 ? [''] : listed.value.toSorted().slice(0, mostExports);
  const found: Export[] = [];
  for (const path of paths) {
    const folder = await client.attributes(somebody, path, signal);
    const byRoot = await ownerOfFile(client, path, root, signal);
    const bySomebody = await ownerOfFile(client, path, somebody, signal);
    for (const answer of [folder, byRoot, bySomebody])
      if (!answer.ok) return err({ ...answer.error, at: `/${path}` });
    if (folder.ok && byRoot.ok && bySomebody.ok)
      found.push({ path, owners: [byRoot.value, bySomebody.value], folderOwner: folder.value.owner });
  }
  return ok(found);
}

/** Writes a file as this user, and answers to whom it belongs then. */
async function ownerOfFile(
  client: NfsClient,
  folder: string,
  user: { readonly uid: number; readonly gid: number },
  signal: AbortSignal,
): Promise<Result<string, NfsTrouble>> {
  const path = `${folder}/${freshName()}`;
  const written = await client.write(user, path, 0o600, 'hubwright', signal);
  if (!written.ok) return written;
  const seen = await client.attributes(user, path, signal);
  await client.remove(user, path, signal);
  return seen.ok ? ok(`${seen.value.owner}:${seen.value.group}`) : seen;
}
