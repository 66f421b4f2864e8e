/**
 * Logins for Google's registries where Docker knows none: the service account's key file that the environment names,
 * else the account of the machine itself, as its metadata server lends it. Asks for no other host.
 * Follows Artifact Registry's documented user names `_json_key` and `oauth2accesstoken`.
 */
import { readFile } from 'node:fs/promises';
import type { Credentials, CredentialSource } from './credentials.ts';
import { parseJson } from './parse-json.ts';
import { serviceAccountSchema, tokenSchema } from './schema.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const METADATA_HOST = 'metadata.google.internal';
const TOKEN_PATH = '/computeMetadata/v1/instance/service-accounts/default/token';
/** The server is on the machine's own network: what does not answer soon is not there. */
const METADATA_TIMEOUT_MS = 3000;
/** A busy machine may have missed its answer. */
const ABSENCE_KEPT_MS = 60_000;
const RENEWAL_MARGIN_MS = 60_000;

/** Whether the host is one of Artifact Registry's, those that took over Container Registry's names included. */
export function isGoogleRegistry(host: string): boolean {
  return /^(?:(?:[a-z]+\.)?gcr\.io|[a-z0-9-]+-docker\.pkg\.dev)$/.test(host);
}

/**
 * What to know of a name of Container Registry, which ended in March 2025, when it is refused or not there;
 * undefined for every other host.
 */
export function oldNameRemark(host: string): string | undefined {
  if (!/^(?:(?:us|eu|asia)\.)?gcr\.io$/.test(host)) return undefined;
  return `Artifact Registry serves ${host} now: its repository \`${host}\` has to exist in the project`;
}

/** The same source, and for Google's registries, where it knows no login, what this machine or its environment has. */
export function withGoogleCredentials(
  source: CredentialSource,
  env: Environment,
  onTrouble: (message: string) => void = () => undefined,
): CredentialSource {
  const metadata = new MetadataServer(env['GCE_METADATA_HOST'] || METADATA_HOST);
  return async (host) => {
    const known = await source(host);
    if (known !== undefined || !isGoogleRegistry(host)) return known;
    return (await fromKeyFile(env['GOOGLE_APPLICATION_CREDENTIALS'], onTrouble)) ?? (await metadata.token());
  };
}

/** Other kinds of credentials may stand in that file; only a service account's key is a login of itself. */
async function fromKeyFile(
  path: string | undefined,
  onTrouble: (message: string) => void,
): Promise<Credentials | undefined> {
  if (path === undefined || path === '') return undefined;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    onTrouble('the file that GOOGLE_APPLICATION_CREDENTIALS names cannot be read');
    return undefined;
  }
  return parseJson(serviceAccountSchema, text) === undefined
    ? undefined
    : { username: '_json_key', password: text };
}

class MetadataServer {
  readonly #host: string;
  #kept: { readonly until: number; readonly token: Credentials | undefined } | undefined;

  constructor(host: string) {
    this.#host = host;
  }

  /** The account's token until shortly before it ends; that there is no server is remembered for a minute. */
  async token(): Promise<Credentials | undefined> {
    if (this.#kept !== undefined && Date.now() < this.#kept.until) return this.#kept.token;
    const answer = await this.#ask();
    const token =
      answer?.access_token === undefined
        ? undefined
        : { username: 'oauth2accesstoken', password: answer.access_token };
    const keptMs =
      token === undefined ? ABSENCE_KEPT_MS : (answer?.expires_in ?? 0) * 1000 - RENEWAL_MARGIN_MS;
    this.#kept = { until: Date.now() + keptMs, token };
    return token;
  }

  async #ask(): Promise<{ access_token?: string | undefined; expires_in?: number | undefined } | undefined> {
    try {
      const response = await fetch(`http://${this.#host}${TOKEN_PATH}`, {
        headers: { 'metadata-flavor': 'Google' },
        redirect: 'error',
        signal: AbortSignal.timeout(METADATA_TIMEOUT_MS),
      });
      // Whoever else answers at that name does not say this.
      if (!response.ok || response.headers.get('metadata-flavor') !== 'Google') return undefined;
      return parseJson(tokenSchema, await response.text());
    } catch {
      return undefined;
    }
  }
}
