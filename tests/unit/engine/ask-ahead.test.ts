import { createServer } from 'node:http';
import path from 'node:path';
import { expect, test } from 'vitest';
import { askAhead } from '../../../src/engine/ask-ahead.ts';
import { connectDocker } from '../../../src/engine/docker/docker-engine.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

test('the first questions are under way at once, and every later one is asked anew', async () => {
  await using folder = await temporaryFolder();
  const socket = path.join(folder.path, 'docker.sock');
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(decodeURIComponent(request.url ?? ''));
    const info = { ServerVersion: `${asked.length}`, Architecture: 'aarch64', NCPU: 2, MemTotal: 1 };
    response.end(JSON.stringify(request.url === '/info' ? info : []));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const { signal } = new AbortController();
  const connected = connectDocker({ socket });
  const engine = askAhead(connected, signal);
  await expect.poll(() => asked.toSorted()).toEqual(['/images/json?filters={}', '/info']);

  expect(await engine.info(signal)).toMatchObject({ ok: true, value: { architecture: 'arm64' } });
  expect(await engine.images.list({ label: 'some' }, signal)).toEqual({ ok: true, value: [] });
  expect(await engine.images.list({}, signal)).toEqual({ ok: true, value: [] });
  expect(asked).toHaveLength(3);

  await engine.info(signal);
  await engine.images.list({}, signal);
  expect(asked.slice(3)).toEqual(['/info', '/images/json?filters={}']);
  await connected.close();
  server.close();
});
