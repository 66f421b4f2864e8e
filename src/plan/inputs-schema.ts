/**
 * The shapes of what explanations and comparisons read: what keys were made from, wherever it is kept, and earlier
 * plans. Apart from schema.ts, since describing them takes 5 ms, and a run with nothing to do needs none of it.
 */
import { z } from 'zod';
import type { KeyInputs } from '../key/content-key.ts';

const text = z.string().nullable();

/** What a key was made from, as we wrote it, or as a registry that others write to answers it. */
export const keyInputsSchema: z.ZodType<KeyInputs> = z.object({
  schema: z.number(),
  platform: z.string(),
  target: text,
  epoch: text,
  args: z.record(z.string(), z.string()),
  instructions: z.array(z.object({ line: z.number(), text: z.string() })),
  parents: z.array(z.object({ name: z.string(), key: z.string() })),
  roots: z.array(z.object({ root: z.string(), identity: z.string() })),
  context: z.array(
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('file'), path: z.string(), mode: z.number(), sha256: z.string() }),
      z.object({ kind: z.literal('directory'), path: z.string() }),
      z.object({ kind: z.literal('symlink'), path: z.string(), target: z.string() }),
    ]),
  ),
});

/** The parts of a manifest that lead to an image's labels, and to inputs kept beside it. */
export const artifactSchema = z.object({
  config: z.object({ digest: z.string() }),
  layers: z.array(z.object({ mediaType: z.string(), digest: z.string() })),
  annotations: z.record(z.string(), z.string()).nullish(),
});

/** An image's configuration, as far as its labels. */
export const imageConfigSchema = z.object({
  config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
});

/** `build plan --format json` of any time, as `--against` reads it: what version 1 always held is required, no more. */
export const earlierPlanSchema = z.object({
  version: z.literal(1),
  platform: z.string().optional(),
  roots: z.record(z.string(), z.string()).optional(),
  images: z.array(
    z.object({
      name: z.string(),
      parents: z.array(z.string()),
      key: z.string(),
      inputs: keyInputsSchema.optional(),
    }),
  ),
});

export type EarlierPlan = z.infer<typeof earlierPlanSchema>;
