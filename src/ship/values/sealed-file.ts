/**
 * Values that sops has sealed: its code covers also what stands there in the clear, so that sops would refuse the file
 * after any edit but its own. Pure.
 */
import { isMap } from 'yaml';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { usageError } from '../../matrix/usage-error.ts';
import type { Edit } from './settle-uses.ts';
import type { ValuesDocuments } from './values-document.ts';

/** What a person has to do with sops instead; undefined where the file may be edited. */
export function sealTrouble(
  { file, documents }: ValuesDocuments,
  edits: readonly Edit[],
): readonly Diagnostic[] | undefined {
  const isSealed = documents.some(({ contents }) => {
    const sops = isMap(contents) ? contents.get('sops') : undefined;
    return isMap(sops) && sops.has('mac') && String(sops.get('mac_only_encrypted')) !== 'true';
  });
  if (!isSealed) return undefined;
  return edits.map(({ span, to }) =>
    usageError('sealed-file', 'sops has sealed this file, and would refuse it after an edit', span, {
      help: `set it with \`sops edit ${file}\`: \`${to}\``,
    }),
  );
}
