/** The exchange between instructors and students over NFS, as Kubernetes manifests for the family's `nfs`. Pure. */
import type { EmittedFile } from './emitted.ts';

export interface NfsFacts {
  /** The server's image. */
  readonly image: string;
  readonly namespace: string;
  /** Of the volume: `10Gi`. */
  readonly size: string;
}

/** The server with its disk, and a volume for each export. */
export function nfsFiles({ image, namespace, size }: NfsFacts): readonly EmittedFile[] {
  return [
    { path: 'server.yaml', text: server(image, namespace, size) },
    { path: 'volumes.yaml', text: volumes(namespace, size) },
    { path: 'kustomization.yaml', text: kustomization },
  ];
}

const kustomization = `# The exchange: \`kubectl apply -k .\`
# To take it down, in this order, for a pod that still mounts it would hang:
#   1. stop the users' servers and the hub, so that nobody mounts it
#   2. kubectl delete -f volumes.yaml      the exports; what was handed in stays on the server's disk
#   3. kubectl delete -f server.yaml       the server and ITS DISK: save what is to be kept first
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [server.yaml, volumes.yaml]
`;

const server = (image: string, namespace: string, size: string): string => `# The server's disk.
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: exchange-disk
  namespace: ${namespace}
spec:
  accessModes: [ReadWriteOnce]
  # storageClassName: standard-rwo        # CHANGE where the cluster's default is not a block device (ext4, xfs)
  resources:
    requests: { storage: ${size} }        # CHANGE: room for all that is released and handed in
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: exchange
  namespace: ${namespace}
  labels: { app.kubernetes.io/name: exchange }
spec:
  replicas: 1
  # Two servers on one disk would break it.
  strategy: { type: Recreate }
  selector:
    matchLabels: { app.kubernetes.io/name: exchange }
  template:
    metadata:
      labels: { app.kubernetes.io/name: exchange }
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      # imagePullSecrets: [{ name: registry-login }]     # CHANGE for a registry that asks who pulls
      containers:
        - name: nfs
          image: ${image}
          ports: [{ name: nfs, containerPort: 2049 }]
          # Ids that the two exports take everybody for; the image's own are these.
          env:
            - { name: NFS_ANON_UID, value: "1000" }
            - { name: NFS_ANON_GID, value: "100" }
            - { name: NFS_STUDENT_UID, value: "1001" }
            - { name: NFS_STUDENT_GID, value: "1001" }
          securityContext:
            allowPrivilegeEscalation: false
            # It opens files by handle.
            capabilities: { add: [DAC_READ_SEARCH] }
            seccompProfile: { type: RuntimeDefault }
          readinessProbe: { tcpSocket: { port: nfs }, periodSeconds: 5 }
          resources:
            requests: { cpu: 50m, memory: 128Mi }
            limits: { memory: 512Mi }
          volumeMounts: [{ name: exchange, mountPath: /srv/nbgrader/exchange }]
      volumes:
        - name: exchange
          persistentVolumeClaim: { claimName: exchange-disk }
---
apiVersion: v1
kind: Service
metadata:
  name: exchange
  namespace: ${namespace}
spec:
  # CHANGE: a free address of the cluster's service range, the same as in volumes.yaml. Nodes mount by address,
  # because they do not ask the cluster's DNS.
  clusterIP: 10.96.100.49
  selector: { app.kubernetes.io/name: exchange }
  ports: [{ name: nfs, port: 2049, targetPort: nfs }]
---
# The server believes whoever reaches it: users' pods must not, nodes do.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: exchange
  namespace: ${namespace}
spec:
  podSelector:
    matchLabels: { app.kubernetes.io/name: exchange }
  policyTypes: [Ingress]
  ingress:
    - from:
        - ipBlock: { cidr: 10.128.0.0/20 }   # CHANGE: the nodes' own addresses (kubectl get nodes -o wide)
      ports: [{ port: 2049 }]
`;

const volumes = (namespace: string, size: string): string =>
  [
    ['instructors', '/exchange', 'seen and changed by instructors'],
    ['students', '/exchange-students', 'students hand in and fetch, and see nothing of others'],
  ]
    .map(
      ([name, path, why]) => `# ${name}: ${why}
apiVersion: v1
kind: PersistentVolume
metadata:
  name: ${namespace}-exchange-${name}
spec:
  capacity: { storage: ${size} }
  accessModes: [ReadWriteMany]
  persistentVolumeReclaimPolicy: Retain
  storageClassName: ""
  mountOptions: [nfsvers=4.2, hard, noatime]
  nfs: { server: 10.96.100.49, path: ${path} }   # CHANGE: the Service's clusterIP
  claimRef: { namespace: ${namespace}, name: exchange-${name} }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: exchange-${name}
  namespace: ${namespace}
spec:
  accessModes: [ReadWriteMany]
  storageClassName: ""
  volumeName: ${namespace}-exchange-${name}
  resources: { requests: { storage: ${size} } }
`,
    )
    .join('---\n');
