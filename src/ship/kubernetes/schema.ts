/** The parts of a Kubernetes API server's replies that we go by: minimal and permissive. */
import { z } from 'zod';

const text = z.string().optional();

export const statusSchema = z.object({
  kind: z.literal('Status'),
  code: z.number().optional(),
  reason: text,
  message: text,
});

export const listSchema = z.object({
  metadata: z.object({ resourceVersion: z.string(), continue: text }),
  items: z.array(z.unknown()).nullish(),
});

export const watchEventSchema = z.object({
  type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']),
  object: z.unknown(),
});

/** What every object has. */
export const objectSchema = z.object({
  metadata: z.object({ name: z.string(), uid: text, resourceVersion: text }),
});

const condition = z.object({ type: z.string(), status: z.string(), reason: text, message: text });

const containerStatus = z.object({
  name: z.string(),
  imageID: text,
  state: z
    .object({
      waiting: z.object({ reason: text, message: text }).optional(),
      running: z.object({}).optional(),
      terminated: z.object({ exitCode: z.number().optional(), reason: text, message: text }).optional(),
    })
    .optional(),
});

export const podSchema = z.object({
  metadata: z.object({ name: z.string(), deletionTimestamp: text }),
  spec: z.object({
    nodeName: text,
    initContainers: z.array(z.object({ name: z.string(), image: text })).optional(),
    affinity: z
      .object({
        nodeAffinity: z
          .object({
            requiredDuringSchedulingIgnoredDuringExecution: z
              .object({
                nodeSelectorTerms: z.array(
                  z.object({
                    matchFields: z.array(z.object({ values: z.array(z.string()).optional() })).optional(),
                  }),
                ),
              })
              .optional(),
          })
          .optional(),
      })
      .optional(),
  }),
  status: z
    .object({
      phase: text,
      reason: text,
      message: text,
      conditions: z.array(condition).optional(),
      initContainerStatuses: z.array(containerStatus).optional(),
      containerStatuses: z.array(containerStatus).optional(),
    })
    .optional(),
});

export const nodeSchema = z.object({
  metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()).optional() }),
  spec: z
    .object({
      unschedulable: z.boolean().optional(),
      taints: z.array(z.object({ key: z.string(), value: text, effect: z.string() })).optional(),
    })
    .optional(),
  status: z
    .object({
      capacity: z.record(z.string(), z.string()).optional(),
      conditions: z.array(condition).optional(),
    })
    .optional(),
});

export const daemonSetSchema = z.object({
  metadata: z.object({
    name: z.string(),
    uid: text,
    generation: z.number().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.object({
    template: z.object({
      spec: z.object({
        nodeSelector: z.record(z.string(), z.string()).optional(),
        initContainers: z.array(z.object({ name: z.string(), image: text })).optional(),
      }),
    }),
  }),
  status: z
    .object({
      observedGeneration: z.number().optional(),
      desiredNumberScheduled: z.number().optional(),
      updatedNumberScheduled: z.number().optional(),
      numberReady: z.number().optional(),
    })
    .optional(),
});

export type PodReply = z.infer<typeof podSchema>;
export type NodeReply = z.infer<typeof nodeSchema>;

const named = z.array(z.object({ image: text })).optional();
const had = z.array(z.object({ imageID: text })).optional();

/** Pods as far as the images that they run. */
export const podListSchema = z.object({
  metadata: z.object({ continue: text }).optional(),
  items: z.array(
    z.object({
      spec: z.object({ containers: named, initContainers: named }).optional(),
      status: z.object({ containerStatuses: had, initContainerStatuses: had }).optional(),
    }),
  ),
});
