/**
 * Logins from where `docker login` leaves them: config.json and the credential helpers it names.
 * Answers for exactly the host that is asked. Never writes, never logs a secret.
 */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseJson } from './parse-json.ts';
import { DOCKER_HUB } from './reference.ts';
import { dockerConfigSchema, helperAnswerSchema, type DockerConfig } from './schema.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** A refresh token: POSTed to the token server in the place of name and password. */
  readonly identityToken?: string;
}

/** The login for one registry host as in references, or undefined when there is none. */
export type CredentialSource = (host: string) => Promise<Credentials | undefined>;

/** Docker's key for Docker Hub, from the days of its first API. */
const HUB_KEY = 'https://index.docker.io/v1/';
const HUB_NAMES = new Set([DOCKER_HUB, 'index.docker.io', 'registry-1.docker.io']);
const KEPT_MS = 60_000;
const HELPER_TIMEOUT_MS = 15_000;

/** What a helper prints (to stdout, by its convention) when it simply has no login for the host. */
const NOT_FOUND = /credentials not found/i;

/**
 * Reads Docker's logins: `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`; in it
 * `credHelpers[host]`, then `credsStore`, then `auths`. A missing file means no logins. A broken file or helper
 * is told to `onTrouble` and means no login from there. Answers are kept for a minute, for helpers may be slow.
 */
export function dockerCredentials(
  env: NodeJS.ProcessEnv,
  onTrouble: (message: string) => void = () => undefined,
): CredentialSource {
  const kept = new Map<string, { until: number; found: Promise<Credentials | undefined> }>();
  return (host) => {
    const earlier = kept.get(host);
    if (earlier !== undefined && Date.now() < earlier.until) return earlier.found;
    const found = lookUp(host, env, onTrouble);
    kept.set(host, { until: Date.now() + KEPT_MS, found });
    return found;
  };
}

async function lookUp(
  host: string,
  env: NodeJS.ProcessEnv,
  onTrouble: (message: string) => void,
): Promise<Credentials | undefined> {
  const path = join(env['DOCKER_CONFIG'] || join(env['HOME'] || homedir(), '.docker'), 'config.json');
  const config = await readConfig(path, onTrouble);
  const key = HUB_NAMES.has(host) ? HUB_KEY : host;
  const helper = config.credHelpers?.[host] ?? config.credHelpers?.[key];
  if (helper !== undefined) return askHelper(helper, key, env, onTrouble);
  if (config.credsStore !== undefined && config.credsStore !== '') {
    const found = await askHelper(config.credsStore, key, env, onTrouble);
    if (found !== undefined) return found;
  }
  return fromAuths(config, host, () =>
    onTrouble(
      `${path} holds a login for ${host} that cannot be read; \`docker login ${host}\` writes it anew`,
    ),
  );
}

async function readConfig(path: string, onTrouble: (message: string) => void): Promise<DockerConfig> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    if (code !== 'ENOENT' && code !== 'ENOTDIR') onTrouble(`${path} cannot be read (${code})`);
    return {};
  }
  const config = parseJson(dockerConfigSchema, text);
  if (config === undefined) onTrouble(`${path} is not a Docker configuration; its logins are left out`);
  return config ?? {};
}

function fromAuths(config: DockerConfig, host: string, onBroken: () => void): Credentials | undefined {
  const wanted = HUB_NAMES.has(host) ? HUB_NAMES : new Set([host]);
  for (const [key, entry] of Object.entries(config.auths ?? {})) {
    if (!wanted.has(hostOfKey(key))) continue;
    const pair = entry.auth === undefined ? undefined : decodeAuth(entry.auth);
    const username = pair?.username ?? entry.username;
    const password = pair?.password ?? entry.password;
    const identityToken = entry.identitytoken || undefined;
    if (identityToken !== undefined) {
      return { username: username ?? '', password: password ?? '', identityToken };
    }
    if (isUserName(username) && password !== undefined) return { username, password };
    // `docker login` with a store leaves an entry without anything in it.
    if (entry.auth !== undefined && entry.auth !== '') onBroken();
  }
  return undefined;
}

/** Old keys are URLs; the host alone counts, whole and exact. */
function hostOfKey(key: string): string {
  const bare = key.replace(/^https?:\/\//, '');
  const slash = bare.indexOf('/');
  return slash === -1 ? bare : bare.slice(0, slash);
}

function decodeAuth(auth: string): { username: string; password: string } | undefined {
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon === -1) return undefined;
  // Some writers pad with NUL; it never belongs to a password.
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, '') };
}

async function askHelper(
  helper: string,
  key: string,
  env: NodeJS.ProcessEnv,
  onTrouble: (message: string) => void,
): Promise<Credentials | undefined> {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/.test(helper)) {
    onTrouble('the name of a credential helper in config.json is not a program name');
    return undefined;
  }
  const program = `docker-credential-${helper}`;
  // Few runs need a helper, and loading this costs as much as all the rest of this client.
  const { execa } = await import('execa');
  const result = await execa(program, ['get'], {
    input: key,
    env,
    extendEnv: false,
    timeout: HELPER_TIMEOUT_MS,
    maxBuffer: 256 * 1024,
    reject: false,
  });
  if (result.failed) {
    // Its output may hold anything, so it is searched but never shown.
    if (!NOT_FOUND.test(`${result.stdout}${result.stderr}`)) {
      const how = result.timedOut
        ? 'did not answer in time'
        : result.code === 'ENOENT'
          ? 'is not on PATH'
          : `failed (${result.code ?? `exit code ${result.exitCode}`}; \`echo ${key} | ${program} get\` tells why)`;
      onTrouble(`${program} ${how}; going on without a login for ${key}`);
    }
    return undefined;
  }
  const answer = parseJson(helperAnswerSchema, result.stdout);
  if (answer === undefined) {
    onTrouble(`${program} printed something else than a login for ${key}`);
    return undefined;
  }
  if (answer.Username === '<token>') return { username: '', password: '', identityToken: answer.Secret };
  return isUserName(answer.Username) ? { username: answer.Username, password: answer.Secret } : undefined;
}

/** A colon would end the name in a Basic header. */
function isUserName(name: string | undefined): name is string {
  return name !== undefined && name !== '' && !name.includes(':');
}
