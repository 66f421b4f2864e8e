/**
 * Folders of containers, running or not, by way of the engine's archives: what lies in them, and whose they are.
 * Single files are container-output.ts's part.
 */
import { posix } from 'node:path';
import { err, ok } from '../../core/result.ts';
import type { ContainerEngine } from '../engine.ts';
import { archiveOf, readEntry } from './container-entry.ts';
import { readTarNames, tarOfFolder } from './tar-file.ts';
import type { Transport } from './transport.ts';

/** Containers' folders on one engine; errors as `ContainerEngine` tells. */
export function containerFolders(transport: Transport): Pick<ContainerEngine, 'listFolder' | 'ownFolder'> {
  return {
    async listFolder(id, path, maxBytes, signal) {
      const found = await readEntry(transport, id, path, 0, signal);
      if (!found.ok) return found;
      const query = { path: found.value.path };
      const body = await transport.stream({ method: 'GET', path: archiveOf(id), query }, signal);
      if (!body.ok) return body;
      try {
        const entries = await readTarNames(body.value, maxBytes);
        // The archive begins with the folder itself, under its own name.
        const beneath = entries.map((entry) => ({
          ...entry,
          path: entry.path.split('/').slice(1).join('/'),
        }));
        return ok(beneath.filter((entry) => entry.path !== ''));
      } catch (cause) {
        return err(transport.errorOf(cause, signal));
      } finally {
        body.value.destroy();
      }
    },

    async ownFolder(id, path, owner, signal) {
      // An archive's folder takes the place of a link. A link to nothing is left to what made it.
      const found = await readEntry(transport, id, path, 0, signal);
      if (!found.ok && found.error.kind !== 'not-found') return found;
      const place = found.ok ? found.value.path : path;
      return await transport.send(
        {
          method: 'PUT',
          path: archiveOf(id),
          query: { path: posix.dirname(place) },
          headers: { 'Content-Type': 'application/x-tar' },
          body: tarOfFolder(posix.basename(place), owner),
        },
        signal,
      );
    },
  };
}
