/**
 * Which engine is meant, decided as Docker's command line does: DOCKER_HOST, else the context that DOCKER_CONTEXT or
 * `docker context use` names, else the usual socket. Reads Docker's own files, and opens no connection.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { parseJson } from '../../registry/parse-json.ts';
import { fields, maybe, text, truth, type Shape } from '../core/shape.ts';

export type EngineAddress = KnownAddress | LostContext;

interface KnownAddress {
  readonly kind: 'known';
  /** `unix://…`, `tcp://…` or a socket's path; whether it makes sense is for whoever opens it to tell. */
  readonly address: string;
  /** Undefined for Docker's usual socket: nobody has chosen that. */
  readonly chosenBy?: EngineChoice;
  /** What a context says of TLS; DOCKER_TLS_VERIFY and DOCKER_CERT_PATH say it of a host. */
  readonly tls?: ContextTls;
}

/** A context that was chosen and is not there: where the engine is, nobody knows. */
interface LostContext {
  readonly kind: 'lost';
  readonly chosenBy: EngineChoice;
  /** A sentence. */
  readonly trouble: string;
}

export interface ContextTls {
  /** The folder of a context's own certificates: `ca.pem`, `cert.pem`, `key.pem`, as far as it has them. */
  readonly certificates?: string;
  /** False where the context takes whatever certificate the engine shows (`--docker skip-tls-verify=true`). */
  readonly verify: boolean;
}

/** For people: what names an engine, and how that is taken back. */
export interface EngineChoice {
  readonly name: string;
  readonly undo: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What we read of `~/.docker/config.json`, and of `contexts/meta/ID/meta.json`. */
const dockerConfiguration = fields({ currentContext: maybe(text) });
const dockerContext = fields({
  Endpoints: fields({ docker: fields({ Host: text, SkipTLSVerify: maybe(truth) }) }),
});

const usualSocket = '/var/run/docker.sock';

/** The engine of this environment. */
export function findEngine(env: Environment): EngineAddress {
  const host = env['DOCKER_HOST'];
  if (host)
    return { kind: 'known', address: host, chosenBy: { name: '`DOCKER_HOST`', undo: 'unset `DOCKER_HOST`' } };
  const folder = env['DOCKER_CONFIG'] || path.join(env['HOME'] || homedir(), '.docker');
  const variable = env['DOCKER_CONTEXT'];
  const context = variable || readAs(dockerConfiguration, path.join(folder, 'config.json'))?.currentContext;
  if (!context || context === 'default') return { kind: 'known', address: usualSocket };
  const undo = variable ? 'unset `DOCKER_CONTEXT`' : 'run `docker context use default`';
  return engineOfContext(path.join(folder, 'contexts'), context, undo);
}

/** Contexts lie in folders that are called by their names' SHA-256 (docker/cli, cli/context/store). */
function engineOfContext(folder: string, context: string, undo: string): EngineAddress {
  const id = createHash('sha256').update(context).digest('hex');
  const found = readAs(dockerContext, path.join(folder, 'meta', id, 'meta.json'));
  const chosenBy = { name: `Docker's context \`${context}\``, undo };
  if (found === undefined || found.Endpoints.docker.Host === '') {
    const trouble = `${chosenBy.name}, which should say where the engine is, is not there; \`docker context ls\` lists them`;
    return { kind: 'lost', chosenBy, trouble };
  }
  const { Host: address, SkipTLSVerify: skipsVerification = false } = found.Endpoints.docker;
  const certificates = path.join(folder, 'tls', id, 'docker');
  const own = existsSync(certificates) ? { certificates } : {};
  if (own.certificates === undefined && !skipsVerification) return { kind: 'known', address, chosenBy };
  return { kind: 'known', address, chosenBy, tls: { ...own, verify: !skipsVerification } };
}

/** What cannot be read says nothing here: of Docker's configuration the reader of its logins tells. */
function readAs<T>(schema: Shape<T>, file: string): T | undefined {
  let written: string;
  try {
    written = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  return parseJson(schema, written);
}

/** The path of the socket that an address is; undefined for one that leads to some machine over a network. */
export function socketPath(address: string): string | undefined {
  const at = address.startsWith('unix://') ? address.slice('unix://'.length) : address;
  return at.startsWith('/') ? at : undefined;
}

/**
 * What a program that asks the same engine has to find in its environment. Docker's library verifies where
 * DOCKER_TLS_VERIFY is set, and speaks TLS only where there are certificates: no variable says what a context without
 * any says that skips the verification.
 */
export function engineVariables(engine: EngineAddress): Record<string, string> {
  if (engine.kind === 'lost' || engine.chosenBy === undefined) return {};
  const { address, tls } = engine;
  if (tls?.certificates === undefined) return { DOCKER_HOST: address };
  return {
    DOCKER_HOST: address,
    DOCKER_CERT_PATH: tls.certificates,
    ...(tls.verify ? { DOCKER_TLS_VERIFY: '1' } : {}),
  };
}
