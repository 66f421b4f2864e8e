/**
 * Which characters change, where one scalar of a text is meant from several places through anchors. Pure.
 *
 * A scalar that stands in an image's place is changed there. One that only aliases lead to is changed at its anchor
 * when all that follow it want the same; where they don't, or where it stands for something else as well, the alias
 * gives way to the value itself. What would change something that is no image of ours is told, and left.
 */
import type { Diagnostic, SourceSpan } from '../../core/diagnostic.ts';
import { usageError } from '../../matrix/usage-error.ts';
import type { ScalarPlace } from './scalar-place.ts';
import type { Reader, Readers } from './scalar-readers.ts';

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

/** The edits that all agree to, and what is in the way of the others. */
export function settleUses(
  uses: readonly ScalarUse[],
  readers: Readers,
): { readonly edits: readonly Edit[]; readonly problems: readonly Diagnostic[] } {
  const edits: Edit[] = [];
  const problems: Diagnostic[] = [];
  const refused = new Set<string>();
  for (const [origin, group] of Map.groupBy(uses, ({ scalar }) => scalar.origin)) {
    const direct = group.filter(({ scalar }) => scalar.alias === undefined);
    const own = new Set(group.flatMap(({ scalar }) => scalar.readers));
    if (direct.some(({ scalar }) => scalar.readers.length === 0)) own.add(origin);
    const othersOf = (read: number): readonly Reader[] =>
      (readers.get(read) ?? []).filter(({ at }) => !own.has(at));
    const aliased = group.filter(({ scalar }) => scalar.alias !== undefined);
    const others = othersOf(origin);
    const atHome = direct[0] ?? (others.length === 0 ? agreed(aliased) : undefined);
    const trouble = atHome && inTheWay(atHome, direct, others);
    if (trouble !== undefined) {
      problems.push(trouble);
      for (const { path } of group) refused.add(path);
      continue;
    }
    const found = atHome === undefined ? [] : [...editAtHome(atHome)];
    const wrong: Diagnostic[] = [];
    for (const [at, sharing] of Map.groupBy(aliased, ({ scalar }) => scalar.alias?.start ?? origin)) {
      const first = sharing.find(({ to }) => to !== atHome?.to);
      if (first === undefined) continue;
      const each = inTheWay(first, sharing, othersOf(at));
      if (each === undefined) found.push(...editAtAlias(first));
      else wrong.push(each);
    }
    // An alias that has to stay would follow its anchor to another image's tag.
    if (wrong.length === 0) edits.push(...found);
    else {
      problems.push(...wrong);
      for (const { path } of group) refused.add(path);
    }
  }
  // A new name with an old tag would be an image that nobody has.
  const whole = edits.filter(({ path }) => !refused.has(path));
  return { edits: whole.toSorted((a, b) => a.start - b.start), problems };
}

function agreed(aliased: readonly ScalarUse[]): ScalarUse | undefined {
  const [first] = aliased;
  return first !== undefined && aliased.every(({ to }) => to === first.to) ? first : undefined;
}

function inTheWay(
  atHome: ScalarUse,
  direct: readonly ScalarUse[],
  others: readonly Reader[],
): Diagnostic | undefined {
  const { scalar, to } = atHome;
  const conflict = direct.find((each) => each.to !== to);
  if (conflict !== undefined) return sharedValue(atHome, conflict);
  if (to === scalar.value) return undefined;
  const [other] = others;
  if (other !== undefined) return readElsewhere(atHome, other);
  return to.startsWith(scalar.kept) ? undefined : severalLines(atHome);
}

function editAtHome({ image, path, scalar, to }: ScalarUse): readonly Edit[] {
  const { value: from, start, end, quote, lead, kept, span } = scalar;
  if (from === to) return [];
  // References hold nothing that either kind of quotes would have to escape, or that ends a plain scalar.
  const written = `${lead}${quote}${to.slice(kept.length)}${quote}`;
  return [{ image, path, span, from, to, start, end, written }];
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

function readElsewhere({ path, scalar, to }: ScalarUse, other: Reader): Diagnostic {
  return usageError('shared-value', 'what is not this image reads this value as well', scalar.span, {
    notes: [{ message: 'here', span: other.span }],
    help: `give \`${path}\` a value of its own: \`${to}\``,
  });
}

function severalLines({ scalar, to }: ScalarUse): Diagnostic {
  return usageError('several-lines', 'this image stands on several lines', scalar.span, {
    help: `write it on one: \`${to}\``,
  });
}
