/** A root that moves: an image of the rig's in a registry, published anew as often as a test asks. */
import { patience, valueOf } from './engine.ts';
import type { Workspace } from './workspace.ts';

/** Publishes `<registry>/<prefix>upstream:1`: other times and logs each time, and what `holds` says in /data/root. */
export async function publishRoot(family: Workspace, registry: string, holds: string): Promise<void> {
  const reference = `${registry}/${family.prefix}upstream:1`;
  const dockerfile = `FROM ${await localRoot(family)}
RUN mkdir -p /var/log && cat /proc/sys/kernel/random/uuid > /var/log/made && echo '${holds}' > /data/root\n`;
  const request = {
    name: 'upstream',
    dockerfile,
    dockerfilePath: 'Dockerfile',
    context: undefined,
    args: {},
    labels: { hubwright: family.prefix },
    tags: [reference],
    secrets: new Map(),
    credentials: async () => undefined,
    noCache: true,
  };
  valueOf(await family.engine.build(request, () => undefined, patience()));
  valueOf(await family.engine.images.push(reference, async () => undefined, patience()));
}

/** The workspace's root, as the engine has it. */
async function localRoot({ engine, prefix }: Workspace): Promise<string> {
  const stored = valueOf(await engine.images.list({ label: `hubwright.root=${prefix}root` }, patience()));
  const root = stored.flatMap(({ tags }) => tags).find((tag) => tag.startsWith('hubwright/root-'));
  return root ?? '';
}
