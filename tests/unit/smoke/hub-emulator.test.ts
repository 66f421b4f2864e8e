import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HubEmulator } from '../../../src/smoke/hub-emulator.ts';
import type { EmulatedUser } from '../../../src/smoke/hub-emulator.ts';
import { exchange } from '../../../src/hub/http-exchange.ts';
import type { HttpAnswer } from '../../../src/hub/http-exchange.ts';
import { openWebSocket } from '../../../src/smoke/websocket.ts';

const { signal } = new AbortController();
const user: EmulatedUser = {
  name: 'ada',
  serverToken: 'server-token',
  userToken: 'user-token',
  clientId: 'jupyterhub-user-ada',
  callbackPath: '/user/ada/oauth_callback',
};
let hub: HubEmulator;

beforeEach(async () => {
  const listening = await HubEmulator.listen({ address: '127.0.0.1', port: 0, user }, signal);
  if (!listening.ok) throw new Error(listening.error);
  hub = listening.value;
});

afterEach(() => hub[Symbol.asyncDispose]());

async function ask(
  method: string,
  path: string,
  options: { readonly token?: string; readonly form?: Record<string, string> } = {},
): Promise<HttpAnswer> {
  const answered = await exchange(
    {
      method,
      host: '127.0.0.1',
      port: hub.port,
      path,
      headers: options.token === undefined ? {} : { authorization: `token ${options.token}` },
      ...(options.form === undefined ? {} : { body: new URLSearchParams(options.form).toString() }),
    },
    signal,
  );
  if (!answered.ok) throw new Error(answered.error.message);
  return answered.value;
}

function authorizePath(more: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    client_id: user.clientId,
    redirect_uri: user.callbackPath,
    response_type: 'code',
    state: 'the state',
    ...more,
  });
  return `/hub/api/oauth2/authorize?${query.toString()}`;
}

/** Goes through the first half of a login; answers the query that the browser would carry back. */
async function authorize(more: Record<string, string> = {}): Promise<URLSearchParams> {
  const answer = await ask('GET', authorizePath(more));
  expect(answer.status).toBe(302);
  return new URL(answer.headers.location ?? '', 'http://hub').searchParams;
}

function tokenForm(code: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    client_id: user.clientId,
    client_secret: user.serverToken,
    grant_type: 'authorization_code',
    code,
    redirect_uri: user.callbackPath,
    ...more,
  };
}

describe('the emulated hub', () => {
  it('tells its version to everybody, and in every answer’s header', async () => {
    const root = await ask('GET', '/hub/api');
    expect([root.status, JSON.parse(root.body)]).toEqual([200, { version: '5.5.0' }]);
    const missing = await ask('GET', '/hub/api/nothing');
    expect([missing.status, missing.headers['x-jupyterhub-version']]).toEqual([404, '5.5.0']);
  });

  it('says whose token it is, and refuses tokens that it does not know', async () => {
    const known = await ask('GET', '/hub/api/user', { token: user.userToken });
    expect(JSON.parse(known.body)).toMatchObject({
      name: 'ada',
      scopes: expect.arrayContaining(['access:servers!server=ada/']),
    });
    expect((await ask('GET', '/hub/api/user', { token: 'stolen' })).status).toBe(403);
    expect((await ask('GET', '/hub/api/user')).status).toBe(403);
  });

  it('does not let the server’s own token open the server', async () => {
    const own = await ask('GET', '/hub/api/user', { token: user.serverToken });
    expect(own.status).toBe(200);
    expect(own.body).not.toContain('access:servers');
  });

  it('takes activity from the server alone', async () => {
    const path = '/hub/api/users/ada/activity';
    expect((await ask('POST', path, { token: user.serverToken })).status).toBe(200);
    expect((await ask('POST', path, { token: user.userToken })).status).toBe(403);
  });

  it('leads a browser through a login with its state, and gives a token that opens the server', async () => {
    const back = await authorize();
    expect(back.get('state')).toBe('the state');
    const given = await ask('POST', '/hub/api/oauth2/token', { form: tokenForm(back.get('code') ?? '') });
    const { access_token: token } = JSON.parse(given.body) as { access_token: string };
    const who = await ask('GET', '/hub/api/user', { token });
    expect(who.body).toContain('access:servers!server=ada/');
  });

  it.each([
    ['another client', { client_id: 'somebody-else' }],
    ['another callback', { redirect_uri: 'http://elsewhere.test/steal' }],
    ['another kind of answer', { response_type: 'token' }],
  ])('refuses to authorize %s', async (_, more) => {
    expect((await ask('GET', authorizePath(more))).status).toBe(400);
  });

  it('takes a code once only', async () => {
    const code = (await authorize()).get('code') ?? '';
    expect((await ask('POST', '/hub/api/oauth2/token', { form: tokenForm(code) })).status).toBe(200);
    expect((await ask('POST', '/hub/api/oauth2/token', { form: tokenForm(code) })).status).toBe(400);
  });

  it('gives no token for a wrong secret', async () => {
    const code = (await authorize()).get('code') ?? '';
    const form = tokenForm(code, { client_secret: 'guessed' });
    expect((await ask('POST', '/hub/api/oauth2/token', { form })).status).toBe(401);
  });

  it('holds a client that sends a PKCE challenge to it', async () => {
    const verifier = 'a'.repeat(43);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const pkce = { code_challenge: challenge, code_challenge_method: 'S256' };
    const first = (await authorize(pkce)).get('code') ?? '';
    const second = (await authorize(pkce)).get('code') ?? '';
    const third = (await authorize(pkce)).get('code') ?? '';
    const statuses = await Promise.all(
      [
        tokenForm(first, { code_verifier: verifier }),
        tokenForm(second, { code_verifier: 'b'.repeat(43) }),
        tokenForm(third),
      ].map(async (form) => (await ask('POST', '/hub/api/oauth2/token', { form })).status),
    );
    expect(statuses).toEqual([200, 400, 400]);
  });

  it('writes down what was asked and by whom, without the tokens', async () => {
    await ask('GET', '/hub/api/user?x=1', { token: user.userToken });
    await ask('GET', '/hub/api/user', { token: 'stolen' });
    expect(hub.requests).toMatchObject([
      { method: 'GET', path: '/hub/api/user', token: 'user', status: 200 },
      { method: 'GET', path: '/hub/api/user', token: 'unknown', status: 403 },
    ]);
    expect(JSON.stringify(hub.requests)).not.toContain('user-token');
  });

  it('does not read a body without end', async () => {
    const answered = await exchange(
      {
        method: 'POST',
        host: '127.0.0.1',
        port: hub.port,
        path: '/hub/api/oauth2/token',
        body: 'x'.repeat(200_000),
      },
      signal,
    );
    expect(answered.ok ? answered.value.status : answered.error.kind).toBeOneOf([400, 'garbled']);
  });

  it('tells why it cannot listen', async () => {
    const taken = await HubEmulator.listen({ address: '127.0.0.1', port: hub.port, user }, signal);
    expect(taken).toMatchObject({ ok: false, error: expect.stringContaining('EADDRINUSE') });
    const foreign = await HubEmulator.listen({ address: '203.0.113.1', port: 0, user }, signal);
    expect(foreign).toMatchObject({ ok: false, error: expect.stringContaining('EADDRNOTAVAIL') });
  });
});

it('shakes hands with a websocket, so that a proxy can be seen to hand it on', async () => {
  const target = { host: '127.0.0.1', port: hub.port, path: '/user/ada/api/kernels/x/channels' };
  const shaken = await openWebSocket(target, signal);
  expect(shaken).toMatchObject({ ok: true, value: { kind: 'open' } });
});
