/**
 * Reads the `from` and the secret of a `RUN --mount=…` value. BuildKit reads the value as one line of CSV, so that a field may
 * stand in quotes (`"from=x"`). Pure.
 */
import type { TextRange } from './logical-lines.ts';

/** The id of the secret that a mount's value asks for; undefined for other mounts, and where a variable decides. */
export function mountedSecret(value: string): string | undefined {
  const fields = new Map(
    value.split(',').map((field) => {
      const [name = '', ...rest] = field.replace(/^"|"$/g, '').split('=');
      return [name.toLowerCase(), rest.join('=')] as const;
    }),
  );
  if (fields.get('type') !== 'secret') return undefined;
  const target = fields.get('target') ?? fields.get('dst') ?? fields.get('destination');
  const id = fields.get('id') ?? target?.split('/').at(-1) ?? '';
  return id === '' || id.includes('$') ? undefined : id;
}

/** Where the value of `from=` stands within a mount's value; undefined where there is none, or an empty one. */
export function mountSource(value: string): TextRange | undefined {
  for (const match of value.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)) {
    const field = match[1] ?? '';
    const quoted = field.startsWith('"') ? 1 : 0;
    const prefix = /^from=/i.exec(field.slice(quoted))?.[0];
    if (prefix === undefined) continue;
    const start = match.index + quoted + prefix.length;
    const end = match.index + field.length - quoted;
    if (end > start) return { start, end };
  }
  return undefined;
}
