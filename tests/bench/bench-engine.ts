/**
 * The engine that benches use: the machine's own, or the one that DOCKER_HOST names (a socket), so that a busy
 * machine can be given a quiet one.
 */
import type { Store } from '../rig/second-engine.ts';

const host = process.env['DOCKER_HOST'];

export const benchEngine: {
  /** For the rig's workspaces. */
  readonly where: Store | { readonly socket: string };
  /** For commands, whose environment is made anew. */
  readonly environment: Readonly<Record<string, string>>;
} =
  host === undefined
    ? { where: 'classic', environment: {} }
    : { where: { socket: host.replace('unix://', '') }, environment: { DOCKER_HOST: host } };
