/**
 * Takes secrets out of text, in the forms in which programs print them: as they are, in base64 (a Basic login, too,
 * where a name stands before it), encoded for URLs, or escaped in JSON. Pure; whose secrets they are is the caller's.
 */

/** Anything shorter would take harmless text apart, and is no secret worth the name. */
const shortestSecret = 6;
const shortestForm = 8;
const shown = '***';

export type Redact = (text: string) => string;

/** Secrets that become known as a program goes on, and what takes them out of whatever it says. */
export class Redactor {
  readonly #forms = new Set<string>();
  #pattern: RegExp | undefined;

  /** Notes a secret; of one with several lines, each line. */
  add(secret: string): void {
    const before = this.#forms.size;
    for (const line of secret.split('\n').map((each) => each.trim())) {
      if (line.length < shortestSecret) continue;
      for (const form of formsOf(line)) this.#forms.add(form);
    }
    if (this.#forms.size > before) this.#pattern = undefined;
  }

  /** The text without them. */
  readonly redact: Redact = (text) => {
    if (this.#forms.size === 0) return text;
    this.#pattern ??= patternOf(this.#forms);
    return text.replace(this.#pattern, shown);
  };

  /** The same of every text in a value of plain data. */
  redactData<T>(data: T): T {
    if (this.#forms.size === 0) return data;
    // Only texts are replaced, by texts: the shape stays what it was.
    return deepRedact(data, this.redact) as T;
  }
}

/** The password in an address such as a proxy's; undefined where there is none. */
export function passwordIn(address: string): string | undefined {
  const [, password] = /^[a-z][a-z0-9+.-]*:\/\/[^/@\s:]*:([^/@\s]+)@/i.exec(address) ?? [];
  return password;
}

function deepRedact(data: unknown, redact: Redact): unknown {
  if (typeof data === 'string') return redact(data);
  if (Array.isArray(data)) return data.map((each) => deepRedact(each, redact));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, deepRedact(value, redact)]));
}

function patternOf(forms: ReadonlySet<string>): RegExp {
  // The longest first: one secret may begin with another.
  const sorted = [...forms].toSorted((a, b) => b.length - a.length);
  return new RegExp(sorted.map((form) => form.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g');
}

function formsOf(secret: string): readonly string[] {
  const url = encodeURIComponent(secret);
  const derived = [
    JSON.stringify(secret).slice(1, -1),
    url,
    url.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    url.replaceAll('%20', '+'),
    ...base64Forms(secret),
  ];
  return [secret, ...derived.filter((form) => form.length >= shortestForm)];
}

/**
 * What base64 makes of the secret whatever stands before and after it: three bytes become four characters, so there are
 * three ways to begin, and the characters at either end belong to its neighbours as well.
 */
function base64Forms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const own = encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
