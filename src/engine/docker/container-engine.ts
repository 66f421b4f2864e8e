/** All that is done with containers on one engine: puts its parts together. */
import type { ContainerEngine } from '../engine.ts';
import type { TreeReader } from '../tree.ts';
import { containerFolders } from './container-folders.ts';
import { containerTree } from './container-tree.ts';
import { containerOutput } from './container-output.ts';
import { containerLife } from './containers.ts';
import { networks, volumes } from './networks-volumes.ts';
import type { Transport } from './transport.ts';

/** Containers, their files, networks and volumes of the engine behind `transport`. */
export function containerEngine(transport: Transport): ContainerEngine & TreeReader {
  return {
    ...containerLife(transport),
    ...containerOutput(transport),
    ...containerFolders(transport),
    ...containerTree(transport),
    ...volumes(transport),
    ...networks(transport),
  };
}
