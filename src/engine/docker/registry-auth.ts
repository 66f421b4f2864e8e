/**
 * How an engine is given a registry's credentials for one pull or push. Which registry host a
 * reference belongs to is asked here; where credentials come from is the caller's CredentialSource.
 */
import type { CredentialSource } from '../engine.ts';

/** The name under which Docker Hub's credentials are asked for, whatever alias was used. */
const dockerHub = 'docker.io';
const dockerHubAliases: ReadonlySet<string> = new Set(['index.docker.io', 'registry-1.docker.io']);

/** The host of a reference's registry: Docker Hub when the first part does not look like a host. */
function registryHostOf(reference: string): string {
  const slash = reference.indexOf('/');
  const first = slash === -1 ? '' : reference.slice(0, slash);
  return /[.:]/.test(first) || first === 'localhost' ? canonicalHost(first) : dockerHub;
}

/** One name for all of Docker Hub's. */
export function canonicalHost(host: string): string {
  return dockerHubAliases.has(host) ? dockerHub : host;
}

/** The header for one reference; it is always sent, since older engines refuse a push without. */
export async function registryAuthHeader(
  reference: string,
  credentials: CredentialSource,
): Promise<Readonly<Record<string, string>>> {
  const host = registryHostOf(reference);
  const found = await credentials(host);
  const auth =
    found === undefined
      ? {}
      : found.identityToken === undefined
        ? { username: found.username, password: found.password, serveraddress: host }
        : { identitytoken: found.identityToken, serveraddress: host };
  return { 'X-Registry-Auth': paddedBase64Url(JSON.stringify(auth)) };
}

/** Go's `base64.URLEncoding`: the engine takes a header without padding for one without credentials. */
function paddedBase64Url(text: string): string {
  return Buffer.from(text).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
