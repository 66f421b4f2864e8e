/** The hub and its proxy as a base for kustomize: what is the same at every site. Pure. */
import type { EmittedFile } from './emitted.ts';

/** The files of the base, beneath `base/`. */
export const hubBase: readonly EmittedFile[] = [
  {
    path: 'base/kustomization.yaml',
    text: `# What is the same everywhere. What a site changes stands in the overlays.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - hub.yaml
  - proxy.yaml
  - access.yaml
  - network.yaml
  # - menu.yaml     # for the menu of notebook directories (build emit namespaces): lets the hub read namespaces
labels:
  - pairs: { app.kubernetes.io/part-of: jupyterhub }
configMapGenerator:
  # Read by jupyterhub_config.py as environment; overlays merge theirs into it.
  - name: hub-settings
    literals: ["HUB_CONNECT_URL=http://hub:8081", "PROXY_API_URL=http://proxy-api:8001"]
  # Further configuration, read last, in the order of the names; overlays may add files.
  - name: hub-config
    files: [50-spawner.py]
`,
  },
  {
    path: 'base/50-spawner.py',
    text: `# How users' servers are started, at every site. A site's own goes into an overlay.
c = get_config()  # noqa: F821

# Each user's home is a volume of its own.
c.KubeSpawner.storage_pvc_ensure = True
c.KubeSpawner.pvc_name_template = "home-{user_server}"
c.KubeSpawner.storage_capacity = "10Gi"
c.KubeSpawner.storage_access_modes = ["ReadWriteOnce"]
c.KubeSpawner.volumes = [
    {"name": "home", "persistentVolumeClaim": {"claimName": "{pvc_name}"}},
]
c.KubeSpawner.volume_mounts = [{"name": "home", "mountPath": "/home/jovyan"}]
`,
  },
  {
    path: 'base/hub.yaml',
    text: `apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: hub-state }
spec:
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: 1Gi } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: hub }
spec:
  replicas: 1
  # One database, one hub.
  strategy: { type: Recreate }
  selector: { matchLabels: { component: hub } }
  template:
    metadata: { labels: { component: hub } }
    spec:
      serviceAccountName: hub
      enableServiceLinks: false
      securityContext:
        fsGroup: 1000
        runAsNonRoot: true
        seccompProfile: { type: RuntimeDefault }
      containers:
        - name: hub
          image: hub
          ports: [{ name: http, containerPort: 8081 }]
          envFrom: [{ configMapRef: { name: hub-settings } }]
          env:
            - name: POD_NAMESPACE
              valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
            - name: CONFIGPROXY_AUTH_TOKEN
              valueFrom: { secretKeyRef: { name: hub-secret, key: CONFIGPROXY_AUTH_TOKEN } }
          securityContext:
            runAsUser: 1000
            runAsGroup: 1000
            allowPrivilegeEscalation: false
            capabilities: { drop: [ALL] }
          readinessProbe: { httpGet: { path: /hub/health, port: http }, periodSeconds: 5 }
          resources:
            requests: { cpu: 100m, memory: 256Mi }
            limits: { memory: 1Gi }
          volumeMounts:
            - { name: state, mountPath: /srv/jupyterhub }
            - { name: config, mountPath: /usr/local/etc/jupyterhub/jupyterhub_config.d }
      volumes:
        - name: state
          persistentVolumeClaim: { claimName: hub-state }
        - name: config
          configMap: { name: hub-config }
---
apiVersion: v1
kind: Service
metadata: { name: hub }
spec:
  selector: { component: hub }
  ports: [{ name: http, port: 8081, targetPort: http }]
`,
  },
  {
    path: 'base/proxy.yaml',
    text: `apiVersion: apps/v1
kind: Deployment
metadata: { name: proxy }
spec:
  replicas: 1
  # It holds the routes in memory: two would know half each.
  strategy: { type: Recreate }
  selector: { matchLabels: { component: proxy } }
  template:
    metadata: { labels: { component: proxy } }
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      securityContext:
        runAsNonRoot: true
        seccompProfile: { type: RuntimeDefault }
      containers:
        - name: proxy
          image: proxy
          args:
            - --ip=0.0.0.0
            - --port=8000
            - --api-ip=0.0.0.0
            - --api-port=8001
            - --default-target=http://hub:8081
            - --error-target=http://hub:8081/hub/error
          ports:
            - { name: http, containerPort: 8000 }
            - { name: api, containerPort: 8001 }
          env:
            - name: CONFIGPROXY_AUTH_TOKEN
              valueFrom: { secretKeyRef: { name: hub-secret, key: CONFIGPROXY_AUTH_TOKEN } }
          securityContext:
            runAsUser: 1000
            runAsGroup: 1000
            allowPrivilegeEscalation: false
            capabilities: { drop: [ALL] }
          readinessProbe: { httpGet: { path: /_chp_healthz, port: http }, periodSeconds: 5 }
          resources:
            requests: { cpu: 50m, memory: 128Mi }
            limits: { memory: 512Mi }
---
# Where users come in.
apiVersion: v1
kind: Service
metadata: { name: proxy-public }
spec:
  selector: { component: proxy }
  ports: [{ name: http, port: 80, targetPort: http }]
---
# For the hub alone.
apiVersion: v1
kind: Service
metadata: { name: proxy-api }
spec:
  selector: { component: proxy }
  ports: [{ name: api, port: 8001, targetPort: api }]
`,
  },
  {
    path: 'base/access.yaml',
    text: `# What the hub may do in its own namespace: start pods with what they need, and watch them.
apiVersion: v1
kind: ServiceAccount
metadata: { name: hub }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: hub }
rules:
  - apiGroups: [""]
    resources: [pods, persistentvolumeclaims, secrets, services]
    verbs: [get, watch, list, create, delete]
  - apiGroups: [""]
    resources: [events]
    verbs: [get, watch, list]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: hub }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: hub }
subjects: [{ kind: ServiceAccount, name: hub }]
`,
  },
  {
    path: 'base/menu.yaml',
    text: `# Namespaces belong to no namespace, so this is one of the whole cluster: reading them, and nothing else.
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: jupyterhub-menu }
rules:
  - apiGroups: [""]
    resources: [namespaces]
    verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: jupyterhub-menu }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: jupyterhub-menu }
# kustomize puts the overlay's namespace in.
subjects: [{ kind: ServiceAccount, name: hub, namespace: default }]
`,
  },
  {
    path: 'base/network.yaml',
    text: `# Who may reach whom; a cluster whose network does not enforce policies ignores it.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: hub }
spec:
  podSelector: { matchLabels: { component: hub } }
  policyTypes: [Ingress]
  ingress:
    - from:
        - podSelector: { matchLabels: { component: proxy } }
        - podSelector: { matchLabels: { component: singleuser-server } }
      ports: [{ port: http }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: proxy }
spec:
  podSelector: { matchLabels: { component: proxy } }
  policyTypes: [Ingress]
  ingress:
    - ports: [{ port: http }]
    - from: [{ podSelector: { matchLabels: { component: hub } } }]
      ports: [{ port: api }]
---
# Users' servers talk through the proxy and the hub, never to each other.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: singleuser }
spec:
  podSelector: { matchLabels: { component: singleuser-server } }
  policyTypes: [Ingress]
  ingress:
    - from:
        - podSelector: { matchLabels: { component: hub } }
        - podSelector: { matchLabels: { component: proxy } }
`,
  },
];
