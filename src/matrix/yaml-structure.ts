/**
 * What YAML's parser lets pass and we don't: equal keys and anchors, keys that are no text, merge keys, aliases that
 * lead nowhere. Knows nothing of what the keys mean.
 */
import type { Document, Node } from 'yaml';
import type { Diagnostic, SourceSpan } from '../core/diagnostic.ts';
import { usageError } from './usage-error.ts';
import { yaml } from './yaml-library.ts';

export interface StructureErrors {
  readonly diagnostics: readonly Diagnostic[];
  /** The document has no plain value that could be looked at further. */
  readonly fatal: boolean;
}

/** All of them, in the order of the text; `placeOf` tells where a node stands. */
export function structureErrors(document: Document, placeOf: (node: unknown) => SourceSpan): StructureErrors {
  const { isScalar, visit } = yaml();
  const diagnostics: Diagnostic[] = [];
  let fatal = false;
  let aliases = 0;
  const anchors = new Map<string, SourceSpan>();
  const lookAtAnchor = (node: Node & { readonly anchor?: string | undefined }): void => {
    if (node.anchor === undefined) return;
    const span = placeOf(node);
    const earlier = anchors.get(node.anchor);
    if (earlier === undefined) anchors.set(node.anchor, span);
    else diagnostics.push(duplicateAnchor(node.anchor, span, earlier));
  };
  visit(document, {
    Scalar: (_, scalar) => lookAtAnchor(scalar),
    Seq: (_, sequence) => lookAtAnchor(sequence),
    Alias(_, alias) {
      aliases += 1;
      if (aliases > mostAliases) {
        fatal = true;
        diagnostics.push(tooManyAliases(placeOf(alias)));
        return visit.BREAK;
      }
      // The anchors of all that stands before; to ask the alias itself would look through the whole document.
      if (anchors.has(alias.source)) return undefined;
      fatal = true;
      diagnostics.push(
        usageError('invalid-yaml', `no anchor \`&${alias.source}\` stands before`, placeOf(alias), {
          help: 'write the value out, or put the anchor at its first use',
        }),
      );
      return undefined;
    },
    Map(_, map) {
      lookAtAnchor(map);
      const first = new Map<string, SourceSpan>();
      for (const { key } of map.items) {
        const span = placeOf(key);
        if (!isScalar(key) || typeof key.value !== 'string') {
          fatal = true;
          diagnostics.push(
            usageError('wrong-type', 'a key has to be text', span, { help: 'put the key in quotes' }),
          );
          continue;
        }
        if (key.value === '<<' && key.type === 'PLAIN') {
          fatal = true;
          diagnostics.push(mergeKey(span));
          continue;
        }
        const earlier = first.get(key.value);
        if (earlier === undefined) first.set(key.value, span);
        else diagnostics.push(duplicateKey(key.value, span, earlier));
        // `__proto__` is no ordinary name in JavaScript: the schema's library passes over it without a word.
        if (key.value === '__proto__') {
          diagnostics.push(
            usageError('unknown-key', 'unknown key `__proto__`', span, { help: 'choose another name' }),
          );
        }
      }
    },
  });
  return { diagnostics, fatal };
}

/** To follow one, the library looks through the whole document. */
const mostAliases = 1000;

/** For aliases without number, and for those that unfold into values without number. */
export function tooManyAliases(span: SourceSpan): Diagnostic {
  return usageError('invalid-yaml', 'aliases unfold into too many values', span, {
    help: 'write out what the aliases stand for',
  });
}

function mergeKey(span: SourceSpan): Diagnostic {
  return usageError('unknown-key', 'merge keys (`<<`) are not read', span, {
    help: 'write the keys out; an alias may stand for a whole value: `b: *a`',
  });
}

function duplicateAnchor(anchor: string, span: SourceSpan, earlier: SourceSpan): Diagnostic {
  return usageError('duplicate-anchor', `the anchor \`&${anchor}\` stands here twice`, span, {
    notes: [{ message: 'it was first written here', span: earlier }],
    help: 'give one of them another name',
  });
}

function duplicateKey(key: string, span: SourceSpan, earlier: SourceSpan): Diagnostic {
  return usageError('duplicate-key', `the key \`${key}\` stands here twice`, span, {
    notes: [{ message: 'it was first written here', span: earlier }],
    help: 'put what both say into one, or take one out',
  });
}
