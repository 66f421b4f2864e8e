/** What is done with containers on one engine, loaded with the first of them: most runs start none. */
import type { ContainerEngine } from '../engine.ts';
import type { TreeReader } from '../tree.ts';
import type { Transport } from './transport.ts';

/** As `containerEngine`, which answers everything asked here. */
export function lazyContainerEngine(transport: Transport): ContainerEngine & TreeReader {
  const load = async (): Promise<ContainerEngine & TreeReader> => {
    const { containerEngine } = await import('./container-engine.ts');
    return containerEngine(transport);
  };
  let loaded: Promise<ContainerEngine & TreeReader> | undefined;
  const containers = (): Promise<ContainerEngine & TreeReader> => (loaded ??= load());
  return {
    createContainer: async (...args) => (await containers()).createContainer(...args),
    startContainer: async (...args) => (await containers()).startContainer(...args),
    inspectContainer: async (...args) => (await containers()).inspectContainer(...args),
    occupiedBytes: async (...args) => (await containers()).occupiedBytes(...args),
    stopContainer: async (...args) => (await containers()).stopContainer(...args),
    waitContainer: async (...args) => (await containers()).waitContainer(...args),
    removeContainer: async (...args) => (await containers()).removeContainer(...args),
    listContainers: async (...args) => (await containers()).listContainers(...args),
    logs: async (...args) => (await containers()).logs(...args),
    exec: async (...args) => (await containers()).exec(...args),
    readFile: async (...args) => (await containers()).readFile(...args),
    fileMode: async (...args) => (await containers()).fileMode(...args),
    listFolder: async (...args) => (await containers()).listFolder(...args),
    ownFolder: async (...args) => (await containers()).ownFolder(...args),
    createVolume: async (...args) => (await containers()).createVolume(...args),
    removeVolume: async (...args) => (await containers()).removeVolume(...args),
    listVolumes: async (...args) => (await containers()).listVolumes(...args),
    createNetwork: async (...args) => (await containers()).createNetwork(...args),
    removeNetwork: async (...args) => (await containers()).removeNetwork(...args),
    listNetworks: async (...args) => (await containers()).listNetworks(...args),
    readTree: async (...args) => (await containers()).readTree(...args),
  };
}
