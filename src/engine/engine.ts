/**
 * What this project needs of a container engine, as interfaces with data in and data out. The variants live beside it
 * (`docker/` over Docker's API). An engine decides nothing: which image, which tag, what a failure means is not its own.
 */
import type { Readable } from 'node:stream';
import type { Result } from '../core/result.ts';
import type { ContainerSpec, ContainerState, ExecResult, NetworkInfo } from './container.ts';
import type { ContainerFiles } from './container-files.ts';
import type { EngineChoice } from './engine-address.ts';
import type { ImageSaver } from './image-saver.ts';
import type { TreeReader } from './tree.ts';

/** Why an engine could not do what it was asked. */
export interface EngineError {
  /**
   * `unreachable`: no engine answers, or it went away in the middle (exit code 3, never the image's fault).
   * `not-found`: the named thing does not exist. `conflict`: it exists already, or is in use.
   * `not-allowed`: an engine may well be there, and its socket is not this user's to open.
   * `refused`: the engine or a registry behind it denied access. `cancelled`: our own signal.
   * `failed`: everything else; `message` is the engine's own.
   */
  readonly kind:
    | 'unreachable'
    | 'not-allowed'
    | 'not-found'
    | 'conflict'
    | 'refused'
    | 'cancelled'
    | 'failed';
  readonly message: string;
  /** Only with `unreachable`: what says where it is, where something does. */
  readonly chosenBy?: EngineChoice;
}

export interface EngineInfo {
  readonly version: string;
  /** `classic`: an image's ID is its config digest. `containerd`: it is its manifest's digest. */
  readonly store: 'classic' | 'containerd';
  readonly architecture: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Where it keeps images and layers, as a folder of its host; undefined where that is known to be another machine. */
  readonly dataRoot: string | undefined;
  /** It has an NVIDIA runtime, which hands GPUs to containers. */
  readonly gpus?: true;
}

/** Name and password (or token) for one registry host. */
export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
  readonly identityToken?: string;
}

/** Answers for exactly the host asked, or undefined; never the same for every host. */
export type CredentialSource = (host: string) => Promise<RegistryCredentials | undefined>;

// ---- images -------------------------------------------------------------------------------------------------

export interface StoredImage {
  /** The engine's own ID (`sha256:…`). Never compare IDs across stores. */
  readonly id: string;
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Seconds since 1970. */
  readonly created: number;
  /** Unpacked size in bytes, parents' layers included. */
  readonly size: number;
}

export interface ImageDetails extends StoredImage {
  readonly architecture: string;
  readonly os: string;
  /** Layers' diffIDs, lowest first. */
  readonly diffIds: readonly string[];
  readonly config: {
    readonly entrypoint: readonly string[];
    readonly cmd: readonly string[];
    readonly user: string;
    readonly workingDir: string;
    readonly env: readonly string[];
    readonly exposedPorts: readonly string[];
    readonly volumes: readonly string[];
    /** What else of it decides how it runs, as the engine tells it: its health check, its stop signal, its shell. */
    readonly more?: Readonly<Record<string, unknown>>;
  };
}

export interface ImageStore {
  /** All images, or those that carry the label (`name` or `name=value`). One request. */
  list(
    filter: { readonly label?: string; readonly reference?: string },
    signal: AbortSignal,
  ): Promise<Result<readonly StoredImage[], EngineError>>;
  inspect(reference: string, signal: AbortSignal): Promise<Result<ImageDetails, EngineError>>;
  /** Gives `source` a further name; an existing tag of that name moves. */
  tag(source: string, target: string, signal: AbortSignal): Promise<Result<void, EngineError>>;
  /** Removes a tag, and the image with its last one. */
  remove(reference: string, signal: AbortSignal): Promise<Result<void, EngineError>>;
  /** Makes an image of one layer from a root file system's tar. Answers its ID. */
  importTar(
    path: string,
    target: string,
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Result<string, EngineError>>;
  /** Images as one tar, as `docker load` and containerd take it; reading throws where the engine breaks off. */
  exportTar(references: readonly string[], signal: AbortSignal): Promise<Result<Readable, EngineError>>;
  pull(
    reference: string,
    credentials: CredentialSource,
    signal: AbortSignal,
  ): Promise<Result<void, EngineError>>;
  /**
   * Pushes one tag. The digest is what the engine's stream said; believe only the registry. `whenRetried` is called
   * every second in which the engine waits to try a layer again by itself, which may take it a minute in all.
   */
  push(
    reference: string,
    credentials: CredentialSource,
    signal: AbortSignal,
    whenRetried?: () => void,
  ): Promise<Result<{ readonly digest: string }, EngineError>>;
}

// ---- builds -------------------------------------------------------------------------------------------------

/** One thing in a build context, as it was hashed and as it must be packed. */
export type ContextEntry =
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly mode: 0o644 | 0o755;
      readonly size: number;
      readonly sha256: string;
      /** What is sent in the place of the file on disk: an edit that is tried and not written. */
      readonly content?: Buffer;
    }
  | { readonly kind: 'directory'; readonly path: string; readonly mode: 0o755 }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string };

export interface BuildContext {
  /** Absolute folder that the entries' paths (forward slashes, no leading `./`) are relative to. */
  readonly directory: string;
  readonly entries: readonly ContextEntry[];
}

export interface BuildRequest {
  /** For the session's name and messages. */
  readonly name: string;
  /** The Dockerfile's text as the engine shall read it: references of FROM and --from already exact. */
  readonly dockerfile: string;
  /** The Dockerfile's path as the user knows it, for messages. */
  readonly dockerfilePath: string;
  /** Undefined: an empty context. */
  readonly context: BuildContext | undefined;
  readonly target?: string;
  readonly args: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Local references that the finished image gets. */
  readonly tags: readonly string[];
  /** Values by id; never logged, never an argument. */
  readonly secrets: ReadonlyMap<string, Buffer>;
  readonly credentials: CredentialSource;
  readonly noCache: boolean;
}

export type BuildEvent =
  | { readonly kind: 'step-started'; readonly step: string; readonly name: string }
  | {
      readonly kind: 'step-finished';
      readonly step: string;
      readonly name: string;
      readonly cached: boolean;
      readonly durationMs: number;
      readonly error?: string;
    }
  | {
      readonly kind: 'output';
      readonly step: string;
      readonly stream: 'stdout' | 'stderr';
      readonly text: string;
    }
  | {
      readonly kind: 'progress';
      readonly step: string;
      readonly what: string;
      readonly current: number;
      readonly total: number;
    }
  | { readonly kind: 'warning'; readonly message: string; readonly line?: number };

export type BuildFailure =
  /** A step of the Dockerfile failed. `line` counts from 1 in the Dockerfile. */
  | {
      readonly kind: 'step-failed';
      readonly message: string;
      readonly stepName: string;
      readonly line: number | undefined;
      readonly exitCode: number | undefined;
    }
  /** The Dockerfile could not be solved: a syntax error, an unknown stage, a file that is not in the context. */
  | { readonly kind: 'not-solvable'; readonly message: string; readonly line: number | undefined }
  /** A file differed from what was hashed when it was packed. */
  | { readonly kind: 'context-changed'; readonly path: string; readonly message: string }
  | { readonly kind: 'engine'; readonly error: EngineError };

export interface BuiltImage {
  readonly id: string;
  /** Unpacked, in bytes. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly created: number;
}

export interface BuildEngine {
  /** Builds one image with BuildKit. Aborting the signal ends the build in the engine as well, and answers `cancelled`. */
  build(
    request: BuildRequest,
    onEvent: (event: BuildEvent) => void,
    signal: AbortSignal,
  ): Promise<Result<BuiltImage, BuildFailure>>;
}

// ---- containers ---------------------------------------------------------------------------------------------

export interface ContainerEngine extends ContainerFiles {
  createContainer(spec: ContainerSpec, signal: AbortSignal): Promise<Result<string, EngineError>>;
  startContainer(id: string, signal: AbortSignal): Promise<Result<void, EngineError>>;
  inspectContainer(id: string, signal: AbortSignal): Promise<Result<ContainerState, EngineError>>;
  /**
   * Bytes that a container and these volumes take of the engine's disk, beyond the container's image. The engine
   * counts files for it, which takes longer the more there are.
   */
  occupiedBytes(
    id: string,
    volumes: readonly string[],
    signal: AbortSignal,
  ): Promise<Result<number, EngineError>>;
  /** SIGTERM, then SIGKILL after the grace period; answers when it has ended. */
  stopContainer(id: string, graceSeconds: number, signal: AbortSignal): Promise<Result<void, EngineError>>;
  /** Waits until it has exited; answers the exit code. */
  waitContainer(id: string, signal: AbortSignal): Promise<Result<number, EngineError>>;
  /** Kills, removes, and takes its anonymous volumes with it. Absent is success. */
  removeContainer(id: string, signal: AbortSignal): Promise<Result<void, EngineError>>;
  listContainers(label: string, signal: AbortSignal): Promise<Result<readonly ContainerState[], EngineError>>;
  /** The last `lines` of stdout and stderr as they came, at most `maxBytes` read. */
  logs(
    id: string,
    lines: number,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Result<string, EngineError>>;
  exec(
    id: string,
    command: readonly string[],
    options: {
      readonly user?: string;
      readonly env?: Readonly<Record<string, string>>;
      readonly maxBytes?: number;
    },
    signal: AbortSignal,
  ): Promise<Result<ExecResult, EngineError>>;
  createVolume(
    name: string,
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Result<void, EngineError>>;
  removeVolume(name: string, signal: AbortSignal): Promise<Result<void, EngineError>>;
  listVolumes(label: string, signal: AbortSignal): Promise<Result<readonly string[], EngineError>>;

  createNetwork(
    name: string,
    options: { readonly internal: boolean; readonly labels: Readonly<Record<string, string>> },
    signal: AbortSignal,
  ): Promise<Result<NetworkInfo, EngineError>>;
  removeNetwork(name: string, signal: AbortSignal): Promise<Result<void, EngineError>>;
  listNetworks(label: string, signal: AbortSignal): Promise<Result<readonly NetworkInfo[], EngineError>>;
}

export interface Engine extends BuildEngine, ContainerEngine, TreeReader {
  readonly images: ImageStore & ImageSaver;
  info(signal: AbortSignal): Promise<Result<EngineInfo, EngineError>>;
  /** Loads what builds need while something else is waited for; a build would load it itself. */
  prepareBuilds(): void;
  /** Ends sessions and connections; images and containers stay. */
  close(): Promise<void>;
}
