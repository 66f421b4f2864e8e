/** The test's own network with an emulated hub at its gateway, reached by containers as `hub`. */
import { randomBytes } from 'node:crypto';
import { err, ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import type { EngineError } from '../engine/engine.ts';
import type { Bench } from './bench.ts';
import { HubEmulator } from './hub-emulator.ts';
import type { EmulatedUser } from './hub-emulator.ts';

export interface HubSurroundings {
  readonly network: string;
  /** This process's address in the network. */
  readonly gateway: string;
  readonly hub: HubEmulator;
  readonly user: EmulatedUser;
  /** Line for the container's /etc/hosts. */
  readonly hubHost: string;
}

export const hubPort = 8081;

/** Makes network and hub on the bench. An engine on another machine is an error, and said so. */
export async function openHubSurroundings(
  bench: Bench,
  signal: AbortSignal,
): Promise<Result<HubSurroundings, EngineError>> {
  const made = await bench.network(signal);
  if (!made.ok) return made;
  const { name: network, gateway } = made.value;
  const user = makeUser('student');
  const hub = await HubEmulator.listen({ address: gateway, port: hubPort, user }, signal);
  if (!hub.ok) return err(cannotListen(`${gateway}:${hubPort}`, hub.error, signal));
  return ok({ network, gateway, hub: bench.adopt(hub.value), user, hubHost: `hub:${gateway}` });
}

/** An engine on another machine, or in a virtual one, has gateways that are not ours to listen on. */
export function cannotListen(where: string, reason: string, signal: AbortSignal): EngineError {
  if (signal.aborted) return { kind: 'cancelled', message: 'cancelled' };
  return {
    kind: 'failed',
    message: `cannot listen on the test network's gateway ${where}: ${reason}; the engine has to run on this machine`,
  };
}

function makeUser(name: string): EmulatedUser {
  return {
    name,
    serverToken: randomBytes(16).toString('hex'),
    userToken: randomBytes(16).toString('hex'),
    clientId: `jupyterhub-user-${name}`,
    callbackPath: `/user/${name}/oauth_callback`,
  };
}
