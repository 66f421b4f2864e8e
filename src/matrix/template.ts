/**
 * Values with placeholders: `{axis}`, `{axis.field}`, `${NAME}`, `${NAME:-default}`.
 * Parsing and filling in, as text; who may use which placeholder is the caller's rule.
 * `{{word}}` and `$${` stand for themselves with one brace or dollar less.
 */

export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'value';
      readonly raw: string;
      readonly name: string;
      readonly field: string | undefined;
    }
  | {
      readonly kind: 'environment';
      readonly raw: string;
      readonly name: string;
      readonly fallback: string | undefined;
    }
  | { readonly kind: 'malformed'; readonly raw: string; readonly help: string };

export type Environment = Readonly<Record<string, string | undefined>>;

const tokens = /\$\$\{|\{\{[A-Za-z][\w.-]*\}\}|\$\{[^}]*\}?|\{[^{}]*\}/g;
const environmentToken = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?\}$/s;
const valueToken = /^([A-Za-z][\w-]*)(?:\.([A-Za-z][\w-]*))?$/;

/** Takes a value apart. Braces around anything but a name (as in JSON) are text. Total: wrong placeholders are parts of kind `malformed`. */
export function parseTemplate(text: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  let end = 0;
  for (const match of text.matchAll(tokens)) {
    if (match.index > end) parts.push({ kind: 'text', text: text.slice(end, match.index) });
    parts.push(parseToken(match[0]));
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push({ kind: 'text', text: text.slice(end) });
  return parts;
}

function parseToken(raw: string): TemplatePart {
  if (raw === '$${') return { kind: 'text', text: '${' };
  if (raw.startsWith('{{')) return { kind: 'text', text: raw.slice(1, -1) };
  if (raw.startsWith('$')) {
    const match = environmentToken.exec(raw);
    if (match?.[1] !== undefined) return { kind: 'environment', raw, name: match[1], fallback: match[2] };
    return { kind: 'malformed', raw, help: 'write `${NAME}` or `${NAME:-default}`' };
  }
  const inner = raw.slice(1, -1);
  const match = valueToken.exec(inner.trim());
  if (match?.[1] === undefined) return { kind: 'text', text: raw };
  if (inner !== inner.trim())
    return { kind: 'malformed', raw, help: `write \`{${inner.trim()}}\`, without blanks` };
  return { kind: 'value', raw, name: match[1], field: match[2] };
}

export interface Filled {
  readonly text: string;
  /** Placeholders that stand for nothing: an optional field that is absent or empty, an empty or unset variable. */
  readonly empty: readonly string[];
}

/** Puts the parts together. `lookUp` gives a `{…}` placeholder's value; unset variables without a default are empty. */
export function fillTemplate(
  parts: readonly TemplatePart[],
  environment: Environment,
  lookUp: (name: string, field: string | undefined) => string | undefined,
): Filled {
  const empty: string[] = [];
  const text = parts.map((part) => {
    if (part.kind === 'text') return part.text;
    const value = part.kind === 'value' ? lookUp(part.name, part.field) : environmentValue(part, environment);
    if (value === undefined || value === '') empty.push(part.raw);
    return value ?? '';
  });
  return { text: text.join(''), empty };
}

function environmentValue(part: TemplatePart, environment: Environment): string | undefined {
  if (part.kind !== 'environment') return undefined;
  const value = environment[part.name];
  // As in a shell, `:-` covers the empty value too.
  return part.fallback !== undefined && (value === undefined || value === '') ? part.fallback : value;
}
