import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectDocker } from '../../src/engine/docker/docker-engine.ts';
import type { BuildFailure, Engine } from '../../src/engine/engine.ts';
import type { Result } from '../../src/core/result.ts';
import { buildRequest, errorOf, makeRootTar, patience, valueOf } from '../rig/engine.ts';
import { endSecondEngine, secondEngineSocket, sharedFolderPrefix } from '../rig/second-engine.ts';

/** An engine that answers as told; what it answers is the real protocol's. */
async function answering<T>(answer: RequestListener, work: (engine: Engine) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'hubwright-fake-'));
  const socket = join(folder, 'docker.sock');
  const server = createServer(answer).listen(socket);
  await once(server, 'listening');
  const engine = connectDocker({ socket });
  try {
    return await work(engine);
  } finally {
    await engine.close();
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  }
}
const push = (engine: Engine) => engine.images.push('127.0.0.1:1/a:b', async () => undefined, patience());
const list = (engine: Engine) => engine.images.list({}, patience());

describe('an engine that goes away', () => {
  let folder: string;
  let engine: Engine;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), `${sharedFolderPrefix}${process.pid}-`));
    engine = connectDocker({ socket: await secondEngineSocket(folder, 'classic') });
    valueOf(await engine.images.importTar(await makeRootTar(folder), 'hubwright/gone:root', {}, patience()));
  });
  afterAll(async () => {
    await engine?.close();
    await endSecondEngine(folder);
  });

  test('in the middle of a build makes it unreachable, not a fault of the image', async () => {
    const running = Promise.withResolvers<void>();
    const building = engine.build(
      buildRequest('gone', 'FROM hubwright/gone:root\nRUN echo running; sleep 300\n'),
      (event) => event.kind === 'output' && running.resolve(),
      patience(),
    );
    await running.promise;
    const container = valueOf(
      await engine.createContainer(
        { image: 'hubwright/gone:root', cmd: ['/bin/sleep', '300'], env: {}, labels: {}, mounts: [] },
        patience(),
      ),
    );
    valueOf(await engine.startContainer(container, patience()));
    const waiting = engine.waitContainer(container, patience());
    process.kill(Number(await readFile(join(folder, 'dockerd.pid'), 'utf8')), 'SIGKILL');
    expect(errorOf(await building)).toMatchObject({ kind: 'engine', error: { kind: 'unreachable' } });
    expect(errorOf(await waiting).kind).toBe('unreachable');
    expect(errorOf(await engine.info(patience())).kind).toBe('unreachable');
  });
});

describe('an engine whose answers break off', () => {
  const aux = `{"aux":{"Tag":"b","Digest":"sha256:${'0'.repeat(64)}","Size":1}}`;

  test('a push whose stream ends cleanly with a digest and without a newline has succeeded', async () => {
    const result = await answering((_request, response) => response.end(`{"status":"Pushed"}\n${aux}`), push);
    expect(valueOf(result).digest).toBe(`sha256:${'0'.repeat(64)}`);
  });

  test('a push whose connection drops after the digest has failed', async () => {
    const result = await answering((_request, response) => {
      response.write(`${aux}\n`, () => response.destroy());
    }, push);
    expect(errorOf(result).kind).toBe('unreachable');
  });

  test('an error line fails a push though the status was 200 and a digest came', async () => {
    const line = '{"errorDetail":{"message":"blob upload unknown"},"error":"blob upload unknown"}';
    const result = await answering((_request, response) => response.end(`${line}\n${aux}\n`), push);
    expect(errorOf(result)).toEqual({ kind: 'failed', message: 'blob upload unknown' });
  });

  test('a line that is no JSON is an error, not a success', async () => {
    const result = await answering((_request, response) => response.end(`${aux}\n<html>\n`), push);
    expect(errorOf(result).kind).toBe('failed');
  });

  test('a list that breaks off is unreachable, and one that is none is failed', async () => {
    const broken = await answering((_request, response) => {
      response.write('[{"Id":', () => response.destroy());
    }, list);
    expect(errorOf(broken).kind).toBe('unreachable');
    const strange = await answering((_request, response) => response.end('{"Id": 1}'), list);
    expect(errorOf(strange).kind).toBe('failed');
  });

  test('a list during which images vanish is asked for again, and given up where it never comes', async () => {
    const vanished = '{"message":"content digest sha256:0: not found"}';
    let asked = 0;
    const listed = await answering((_request, response) => {
      asked += 1;
      if (asked <= 2) response.writeHead(404).end(vanished);
      else response.end('[]');
    }, list);
    expect([valueOf(listed), asked]).toEqual([[], 3]);
    const never = await answering((_request, response) => response.writeHead(404).end(vanished), list);
    expect(errorOf(never).kind).toBe('not-found');
  });

  test.each([
    [401, 'refused'],
    [403, 'refused'],
    [404, 'not-found'],
    [409, 'conflict'],
    [500, 'failed'],
  ])('status %i is %s, with the engine words', async (status, kind) => {
    const result = await answering(
      (_request, response) => response.writeHead(status).end('{"message":"not found, so it says"}'),
      (engine) => engine.startContainer('x', patience()),
    );
    expect(errorOf(result)).toEqual({ kind, message: 'not found, so it says' });
  });

  test('a session that is refused fails the build as the engine', async () => {
    const result: Result<unknown, BuildFailure> = await answering(
      (_request, response) => response.writeHead(404).end('{"message":"page not found"}'),
      (engine) => engine.build(buildRequest('x', 'FROM scratch\n'), () => undefined, patience()),
    );
    expect(errorOf(result)).toMatchObject({ kind: 'engine', error: { kind: 'not-found' } });
  });
});
