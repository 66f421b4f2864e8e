/** JSON that others wrote: of a shape that is known here, or as good as none. Pure. */

/** What the text says, of whatever shape; undefined where it is not JSON. */
export function jsonIn(text: Uint8Array | string): unknown {
  try {
    return JSON.parse(typeof text === 'string' ? text : Buffer.from(text).toString('utf8'));
  } catch {
    return undefined;
  }
}

interface Schema<T> {
  safeParse(value: unknown): { readonly data?: T | undefined };
}

/** The value; undefined where the text is not JSON, or has another shape. */
export function parseJson<T>(schema: Schema<T>, text: Uint8Array | string): T | undefined {
  const value = jsonIn(text);
  return value === undefined ? undefined : schema.safeParse(value).data;
}
