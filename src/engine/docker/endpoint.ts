/**
 * Where an engine is and how it is spoken to: a socket of this machine, plain TCP, or TLS with the client's
 * certificate as Docker's own command line takes them (DOCKER_TLS_VERIFY, DOCKER_CERT_PATH, a context's own).
 */
import { existsSync, readFileSync } from 'node:fs';
import type { Agent, ClientRequest, RequestOptions } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { socketPath, type ContextTls, type EngineAddress } from '../engine-address.ts';
import { NoAddress } from './errors.ts';

// As a module of its own kind, node:http would load Node's whole fetch at every start (11 ms), for exports that we
// do not use.
const http = process.getBuiltinModule('node:http');

export interface Endpoint {
  readonly where: { readonly socketPath: string } | { readonly host: string; readonly port: string };
  readonly agent: Agent;
  readonly send: (options: RequestOptions) => ClientRequest;
}

const spoken: ReadonlySet<string> = new Set(['tcp:', 'http:', 'https:']);
const plainPort = '2375';
const tlsPort = '2376';

/** Opens no connection. Throws NoAddress for what is no address, and Node's error for certificates that can't be read. */
export function openEndpoint(engine: EngineAddress): Endpoint {
  if (engine.kind === 'lost') throw new NoAddress(engine.trouble);
  const { address, tls: ofContext } = engine;
  const socket = socketPath(address);
  if (socket !== undefined) {
    return { where: { socketPath: socket }, agent: new http.Agent({ keepAlive: true }), send: http.request };
  }
  const url = URL.parse(address.includes('://') ? address : `tcp://${address}`);
  if (url === null || url.hostname === '')
    throw new NoAddress(`\`${address}\` is not the address of an engine`);
  if (!spoken.has(url.protocol)) {
    const way =
      url.protocol === 'ssh:'
        ? '; `ssh -NL /tmp/engine.sock:/var/run/docker.sock HOST` brings its socket here: `unix:///tmp/engine.sock`'
        : '';
    throw new NoAddress(`engines are asked by \`unix://\` or \`tcp://\`, not by \`${url.protocol}//\`${way}`);
  }
  const asked = (process.env['DOCKER_TLS_VERIFY'] ?? '') !== '' || url.port === tlsPort;
  const tls = asked || ofContext !== undefined;
  const where = { host: url.hostname, port: url.port || (tls ? tlsPort : plainPort) };
  if (!tls) return { where, agent: new http.Agent({ keepAlive: true }), send: http.request };
  const https = process.getBuiltinModule('node:https');
  const security = {
    ...readCertificates(ofContext),
    ...(ofContext?.verify === false ? { rejectUnauthorized: false } : {}),
  };
  return {
    where,
    agent: new https.Agent({ keepAlive: true }),
    // Not the agent's: connections that change their protocol do without it.
    send: (options) => https.request({ ...security, ...options }),
  };
}

interface Certificates {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** A context has those that it was given, or none; DOCKER_CERT_PATH has all three. */
function readCertificates(ofContext: ContextTls | undefined): Certificates {
  if (ofContext !== undefined && ofContext.certificates === undefined) return {};
  const folder = ofContext?.certificates ?? process.env['DOCKER_CERT_PATH'] ?? join(homedir(), '.docker');
  const read = (name: 'ca' | 'cert' | 'key'): Certificates => {
    const file = join(folder, `${name}.pem`);
    return ofContext !== undefined && !existsSync(file) ? {} : { [name]: readFileSync(file) };
  };
  return { ...read('ca'), ...read('cert'), ...read('key') };
}
