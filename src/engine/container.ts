/**
 * Containers, their mounts and their networks, as data: what an engine is asked to start, and what it tells of it.
 * What can be done with them is engine.ts's `ContainerEngine`.
 */
export interface Mount {
  readonly kind: 'volume';
  readonly volume: string;
  readonly target: string;
  /** True: Docker does not fill an empty volume from the image (as Kubernetes does not). */
  readonly noCopy: boolean;
  readonly readOnly?: boolean;
}

export interface ContainerSpec {
  readonly name?: string;
  /** Local reference or image ID. */
  readonly image: string;
  /** Replaces the image's ENTRYPOINT; undefined keeps it. */
  readonly entrypoint?: readonly string[];
  /** Replaces the image's CMD (Kubernetes' `args`); undefined keeps it. */
  readonly cmd?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly groupAdd?: readonly string[];
  readonly workingDir?: string;
  readonly securityOpt?: readonly string[];
  readonly capDrop?: readonly string[];
  readonly capAdd?: readonly string[];
  readonly shmSize?: number;
  /** Bytes; no swap beyond it. */
  readonly memory?: number;
  readonly cpu?: number;
  readonly pidsLimit?: number;
  /** Every GPU that the engine's NVIDIA runtime can hand in. */
  readonly gpus?: true;
  readonly mounts: readonly Mount[];
  /** tmpfs target → mount options, e.g. `size=64k`. */
  readonly tmpfs?: Readonly<Record<string, string>>;
  /** A network's name, or `container:<id>`. */
  readonly network?: string;
  readonly networkAliases?: readonly string[];
  /** `name:address` lines for /etc/hosts. */
  readonly extraHosts?: readonly string[];
  /** Host ports, bound to 127.0.0.1 alone: container port → host port. Only the local registry uses it. */
  readonly publish?: Readonly<Record<number, number>>;
  readonly restart?: 'no' | 'unless-stopped';
  /** The image's HEALTHCHECK is not run, as in Kubernetes. */
  readonly noHealthcheck?: true;
  /** Bytes of log that the engine keeps on its disk, the oldest thrown away first. Undefined: the engine's own rule. */
  readonly logLimit?: number;
}

export interface ContainerState {
  readonly id: string;
  readonly name: string;
  readonly status: 'created' | 'running' | 'exited' | 'other';
  readonly exitCode: number | undefined;
  readonly outOfMemory: boolean;
  /** Process id on the engine's host, 0 when it does not run. */
  readonly pid: number;
  /** Network name → address in it; empty when it does not run. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** What it was made to run: the spec's, and the image's where the spec said nothing. */
  readonly config: {
    readonly entrypoint: readonly string[];
    readonly cmd: readonly string[];
    readonly env: readonly string[];
    /** As written; empty means root. */
    readonly user: string;
    /** As written (`SIGWINCH`, `28`); empty means SIGTERM. */
    readonly stopSignal: string;
  };
}

/** Owner and mode of a folder. */
export interface FolderOwner {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** What lies in a folder of a container. */
export interface FolderEntry {
  /** Relative to the folder, without a slash at its end. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'other';
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface NetworkInfo {
  readonly id: string;
  readonly name: string;
  /** The engine's host within that network. */
  readonly gateway: string;
}
