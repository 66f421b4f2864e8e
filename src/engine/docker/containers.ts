/**
 * Containers' lives over the engine's API: create, start, stop, wait, remove, list, and files out of
 * them. What runs inside and what comes out of it is container-output.ts's part.
 */
import { err, ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { ContainerSpec, ContainerState, Mount } from '../container.ts';
import type { ContainerEngine, EngineError } from '../engine.ts';
import {
  containerIdsReply,
  containerReply,
  createdReply,
  sizeReply,
  usageReply,
  waitReply,
} from './container-schema.ts';
import { segment } from './transport.ts';
import type { Transport } from './transport.ts';
import type { z } from 'zod';

type ContainerLife = Pick<
  ContainerEngine,
  | 'createContainer'
  | 'startContainer'
  | 'inspectContainer'
  | 'occupiedBytes'
  | 'stopContainer'
  | 'waitContainer'
  | 'removeContainer'
  | 'listContainers'
>;

const pathOf = (id: string): string => `/containers/${segment(id)}`;

/** Containers' lives on one engine; errors as `ContainerEngine` tells. */
export function containerLife(transport: Transport): ContainerLife {
  const inspectContainer: ContainerLife['inspectContainer'] = async (id, signal) => {
    const reply = await transport.json({ method: 'GET', path: `${pathOf(id)}/json` }, containerReply, signal);
    return reply.ok ? ok(stateOf(reply.value)) : reply;
  };

  return {
    inspectContainer,

    async createContainer(spec, signal) {
      const reply = await transport.json(
        { method: 'POST', path: '/containers/create', query: { name: spec.name }, body: createBody(spec) },
        createdReply,
        signal,
      );
      return reply.ok ? ok(reply.value.Id) : reply;
    },

    async occupiedBytes(id, volumes, signal) {
      const query = { size: 1 };
      const reply = await transport.json(
        { method: 'GET', path: `${pathOf(id)}/json`, query },
        sizeReply,
        signal,
      );
      if (!reply.ok || volumes.length === 0) return reply.ok ? ok(reply.value.SizeRw ?? 0) : reply;
      const usage = await transport.json(
        { method: 'GET', path: '/system/df', query: { type: 'volume' } },
        usageReply,
        signal,
      );
      if (!usage.ok) return usage;
      const own = usage.value.Volumes.filter(({ Name }) => volumes.includes(Name));
      // The engine says -1 where it does not know.
      const stored = own.reduce((sum, { UsageData }) => sum + Math.max(0, UsageData?.Size ?? 0), 0);
      return ok((reply.value.SizeRw ?? 0) + stored);
    },

    startContainer: (id, signal) => transport.send({ method: 'POST', path: `${pathOf(id)}/start` }, signal),

    stopContainer: (id, graceSeconds, signal) =>
      transport.send({ method: 'POST', path: `${pathOf(id)}/stop`, query: { t: graceSeconds } }, signal),

    async waitContainer(id, signal) {
      const reply = await transport.json({ method: 'POST', path: `${pathOf(id)}/wait` }, waitReply, signal);
      if (!reply.ok) return reply;
      const trouble = reply.value.Error?.Message;
      return trouble ? err({ kind: 'failed', message: trouble }) : ok(reply.value.StatusCode);
    },

    async removeContainer(id, signal) {
      const query = { force: 1, v: 1 };
      const removed = await transport.send({ method: 'DELETE', path: pathOf(id), query }, signal);
      if (removed.ok || removed.error.kind === 'not-found') return ok(undefined);
      if (removed.error.kind !== 'conflict') return removed;
      // Somebody else is removing it already: its end is what the caller wants.
      const gone = await transport.send(
        { method: 'POST', path: `${pathOf(id)}/wait`, query: { condition: 'removed' } },
        signal,
      );
      return gone.ok || gone.error.kind === 'not-found' ? ok(undefined) : gone;
    },

    async listContainers(label, signal) {
      const query = { all: 1, filters: JSON.stringify({ label: [label] }) };
      const found = await transport.json(
        { method: 'GET', path: '/containers/json', query },
        containerIdsReply,
        signal,
      );
      if (!found.ok) return found;
      const states = await Promise.all(found.value.map(({ Id }) => inspectContainer(Id, signal)));
      return presentOf(states);
    },
  };
}

/** All that could be inspected; one that went away since the list was made is no error. */
function presentOf(
  states: readonly Result<ContainerState, EngineError>[],
): Result<readonly ContainerState[], EngineError> {
  const present: ContainerState[] = [];
  for (const state of states) {
    if (state.ok) present.push(state.value);
    else if (state.error.kind !== 'not-found') return state;
  }
  return ok(present);
}

function stateOf(reply: z.infer<typeof containerReply>): ContainerState {
  const { Status, ExitCode, OOMKilled, Pid } = reply.State;
  const known = Status === 'created' || Status === 'running' || Status === 'exited';
  const addresses = Object.entries(reply.NetworkSettings.Networks).flatMap(([network, { IPAddress }]) =>
    IPAddress ? [[network, IPAddress] as const] : [],
  );
  return {
    id: reply.Id,
    name: reply.Name.replace(/^\//, ''),
    status: known ? Status : 'other',
    exitCode: Status === 'exited' ? ExitCode : undefined,
    outOfMemory: OOMKilled,
    pid: Pid,
    addresses: Object.fromEntries(addresses),
    labels: reply.Config.Labels,
    config: {
      entrypoint: reply.Config.Entrypoint,
      cmd: reply.Config.Cmd,
      env: reply.Config.Env,
      user: reply.Config.User ?? '',
      stopSignal: reply.Config.StopSignal ?? '',
    },
  };
}

/** The body of `POST /containers/create`; JSON leaves out what is undefined. */
function createBody(spec: ContainerSpec): object {
  const ports = Object.entries(spec.publish ?? {});
  return {
    Image: spec.image,
    Entrypoint: spec.entrypoint,
    Cmd: spec.cmd,
    Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    Labels: spec.labels,
    User: spec.user,
    WorkingDir: spec.workingDir,
    Healthcheck: spec.noHealthcheck ? { Test: ['NONE'] } : undefined,
    ExposedPorts: Object.fromEntries(ports.map(([port]) => [`${port}/tcp`, {}])),
    HostConfig: {
      ...hostLimits(spec),
      GroupAdd: spec.groupAdd,
      SecurityOpt: spec.securityOpt,
      CapDrop: spec.capDrop,
      CapAdd: spec.capAdd,
      Mounts: spec.mounts.map(mountOf),
      Tmpfs: spec.tmpfs,
      NetworkMode: spec.network,
      ExtraHosts: spec.extraHosts,
      // 127.0.0.1 alone: Docker's own default would offer the port to the whole network.
      PortBindings: Object.fromEntries(
        ports.map(([port, host]) => [`${port}/tcp`, [{ HostIp: '127.0.0.1', HostPort: String(host) }]]),
      ),
      RestartPolicy: { Name: spec.restart ?? 'no' },
      LogConfig: logConfigOf(spec),
    },
    NetworkingConfig: aliasesOf(spec),
  };
}

function hostLimits(spec: ContainerSpec): object {
  return {
    Memory: spec.memory,
    // Equal to Memory: no swap beyond it.
    MemorySwap: spec.memory,
    NanoCpus: spec.cpu === undefined ? undefined : Math.round(spec.cpu * 1e9),
    PidsLimit: spec.pidsLimit,
    ShmSize: spec.shmSize,
    DeviceRequests: spec.gpus ? [{ Driver: 'nvidia', Count: -1, Capabilities: [['gpu']] }] : undefined,
  };
}

/** Two files, because a file that is full is emptied: with one, the end of the log would be lost with its beginning. */
function logConfigOf({ logLimit }: ContainerSpec): object | undefined {
  if (logLimit === undefined) return undefined;
  return { Type: 'json-file', Config: { 'max-size': String(Math.ceil(logLimit / 2)), 'max-file': '2' } };
}

function aliasesOf({ network, networkAliases = [] }: ContainerSpec): object | undefined {
  if (network === undefined || networkAliases.length === 0) return undefined;
  return { EndpointsConfig: { [network]: { Aliases: networkAliases } } };
}

function mountOf(mount: Mount): object {
  return {
    Type: mount.kind,
    Source: mount.volume,
    Target: mount.target,
    ReadOnly: mount.readOnly ?? false,
    VolumeOptions: { NoCopy: mount.noCopy },
  };
}
