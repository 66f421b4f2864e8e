import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exchange } from '../../../src/hub/http-exchange.ts';
import { ProxyEmulator } from '../../../src/smoke/proxy-emulator.ts';

const { signal } = new AbortController();
const token = 'the-token';
let proxy: ProxyEmulator;

beforeAll(async () => {
  const listening = await ProxyEmulator.listen({ address: '127.0.0.1', port: 0, token }, signal);
  if (!listening.ok) throw new Error(listening.error);
  proxy = listening.value;
});

afterAll(() => proxy[Symbol.asyncDispose]());

async function ask(method: string, path: string, body?: string, authorization = `token ${token}`) {
  const answered = await exchange(
    {
      method,
      host: '127.0.0.1',
      port: proxy.port,
      path,
      headers: { authorization },
      ...(body === undefined ? {} : { body }),
    },
    signal,
  );
  if (!answered.ok) throw new Error(answered.error.message);
  return [answered.value.status, answered.value.body] as const;
}

describe('the emulated proxy', () => {
  it('keeps, lists and forgets routes', async () => {
    const target = JSON.stringify({ target: 'http://hub:8081' });
    expect(await ask('POST', '/api/routes/', target)).toEqual([201, '']);
    expect(await ask('GET', '/api/routes')).toEqual([200, `{"/":${target}}`]);
    expect(proxy.routes).toEqual(['/']);
    expect((await ask('DELETE', '/api/routes/'))[0]).toBe(204);
    expect((await ask('DELETE', '/api/routes/'))[0]).toBe(404);
  });

  it('refuses who does not know the token', async () => {
    expect((await ask('GET', '/api/routes', undefined, 'token guessed'))[0]).toBe(403);
  });

  it('refuses a route that is no JSON', async () => {
    expect((await ask('POST', '/api/routes/x', '{'))[0]).toBe(400);
  });
});
