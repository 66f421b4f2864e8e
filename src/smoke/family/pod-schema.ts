/** The fields of a Kubernetes Pod (core/v1) that containers can imitate; all others are another program's matter. */
import { z } from 'zod';
import { err, ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';

const quantity = z.union([z.string(), z.number()]);

const containerSchema = z.object({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()).nullish(),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string().optional() })).nullish(),
  resources: z.object({ limits: z.record(z.string(), quantity).nullish() }).nullish(),
  securityContext: z
    .object({
      runAsUser: z.number().nullish(),
      runAsGroup: z.number().nullish(),
      allowPrivilegeEscalation: z.boolean().nullish(),
    })
    .nullish(),
  volumeMounts: z
    .array(z.object({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().nullish() }))
    .nullish(),
  workingDir: z.string().nullish(),
});

const podSchema = z.object({
  metadata: z.object({ name: z.string().regex(/^[a-z0-9.-]+$/) }),
  spec: z.object({
    containers: z.array(containerSchema).min(1),
    initContainers: z.array(z.unknown()).nullish(),
    securityContext: z.object({ fsGroup: z.number().nullish() }).nullish(),
    volumes: z
      .array(
        z.object({
          name: z.string(),
          persistentVolumeClaim: z.object({ claimName: z.string() }).nullish(),
          nfs: z.object({ server: z.string(), path: z.string() }).nullish(),
          emptyDir: z.object({}).nullish(),
        }),
      )
      .nullish(),
  }),
});

export type PodContainer = z.infer<typeof containerSchema>;

/** Reads a Pod; what is wrong as a sentence where it is none. */
export function readPod(manifest: unknown): Result<z.infer<typeof podSchema>, string> {
  const parsed = podSchema.safeParse(manifest);
  return parsed.success ? ok(parsed.data) : err(z.prettifyError(parsed.error));
}
