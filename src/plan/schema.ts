/** The shapes of what every run reads again of what we keep under `.hubwright/`. */
import { z } from 'zod';

/** Version of the files under `.hubwright/record`; another version is read as "nothing remembered". */
export const memoryVersion = 2;

/** What this machine remembers of an image's last good build; it explains and orders, it never decides. */
export const memorySchema = z.object({
  version: z.literal(memoryVersion),
  /** When it was built last, milliseconds since 1970. */
  builtAt: z.number(),
  image: z.string(),
  key: z.string(),
  imageId: z.string(),
  /** Milliseconds that the build took when it was not all from the cache. */
  buildMs: z.number(),
  smokeMs: z.number(),
  /** What was seen inside when it was tested. */
  versions: z
    .object({
      python: z.string().exactOptional(),
      jupyterhub: z.string().exactOptional(),
      jupyterlab: z.string().exactOptional(),
    })
    .exactOptional(),
  /** Unpacked, in bytes, parents' layers included. */
  size: z.number().optional(),
});

export type Memory = z.infer<typeof memorySchema>;
