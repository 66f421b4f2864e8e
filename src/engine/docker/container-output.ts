/**
 * What comes out of containers: logs, the output of commands run inside, and single files. All of
 * it bounded, however much there is. Starting and ending containers is containers.ts's part.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { err, ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { ContainerEngine, EngineError } from '../engine.ts';
import { readEntry } from './container-entry.ts';
import { Head, outputPieces, Tail } from './output.ts';
import { createdReply, execReply } from './container-schema.ts';
import { segment } from './transport.ts';
import type { Transport } from './transport.ts';

type ContainerOutput = Pick<ContainerEngine, 'logs' | 'exec' | 'readFile' | 'fileMode'>;

const defaultOutputLimit = 1024 * 1024;

/** Containers' output on one engine; errors as `ContainerEngine` tells. */
export function containerOutput(transport: Transport): ContainerOutput {
  return {
    async logs(id, lines, maxBytes, signal) {
      // A line has one byte at least, so more lines than bytes are never kept.
      const query = { stdout: 1, stderr: 1, tail: Math.min(lines, maxBytes) };
      const path = `/containers/${segment(id)}/logs`;
      const body = await transport.stream({ method: 'GET', path, query }, signal);
      if (!body.ok) return body;
      const tail = new Tail(maxBytes);
      try {
        for await (const { data } of outputPieces(body.value)) tail.add(data);
      } catch (cause) {
        return err(transport.errorOf(cause, signal));
      }
      return ok(tail.text());
    },

    async exec(id, command, options, signal) {
      const created = await transport.json(
        {
          method: 'POST',
          path: `/containers/${segment(id)}/exec`,
          body: {
            AttachStdout: true,
            AttachStderr: true,
            Cmd: command,
            User: options.user,
            Env: Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`),
          },
        },
        createdReply,
        signal,
      );
      if (!created.ok) return created;
      const output = await runExec(transport, created.value.Id, options.maxBytes, signal);
      if (!output.ok) return output;
      const exitCode = await exitCodeOf(transport, created.value.Id, signal);
      return exitCode.ok ? ok({ exitCode: exitCode.value, ...output.value }) : exitCode;
    },

    readFile: (id, path, maxBytes, signal) => readFile(transport, id, path, maxBytes, signal),
    fileMode: (id, path, signal) => fileMode(transport, id, path, signal),
  };
}

async function runExec(
  transport: Transport,
  exec: string,
  maxBytes: number = defaultOutputLimit,
  signal: AbortSignal,
): Promise<Result<{ readonly stdout: string; readonly stderr: string }, EngineError>> {
  const body = await transport.stream(
    { method: 'POST', path: `/exec/${exec}/start`, body: { Detach: false, Tty: false } },
    signal,
  );
  if (!body.ok) return body;
  const kept = { stdout: new Head(maxBytes), stderr: new Head(maxBytes) };
  try {
    for await (const { stream, data } of outputPieces(body.value)) kept[stream].add(data);
  } catch (cause) {
    return err(transport.errorOf(cause, signal));
  }
  return ok({ stdout: kept.stdout.text(), stderr: kept.stderr.text() });
}

/** The answer to an exec ends with its output; the engine may note the exit code a moment later. */
async function exitCodeOf(
  transport: Transport,
  exec: string,
  signal: AbortSignal,
): Promise<Result<number, EngineError>> {
  for (;;) {
    const reply = await transport.json({ method: 'GET', path: `/exec/${exec}/json` }, execReply, signal);
    if (!reply.ok) return reply;
    const { Running, ExitCode } = reply.value;
    if (!Running && ExitCode !== null && ExitCode !== undefined) return ok(ExitCode);
    // An abort during the nap is told by the next request.
    await sleep(20, undefined, { signal }).catch(() => undefined);
  }
}

async function readFile(
  transport: Transport,
  id: string,
  path: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Result<Buffer, EngineError>> {
  const found = await readEntry(transport, id, path, maxBytes, signal);
  if (!found.ok) return found;
  const { entry } = found.value;
  if (entry.kind === 'file') return ok(entry.data);
  return err({ kind: 'failed', message: `${path}: ${entry.kind}` });
}

async function fileMode(
  transport: Transport,
  id: string,
  path: string,
  signal: AbortSignal,
): Promise<Result<number, EngineError>> {
  const found = await readEntry(transport, id, path, 0, signal);
  if (!found.ok) return found;
  const { entry } = found.value;
  if ('mode' in entry) return ok(entry.mode);
  return err({ kind: 'failed', message: `${path}: ${entry.kind}` });
}
