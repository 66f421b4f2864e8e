/** Calls of functions that a bake file defines itself, replaced by what they come to; bake's own are left. Pure. */
import { filledIn } from './bake-matrix.ts';
import { parseHcl, type HclBlock, type HclValue } from './hcl.ts';

/** Functions that call functions: deeper than anybody writes. */
const deepest = 8;

export interface BakeFunction {
  readonly parameters: readonly string[];
  readonly result: HclValue;
}

/** The functions by name. */
export function bakeFunctions(blocks: readonly HclBlock[]): ReadonlyMap<string, BakeFunction> {
  return new Map(
    blocks.flatMap(({ type, labels: [name], values }): [string, BakeFunction][] => {
      const params = values.get('params');
      const result = values.get('result');
      if (type !== 'function' || name === undefined || params?.kind !== 'list' || result === undefined)
        return [];
      const parameters = params.items.flatMap((each) =>
        each.kind === 'text' ? each.text.replace(/^\$\{(.*)\}$/, '$1') : [],
      );
      return [[name, { parameters, result }]];
    }),
  );
}

/** A value whose calls are replaced, wherever in it they stand alone. */
export function withoutCalls(
  value: HclValue,
  functions: ReadonlyMap<string, BakeFunction>,
  depth = 0,
): HclValue {
  switch (value.kind) {
    case 'text':
      return value;
    case 'unknown': {
      return depth < deepest ? (resultOf(value.text, functions, depth) ?? value) : value;
    }
    case 'list':
      return { kind: 'list', items: value.items.map((item) => withoutCalls(item, functions, depth)) };
    case 'map':
      return {
        kind: 'map',
        entries: new Map(
          [...value.entries].map(([key, each]) => [key, withoutCalls(each, functions, depth)]),
        ),
      };
    default:
      return value satisfies never;
  }
}

/** What a call comes to: first what the function itself calls, then its parameters. */
function resultOf(
  text: string,
  functions: ReadonlyMap<string, BakeFunction>,
  depth: number,
): HclValue | undefined {
  const [, name = '', inner = ''] = /^([A-Za-z_][\w-]*)\((.*)\)$/s.exec(text.trim()) ?? [];
  const called = functions.get(name);
  if (called === undefined) return undefined;
  const given = parseHcl(`call {\n  given = [${inner}]\n}\n`)?.[0]?.values.get('given');
  const items = given?.kind === 'list' ? given.items : [];
  const texts = items.flatMap((each) => (each.kind === 'text' ? each.text : []));
  if (texts.length !== called.parameters.length) return undefined;
  const known = new Map(called.parameters.map((each, index) => [each, texts[index] ?? '']));
  return filledIn(withoutCalls(called.result, functions, depth + 1), known);
}
