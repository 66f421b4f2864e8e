/**
 * The shapes of what comes from outside: registries', token servers' and credential helpers' replies, and
 * Docker's config.json. Permissive and minimal: only what we read is described, the rest may be anything.
 */
import { z } from 'zod';

/** Errors of a registry (`errors`), or of a token server (`details`). */
export const errorBodySchema = z.object({
  errors: z.array(z.object({ code: z.string().optional(), message: z.string().optional() })).optional(),
  details: z.string().optional(),
});

/** A token server's answer: some say `token`, some `access_token`, some both. */
export const tokenSchema = z.object({
  token: z.string().optional(),
  access_token: z.string().optional(),
  expires_in: z.number().optional(),
});

/** A registry with no tags may answer null in the place of a list. */
export const tagListSchema = z.object({ tags: z.array(z.string()).nullish() });

export const manifestSchema = z.object({
  schemaVersion: z.number(),
  mediaType: z.string().optional(),
});

const descriptorSchema = z.object({
  mediaType: z.string(),
  digest: z.string(),
  size: z.number().int().nonnegative(),
  /** Where a layer that no registry may hold is to be had. */
  urls: z.array(z.string()).optional(),
  artifactType: z.string().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

export type RawDescriptor = z.infer<typeof descriptorSchema>;

/** What a manifest of an image or an artifact needs to be whole, and what it is about. */
export const imageManifestSchema = z.object({
  config: descriptorSchema,
  layers: z.array(descriptorSchema),
  artifactType: z.string().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  subject: descriptorSchema.optional(),
});

export const indexSchema = z.object({ manifests: z.array(descriptorSchema) });

export const dockerConfigSchema = z.object({
  auths: z
    .record(
      z.string(),
      z.object({
        auth: z.string().optional(),
        username: z.string().optional(),
        password: z.string().optional(),
        identitytoken: z.string().optional(),
      }),
    )
    .optional(),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
});

export type DockerConfig = z.infer<typeof dockerConfigSchema>;

/** What `docker-credential-X get` prints. */
export const helperAnswerSchema = z.object({ Username: z.string(), Secret: z.string() });

/** A key of a Google service account; the login is the whole file. */
export const serviceAccountSchema = z.object({ type: z.literal('service_account'), private_key: z.string() });
