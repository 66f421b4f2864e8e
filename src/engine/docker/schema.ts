/**
 * What we read of the engine's replies, and nothing more: unknown fields pass, and a list that Go
 * writes as `null` is an empty one. What containers need is in container-schema.ts.
 */
import { anything, fields, listOf, mapOf, maybe, number, otherwise, text } from '../../core/shape.ts';

const texts = otherwise(listOf(text), []);
const labels = otherwise(mapOf(text), {});
const table = otherwise(mapOf(anything), {});

export const infoReply = fields({
  ServerVersion: text,
  Architecture: text,
  NCPU: number,
  MemTotal: number,
  DockerRootDir: maybe(text),
  Runtimes: table,
  DriverStatus: otherwise(listOf(listOf(text)), []),
});

export const imageListReply = listOf(
  fields({ Id: text, RepoTags: texts, RepoDigests: texts, Labels: labels, Created: number, Size: number }),
);

export const imageReply = fields({
  Id: text,
  RepoTags: texts,
  RepoDigests: texts,
  Created: maybe(text),
  Size: number,
  Architecture: text,
  Os: text,
  RootFS: fields({ Layers: texts }),
  Config: maybe(
    fields({
      Labels: labels,
      Entrypoint: texts,
      Cmd: texts,
      User: maybe(text),
      WorkingDir: maybe(text),
      Env: texts,
      ExposedPorts: table,
      Volumes: table,
      Healthcheck: anything,
      StopSignal: anything,
      Shell: anything,
      OnBuild: anything,
    }),
  ),
});

/** One line of the answer to pull, push, import and build. */
export const progressLine = fields({
  id: maybe(text),
  status: maybe(text),
  error: maybe(text),
  errorDetail: maybe(fields({ message: maybe(text), code: maybe(number) })),
  aux: anything,
});

export const pushAux = fields({ Digest: text });
export const buildAux = fields({ ID: text });
