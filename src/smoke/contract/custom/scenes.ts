/** What an image goes through of which nothing is known. */
import { scene } from '../clause.ts';
import type { Scene } from '../clause.ts';
import { runs } from './c1-runs.ts';
import { ownCheck } from './c2-own-check.ts';
import { openCustom } from './custom-container.ts';
import { openOwnCheck } from './own-check-container.ts';

export const customScenes: readonly Scene[] = [
  scene('a container', openCustom, [runs]),
  scene('a command of its own', openOwnCheck, [ownCheck]),
];
