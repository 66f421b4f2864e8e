/**
 * Networks and volumes over the engine's API. Networks are bridges; the gateway's address is told
 * because servers in our own process listen there for containers.
 */
import { err, ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { NetworkInfo } from '../container.ts';
import type { ContainerEngine, EngineError } from '../engine.ts';
import { createdReply, networkListReply, networkReply, volumeListReply } from './container-schema.ts';
import { segment } from './transport.ts';
import type { Transport } from './transport.ts';
import type { z } from 'zod';

type Volumes = Pick<ContainerEngine, 'createVolume' | 'removeVolume' | 'listVolumes'>;
type Networks = Pick<ContainerEngine, 'createNetwork' | 'removeNetwork' | 'listNetworks'>;

/** Volumes on one engine. Making one that exists, and removing one that is absent, is success. */
export function volumes(transport: Transport): Volumes {
  return {
    createVolume: (name, labels, signal) =>
      transport.send(
        { method: 'POST', path: '/volumes/create', body: { Name: name, Labels: labels } },
        signal,
      ),

    removeVolume: async (name, signal) =>
      absentIsFine(await transport.send({ method: 'DELETE', path: `/volumes/${segment(name)}` }, signal)),

    async listVolumes(label, signal) {
      const query = { filters: JSON.stringify({ label: [label] }) };
      const reply = await transport.json({ method: 'GET', path: '/volumes', query }, volumeListReply, signal);
      return reply.ok ? ok(reply.value.Volumes.map(({ Name }) => Name)) : reply;
    },
  };
}

/** Networks on one engine. Removing one that is absent is success; one in use answers `conflict`. */
export function networks(transport: Transport): Networks {
  return {
    async createNetwork(name, { internal, labels }, signal) {
      const body = { Name: name, Driver: 'bridge', Internal: internal, Labels: labels, CheckDuplicate: true };
      const created = await transport.json(
        { method: 'POST', path: '/networks/create', body },
        createdReply,
        signal,
      );
      if (!created.ok) return created;
      const path = `/networks/${segment(created.value.Id)}`;
      const reply = await transport.json({ method: 'GET', path }, networkReply, signal);
      return reply.ok ? ok(infoOf(reply.value)) : reply;
    },

    async removeNetwork(name, signal) {
      const removed = await transport.send({ method: 'DELETE', path: `/networks/${segment(name)}` }, signal);
      // The engine says 403 for a network that still has containers.
      if (!removed.ok && removed.error.kind === 'refused')
        return err({ kind: 'conflict', message: removed.error.message });
      return absentIsFine(removed);
    },

    async listNetworks(label, signal) {
      const query = { filters: JSON.stringify({ label: [label] }) };
      const reply = await transport.json(
        { method: 'GET', path: '/networks', query },
        networkListReply,
        signal,
      );
      return reply.ok ? ok(reply.value.map(infoOf)) : reply;
    },
  };
}

function absentIsFine(removed: Result<void, EngineError>): Result<void, EngineError> {
  return !removed.ok && removed.error.kind === 'not-found' ? ok(undefined) : removed;
}

function infoOf(reply: z.infer<typeof networkReply>): NetworkInfo {
  const gateway = reply.IPAM.Config.map(({ Gateway }) => Gateway).find((address) => address);
  return { id: reply.Id, name: reply.Name, gateway: gateway ?? '' };
}
