/** References as arguments of a command. */
import { parseReference, type Reference } from '../../registry/reference.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import { usage } from './tell.ts';

/** All of them, or each that is none. */
export function parseReferences(
  texts: readonly string[],
): Result<readonly Reference[], readonly Diagnostic[]> {
  const references: Reference[] = [];
  const mistakes: Diagnostic[] = [];
  for (const text of texts) {
    const reference = parseReference(text);
    if (reference.kind === 'reference') references.push(reference);
    else mistakes.push(usage(`\`${reference.text}\` is no reference`, reference.message));
  }
  return mistakes.length > 0 ? err(mistakes) : ok(references);
}
