/**
 * The wire formats of a BuildKit session, of a build and of its progress trace, as far as we speak them:
 * field numbers as in BuildKit's and fsutil's own .proto files. Loaded with the first build only.
 */
import type { MethodDefinition, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { MalformedReply } from './errors.ts';

const sources = [
  `syntax = "proto3"; package fsutil.types;
   message Stat { string path = 1; uint32 mode = 2; uint32 uid = 3; uint32 gid = 4; int64 size = 5;
     int64 modTime = 6; string linkname = 7; }
   message Packet { int32 type = 1; Stat stat = 2; uint32 ID = 3; bytes data = 4; }`,
  `syntax = "proto3"; package moby.filesync.v1;
   service FileSync { rpc DiffCopy(stream fsutil.types.Packet) returns (stream fsutil.types.Packet); }
   service Auth {
     rpc Credentials(HostRequest) returns (CredentialsResponse);
     rpc FetchToken(HostRequest) returns (Empty);
     rpc GetTokenAuthority(HostRequest) returns (Empty);
     rpc VerifyTokenAuthority(HostRequest) returns (Empty);
   }
   message Empty {}
   message HostRequest { string host = 1; }
   message CredentialsResponse { string username = 1; string secret = 2; }`,
  `syntax = "proto3"; package moby.buildkit.secrets.v1;
   service Secrets { rpc GetSecret(GetSecretRequest) returns (GetSecretResponse); }
   message GetSecretRequest { string id = 1; }
   message GetSecretResponse { bytes data = 1; }`,
  `syntax = "proto3"; package grpc.health.v1;
   service Health { rpc Check(HealthCheckRequest) returns (HealthCheckResponse); }
   message HealthCheckRequest { string service = 1; }
   message HealthCheckResponse { int32 status = 1; }`,
  `syntax = "proto3"; package moby.buildkit.v1;
   message Timestamp { int64 seconds = 1; int32 nanos = 2; }
   message Exporter { string Type = 1; map<string, string> Attrs = 2; }
   message SolveRequest { string Ref = 1; string ExporterDeprecated = 3;
     map<string, string> ExporterAttrsDeprecated = 4; string Session = 5; string Frontend = 6;
     map<string, string> FrontendAttrs = 7; bool Internal = 11; repeated Exporter Exporters = 13; }
   message SolveResponse { map<string, string> ExporterResponse = 1; }
   message StatusRequest { string Ref = 1; }
   message StatusResponse { repeated Vertex vertexes = 1; repeated VertexStatus statuses = 2;
     repeated VertexLog logs = 3; repeated VertexWarning warnings = 4; }
   message Vertex { string digest = 1; string name = 3; bool cached = 4; Timestamp started = 5;
     Timestamp completed = 6; string error = 7; }
   message VertexStatus { string ID = 1; string vertex = 2; int64 current = 4; int64 total = 5; }
   message VertexLog { string vertex = 1; int64 stream = 3; bytes msg = 4; }
   message VertexWarning { bytes short = 3; repeated Range ranges = 7; }
   message Range { Position start = 1; }
   message Position { int32 line = 1; }`,
];

const root = new protobuf.Root();
for (const source of sources) protobuf.parse(source, root, { keepCase: true });

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
  /** Not to be kept in the history of builds. */
  readonly Internal: boolean;
  readonly Exporters: readonly {
    readonly Type: string;
    readonly Attrs: Readonly<Record<string, string>>;
  }[];
}

const solveRequest = root.lookupType('moby.buildkit.v1.SolveRequest');
const solveResponse = root.lookupType('moby.buildkit.v1.SolveResponse');
const statusRequest = root.lookupType('moby.buildkit.v1.StatusRequest');
const statusResponse = root.lookupType('moby.buildkit.v1.StatusResponse');

/** A request to build. */
export function encodeSolve(request: SolveRequest): Buffer {
  return encode(solveRequest, request);
}

/** A request to be told how the build `ref` goes. */
export function encodeStatusRequest(ref: string): Buffer {
  return encode(statusRequest, { Ref: ref });
}

/** What the exporter tells of a finished build, by its own names. Throws MalformedReply. */
export function decodeSolved(bytes: Uint8Array): Readonly<Record<string, string>> {
  // The shape is the schema's above; protobufjs cannot express it as a type.
  const { ExporterResponse } = decode(solveResponse, bytes) as { ExporterResponse: Record<string, string> };
  return ExporterResponse;
}

/** One message of the progress trace. Throws MalformedReply. */
export function decodeStatus(bytes: Uint8Array): TraceStatus {
  // As above.
  return decode(statusResponse, bytes) as unknown as TraceStatus;
}

function decode(type: protobuf.Type, bytes: Uint8Array): object {
  let message: protobuf.Message;
  try {
    message = type.decode(bytes);
  } catch (cause) {
    throw new MalformedReply(`the engine sent a ${type.name} that is not understood: ${String(cause)}`);
  }
  return toPlain(type, message);
}

function toPlain(type: protobuf.Type, message: protobuf.Message): object {
  return type.toObject(message, { longs: Number, bytes: Buffer, defaults: true });
}

/** The gRPC definition of one of the services above. */
export function serviceDefinition(name: string): ServiceDefinition<UntypedServiceImplementation> {
  const service = root.lookupService(name);
  return Object.fromEntries(
    service.methodsArray.map((method) => [
      method.name,
      methodDefinition(name, method.resolve() as protobuf.Method),
    ]),
  );
}

function methodDefinition(service: string, method: protobuf.Method): MethodDefinition<object, object> {
  const { resolvedRequestType: request, resolvedResponseType: response } = method;
  if (request === null || response === null) throw new Error(`${method.name} is not resolved`);
  return {
    path: `/${service}/${method.name}`,
    requestStream: method.requestStream === true,
    responseStream: method.responseStream === true,
    requestSerialize: (value) => encode(request, value),
    requestDeserialize: (bytes) => toPlain(request, request.decode(bytes)),
    responseSerialize: (value) => encode(response, value),
    responseDeserialize: (bytes) => toPlain(response, response.decode(bytes)),
  };
}

function encode(type: protobuf.Type, value: object): Buffer {
  return Buffer.from(type.encode(type.fromObject(value)).finish());
}
