/** The shape of `pools` in matrix.yaml: groups of Kubernetes nodes, and what they shall have before users come. */
import { z } from 'zod';

const tolerationSchema = z.strictObject({
  key: z.string().describe("The taint's key; absent: every taint").optional(),
  operator: z.enum(['Exists', 'Equal']).describe('Default: `Equal`').optional(),
  value: z.string().describe("The taint's value").optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).describe('Default: all effects').optional(),
});

/** One entry under `pools`. */
export const poolSchema = z.strictObject({
  images: z
    .array(z.string())
    .describe(
      "Images, definitions, groups, mirrors or other selectors: `'course-*'`, `role=student`, `'!x'`",
    ),
  selector: z
    .record(z.string(), z.string())
    .describe('Labels that a node of the pool has; absent: every node')
    .optional(),
  tolerations: z.array(tolerationSchema).describe('Taints that the pool’s nodes may have').optional(),
  nodes: z.int().min(1).describe('How many nodes there will be, for the estimate').optional(),
  disk: z.string().describe("A node's disk for images: `100GB`").optional(),
  bandwidth: z.string().describe('What a node pulls in a second: `50MB`').optional(),
  stagger: z
    .union([z.int().min(1), z.string()])
    .describe('Nodes that pull at once: a number, or a share such as `25%` (the default)')
    .optional(),
  namespace: z.string().describe('Where the user pods run; default: that of the kubeconfig').optional(),
  pullSecrets: z.array(z.string()).describe("Names of the user pods' imagePullSecrets").optional(),
  serviceAccount: z.string().describe("The user pods' ServiceAccount").optional(),
  priorityClass: z.string().describe('Name of an existing PriorityClass').optional(),
});

export type PoolEntry = z.infer<typeof poolSchema>;
