/** The hub for those without Helm: a base for kustomize and an overlay for each of three places. Pure. */
import type { EmittedFile, NamedImage } from './emitted.ts';
import { hubBase } from './hub-base.ts';

export interface HubFacts {
  readonly hub: NamedImage;
  readonly proxy: NamedImage;
  /** The whole reference of what users get. */
  readonly singleuser: string;
}

/** Every file; `kubectl apply -k overlays/local` takes one overlay with the base. */
export function hubFiles(facts: HubFacts): readonly EmittedFile[] {
  return [...hubBase, ...local(facts), ...site('staging', facts), ...site('production', facts)];
}

function local(facts: HubFacts): readonly EmittedFile[] {
  return [
    {
      path: 'overlays/local/kustomization.yaml',
      text: `# A cluster on your own machine (build emit kind; build load kind): http://127.0.0.1:8000
#   kubectl create namespace jupyterhub-local && kubectl apply -k overlays/local
${head('jupyterhub-local', facts)}
patches:
  - target: { kind: Service, name: proxy-public }
    patch: |
      - { op: add, path: /spec/type, value: NodePort }
      - { op: add, path: /spec/ports/0/nodePort, value: 30080 }
configMapGenerator:
  - name: hub-settings
    behavior: merge
    literals: ["SINGLEUSER_IMAGE=${facts.singleuser}"]
  - name: hub-config
    behavior: merge
    files: [60-local.py]
${secret}`,
    },
    {
      path: 'overlays/local/60-local.py',
      text: `# For one's own machine ALONE: whoever knows the password is whoever they say they are.
c = get_config()  # noqa: F821

c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = "local"  # CHANGE where others reach this machine
c.Authenticator.allow_all = True
# The images were loaded into the node, and are nowhere to be pulled from.
c.KubeSpawner.image_pull_policy = "IfNotPresent"
`,
    },
    secretFile('local'),
  ];
}

function site(name: 'staging' | 'production', facts: HubFacts): readonly EmittedFile[] {
  const host = name === 'production' ? 'hub.example.org' : 'hub-staging.example.org';
  const memory = name === 'production' ? '2Gi' : '1Gi';
  return [
    {
      path: `overlays/${name}/kustomization.yaml`,
      text: `# ${name === 'production' ? 'What users have.' : 'Where a release is tried before users have it.'} Places to change say CHANGE.
#   kubectl create namespace jupyterhub-${name} && kubectl apply -k overlays/${name}
${head(`jupyterhub-${name}`, facts)}
patches:
  - target: { kind: Deployment, name: hub }
    patch: |
      - { op: replace, path: /spec/template/spec/containers/0/resources/limits/memory, value: ${memory} }
  # CHANGE for a registry that asks who pulls; the users' pods get it in 60-site.py:
  # - target: { kind: Deployment }
  #   patch: |
  #     - { op: add, path: /spec/template/spec/imagePullSecrets, value: [{ name: registry-login }] }
  # CHANGE where the cluster's default storage is not what the hub's database should lie on:
  # - target: { kind: PersistentVolumeClaim, name: hub-state }
  #   patch: |
  #     - { op: add, path: /spec/storageClassName, value: standard-rwo }
configMapGenerator:
  - name: hub-settings
    behavior: merge
    literals:
      - SINGLEUSER_IMAGE=${facts.singleuser}
      - LDAP_SERVER=ldap.example.org                                    # CHANGE
      - LDAP_BIND_DN_TEMPLATE=uid={username},ou=people,dc=example,dc=org   # CHANGE
      - LDAP_ALLOWED_GROUPS=cn=jupyter,ou=groups,dc=example,dc=org      # CHANGE: or LDAP_ALLOW_ALL=true
  - name: hub-config
    behavior: merge
    files: [60-site.py]
${secret}`,
    },
    {
      path: `overlays/${name}/60-site.py`,
      text: `# What is this site's own. Read last.
c = get_config()  # noqa: F821

c.Authenticator.admin_users = {"ada"}  # CHANGE
c.KubeSpawner.mem_limit = "2G"  # CHANGE with what matrix.yaml says under \`resources\`
c.KubeSpawner.mem_guarantee = "2G"
# c.KubeSpawner.image_pull_secrets = ["registry-login"]  # CHANGE for a registry that asks who pulls
# c.KubeSpawner.storage_class = "standard-rwo"  # CHANGE where homes belong elsewhere than the default
# c.KubeSpawner.node_selector = {"hub.jupyter.org/node-purpose": "user"}  # CHANGE where users have nodes of their own
`,
    },
    {
      path: `overlays/${name}/ingress.yaml`,
      text: `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: jupyterhub
  annotations:
    # Notebooks are large, and websockets stay open. CHANGE for another controller than ingress-nginx.
    nginx.ingress.kubernetes.io/proxy-body-size: 64m
    nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"
spec:
  ingressClassName: nginx                 # CHANGE
  tls:
    - hosts: [${host}]           # CHANGE
      secretName: jupyterhub-tls          # CHANGE: the certificate
  rules:
    - host: ${host}              # CHANGE
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: { service: { name: proxy-public, port: { name: http } } }
`,
    },
    secretFile(name),
  ];
}

function head(namespace: string, { hub, proxy }: HubFacts): string {
  const resources = namespace === 'jupyterhub-local' ? ['../../base'] : ['../../base', 'ingress.yaml'];
  return `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: ${namespace}
resources: [${resources.join(', ')}]
images:
${imageEntry('hub', hub)}
${imageEntry('proxy', proxy)}`;
}

function imageEntry(name: string, { repository, tag, digest }: NamedImage): string {
  const version = digest === undefined ? `newTag: "${tag}"` : `digest: ${digest}   # ${tag}`;
  return `  - name: ${name}\n    newName: ${repository}\n    ${version}`;
}

const secret = `secretGenerator:
  - name: hub-secret
    envs: [secret.env]
`;

function secretFile(name: string): EmittedFile {
  return {
    path: `overlays/${name}/secret.env`,
    text: `# CHANGE: the output of \`openssl rand -hex 32\`. Commit no real one: take it from where your secrets are kept.
CONFIGPROXY_AUTH_TOKEN=change-me
`,
  };
}
