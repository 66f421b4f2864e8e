/** A cluster on this machine for the family: kind's configuration, and how images come into it. Pure. */
import type { EmittedFile } from './emitted.ts';

/** One control plane, two nodes for users, labelled as the zero-to-jupyterhub chart looks for them. */
export function kindFiles(cluster: string): readonly EmittedFile[] {
  return [{ path: 'kind.yaml', text: configuration(cluster) }];
}

const configuration = (cluster: string): string => `# A cluster on this machine:
#   kind create cluster --config kind.yaml
#   build load kind --cluster ${cluster}       the images, without a registry
#   kind delete cluster --name ${cluster}
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
name: ${cluster}
nodes:
  - role: control-plane
    # CHANGE hostPort where 8000 is taken: the hub of \`build emit hub\`, overlay local, is at http://127.0.0.1:8000
    extraPortMappings:
      - { containerPort: 30080, hostPort: 8000, listenAddress: 127.0.0.1 }
  - role: worker
    labels: { hub.jupyter.org/node-purpose: user }
  - role: worker
    labels: { hub.jupyter.org/node-purpose: user }
`;
