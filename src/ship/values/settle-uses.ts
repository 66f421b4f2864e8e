/**
 * Which characters change, where one scalar of a text is meant from several places through anchors. Pure.
 *
 * A scalar that stands in an image's place is changed there. One that only aliases lead to is changed at its anchor
 * when all that follow it want the same; where they don't, or where it stands for something else as well, the alias
 * gives way to the value itself.
 */
import type { Diagnostic, SourceSpan } from '../../core/diagnostic.ts';
import { usageError } from '../../matrix/usage-error.ts';
import type { ScalarPlace } from './scalar-place.ts';

/** A place's wish for one scalar. */
export interface ScalarUse {
  readonly image: string;
  readonly path: string;
  readonly scalar: ScalarPlace;
  readonly to: string;
}

/** Characters to replace. */
export interface Edit {
  readonly image: string;
  readonly path: string;
  readonly span: SourceSpan;
  readonly from: string;
  readonly to: string;
  readonly start: number;
  readonly end: number;
  readonly written: string;
}

/**
 * How many aliases lead to the scalar at an offset, and how many maps merge it in, those that are no image's among
 * them.
 */
export function settleUses(
  uses: readonly ScalarUse[],
  aliasCounts: ReadonlyMap<number, number>,
  mergeCounts: ReadonlyMap<number, number>,
): { readonly edits: readonly Edit[]; readonly problems: readonly Diagnostic[] } {
  const edits: Edit[] = [];
  const problems: Diagnostic[] = [];
  const refused = new Set<string>();
  for (const group of Map.groupBy(uses, ({ scalar }) => scalar.start).values()) {
    const direct = group.filter(({ scalar }) => scalar.alias === undefined);
    const aliased = group.filter(({ scalar }) => scalar.alias !== undefined);
    const atHome = direct[0] ?? agreed(aliased, aliasCounts);
    const conflict = direct.find(({ to }) => to !== atHome?.to);
    if (atHome !== undefined && conflict !== undefined) {
      problems.push(sharedValue(atHome, conflict));
      for (const { path } of group) refused.add(path);
      continue;
    }
    // A merge that is not among them belongs to something else, which would change with it.
    const isForeign =
      direct.length > 0 && direct.length < (mergeCounts.get(direct[0]?.scalar.start ?? -1) ?? 0);
    if (atHome !== undefined && isForeign && atHome.to !== atHome.scalar.value) {
      problems.push(mergedElsewhere(atHome));
      for (const { path } of group) refused.add(path);
      continue;
    }
    if (atHome !== undefined) edits.push(...editAtHome(atHome));
    edits.push(...aliased.filter(({ to }) => to !== atHome?.to).flatMap(editAtAlias));
  }
  // A new name with an old tag would be an image that nobody has.
  const whole = edits.filter(({ path }) => !refused.has(path));
  return { edits: whole.toSorted((a, b) => a.start - b.start), problems };
}

function agreed(
  aliased: readonly ScalarUse[],
  aliasCounts: ReadonlyMap<number, number>,
): ScalarUse | undefined {
  const [first] = aliased;
  if (first === undefined || aliased.some(({ to }) => to !== first.to)) return undefined;
  return aliasCounts.get(first.scalar.start) === aliased.length ? first : undefined;
}

function editAtHome({ image, path, scalar, to }: ScalarUse): readonly Edit[] {
  const { value: from, start, end, quote, lead, span } = scalar;
  if (from === to) return [];
  // References hold nothing that either kind of quotes would have to escape, or that ends a plain scalar.
  return [{ image, path, span, from, to, start, end, written: `${lead}${quote}${to}${quote}` }];
}

function editAtAlias({ image, path, scalar, to }: ScalarUse): readonly Edit[] {
  const { alias, value: from } = scalar;
  if (alias === undefined || from === to) return [];
  return [{ image, path, span: alias.span, from, to, start: alias.start, end: alias.end, written: to }];
}

function sharedValue(one: ScalarUse, other: ScalarUse): Diagnostic {
  return usageError(
    'shared-value',
    `\`${one.image}\` and \`${other.image}\` share this value, and want two`,
    one.scalar.span,
    { help: `give \`${other.path}\` a value of its own` },
  );
}

function mergedElsewhere({ path, scalar, to }: ScalarUse): Diagnostic {
  return usageError('shared-value', 'what is not this image merges this value in as well', scalar.span, {
    help: `give \`${path}\` a value of its own: \`${to}\``,
  });
}
