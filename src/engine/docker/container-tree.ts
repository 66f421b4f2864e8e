/** The whole file system of a container, running or not, by way of the engine's export. */
import { err, ok } from '../../core/result.ts';
import type { TreeReader } from '../tree.ts';
import { tarEntries } from './tar-stream.ts';
import { segment } from './transport.ts';
import type { Transport } from './transport.ts';

/** Reads containers' file systems on one engine; errors as `TreeReader` tells. */
export function containerTree(transport: Transport): TreeReader {
  return {
    async readTree(id, visit, signal) {
      const body = await transport.stream(
        { method: 'GET', path: `/containers/${segment(id)}/export` },
        signal,
      );
      if (!body.ok) return body;
      try {
        for await (const { content, ...entry } of tarEntries(body.value)) await visit(entry, content);
        return ok(undefined);
      } catch (cause) {
        return err(transport.errorOf(cause, signal));
      } finally {
        body.value.destroy();
      }
    },
  };
}
