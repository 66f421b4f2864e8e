/** The shapes of what every run reads again of what we keep under `.hubwright/`. */
import { exactly, fields, maybe, number, text, type TypeOf } from '../core/shape.ts';

/** Version of the files under `.hubwright/record`; another version is read as "nothing remembered". */
export const memoryVersion = 2;

/** What this machine remembers of an image's last good build; it explains and orders, it never decides. */
export const memoryShape = fields({
  version: exactly(memoryVersion),
  /** When it was built last, milliseconds since 1970. */
  builtAt: number,
  image: text,
  key: text,
  imageId: text,
  /** Milliseconds that the build took when it was not all from the cache. */
  buildMs: number,
  smokeMs: number,
  /** What was seen inside when it was tested. */
  versions: maybe(fields({ python: maybe(text), jupyterhub: maybe(text), jupyterlab: maybe(text) })),
  /** Unpacked, in bytes, parents' layers included. */
  size: maybe(number),
});

export type Memory = TypeOf<typeof memoryShape>;
