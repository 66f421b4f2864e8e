/** Shapes of what is read from a registry about an image: minimal and permissive, for anybody may have written it. */
import { z } from 'zod';

export const envelopeSchema = z.object({
  payloadType: z.string(),
  payload: z.string(),
  signatures: z.array(z.object({ sig: z.string() })).max(16),
});

export const bundleSchema = z.object({ dsseEnvelope: envelopeSchema });

/** What cosign 2 keeps of an entry of Rekor's log, and of a timestamp. */
export const cosignBundleSchema = z.object({
  SignedEntryTimestamp: z.string(),
  Payload: z.object({
    body: z.string(),
    integratedTime: z.number(),
    logIndex: z.number(),
    logID: z.string(),
  }),
});
export const cosignTimestampSchema = z.object({ SignedRFC3161Timestamp: z.string() });

export const descriptorSchema = z.looseObject({
  mediaType: z.string(),
  digest: z.string(),
  size: z.number(),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** A manifest of signatures or attestations. */
export const attachmentSchema = z.object({ layers: z.array(descriptorSchema) });

export const statementSchema = z.object({
  _type: z.string(),
  predicateType: z.string(),
  subject: z.array(z.object({ digest: z.record(z.string(), z.string()) })),
  predicate: z.unknown(),
});

/** The part of a test result that is ours; others' have no such configuration. */
export const testResultSchema = z.object({
  result: z.string(),
  configuration: z.array(
    z.object({
      name: z.string().optional(),
      annotations: z
        .object({
          image: z.string(),
          key: z.string(),
          verdictKeys: z.array(z.string()),
          contract: z.number(),
          profile: z.string(),
          tier: z.string(),
          judgedAt: z.string().optional(),
          clauses: z.record(z.string(), z.string()).optional(),
        })
        .optional(),
    }),
  ),
});

/** The part of a provenance that says which build it tells of. */
export const provenanceSchema = z.object({
  buildDefinition: z.object({
    buildType: z.string(),
    internalParameters: z.object({ key: z.string() }).optional(),
    resolvedDependencies: z
      .array(
        z.object({
          uri: z.string().optional(),
          digest: z.record(z.string(), z.string()).optional(),
          annotations: z.record(z.string(), z.unknown()).optional(),
        }),
      )
      .optional(),
  }),
  runDetails: z.object({
    metadata: z.object({ invocationId: z.string().optional(), finishedOn: z.string().optional() }).optional(),
  }),
});

/** The part of a scan that is ours. */
export const scanResultSchema = z.object({
  scanner: z.object({
    db: z.object({ lastUpdate: z.string().optional() }).optional(),
    result: z.object({
      type: z.string(),
      scanKeys: z.array(z.string()),
      kept: z.record(z.string(), z.string()),
      counts: z.record(z.string(), z.number()),
    }),
  }),
  metadata: z.object({ scanFinishedOn: z.iso.datetime() }),
});

export const simpleSigningSchema = z.object({
  critical: z.object({ image: z.object({ 'docker-manifest-digest': z.string() }) }),
});

/** Of an identity token what tells whether an authority will take it. */
export const tokenClaimsSchema = z.object({
  sub: z.string(),
  email: z.string().optional(),
  aud: z.union([z.string(), z.array(z.string())]),
  exp: z.number().max(8_640_000_000_000),
});
export const githubTokenSchema = z.object({ value: z.string() });

const certificateChainSchema = z.object({ chain: z.object({ certificates: z.array(z.string()).min(1) }) });

/** Fulcio's answer (`/api/v2/signingCert`): with the proof of its log in the certificate, or beside it. */
export const signingCertificateSchema = z.object({
  signedCertificateEmbeddedSct: certificateChainSchema.optional(),
  signedCertificateDetachedSct: certificateChainSchema.optional(),
});
/** What Fulcio and Rekor say where they refuse. */
export const refusalSchema = z.object({ message: z.string() });

/** What an entry of the log says of itself. */
export const entryContentSchema = z.object({ kind: z.string(), apiVersion: z.string() });

/** Rekor's answer (`/api/v1/log/entries`): one entry under its name. */
export const logEntriesSchema = z.record(
  z.string(),
  z.object({
    body: z.string(),
    integratedTime: z.number(),
    logID: z.string(),
    logIndex: z.number(),
    verification: z.object({
      signedEntryTimestamp: z.string(),
      inclusionProof: z.object({
        checkpoint: z.string(),
        hashes: z.array(z.string()),
        logIndex: z.number(),
        rootHash: z.string(),
        treeSize: z.number(),
      }),
    }),
  }),
);
