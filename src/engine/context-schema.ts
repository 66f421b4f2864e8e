/** What we read of Docker's own files about contexts. */
import { z } from 'zod';

/** `~/.docker/config.json`, as far as it says which context is in use. */
export const dockerConfiguration = z.object({ currentContext: z.string().optional() });

/** `contexts/meta/ID/meta.json`. */
export const dockerContext = z.object({
  Endpoints: z.object({
    docker: z.object({ Host: z.string().min(1), SkipTLSVerify: z.boolean().optional() }),
  }),
});
