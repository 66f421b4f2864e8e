/** Which image is held to which scenes: one table. Each profile's own folder holds its clauses and lists its scenes. */
import type { Profile } from '../verdict.ts';
import type { Scene } from './clause.ts';
import { description } from './common/description-scene.ts';
import { customScenes } from './custom/scenes.ts';
import { databaseScenes } from './database/scenes.ts';
import { hubScenes } from './hub/scenes.ts';
import { localScenes } from './local/scenes.ts';
import { nfsScenes } from './nfs/scenes.ts';
import { proxyScenes } from './proxy/scenes.ts';
import { pytorchScenes } from './pytorch/scenes.ts';
import { registryScenes } from './registry/scenes.ts';
import { singleuserScenes } from './singleuser/scenes.ts';

/** Every profile's scenes, in the order in which they are played. */
export const scenes: Readonly<Record<Profile, readonly Scene[]>> = {
  singleuser: [description, ...singleuserScenes],
  pytorch: [description, ...pytorchScenes],
  local: [description, ...localScenes],
  hub: [description, ...hubScenes],
  proxy: [description, ...proxyScenes],
  database: [description, ...databaseScenes],
  registry: [description, ...registryScenes],
  nfs: [description, ...nfsScenes],
  custom: [description, ...customScenes],
  none: [],
};
