/** What prepull needs to be allowed: a Role where the pods run, and a ClusterRole to read nodes. Pure. */
import { appName, clusterLabels } from './daemon-set.ts';
import type { Manifest } from './manifests.ts';

/** Who is given it. */
export type Subject =
  | { readonly kind: 'User'; readonly name: string }
  | { readonly kind: 'Group'; readonly name: string }
  | { readonly kind: 'ServiceAccount'; readonly name: string; readonly namespace: string };

const rbac = 'rbac.authorization.k8s.io';

/** Role and ClusterRole, each bound to the subject where one is named; `cluster`: also what `--priority-class` and `--create-namespace` need. */
export function rolesOf(
  namespaces: readonly string[],
  subject: Subject | undefined,
  cluster: boolean,
): readonly Manifest[] {
  const labels = { [clusterLabels.managedBy]: 'hubwright' };
  const rules = [
    {
      apiGroups: ['apps'],
      resources: ['daemonsets'],
      verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
    },
    { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
  ];
  const clusterRules = [
    { apiGroups: [''], resources: ['nodes'], verbs: ['list', 'watch'] },
    ...(cluster
      ? [
          { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'create', 'patch'] },
          {
            apiGroups: ['scheduling.k8s.io'],
            resources: ['priorityclasses'],
            verbs: ['get', 'create', 'patch', 'delete'],
          },
        ]
      : []),
  ];
  return [
    ...namespaces.flatMap((namespace) => [
      ...role('Role', rules, { name: appName, namespace, labels }, subject),
    ]),
    ...role('ClusterRole', clusterRules, { name: appName, labels }, subject),
  ];
}

function role(
  kind: 'Role' | 'ClusterRole',
  rules: readonly object[],
  metadata: Manifest['metadata'],
  subject: Subject | undefined,
): readonly Manifest[] {
  const made = { apiVersion: `${rbac}/v1`, kind, metadata, rules };
  if (subject === undefined) return [made];
  const who = subject.kind === 'ServiceAccount' ? subject : { ...subject, apiGroup: rbac };
  const binding = {
    apiVersion: `${rbac}/v1`,
    kind: `${kind}Binding`,
    metadata,
    roleRef: { apiGroup: rbac, kind, name: metadata.name },
    subjects: [who],
  };
  return [made, binding];
}
