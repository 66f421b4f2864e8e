/**
 * matrix.lock as text: what stood in it, with the entries that are new or have moved. Comments and order are
 * kept, new entries go where the alphabet has them, one line each, so that two people's changes merge line by line.
 */
import { Document, isMap, parseDocument } from 'yaml';
import type { Lock } from '../matrix/image-set.ts';

const header =
  ' Written by `build lock`; committed. What is not in here is open: each run takes what it finds.';

/** The lock's text with these entries set. The same entries give the same text. */
export function updateLockText(text: string, entries: Lock): string {
  const parsed = parseDocument(text);
  const document = parsed.contents === null ? new Document({}) : parsed;
  if (document !== parsed) document.commentBefore = parsed.commentBefore ?? parsed.comment ?? header;
  for (const section of ['roots', 'git', 'epochs'] as const) {
    const additions = Object.entries(entries[section]);
    if (additions.length === 0) continue;
    for (const [key, value] of additions) document.setIn([section, key], value);
    const map = document.get(section);
    if (isMap(map)) map.items.sort((a, b) => (String(a.key) < String(b.key) ? -1 : 1));
  }
  return document.toString({ lineWidth: 0 });
}
