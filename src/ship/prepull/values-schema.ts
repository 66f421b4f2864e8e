/** The parts of zero-to-jupyterhub's values that say where users' pods run and with what: minimal and permissive. */
import { z } from 'zod';

const text = z.string().nullish();
const labels = z.record(z.string(), z.string()).nullish();

const toleration = z.object({
  key: z.string().exactOptional(),
  operator: z.enum(['Exists', 'Equal']).default('Equal'),
  value: z.string().exactOptional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).exactOptional(),
});
const tolerations = z.array(toleration).nullish();

const secrets = z
  .array(z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)]))
  .nullish();

const container = z.object({ name: text, image: text });
/** Newer charts and spawners take maps as well. */
const containers = z
  .union([z.array(container), z.record(z.string(), container).transform((map) => Object.values(map))])
  .nullish();

const term = z.object({
  matchExpressions: z
    .array(z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).nullish() }))
    .nullish(),
});

/** Fields of KubeSpawner that a profile or a choice in it may set. */
const overrideSchema = z.object({
  image: text,
  /** What KubeSpawner called it before 2019, and still takes. */
  image_spec: text,
  node_selector: labels,
  tolerations,
  node_affinity_required: z.array(term).nullish(),
  image_pull_secrets: secrets,
  service_account: text,
  extra_containers: containers,
  init_containers: containers,
});

const override = z.object({ kubespawner_override: overrideSchema.nullish() });
const option = z.object({ choices: z.record(z.string(), override).nullish() });
const profile = override.extend({
  display_name: text,
  slug: text,
  profile_options: z.record(z.string(), option).nullish(),
});

export const chartSchema = z.object({
  fullnameOverride: text,
  imagePullSecret: z
    .object({ create: z.boolean().nullish(), automaticReferenceInjection: z.boolean().nullish() })
    .nullish(),
  imagePullSecrets: secrets,
  scheduling: z
    .object({
      userPods: z
        .object({ tolerations, nodeAffinity: z.object({ matchNodePurpose: text }).nullish() })
        .nullish(),
    })
    .nullish(),
  singleuser: z
    .object({
      image: z
        .object({ name: text, tag: z.union([z.string(), z.number()]).nullish(), pullSecrets: secrets })
        .nullish(),
      nodeSelector: labels,
      extraTolerations: tolerations,
      extraNodeAffinity: z.object({ required: z.array(term).nullish() }).nullish(),
      serviceAccountName: text,
      extraContainers: containers,
      initContainers: containers,
      profileList: z.array(profile).nullish(),
    })
    .nullish(),
});

export type ChartValues = z.infer<typeof chartSchema>;
export type SpawnerOverride = z.infer<typeof overrideSchema>;
export type ValuesTerm = z.infer<typeof term>;
