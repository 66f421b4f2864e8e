/** What we read of the engine's replies about containers, their networks and volumes; else as schema.ts. */
import { z } from 'zod';

const strings = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);
const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((map) => map ?? {});

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
