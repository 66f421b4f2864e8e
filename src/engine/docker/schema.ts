/**
 * What we read of the engine's replies, and nothing more: unknown fields pass, and a list that Go
 * writes as `null` is an empty one.
 */
import { z } from 'zod';

export const strings = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);
export const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((map) => map ?? {});
const names = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((map) => Object.keys(map ?? {}));

export const infoReply = z.object({
  ServerVersion: z.string(),
  Architecture: z.string(),
  NCPU: z.number(),
  MemTotal: z.number(),
  DockerRootDir: z.string().nullish(),
  Runtimes: z.record(z.string(), z.unknown()).nullish(),
  DriverStatus: z
    .array(z.array(z.string()))
    .nullish()
    .transform((rows) => rows ?? []),
});

export const imageListReply = z.array(
  z.object({
    Id: z.string(),
    RepoTags: strings,
    RepoDigests: strings,
    Labels: labels,
    Created: z.number(),
    Size: z.number(),
  }),
);

export const imageReply = z.object({
  Id: z.string(),
  RepoTags: strings,
  RepoDigests: strings,
  Created: z.string().nullish(),
  Size: z.number(),
  Architecture: z.string(),
  Os: z.string(),
  RootFS: z.object({ Layers: strings }),
  Config: z
    .object({
      Labels: labels,
      Entrypoint: strings,
      Cmd: strings,
      User: z.string().nullish(),
      WorkingDir: z.string().nullish(),
      Env: strings,
      ExposedPorts: names,
      Volumes: names,
      Healthcheck: z.unknown().optional(),
      StopSignal: z.unknown().optional(),
      Shell: z.unknown().optional(),
      OnBuild: z.unknown().optional(),
    })
    .nullish(),
});

/** One line of the answer to pull, push, import and build. */
export const progressLine = z.object({
  id: z.string().nullish(),
  status: z.string().nullish(),
  error: z.string().nullish(),
  errorDetail: z.object({ message: z.string().nullish(), code: z.number().nullish() }).nullish(),
  aux: z.unknown().optional(),
});

export const pushAux = z.object({ Digest: z.string() });
export const buildAux = z.object({ ID: z.string() });

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
