/** What we read of an image layout that the engine wrote. */
import { z } from 'zod';

/** `index.json` of an image layout; what a descriptor tells besides is kept as it is. */
export const layoutIndexSchema = z.object({
  manifests: z.array(z.looseObject({ digest: z.string(), mediaType: z.string(), size: z.number() })),
});
export type LayoutIndex = z.infer<typeof layoutIndexSchema>;

export const layoutManifestSchema = z.object({
  mediaType: z.string().optional(),
  config: z.object({ digest: z.string() }),
});
export type LayoutManifest = z.infer<typeof layoutManifestSchema>;
