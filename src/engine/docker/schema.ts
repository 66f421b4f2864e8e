/**
 * What we read of the engine's replies, and nothing more: unknown fields pass, and a list that Go
 * writes as `null` is an empty one.
 */
import { z } from 'zod';

const strings = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);
const labels = z
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

export const createdReply = z.object({ Id: z.string() });

export const containerIdsReply = z.array(z.object({ Id: z.string() }));

export const containerReply = z.object({
  Id: z.string(),
  Name: z.string(),
  State: z.object({
    Status: z.string(),
    ExitCode: z.number(),
    OOMKilled: z.boolean(),
    Pid: z.number(),
  }),
  Config: z.object({
    Labels: labels,
    Entrypoint: strings,
    Cmd: strings,
    Env: strings,
    User: z.string().nullish(),
    StopSignal: z.string().nullish(),
  }),
  NetworkSettings: z.object({
    Networks: z
      .record(z.string(), z.object({ IPAddress: z.string().nullish() }))
      .nullish()
      .transform((map) => map ?? {}),
  }),
});

/** A container asked for with its size: the bytes that it added to its image. */
export const sizeReply = z.object({ SizeRw: z.number().nullish() });

export const usageReply = z.object({
  Volumes: z
    .array(z.object({ Name: z.string(), UsageData: z.object({ Size: z.number() }).nullish() }))
    .nullish()
    .transform((list) => list ?? []),
});

export const waitReply = z.object({
  StatusCode: z.number(),
  Error: z.object({ Message: z.string() }).nullish(),
});

export const execReply = z.object({ Running: z.boolean(), ExitCode: z.number().nullish() });

export const volumeListReply = z.object({
  Volumes: z
    .array(z.object({ Name: z.string() }))
    .nullish()
    .transform((list) => list ?? []),
});

const network = z.object({
  Id: z.string(),
  Name: z.string(),
  IPAM: z.object({
    Config: z
      .array(z.object({ Gateway: z.string().nullish() }))
      .nullish()
      .transform((list) => list ?? []),
  }),
});

export const networkReply = network;
export const networkListReply = z.array(network);

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
