/**
 * zero-to-jupyterhub's values → every pod that a user can choose, as far as it decides on which nodes which images are
 * wanted: the chart's own settings, each profile's, and each combination of its options. As the chart's hub and
 * KubeSpawner put them together: maps are merged, lists replaced. Pure.
 */
import type { Toleration } from '../../matrix/image-set.ts';
import type { ChartValues, SpawnerOverride, ValuesTerm } from './values-schema.ts';

/** An image as the values write it, and where: each step by any of its names. */
export interface WrittenImage {
  readonly steps: readonly (readonly string[])[];
  readonly reference: string;
}

export interface UserPod {
  readonly image: WrittenImage | undefined;
  readonly extraContainers: readonly WrittenImage[];
  readonly initContainers: readonly WrittenImage[];
  readonly selector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
  readonly pullSecrets: readonly string[];
  readonly serviceAccount: string | undefined;
  /** Something about its nodes that no selector of labels can say. */
  readonly affinity: boolean;
}

type Steps = WrittenImage['steps'];

/** What the chart has where the values say nothing. */
const usualTolerations: readonly Toleration[] = [
  'hub.jupyter.org/dedicated',
  'hub.jupyter.org_dedicated',
].map((key) => ({ key, operator: 'Equal', value: 'user', effect: 'NoSchedule' }));

/** Tolerations that every user's pod has, whichever a profile adds or puts in their place. */
export function chartTolerations({ scheduling }: ChartValues): readonly Toleration[] {
  return scheduling?.userPods?.tolerations ?? usualTolerations;
}

/** All pods that differ; undefined where they are more than anybody offers. */
export function userPodsOf(values: ChartValues): readonly UserPod[] | undefined {
  const base = basePod(values);
  const profiles = values.singleuser?.profileList ?? [];
  if (profiles.length === 0) return [base];
  const pods: UserPod[] = [];
  for (const [index, profile] of profiles.entries()) {
    const names = [String(index), profile.slug ?? [], profile.display_name ?? []].flat();
    const at: Steps = [['singleuser'], ['profileList'], names];
    let made: readonly UserPod[] = [withOverride(base, profile.kubespawner_override, at)];
    for (const [option, { choices }] of Object.entries(profile.profile_options ?? {})) {
      const all = Object.entries(choices ?? {});
      if (all.length === 0) continue;
      const product = made.flatMap((pod) =>
        all.map(([choice, { kubespawner_override: override }]) =>
          withOverride(pod, override, [...at, ['profile_options'], [option], ['choices'], [choice]]),
        ),
      );
      made = distinct(product);
      if (made.length > mostPods) return undefined;
    }
    pods.push(...made);
  }
  return distinct(pods);
}

const mostPods = 5000;

/** Most choices decide over memory and processors, which do not matter here. */
function distinct(pods: readonly UserPod[]): readonly UserPod[] {
  return [...new Map(pods.map((pod) => [JSON.stringify(pod), pod])).values()];
}

function basePod(values: ChartValues): UserPod {
  const { singleuser, scheduling } = values;
  const { name, tag } = singleuser?.image ?? {};
  const purpose = scheduling?.userPods?.nodeAffinity?.matchNodePurpose;
  const required = affinityOf(singleuser?.extraNodeAffinity?.required ?? []);
  return {
    image:
      name === undefined || name === null
        ? undefined
        : {
            steps: [['singleuser'], ['image']],
            reference: tag === undefined || tag === null || tag === '' ? name : `${name}:${tag}`,
          },
    extraContainers: imagesIn(singleuser?.extraContainers, [['singleuser'], ['extraContainers']]),
    initContainers: imagesIn(singleuser?.initContainers, [['singleuser'], ['initContainers']]),
    selector: {
      ...(purpose === 'require' ? { 'hub.jupyter.org/node-purpose': 'user' } : {}),
      ...singleuser?.nodeSelector,
      ...required.selector,
    },
    tolerations: singleuser?.extraTolerations ?? [],
    pullSecrets: pullSecretsOf(values),
    serviceAccount: singleuser?.serviceAccountName ?? undefined,
    affinity: required.more,
  };
}

function pullSecretsOf({
  fullnameOverride,
  imagePullSecret,
  imagePullSecrets,
  singleuser,
}: ChartValues): readonly string[] {
  const prefix =
    fullnameOverride === undefined || fullnameOverride === null || fullnameOverride === ''
      ? ''
      : `${fullnameOverride}-`;
  const made = imagePullSecret?.create === true && imagePullSecret.automaticReferenceInjection !== false;
  const all = [
    ...(made ? [`${prefix}image-pull-secret`] : []),
    ...(imagePullSecrets ?? []),
    ...(singleuser?.image?.pullSecrets ?? []),
  ];
  return [...new Set(all)];
}

function withOverride(pod: UserPod, override: SpawnerOverride | null | undefined, at: Steps): UserPod {
  if (override === undefined || override === null) return pod;
  const steps = [...at, ['kubespawner_override']];
  const required = affinityOf(override.node_affinity_required ?? []);
  const { extra_containers: extra, init_containers: init } = override;
  return {
    image: imageOf(override, steps) ?? pod.image,
    extraContainers: extra ? imagesIn(extra, [...steps, ['extra_containers']]) : pod.extraContainers,
    initContainers: init ? imagesIn(init, [...steps, ['init_containers']]) : pod.initContainers,
    selector: { ...pod.selector, ...override.node_selector, ...required.selector },
    tolerations: override.tolerations ?? pod.tolerations,
    pullSecrets: override.image_pull_secrets ?? pod.pullSecrets,
    serviceAccount: override.service_account ?? pod.serviceAccount,
    affinity: pod.affinity || required.more,
  };
}

function imageOf(override: SpawnerOverride, steps: Steps): WrittenImage | undefined {
  const key = override.image === undefined || override.image === null ? 'image_spec' : 'image';
  const reference = override[key];
  return reference === undefined || reference === null ? undefined : { steps: [...steps, [key]], reference };
}

interface NamedContainer {
  readonly name?: string | null | undefined;
  readonly image?: string | null | undefined;
}

function imagesIn(
  containers: readonly NamedContainer[] | null | undefined,
  at: Steps,
): readonly WrittenImage[] {
  return (containers ?? []).flatMap(({ name, image }, index) =>
    image === undefined || image === null
      ? []
      : [{ steps: [...at, [String(index), ...(name ? [name] : [])], ['image']], reference: image }],
  );
}

/** One term that wants one value each is what a selector says as well. */
function affinityOf(terms: readonly ValuesTerm[]): {
  readonly selector: Readonly<Record<string, string>>;
  readonly more: boolean;
} {
  const [term, ...others] = terms;
  if (term === undefined) return { selector: {}, more: false };
  const selector: Record<string, string> = {};
  let more = others.length > 0;
  for (const { key, operator, values } of others.length > 0 ? [] : (term.matchExpressions ?? [])) {
    const [value] = values ?? [];
    if (operator === 'In' && values?.length === 1 && value !== undefined) selector[key] = value;
    else more = true;
  }
  return { selector, more };
}
