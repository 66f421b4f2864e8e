/** JSON that others wrote: of a shape that is known here, or as good as none. Pure. */
interface Schema<T> {
  safeParse(value: unknown): { readonly data?: T | undefined };
}

/** The value; undefined where the text is not JSON, or has another shape. */
export function parseJson<T>(schema: Schema<T>, text: Uint8Array | string): T | undefined {
  let value: unknown;
  try {
    value = JSON.parse(typeof text === 'string' ? text : Buffer.from(text).toString('utf8'));
  } catch {
    return undefined;
  }
  return schema.safeParse(value).data;
}
