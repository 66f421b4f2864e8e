/**
 * The engine's image store: what is there, under which names, and transfers from and to a registry.
 * Pull, push and import answer 200 and tell of trouble inside their streams; success here needs a
 * stream without an error line, a clean end, and proof that the image is there (or its digest).
 */
import { open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { err, ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { TypeOf } from '../../core/shape.ts';
import type { ImageSaver } from '../image-saver.ts';
import type { CredentialSource, EngineError, ImageDetails, ImageStore, StoredImage } from '../engine.ts';
import { codeOf, errorOfTransfer } from './errors.ts';
import { registryAuthHeader } from './registry-auth.ts';
import { errorOfLine, progressLines, type ProgressLine } from './json-lines.ts';
import { imageListReply, imageReply, pushAux } from './schema.ts';
import { segment } from './transport.ts';
import type { EngineRequest, Transport } from './transport.ts';

/** How often a list that failed for an image that vanished is asked for again: removals may come in rows. */
const LIST_AGAIN = 20;
const LIST_PAUSE_MS = 100;

/** The image store of one engine; errors as `ImageStore` tells. */
export function imageStore(transport: Transport): ImageStore & ImageSaver {
  const inspect: ImageStore['inspect'] = async (reference, signal) => {
    const path = `/images/${segment(reference)}/json`;
    const reply = await transport.json({ method: 'GET', path }, imageReply, signal);
    return reply.ok ? ok(detailsOf(reply.value)) : reply;
  };

  return {
    inspect,

    async list({ label, reference }, signal) {
      const filters = JSON.stringify({ ...listOf('label', label), ...listOf('reference', reference) });
      const ask = () =>
        transport.json({ method: 'GET', path: '/images/json', query: { filters } }, imageListReply, signal);
      let reply = await ask();
      // The containerd store fails the whole list for one image that is removed while it is read (Engine 26.1).
      for (let again = 0; again < LIST_AGAIN && !reply.ok && reply.error.kind === 'not-found'; again += 1) {
        await pause(LIST_PAUSE_MS, undefined, { signal }).catch(() => undefined);
        reply = await ask();
      }
      return reply.ok ? ok(reply.value.map(storedOf)) : reply;
    },

    tag(source, target, signal) {
      const { repository, tag } = splitReference(target);
      const path = `/images/${segment(source)}/tag`;
      return transport.send({ method: 'POST', path, query: { repo: repository, tag } }, signal);
    },

    remove: (reference, signal) =>
      transport.send({ method: 'DELETE', path: `/images/${segment(reference)}` }, signal),

    async importTar(path, target, labels, signal) {
      const sent = await sendTar(transport, path, target, labels, signal);
      if (!sent.ok) return sent;
      const image = await inspect(target, signal);
      return image.ok ? ok(image.value.id) : image;
    },

    exportTar: (references, signal) =>
      transport.stream({ method: 'GET', path: '/images/get', query: { names: references } }, signal),

    async pull(reference, credentials, signal) {
      const headers = await registryAuthHeader(reference, credentials);
      const { repository, tag, digest } = splitReference(reference);
      const query = { fromImage: repository, tag: digest ?? tag };
      const pulled = await transfer(
        transport,
        { method: 'POST', path: '/images/create', query, headers },
        signal,
      );
      if (!pulled.ok) return pulled;
      const image = await inspect(reference, signal);
      return image.ok ? ok(undefined) : image;
    },

    async save(ids, folder, signal) {
      const body = await transport.stream(
        { method: 'GET', path: '/images/get', query: { names: ids } },
        signal,
      );
      if (!body.ok) return body;
      try {
        // Only scans need whole images out of the engine.
        const { unpackLayout } = await import('./image-layout.ts');
        return ok(await unpackLayout(body.value, ids, folder, signal));
      } catch (cause) {
        return err(transport.errorOf(cause, signal));
      }
    },

    async push(reference, credentials, signal, whenRetried) {
      const told = await push(transport, reference, credentials, signal, whenRetried);
      if (!told.ok) return told;
      if (told.value !== undefined) return ok({ digest: told.value });
      const image = await inspect(reference, signal);
      return image.ok ? knownDigest(reference, image.value.digests) : image;
    },
  };
}

/** Runs a transfer to its end; answers the last `aux` that it told. */
async function transfer(
  transport: Transport,
  request: EngineRequest,
  signal: AbortSignal,
  whenTold?: (line: ProgressLine) => void,
): Promise<Result<unknown, EngineError>> {
  const body = await transport.stream(request, signal);
  // A registry's refusal before the first line comes as status 500 with the text that a line would have had.
  if (!body.ok) return err(body.error.kind === 'failed' ? errorOfTransfer(body.error.message) : body.error);
  let aux: unknown;
  try {
    for await (const line of progressLines(body.value)) {
      const error = errorOfLine(line);
      if (error !== undefined) return err(error);
      aux = line.aux ?? aux;
      whenTold?.(line);
    }
  } catch (cause) {
    return err(transport.errorOf(cause, signal));
  }
  return ok(aux);
}

/** Pushes; answers the digest that the stream told, if it told one. */
async function push(
  transport: Transport,
  reference: string,
  credentials: CredentialSource,
  signal: AbortSignal,
  whenRetried: (() => void) | undefined,
): Promise<Result<string | undefined, EngineError>> {
  const headers = await registryAuthHeader(reference, credentials);
  const { repository, tag } = splitReference(reference);
  const path = `/images/${segment(repository)}/push`;
  const request = { method: 'POST', path, query: { tag }, headers } as const;
  const sent = await transfer(transport, request, signal, ({ status }) => {
    if (/^Retrying in \d+ seconds?$/.test(status ?? '')) whenRetried?.();
  });
  if (!sent.ok) return sent;
  const told = pushAux.safeParse(sent.value);
  return ok(told.success ? told.data.Digest : undefined);
}

/** The containerd store tells no digest while it pushes (Engine 26.1), but knows it with the image. */
function knownDigest(
  reference: string,
  digests: readonly string[],
): Result<{ readonly digest: string }, EngineError> {
  const { repository } = splitReference(reference);
  const known = digests.find((digest) => digest.startsWith(`${repository}@`));
  if (known !== undefined) return ok({ digest: known.slice(repository.length + 1) });
  return err({ kind: 'failed', message: `the push of ${reference} ended without a digest` });
}

async function sendTar(
  transport: Transport,
  path: string,
  target: string,
  labels: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Result<unknown, EngineError>> {
  try {
    await using file = await open(path);
    const { repository, tag } = splitReference(target);
    const changes = Object.entries(labels).map(([name, value]) => `LABEL ${quoted(name)}=${quoted(value)}`);
    const query = { fromSrc: '-', repo: repository, tag, changes };
    const body = file.createReadStream({ autoClose: false });
    const headers = { 'Content-Type': 'application/x-tar' };
    return await transfer(
      transport,
      { method: 'POST', path: '/images/create', query, body, headers },
      signal,
    );
  } catch (cause) {
    // Only opening the file gets here: `transfer` answers its own trouble.
    if (codeOf(cause) === 'ENOENT') return err({ kind: 'not-found', message: `${path} does not exist` });
    throw cause;
  }
}

/** A word of a LABEL instruction, in which `"`, `\` and `$` would mean something. */
function quoted(word: string): string {
  return `"${word.replaceAll(/["\\$]/g, String.raw`\$&`)}"`;
}

interface ReferenceParts {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string | undefined;
}

/** Splits `host:5000/name:tag@digest`; the tag is what follows a colon after the last slash. */
function splitReference(reference: string): ReferenceParts {
  const [name = '', digest] = reference.split('@', 2);
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1);
  if (colon === -1) return { repository: name, tag: 'latest', digest };
  return { repository: name.slice(0, colon), tag: name.slice(colon + 1), digest };
}

function listOf(name: string, value: string | undefined): Record<string, readonly string[]> {
  return value === undefined ? {} : { [name]: [value] };
}

function storedOf(reply: TypeOf<typeof imageListReply>[number]): StoredImage {
  return {
    id: reply.Id,
    tags: reply.RepoTags.filter((tag) => tag !== '<none>:<none>'),
    digests: reply.RepoDigests.filter((digest) => digest !== '<none>@<none>'),
    labels: reply.Labels,
    created: reply.Created,
    size: reply.Size,
  };
}

function detailsOf(reply: TypeOf<typeof imageReply>): ImageDetails {
  const config = reply.Config ?? undefined;
  return {
    id: reply.Id,
    tags: reply.RepoTags,
    digests: reply.RepoDigests,
    labels: config?.Labels ?? {},
    // An image may carry no time at all (OCI image configuration, `created` is optional).
    created: reply.Created ? Math.floor(Date.parse(reply.Created) / 1000) : 0,
    size: reply.Size,
    architecture: reply.Architecture,
    os: reply.Os,
    diffIds: reply.RootFS.Layers,
    config: {
      entrypoint: config?.Entrypoint ?? [],
      cmd: config?.Cmd ?? [],
      user: config?.User ?? '',
      workingDir: config?.WorkingDir ?? '',
      env: config?.Env ?? [],
      exposedPorts: Object.keys(config?.ExposedPorts ?? {}),
      volumes: Object.keys(config?.Volumes ?? {}),
      more: {
        healthcheck: config?.Healthcheck ?? null,
        stopSignal: config?.StopSignal ?? null,
        shell: config?.Shell ?? null,
        onBuild: config?.OnBuild ?? null,
      },
    },
  };
}
