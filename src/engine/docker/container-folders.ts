/**
 * Folders of containers, running or not, by way of the engine's archives: what lies in them, and whose they are.
 * Single files are container-output.ts's part.
 */
import { posix } from 'node:path';
import { err, ok } from '../../core/result.ts';
import type { ContainerEngine } from '../engine.ts';
import { readTarNames, tarOfFolder } from './tar-file.ts';
import { segment } from './transport.ts';
import type { Transport } from './transport.ts';

const archive = (id: string): string => `/containers/${segment(id)}/archive`;

/** Containers' folders on one engine; errors as `ContainerEngine` tells. */
export function containerFolders(transport: Transport): Pick<ContainerEngine, 'listFolder' | 'ownFolder'> {
  return {
    async listFolder(id, path, maxBytes, signal) {
      const body = await transport.stream({ method: 'GET', path: archive(id), query: { path } }, signal);
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

    ownFolder: (id, path, owner, signal) =>
      transport.send(
        {
          method: 'PUT',
          path: archive(id),
          query: { path: posix.dirname(path) },
          headers: { 'Content-Type': 'application/x-tar' },
          body: tarOfFolder(posix.basename(path), owner),
        },
        signal,
      ),
  };
}
