/**
 * Reads the `from` and the secret of a `RUN --mount=…` value. BuildKit reads the value as one line of CSV, so that a
 * field may stand in quotes (`"from=x"`). Pure.
 */
import type { TextRange } from './logical-lines.ts';

/** The id of the secret that a mount's value asks for; undefined for other mounts, and where a variable decides. */
export function mountedSecret(value: string): string | undefined {
  const fields = new Map(
    fieldsOf(value).map(({ name, start, end }) => [name, value.slice(start, end)] as const),
  );
  if (fields.get('type') !== 'secret') return undefined;
  const target = fields.get('target') ?? fields.get('dst') ?? fields.get('destination');
  const id = fields.get('id') ?? target?.split('/').at(-1) ?? '';
  return id === '' || id.includes('$') ? undefined : id;
}

/** Where the value of `from=` stands within a mount's value; undefined where there is none, or an empty one. */
export function mountSource(value: string): TextRange | undefined {
  const source = fieldsOf(value).find(({ name, start, end }) => name === 'from' && end > start);
  return source === undefined ? undefined : { start: source.start, end: source.end };
}

/** The fields, by their names in lower case, and where their own values stand: at their ends where they have none. */
function fieldsOf(value: string): readonly ({ readonly name: string } & TextRange)[] {
  return [...value.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map((match) => {
    const [, field = ''] = match;
    const quoted = field.startsWith('"') ? 1 : 0;
    const [name = ''] = field.slice(quoted, field.length - quoted).split('=', 1);
    const end = match.index + field.length - quoted;
    return { name: name.toLowerCase(), start: Math.min(match.index + quoted + name.length + 1, end), end };
  });
}
