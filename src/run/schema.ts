/** Shapes of what a run reads back: registries' manifests and configurations (minimal, permissive) and our own release (strict). */
import { z } from 'zod';
import { severities } from '../matrix/image-set.ts';
import { clauseOutcomes } from '../smoke/verdict.ts';

/** The parts of an image manifest (Docker schema 2, OCI) that publishing goes by. */
export const imageManifestSchema = z.object({
  config: z.object({ digest: z.string() }),
  layers: z.array(z.object({ size: z.number(), digest: z.string() })),
});

/** The part of an image's configuration that names its layers. */
export const imageConfigSchema = z.object({ rootfs: z.object({ diff_ids: z.array(z.string()) }) });

/** The files of an artifact. */
export const artifactManifestSchema = z.object({
  layers: z.array(z.object({ mediaType: z.string(), digest: z.string() })),
});

export const releaseVersion = 1;

const releasedScanSchema = z.strictObject({
  scannedAt: z.string(),
  databaseUpdatedAt: z.string(),
  /** Of all findings by their severity. */
  findings: z.record(z.enum(severities), z.number()),
  /** Against the policy, but published before already. */
  known: z.number(),
  excepted: z.number(),
});

const releasedImageSchema = z.strictObject({
  name: z.string(),
  definition: z.string(),
  kind: z.string(),
  /** `registry/name@sha256:…`: what a deployment should name. */
  reference: z.string(),
  digest: z.string(),
  tags: z.array(z.string()),
  key: z.string(),
  /** The git revision of the files that it was published from first; tags never move back behind it. */
  revision: z.string().optional(),
  verdict: z.strictObject({
    contract: z.number(),
    profile: z.string(),
    key: z.string(),
    /** Of the last test, where this machine, or the one that published before, made it. */
    tier: z.enum(['gate', 'deep']).optional(),
    clauses: z.record(z.string(), z.enum(clauseOutcomes)).optional(),
    versions: z.record(z.string(), z.string()).optional(),
    /** A command in it that does nothing, as it was seen; empty: there is none that is known. */
    noop: z.array(z.string()).optional(),
  }),
  /** Bytes: as it travels, as it lies on a node, and as it travels to a node that has its last release. */
  size: z.strictObject({
    compressed: z.number().optional(),
    unpacked: z.number().optional(),
    added: z.number().optional(),
  }),
  /** As they travel, lowest first; images share the lower ones. */
  layers: z.array(z.strictObject({ digest: z.string(), size: z.number() })).optional(),
  /** What the scan before its publishing found; absent where it was not scanned. */
  scan: releasedScanSchema.optional(),
  /** `current`: what the files say now. `held-back`: an older digest, carried forward because this run could not replace it. */
  state: z.enum(['current', 'held-back']),
  reason: z.string().optional(),
});

export const releaseSchema = z.strictObject({
  version: z.literal(releaseVersion),
  run: z.string(),
  created: z.string(),
  registry: z.string(),
  naming: z.string(),
  images: z.array(releasedImageSchema),
});

export type ReleasedImage = z.infer<typeof releasedImageSchema>;
export type Release = z.infer<typeof releaseSchema>;
