/**
 * The product of a definition's axes, less what `exclude` takes out, and with what `include` adds: by the rules
 * of a matrix in GitHub's workflows, but for entries that would do nothing there, which are told here.
 */
import { didYouMean } from '../core/near-name.ts';
import type { Axis, AxisValue } from './axes.ts';
import { imageNameHelp, isImageName } from './check.ts';
import type { Check } from './check.ts';
import type { BuildDefinition } from './schema.ts';
import { parseTemplate } from './template.ts';
import { usageError } from './usage-error.ts';
import type { YamlPath } from './yaml-source.ts';

/** A value for each axis, and for names that only `include` gives one. */
export type Combination = ReadonlyMap<string, AxisValue>;

export interface Combinations {
  readonly all: readonly Combination[];
  /** Names that `include` gives to some combinations and that are no axes. */
  readonly extras: readonly string[];
  /** False where an entry is wrong, so that some combinations are not known. */
  readonly complete: boolean;
}

/** All combinations of a definition, the product first; entries that are wrong are told and left out. */
export function combinationsOf(
  check: Check,
  path: YamlPath,
  definition: BuildDefinition,
  axes: readonly Axis[],
): Combinations {
  const exclude = definition.exclude ?? [];
  const include = definition.include ?? [];
  const before = check.findings.errorCount;
  const excluded = exclude.filter((entry, at) =>
    checkExclusion(check, [...path, 'exclude', at], entry, axes),
  );
  const product = productOf(axes);
  const left = product.filter((each) => !excluded.some((entry) => agrees(each, Object.entries(entry))));
  const used = placeholdersOf(definition);
  const included = include.flatMap((entry, at) => {
    const place = [...path, 'include', at];
    return checkInclusion(check, place, entry, axes, used) ? [{ entry, place }] : [];
  });
  const all = withIncluded(check, left, included, axes);
  if (all.length === 0 && product.length > 0 && check.findings.errorCount === before) {
    const message = `\`exclude\` leaves no image of \`${String(path.at(-1))}\``;
    check.findings.add(usageError('nothing-left', message, check.source.keySpan([...path, 'exclude'])));
  }
  const isAxis = new Set(axes.map((axis) => axis.name));
  const extras = new Set(include.flatMap((entry) => Object.keys(entry)).filter((name) => !isAxis.has(name)));
  return { all, extras: [...extras], complete: check.findings.errorCount === before };
}

type Entry = Readonly<Record<string, string>>;

function productOf(axes: readonly Axis[]): readonly Combination[] {
  return axes.reduce<readonly Combination[]>(
    (combinations, axis) =>
      combinations.flatMap((each) =>
        axis.values.map((value) => new Map([...each, [axis.name, value] as const])),
      ),
    [new Map()],
  );
}

function agrees(combination: Combination, values: readonly (readonly [string, string])[]): boolean {
  return values.every(([axis, value]) => combination.get(axis)?.name === value);
}

function placeholdersOf(definition: BuildDefinition): ReadonlySet<string> {
  const { name, context, dockerfile, target, maxSize, args } = definition;
  const texts = [name, context, dockerfile, target, maxSize, ...Object.values(args ?? {})];
  const parts = texts.flatMap((text) => (text === undefined ? [] : parseTemplate(text)));
  return new Set(parts.flatMap((part) => (part.kind === 'value' ? [part.name] : [])));
}

function checkExclusion(check: Check, path: YamlPath, entry: Entry, axes: readonly Axis[]): boolean {
  const before = check.findings.errorCount;
  if (Object.keys(entry).length === 0) tellEmpty(check, path);
  for (const [name, value] of Object.entries(entry)) {
    const axis = axes.find((each) => each.name === name);
    if (axis === undefined) tellUnknownAxis(check, [...path, name], axes);
    else checkKnownValue(check, [...path, name], axis, value);
  }
  return check.findings.errorCount === before;
}

function checkInclusion(
  check: Check,
  path: YamlPath,
  entry: Entry,
  axes: readonly Axis[],
  used: ReadonlySet<string>,
): boolean {
  const before = check.findings.errorCount;
  if (Object.keys(entry).length === 0) tellEmpty(check, path);
  for (const [name, value] of Object.entries(entry)) {
    const place = [...path, name];
    const axis = axes.find((each) => each.name === name);
    if (axis?.fromFile === true) checkKnownValue(check, place, axis, value);
    else if (axis !== undefined && !isImageName(value)) {
      const message = `\`${value}\` cannot be part of an image's name`;
      const span = check.source.valueSpan(place);
      check.findings.add(usageError('invalid-name', message, span, { help: imageNameHelp(value) }));
    } else if (axis === undefined && !used.has(name)) {
      const names = axes.map((each) => each.name);
      check.findings.add(
        usageError('unused-value', `nothing here uses \`{${name}}\``, check.source.keySpan(place), {
          help: didYouMean(name, [...names, ...used]) ?? `name it in \`args\`: \`"{${name}}"\``,
        }),
      );
    }
  }
  return check.findings.errorCount === before;
}

function tellEmpty(check: Check, path: YamlPath): void {
  check.findings.add(
    usageError('empty-entry', 'this entry names no axis', check.source.valueSpan(path), {
      help: 'give it values of axes, or take it out',
    }),
  );
}

function tellUnknownAxis(check: Check, path: YamlPath, axes: readonly Axis[]): void {
  const name = String(path.at(-1));
  const names = axes.map((axis) => axis.name);
  const listed = names.map((each) => `\`${each}\``).join(', ');
  check.findings.add(
    usageError('unknown-axis', `no axis here is called \`${name}\``, check.source.keySpan(path), {
      help: didYouMean(name, names) ?? (listed === '' ? 'no axis is defined here' : `here are ${listed}`),
    }),
  );
}

function checkKnownValue(check: Check, path: YamlPath, axis: Axis, value: string): void {
  const names = axis.values.map((each) => each.name);
  if (names.includes(value) || !axis.complete) return;
  const listed = names.slice(0, 8).map((name) => `\`${name}\``);
  const more = names.length > 8 ? ` and ${names.length - 8} more` : '';
  check.findings.add(
    usageError(
      'unknown-value',
      `the axis \`${axis.name}\` has no value \`${value}\``,
      check.source.valueSpan(path),
      { help: didYouMean(value, names) ?? `it has ${listed.join(', ')}${more}` },
    ),
  );
}

/**
 * An entry that agrees with combinations of the product gives them its further values; any other becomes a
 * combination of its own.
 */
function withIncluded(
  check: Check,
  product: readonly Combination[],
  included: readonly { readonly entry: Entry; readonly place: YamlPath }[],
  axes: readonly Axis[],
): readonly Combination[] {
  let all = product;
  const added: Combination[] = [];
  for (const { entry, place } of included) {
    const own = axes.flatMap(({ name }) =>
      Object.hasOwn(entry, name) ? [[name, entry[name] ?? ''] as const] : [],
    );
    const extras = Object.entries(entry).filter(([name]) => !axes.some((axis) => axis.name === name));
    const further = extras.map(([name, text]) => [name, valueNamed(text)] as const);
    if (all.some((each) => agrees(each, own))) {
      if (further.length === 0) tellPresent(check, place);
      all = all.map((each) => (agrees(each, own) ? new Map([...each, ...further]) : each));
      continue;
    }
    const missing = axes.filter(({ name }) => !Object.hasOwn(entry, name));
    if (missing.length > 0) tellMissing(check, place, missing);
    else added.push(new Map([...axes.map((axis) => [axis.name, valueOf(axis, entry)] as const), ...further]));
  }
  return [...all, ...added];
}

function valueOf(axis: Axis, entry: Entry): AxisValue {
  const name = entry[axis.name] ?? '';
  return axis.values.find((value) => value.name === name) ?? valueNamed(name);
}

function valueNamed(name: string): AxisValue {
  return { name, fields: new Map() };
}

function tellPresent(check: Check, place: YamlPath): void {
  check.findings.add(
    usageError('duplicate-value', 'the axes give this combination already', check.source.valueSpan(place)),
  );
}

function tellMissing(check: Check, place: YamlPath, missing: readonly Axis[]): void {
  const names = missing.map(({ name }) => `\`${name}\``).join(', ');
  const message = `a combination of its own needs a value for ${names}`;
  check.findings.add(usageError('missing-key', message, check.source.valueSpan(place)));
}
