/**
 * A Docker Engine as this project's Engine: puts the parts together. What builds need
 * (HTTP/2 among it) is loaded with the first build only, and what containers need with the first container,
 * because a run that finds nothing to do must not pay for it.
 */
import { ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { Engine, EngineError, EngineInfo } from '../engine.ts';
import { imageStore } from './image-store.ts';
import { lazyContainerEngine } from './lazy-container-engine.ts';
import { infoReply } from './schema.ts';
import { openTransport } from './transport.ts';
import type { Transport } from './transport.ts';

/**
 * The engine at `socket` (a path, `unix://` or `tcp://`), else the one that Docker's command line would ask. Opens no
 * connection yet: an engine that is not there is told by the first call.
 */
export function connectDocker(options: { readonly socket?: string } = {}): Engine {
  const transport = openTransport(options.socket);
  const images = imageStore(transport);
  return {
    images,
    ...lazyContainerEngine(transport),
    info: (signal) => info(transport, signal),
    prepareBuilds() {
      // What goes wrong with loading is told by the build that needs it.
      import('./build.ts').catch(() => undefined);
    },
    async build(request, onEvent, signal) {
      const { build } = await import('./build.ts');
      return build(transport, images, request, onEvent, signal);
    },
    async close() {
      transport.close();
    },
  };
}

async function info(transport: Transport, signal: AbortSignal): Promise<Result<EngineInfo, EngineError>> {
  // Not /version as well, which has nothing to add but costs the engine three programs that it asks for theirs.
  const details = await transport.json({ method: 'GET', path: '/info' }, infoReply, signal);
  if (!details.ok) return details;
  const containerd = details.value.DriverStatus.some((row) =>
    row[1]?.startsWith('io.containerd.snapshotter'),
  );
  return ok({
    version: details.value.ServerVersion,
    store: containerd ? 'containerd' : 'classic',
    architecture: goArchitecture(details.value.Architecture),
    cpus: details.value.NCPU,
    memoryBytes: details.value.MemTotal,
    ...(details.value.Runtimes['nvidia'] === undefined ? {} : { gpus: true }),
    dataRoot: transport.isLocal ? (details.value.DockerRootDir ?? undefined) : undefined,
  });
}

/** The engine tells its machine's name (uname); images and platforms are named as Go names architectures. */
function goArchitecture(machine: string): string {
  const named: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64', armv7l: 'arm' };
  return named[machine] ?? machine;
}
