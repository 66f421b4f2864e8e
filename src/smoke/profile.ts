/**
 * Which profile an image is held to. Kept apart from the clauses, so that a run which checks nothing does not load them.
 */
import type { ImageKind } from '../matrix/image-set.ts';
import type { Profile } from './verdict.ts';

const profileByKind = {
  singleuser: 'singleuser',
  pytorch: 'pytorch',
  local: 'local',
  hub: 'hub',
  proxy: 'proxy',
  database: 'database',
  registry: 'registry',
  nfs: 'nfs',
  custom: 'custom',
  builder: 'none',
} as const satisfies Record<ImageKind, Profile>;

/** The profile that images of this kind are held to. */
export function profileOf(kind: ImageKind): Profile {
  return profileByKind[kind];
}
