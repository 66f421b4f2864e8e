/** What to know of a registry's refusal that comes as the engine's text: the engine has settings of its own. Pure. */
import { oldNameRemark } from '../../registry/google.ts';
import { registryOwnFailure } from './network-trouble.ts';

const remarks: readonly (readonly [RegExp, (host: string) => string])[] = [
  [
    /server gave HTTP response to HTTPS client/,
    (host) => `the engine expects TLS of it: name \`${host}\` among its \`insecure-registries\``,
  ],
  [
    /certificate signed by unknown authority|failed to verify certificate/,
    (host) => `the engine knows its authority by /etc/docker/certs.d/${host}/ca.crt`,
  ],
  [registryOwnFailure, () => 'the registry failed by itself: its own log tells why; its disk may be full'],
];

/** A remark on what the engine said of this registry; undefined where there is none. */
export function pushRemark(host: string, said: string): string | undefined {
  const remark = remarks.find(([words]) => words.test(said));
  return remark === undefined ? oldNameRemark(host) : remark[1](host);
}
