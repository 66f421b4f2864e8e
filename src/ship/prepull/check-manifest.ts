/**
 * Holds a DaemonSet against what Kubernetes' published schema does not say: fields that nobody knows, a selector that
 * does not fit its pods, names that containers cannot have, a restart policy that a DaemonSet cannot have. Pure.
 */
import { isDnsLabel, isDnsSubdomain, isLabelKey, isLabelValue } from '../../matrix/kubernetes-names.ts';
import type { Container, DaemonSet, PodSpec } from './daemon-set.ts';

const podFields = new Set([
  'automountServiceAccountToken',
  'containers',
  'enableServiceLinks',
  'imagePullSecrets',
  'initContainers',
  'nodeSelector',
  'priorityClassName',
  'restartPolicy',
  'securityContext',
  'serviceAccountName',
  'terminationGracePeriodSeconds',
  'tolerations',
  'volumes',
]);
const containerFields = new Set([
  'command',
  'image',
  'imagePullPolicy',
  'name',
  'resources',
  'securityContext',
  'volumeMounts',
  'workingDir',
]);

/** What is wrong with it, a sentence each; empty for what an API server takes. */
export function checkDaemonSet(set: DaemonSet): readonly string[] {
  const { metadata, spec } = set;
  const pod = spec.template.spec;
  return [
    ...(isDnsSubdomain(metadata.name) ? [] : [`\`${metadata.name}\` is no name of an object`]),
    ...labelProblems({ ...metadata.labels, ...spec.template.metadata.labels, ...spec.selector.matchLabels }),
    ...Object.keys(metadata.annotations ?? {}).flatMap((key) =>
      isLabelKey(key) ? [] : [`\`${key}\` is no name of an annotation`],
    ),
    ...selectorProblems(set),
    ...podProblems(pod),
  ];
}

function labelProblems(labels: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(labels).flatMap(([key, value]) =>
    isLabelKey(key) && isLabelValue(value) ? [] : [`\`${key}: ${value}\` is no label`],
  );
}

function selectorProblems({ spec }: DaemonSet): readonly string[] {
  const { labels } = spec.template.metadata;
  return Object.entries(spec.selector.matchLabels).flatMap(([key, value]) =>
    labels[key] === value ? [] : [`the selector wants \`${key}: ${value}\`, which its own pods do not have`],
  );
}

function podProblems(pod: PodSpec): readonly string[] {
  const containers = [...(pod.initContainers ?? []), ...pod.containers];
  const names = containers.map(({ name }) => name);
  const policy = 'restartPolicy' in pod ? pod.restartPolicy : undefined;
  const volumes = new Set((pod.volumes ?? []).map((volume) => ('name' in volume ? volume.name : undefined)));
  return [
    ...unknownFields('the pod', pod, podFields),
    ...containers.flatMap((container) => [
      ...unknownFields(`container \`${container.name}\``, container, containerFields),
      ...containerProblems(container, volumes),
    ]),
    ...names.flatMap((name, index) =>
      names.indexOf(name) === index ? [] : [`two containers are called \`${name}\``],
    ),
    ...(policy === undefined || policy === 'Always'
      ? []
      : ['a DaemonSet’s pods have no other restart policy than `Always`']),
  ];
}

function containerProblems(
  { name, image, volumeMounts = [] }: Container,
  volumes: ReadonlySet<unknown>,
): readonly string[] {
  return [
    ...(isDnsLabel(name) ? [] : [`\`${name}\` is no name of a container`]),
    ...(/@sha256:[0-9a-f]{64}$/.test(image) ? [] : [`\`${image}\` is not pinned by a digest`]),
    ...volumeMounts.flatMap((mount) =>
      volumes.has(mount.name) ? [] : [`container \`${name}\` mounts \`${mount.name}\`, which is not there`],
    ),
  ];
}

function unknownFields(what: string, object: object, known: ReadonlySet<string>): readonly string[] {
  return Object.keys(object).flatMap((field) =>
    known.has(field) ? [] : [`${what} has a field \`${field}\` that nobody knows`],
  );
}
