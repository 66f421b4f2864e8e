/**
 * The shapes of what this room reads: Trivy's report, as far as it is used (what a newer Trivy adds is left alone), and
 * the file of exceptions.
 */
import { z } from 'zod';
import { severities } from '../matrix/image-set.ts';

const layerSchema = z.object({ DiffID: z.string().optional() }).optional();

const vulnerabilitySchema = z.object({
  VulnerabilityID: z.string(),
  PkgName: z.string(),
  InstalledVersion: z.string().optional(),
  FixedVersion: z.string().optional(),
  Severity: z.string().optional(),
  Title: z.string().optional(),
  Layer: layerSchema,
});

const secretSchema = z.object({
  RuleID: z.string(),
  Severity: z.string().optional(),
  Title: z.string().optional(),
  Layer: layerSchema,
});

const resultSchema = z.object({
  Target: z.string(),
  Vulnerabilities: z.array(vulnerabilitySchema).nullish(),
  Secrets: z.array(secretSchema).nullish(),
});

export const reportSchema = z.object({
  SchemaVersion: z.literal(2),
  Metadata: z
    .object({
      OS: z
        .object({ Family: z.string(), Name: z.string().optional(), EOSL: z.boolean().optional() })
        .optional(),
      DiffIDs: z.array(z.string()).nullish(),
    })
    .optional(),
  Results: z.array(resultSchema).nullish(),
});

export type RawReport = z.infer<typeof reportSchema>;

const exceptionSchema = z.strictObject({
  id: z.string().describe('What is excepted: `CVE-2026-1234`, `end-of-life`, the rule of a secret'),
  where: z.string().describe('Only in this package or file').optional(),
  images: z.array(z.string()).describe('Only in these images; default: all').optional(),
  reason: z.string().min(1).describe('Why it does no harm here'),
  until: z.string().describe('The last day on which it is excepted: YYYY-MM-DD'),
});

export const exceptionsSchema = z.array(exceptionSchema);

/** `metadata.json` beside Trivy's database. */
export const databaseSchema = z.object({ UpdatedAt: z.iso.datetime(), NextUpdate: z.iso.datetime() });

/** Trivy's whole report, to be handed on: what is not read here stays as it is. */
export const rawReportSchema = z.looseObject({
  ArtifactName: z.string().optional(),
  Metadata: z.looseObject({}).optional(),
  Results: z.array(z.looseObject({ Target: z.string() })).nullish(),
});

const severitySchema = z.enum(severities);

/** What we keep with a published image, and read again years later. */
export const scanRecordSchema = z.object({
  version: z.literal(1),
  image: z.string(),
  scannedAt: z.iso.datetime(),
  databaseUpdatedAt: z.iso.datetime(),
  system: z.string().optional(),
  counts: z.record(severitySchema, z.number()),
  offending: z.array(
    z.object({
      kind: z.enum(['hole', 'end-of-life', 'secret']),
      id: z.string(),
      where: z.string(),
      installed: z.string(),
      fixed: z.string().optional(),
      severity: severitySchema,
      title: z.string(),
      layer: z.string().optional(),
      since: z.string(),
      exceptedUntil: z.string().optional(),
    }),
  ),
});
