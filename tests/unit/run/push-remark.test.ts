import { expect, test } from 'vitest';
import { pushRemark } from '../../../src/run/push-remark.ts';

test.each([
  [
    'hub.example:5000',
    'Get "https://hub.example:5000/v2/": http: server gave HTTP response to HTTPS client',
    'name `hub.example:5000` among its `insecure-registries`',
  ],
  [
    'hub.example',
    'Get "https://hub.example/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    '/etc/docker/certs.d/hub.example/ca.crt',
  ],
  [
    'hub.example',
    'received unexpected HTTP status: 500 Internal Server Error',
    'the registry failed by itself: its own log tells why; its disk may be full',
  ],
  ['eu.gcr.io', 'denied', 'its repository `eu.gcr.io` has to exist in the project'],
])('of %s the engine says more than it seems', (host, said, remark) => {
  expect(pushRemark(host, said)).toContain(remark);
});

test('other words stand for themselves', () => {
  expect(pushRemark('hub.example', 'denied: requested access to the resource is denied')).toBeUndefined();
});
