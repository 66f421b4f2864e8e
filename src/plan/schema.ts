/** The shapes of what we keep under `.hubwright/`, checked when it is read again. */
import { z } from 'zod';
import type { KeyInputs } from '../key/content-key.ts';

/** Version of the files under `.hubwright/record`; another version is read as "nothing remembered". */
export const memoryVersion = 1;

/** What this machine remembers of an image's last good build; it explains and orders, it never decides. */
export const memorySchema = z.object({
  version: z.literal(memoryVersion),
  image: z.string(),
  key: z.string(),
  imageId: z.string(),
  /** Milliseconds that the build took when it was not all from the cache. */
  buildMs: z.number(),
  smokeMs: z.number(),
  // Written by ourselves from typed data, and read for explanations alone.
  inputs: z.custom<KeyInputs>((value) => typeof value === 'object' && value !== null),
});

export type Memory = z.infer<typeof memorySchema>;
