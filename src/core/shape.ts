/**
 * Shapes of what programs wrote, checked without a library: for what every start reads. zod says far better what is
 * wrong, and takes a sixth of a start with nothing to do to load; it is for what people write, and for what only some
 * commands read. Here as there, fields that are not named are passed over.
 */

export type Checked<T> =
  | { readonly success: true; readonly data: T }
  | { readonly success: false; readonly error: { readonly message: string }; readonly data?: undefined };

/** Says whether a value has a shape, and gives it its type; zod's schemas do, too. */
export interface Shape<T> {
  safeParse(value: unknown, options?: { readonly jitless: true }): Checked<T>;
}

/** A shape that others are made of: `read` throws where the value has it not. */
export interface Part<T> extends Shape<T> {
  readonly read: (value: unknown) => T;
}

export type TypeOf<P> = P extends Shape<infer T> ? T : never;

type Parts = Readonly<Record<string, Part<unknown>>>;
type Optional<P extends Parts> = {
  [Name in keyof P]: undefined extends TypeOf<P[Name]> ? Name : never;
}[keyof P];
type Typed<P extends Parts> = {
  readonly [Name in Exclude<keyof P, Optional<P>>]: TypeOf<P[Name]>;
} & { readonly [Name in Optional<P>]?: Exclude<TypeOf<P[Name]>, undefined> };

export const text = part((value) => (typeof value === 'string' ? value : mismatch('no text')));
export const number = part((value) => (typeof value === 'number' ? value : mismatch('no number')));
export const truth = part((value) =>
  typeof value === 'boolean' ? value : mismatch('neither true nor false'),
);
export const anything = part((value) => value);

export function exactly<T extends string | number>(wanted: T): Part<T> {
  return part((value) => (value === wanted ? wanted : mismatch(`not ${wanted}`)));
}

/** `null`, as Go writes what is not there, and nothing at all are undefined. */
export function maybe<T>(inner: Part<T>): Part<T | undefined> {
  return part((value) => (value === null || value === undefined ? undefined : inner.read(value)));
}

/** The same with a value for what is not there. */
export function otherwise<T>(inner: Part<T>, absent: T): Part<T> {
  return part((value) => (value === null || value === undefined ? absent : inner.read(value)));
}

export function listOf<T>(item: Part<T>): Part<readonly T[]> {
  return part((value) =>
    Array.isArray(value) ? value.map((each, index) => inside(index, item, each)) : mismatch('no list'),
  );
}

export function mapOf<T>(item: Part<T>): Part<Readonly<Record<string, T>>> {
  return part((value) =>
    Object.fromEntries(Object.entries(mapIn(value)).map(([key, each]) => [key, inside(key, item, each)])),
  );
}

/** A map with these entries; what may be undefined and is, is left out. */
export function fields<P extends Parts>(parts: P): Part<Typed<P>> {
  const entries = Object.entries(parts);
  return part((value) => {
    const map = mapIn(value);
    const found: Record<string, unknown> = {};
    for (const [name, each] of entries) {
      const entry = inside(name, each, map[name]);
      if (entry !== undefined) found[name] = entry;
    }
    // Entries by the names of `parts`, each read by its own.
    return found as Typed<P>;
  });
}

function part<T>(read: (value: unknown) => T): Part<T> {
  return {
    read,
    safeParse(value) {
      try {
        return { success: true, data: read(value) };
      } catch (error) {
        if (error instanceof Mismatch) return { success: false, error };
        throw error;
      }
    },
  };
}

class Mismatch extends Error {
  readonly what: string;
  readonly path: string;

  constructor(what: string, path = '') {
    super(`${path === '' ? 'it' : path.slice(1)} is ${what}`);
    this.what = what;
    this.path = path;
  }
}

function mismatch(what: string): never {
  throw new Mismatch(what);
}

function inside<T>(name: string | number, inner: Part<T>, value: unknown): T {
  try {
    return inner.read(value);
  } catch (error) {
    throw error instanceof Mismatch ? new Mismatch(error.what, `.${name}${error.path}`) : error;
  }
}

function mapIn(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return mismatch('no map');
  // An object that is no list has entries of any names.
  return value as Readonly<Record<string, unknown>>;
}
