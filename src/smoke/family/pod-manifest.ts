/**
 * A pod as KubeSpawner writes it (core/v1 Pod), as the containers that imitate it: ENTRYPOINT kept where only `args`
 * are set, user and groups, limits, volumes. Pure; what it cannot imitate it refuses by name, so that nothing of a
 * pod is left out in silence.
 */
import { err, ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { BenchContainer } from '../bench.ts';
import { readPod } from './pod-schema.ts';
import type { PodContainer } from './pod-schema.ts';

/** Where a pod's volume comes from. `scratch`: empty, and gone with the pod. */
export type VolumeSource =
  | { readonly kind: 'claim'; readonly name: string }
  | { readonly kind: 'nfs'; readonly server: string; readonly path: string }
  | { readonly kind: 'scratch'; readonly name: string };

export interface ImitatedContainer {
  readonly name: string;
  /** Without network and mounts: these are the pod's. */
  readonly spec: Omit<BenchContainer, 'network' | 'mounts'>;
  readonly mounts: readonly {
    readonly source: VolumeSource;
    readonly target: string;
    readonly readOnly: boolean;
  }[];
}

export interface ImitatedPod {
  readonly name: string;
  /** The user's server. */
  readonly notebook: ImitatedContainer;
  /** Those beside it, in the same network namespace. */
  readonly sidecars: readonly ImitatedContainer[];
}

const shmBytes = 64 * 1024 ** 2;
const pidsLimit = 4096;

/** Reads a Pod; the reason as a sentence where it is none, or holds what containers here cannot imitate. */
export function imitatePod(manifest: unknown): Result<ImitatedPod, string> {
  const pod = readPod(manifest);
  if (!pod.ok) return err(`not a pod: ${pod.error}`);
  const { metadata, spec } = pod.value;
  if ((spec.initContainers ?? []).length > 0) return err('init containers cannot be imitated here');
  const volumes = new Map<string, VolumeSource>();
  for (const { name, persistentVolumeClaim: claim, nfs, emptyDir } of spec.volumes ?? []) {
    if (claim) volumes.set(name, { kind: 'claim', name: claim.claimName });
    else if (nfs) volumes.set(name, { kind: 'nfs', ...nfs });
    else if (emptyDir) volumes.set(name, { kind: 'scratch', name });
    else return err(`volume ${name} is of a kind that cannot be imitated here`);
  }
  const group = spec.securityContext?.fsGroup ?? undefined;
  const containers: ImitatedContainer[] = [];
  for (const container of spec.containers) {
    const imitated = imitateContainer(container, group, volumes);
    if (!imitated.ok) return imitated;
    containers.push(imitated.value);
  }
  const [notebook, ...sidecars] = containers;
  if (notebook === undefined) return err('a pod without a container');
  return ok({ name: metadata.name, notebook, sidecars });
}

function imitateContainer(
  container: PodContainer,
  fsGroup: number | undefined,
  volumes: ReadonlyMap<string, VolumeSource>,
): Result<ImitatedContainer, string> {
  const { name, image, command, args, env, resources, securityContext, volumeMounts, workingDir } = container;
  const mounts: ImitatedContainer['mounts'][number][] = [];
  for (const mount of volumeMounts ?? []) {
    const source = volumes.get(mount.name);
    if (source === undefined)
      return err(`container ${name} mounts ${mount.name}, which the pod does not have`);
    mounts.push({ source, target: mount.mountPath, readOnly: mount.readOnly ?? false });
  }
  const memory = parseQuantity(resources?.limits?.['memory']);
  const cpu = parseQuantity(resources?.limits?.['cpu']);
  const user = userOf(securityContext);
  const spec = {
    image,
    // Kubernetes' `command` replaces ENTRYPOINT and CMD, `args` the CMD alone.
    ...(command ? { entrypoint: command, cmd: args ?? [] } : args ? { cmd: args } : {}),
    env: Object.fromEntries((env ?? []).map(({ name: key, value }) => [key, value ?? ''])),
    ...(user === undefined ? {} : { user }),
    ...(fsGroup === undefined ? {} : { groupAdd: [String(fsGroup)] }),
    ...(securityContext?.allowPrivilegeEscalation === false ? { securityOpt: ['no-new-privileges'] } : {}),
    ...(workingDir ? { workingDir } : {}),
    ...(memory === undefined ? {} : { memory }),
    ...(cpu === undefined ? {} : { cpu }),
    shmSize: shmBytes,
    pidsLimit,
  };
  return ok({ name, spec, mounts });
}

function userOf(context: PodContainer['securityContext']): string | undefined {
  const { runAsUser, runAsGroup } = context ?? {};
  if (runAsUser === undefined || runAsUser === null) return undefined;
  return runAsGroup === undefined || runAsGroup === null ? String(runAsUser) : `${runAsUser}:${runAsGroup}`;
}

const factors: Readonly<Record<string, number>> = {
  '': 1,
  m: 0.001,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
};

/** Kubernetes' quantities as far as limits use them: `1Gi`, `500m`, `1073741824`. */
export function parseQuantity(value: string | number | undefined): number | undefined {
  if (value === undefined || typeof value === 'number') return value;
  const parts = /^(?<number>\d+(?:\.\d+)?)(?<unit>m|k|M|G|Ki|Mi|Gi)?$/.exec(value)?.groups;
  if (parts === undefined) return undefined;
  return Number(parts['number']) * (factors[parts['unit'] ?? ''] ?? 1);
}
