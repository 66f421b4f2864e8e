import { expect, test } from 'vitest';
import { parseHubUrl, serverStateOf } from '../../../src/hub/hub-api.ts';

test.each([
  ['https://hub.example.org', true, 'hub.example.org', 443, '/'],
  ['https://hub.example.org/hub/home', true, 'hub.example.org', 443, '/'],
  ['http://10.0.0.1:8000/jupyter/', false, '10.0.0.1', 8000, '/jupyter/'],
  ['https://example.org:8443/jupyter/hub', true, 'example.org', 8443, '/jupyter/'],
  ['http://[fd00::1]:8000', false, 'fd00::1', 8000, '/'],
])('%s', (url, secure, host, port, basePath) => {
  expect(parseHubUrl(url, 't')).toEqual({ secure, host, port, basePath, token: 't' });
});

test.each(['hub.example.org', 'ftp://example.org', ''])('%j is no address of a hub', (url) => {
  expect(parseHubUrl(url, 't')).toBeUndefined();
});

function stateOf(model: unknown) {
  const hub = { secure: true, host: 'h', port: 443, basePath: '/', token: 't' };
  const answer = { status: 200, headers: {}, body: JSON.stringify(model), truncated: false, durationMs: 1 };
  return serverStateOf(hub, answer);
}

test('a user’s default server is absent, pending or ready; named servers are others’', () => {
  expect(stateOf({ servers: {} })).toEqual({ kind: 'none' });
  expect(stateOf({ servers: { other: { ready: true, url: '/user/a/other/' } } })).toEqual({ kind: 'none' });
  expect(stateOf({ servers: { '': { ready: false, pending: 'spawn', url: '/user/a/' } } })).toEqual({
    kind: 'pending',
    what: 'spawn',
  });
  expect(stateOf({ servers: { '': { ready: true, url: '/user/a/' } } })).toEqual({
    kind: 'ready',
    server: { secure: true, host: 'h', port: 443, servicePrefix: '/user/a/', token: 't' },
  });
  expect(stateOf('nonsense')).toEqual({ kind: 'none' });
});
