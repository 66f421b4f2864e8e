/** Targets of a bake file that stand for several: `matrix`, where all its values are written out. Pure. */
import type { HclValue } from './hcl.ts';

export interface Target {
  readonly name: string;
  readonly line: number;
  readonly values: ReadonlyMap<string, HclValue>;
}

/** Values by the name that templates know them by: `item`, or of a map `item.key`. */
type Combination = ReadonlyMap<string, string>;

/** More combinations than a person writes down. */
const mostCombinations = 256;

/** A target for each combination of its matrix; the target itself where it has none, or one that is computed. */
export function withoutMatrix(target: Target): readonly Target[] {
  const { matrix: _, name: __, ...values } = Object.fromEntries(target.values);
  const all = combinations(target.values.get('matrix'));
  if (all === undefined) return [target];
  const named = target.values.get('name');
  return all.map((each) => {
    const name = named && filledIn(named, each);
    return {
      ...target,
      name: name?.kind === 'text' ? name.text : [target.name, ...each.values()].join('-'),
      values: new Map(Object.entries(values).map(([key, value]) => [key, filledIn(value, each)])),
    };
  });
}

function combinations(matrix: HclValue | undefined): readonly Combination[] | undefined {
  if (matrix?.kind !== 'map') return undefined;
  let all: readonly Combination[] = [new Map()];
  for (const [axis, value] of matrix.entries) {
    const entries = value.kind === 'list' ? value.items.map((item) => fields(axis, item)) : [undefined];
    if (entries.includes(undefined)) return undefined;
    all = all.flatMap((each) => entries.map((entry) => new Map([...each, ...(entry ?? [])])));
    if (all.length > mostCombinations) return undefined;
  }
  return all;
}

/** Undefined where a value is not written out. */
function fields(name: string, value: HclValue): Combination | undefined {
  if (value.kind === 'text' && !value.text.includes('${')) return new Map([[name, value.text]]);
  if (value.kind !== 'map') return undefined;
  const inner = [...value.entries].map(([key, each]) => fields(`${name}.${key}`, each));
  return inner.includes(undefined) ? undefined : new Map(inner.flatMap((each) => [...(each ?? [])]));
}

/** A value with what is known of its templates' variables. */
export function filledIn(value: HclValue, known: Combination): HclValue {
  switch (value.kind) {
    case 'text':
      return { kind: 'text', text: withValues(value.text, known) };
    case 'unknown': {
      // `item.key` outside a template is that value.
      const whole = known.get(value.text.trim());
      return whole === undefined
        ? { kind: 'unknown', text: withValues(value.text, known) }
        : { kind: 'text', text: whole };
    }
    case 'list':
      return { kind: 'list', items: value.items.map((item) => filledIn(item, known)) };
    case 'map':
      return {
        kind: 'map',
        entries: new Map([...value.entries].map(([key, each]) => [key, filledIn(each, known)])),
      };
    default:
      return value satisfies never;
  }
}

function withValues(text: string, known: Combination): string {
  return text.replace(/\$\{\s*([\w.]+)\s*\}/g, (all, name: string) => known.get(name) ?? all);
}
