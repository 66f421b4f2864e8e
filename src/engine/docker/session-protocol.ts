/**
 * What is said in a BuildKit session, for a build and in its progress trace, as far as we speak it: field numbers as in
 * BuildKit's and fsutil's own .proto files.
 */
import { MalformedReply } from './errors.ts';
import { definition } from './llb.ts';
import { decodeMessage, encodeMessage, MalformedMessage, type MessageType } from './protobuf.ts';

/** What the engine may call in a session. */
export const sessionMethods = {
  files: '/moby.filesync.v1.FileSync/DiffCopy',
  credentials: '/moby.filesync.v1.Auth/Credentials',
  secret: '/moby.buildkit.secrets.v1.Secrets/GetSecret',
  health: '/grpc.health.v1.Health/Check',
} as const;

const stat: MessageType = {
  path: [1, 'text'],
  mode: [2, 'number'],
  size: [5, 'number'],
  modTime: [6, 'number'],
  linkname: [7, 'text'],
};
const packet: MessageType = {
  type: [1, 'number'],
  stat: [2, { one: stat }],
  ID: [3, 'number'],
  data: [4, 'bytes'],
};
const hostRequest: MessageType = { host: [1, 'text'] };
const credentialsResponse: MessageType = { username: [1, 'text'], secret: [2, 'text'] };
const secretRequest: MessageType = { id: [1, 'text'] };
const secretResponse: MessageType = { data: [1, 'bytes'] };
const healthResponse: MessageType = { status: [1, 'number'] };

const timestamp: MessageType = { seconds: [1, 'number'], nanos: [2, 'number'] };
const exporter: MessageType = { Type: [1, 'text'], Attrs: [2, 'texts'] };
const frontendInput: MessageType = { key: [1, 'text'], value: [2, { one: definition }] };
const solveRequest: MessageType = {
  Ref: [1, 'text'],
  ExporterDeprecated: [3, 'text'],
  ExporterAttrsDeprecated: [4, 'texts'],
  Session: [5, 'text'],
  Frontend: [6, 'text'],
  FrontendAttrs: [7, 'texts'],
  FrontendInputs: [10, { many: frontendInput }],
  Internal: [11, 'flag'],
  Exporters: [13, { many: exporter }],
};
const solveResponse: MessageType = { ExporterResponse: [1, 'texts'] };
const statusRequest: MessageType = { Ref: [1, 'text'] };
const vertex: MessageType = {
  digest: [1, 'text'],
  name: [3, 'text'],
  cached: [4, 'flag'],
  started: [5, { one: timestamp }],
  completed: [6, { one: timestamp }],
  error: [7, 'text'],
};
const vertexStatus: MessageType = {
  ID: [1, 'text'],
  vertex: [2, 'text'],
  current: [4, 'number'],
  total: [5, 'number'],
};
const vertexLog: MessageType = { vertex: [1, 'text'], stream: [3, 'number'], msg: [4, 'bytes'] };
const position: MessageType = { line: [1, 'number'] };
const range: MessageType = { start: [1, { one: position }] };
const vertexWarning: MessageType = { short: [3, 'bytes'], ranges: [7, { many: range }] };
const statusResponse: MessageType = {
  vertexes: [1, { many: vertex }],
  statuses: [2, { many: vertexStatus }],
  logs: [3, { many: vertexLog }],
  warnings: [4, { many: vertexWarning }],
};

/** fsutil's kinds of packet. */
export const packetType = { stat: 0, request: 1, data: 2, finish: 3, error: 4 } as const;

export interface FileStat {
  readonly path: string;
  /** Bits of Go's os.FileMode, which differ from POSIX's above the permissions. */
  readonly mode: number;
  readonly size: number;
  /** Nanoseconds since 1970, as text: they do not fit a number exactly. */
  readonly modTime: string;
  readonly linkname: string;
}

export interface Packet {
  readonly type: number;
  readonly stat?: FileStat;
  readonly ID?: number;
  readonly data?: Uint8Array;
}

interface Timestamp {
  readonly seconds: number;
  readonly nanos: number;
}

export interface Vertex {
  readonly digest: string;
  readonly name: string;
  readonly cached: boolean;
  readonly started: Timestamp | null;
  readonly completed: Timestamp | null;
  readonly error: string;
}

export interface TraceStatus {
  readonly vertexes: readonly Vertex[];
  readonly statuses: readonly {
    readonly ID: string;
    readonly vertex: string;
    readonly current: number;
    readonly total: number;
  }[];
  readonly logs: readonly { readonly vertex: string; readonly stream: number; readonly msg: Buffer }[];
  readonly warnings: readonly {
    readonly short: Buffer;
    readonly ranges: readonly { readonly start: { readonly line: number } | null }[];
  }[];
}

/** Milliseconds since 1970. */
export function milliseconds(time: Timestamp): number {
  return time.seconds * 1000 + time.nanos / 1e6;
}

/** What BuildKit is asked to build. */
export interface SolveRequest {
  readonly Ref: string;
  readonly ExporterDeprecated: string;
  readonly ExporterAttrsDeprecated: Readonly<Record<string, string>>;
  readonly Session: string;
  readonly Frontend: string;
  readonly FrontendAttrs: Readonly<Record<string, string>>;
  readonly FrontendInputs: readonly { readonly key: string; readonly value: object }[];
  /** Not to be kept in the history of builds. */
  readonly Internal: boolean;
  readonly Exporters: readonly {
    readonly Type: string;
    readonly Attrs: Readonly<Record<string, string>>;
  }[];
}

/** A packet of a file sync. */
export function encodePacket(value: Packet): Buffer {
  return encodeMessage(packet, value);
}

/** A packet of a file sync, as far as the engine fills it in. */
export function decodePacket(bytes: Uint8Array): Required<Pick<Packet, 'type' | 'ID'>> {
  // The shape is the table's above, which cannot be expressed as a type; the same holds below.
  return decodeMessage(packet, bytes) as Required<Pick<Packet, 'type' | 'ID'>>;
}

/** The host that credentials are asked for. */
export function decodeHost(bytes: Uint8Array): string {
  return (decodeMessage(hostRequest, bytes) as { host: string }).host;
}

/** Credentials for a host; none of both for none. */
export function encodeCredentials(value: { readonly username?: string; readonly secret?: string }): Buffer {
  return encodeMessage(credentialsResponse, value);
}

/** The ID of the secret that is asked for. */
export function decodeSecretId(bytes: Uint8Array): string {
  return (decodeMessage(secretRequest, bytes) as { id: string }).id;
}

/** A secret. */
export function encodeSecret(data: Buffer): Buffer {
  return encodeMessage(secretResponse, { data });
}

/** A sign of life; 1 is SERVING. */
export const serving = encodeMessage(healthResponse, { status: 1 });

/** A request to build. */
export function encodeSolve(request: SolveRequest): Buffer {
  return encodeMessage(solveRequest, request);
}

/** A request to be told how the build `ref` goes. */
export function encodeStatusRequest(ref: string): Buffer {
  return encodeMessage(statusRequest, { Ref: ref });
}

/** What the exporter tells of a finished build, by its own names. Throws MalformedReply. */
export function decodeSolved(bytes: Uint8Array): Readonly<Record<string, string>> {
  const answer = decodeReply('answer to a build', solveResponse, bytes);
  return (answer as { ExporterResponse: Record<string, string> }).ExporterResponse;
}

/** One message of the progress trace. Throws MalformedReply. */
export function decodeStatus(bytes: Uint8Array): TraceStatus {
  return decodeReply('trace', statusResponse, bytes) as TraceStatus;
}

function decodeReply(what: string, type: MessageType, bytes: Uint8Array): object {
  try {
    return decodeMessage(type, bytes);
  } catch (cause) {
    if (!(cause instanceof MalformedMessage)) throw cause;
    throw new MalformedReply(`the engine sent a ${what} that is not understood: ${cause.message}`);
  }
}
