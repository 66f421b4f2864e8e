/**
 * The servers that run on a hub, and how one is stopped: JupyterHub's REST API. Which of them ought to be stopped is
 * choose-servers.ts's matter.
 */
import { environmentError, type Diagnostic } from '../../core/diagnostic.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { askHub, type HubAddress } from '../../hub/hub-api.ts';
import type { HttpAnswer, HttpTrouble } from '../../hub/http-exchange.ts';
import { field, jsonOf, textField } from '../../hub/jupyter-api.ts';

/** A user's server that the hub has started. */
export interface RunningServer {
  readonly user: string;
  /** Empty for the default server. */
  readonly name: string;
  readonly ready: boolean;
  /** Milliseconds since 1970; undefined where the hub does not say. */
  readonly started: number | undefined;
  readonly lastActivity: number | undefined;
}

/** Why the hub's answer is of no use: cancelled, or something to tell. */
export type HubTrouble = 'cancelled' | Diagnostic;

/** Users a page; the hub's own limit is 200 unless its administrator says otherwise. */
const pageSize = 200;
const maxPageBytes = 32 * 1024 * 1024;

/** All servers of all users, page by page. */
export async function listServers(
  hub: HubAddress,
  signal: AbortSignal,
): Promise<Result<readonly RunningServer[], HubTrouble>> {
  const servers: RunningServer[] = [];
  for (let offset = 0; ;) {
    const answered = await askHub(
      hub,
      {
        method: 'GET',
        api: `users?state=active&offset=${offset}&limit=${pageSize}`,
        maxBytes: maxPageBytes,
        accept: 'application/jupyterhub-pagination+json',
      },
      signal,
    );
    if (!answered.ok) return err(unanswered(answered.error));
    const { status } = answered.value;
    if (status === 401 || status === 403) return err(forbidden('list:users` and `read:servers'));
    const page = jsonOf(answered.value);
    // Hubs before 2.0 know no pages and send a list of all.
    const users = Array.isArray(page) ? (page as readonly unknown[]) : field(page, 'items');
    if (status !== 200 || !Array.isArray(users)) return err(odd('list its users', answered.value));
    servers.push(...users.flatMap(serversOf));
    const next = field(field(field(page, '_pagination'), 'next'), 'offset');
    if (typeof next !== 'number' || next <= offset) return ok(servers);
    offset = next;
  }
}

function serversOf(user: unknown): readonly RunningServer[] {
  const name = textField(user, 'name');
  const servers = field(user, 'servers');
  if (name === undefined || typeof servers !== 'object' || servers === null) return [];
  return Object.entries(servers).flatMap(([key, server]: [string, unknown]) =>
    field(server, 'stopped') === true
      ? []
      : {
          user: name,
          name: key,
          ready: field(server, 'ready') === true,
          started: timeOf(server, 'started'),
          lastActivity: timeOf(server, 'last_activity'),
        },
  );
}

function timeOf(server: unknown, key: string): number | undefined {
  const time = Date.parse(textField(server, key) ?? '');
  return Number.isNaN(time) ? undefined : time;
}

/** Asks the hub to stop a server. One that is gone already is stopped. */
export async function stopServer(
  hub: HubAddress,
  { user, name }: RunningServer,
  signal: AbortSignal,
): Promise<Result<'stopped' | 'stopping', HubTrouble>> {
  const owner = `users/${encodeURIComponent(user)}`;
  const api = name === '' ? `${owner}/server` : `${owner}/servers/${encodeURIComponent(name)}`;
  const answered = await askHub(hub, { method: 'DELETE', api, timeoutMs: 60_000 }, signal);
  if (!answered.ok) return err(unanswered(answered.error));
  switch (answered.value.status) {
    case 202:
      return ok('stopping');
    case 204:
    case 404:
      return ok('stopped');
    case 401:
    case 403:
      return err(forbidden('delete:servers'));
    default:
      return err(odd(`stop the server of \`${user}\``, answered.value));
  }
}

function unanswered({ kind, message }: HttpTrouble): HubTrouble {
  if (kind === 'cancelled') return 'cancelled';
  return environmentError(
    'hub-unreachable',
    `the hub does not answer: ${message}`,
    'a certificate of a site’s own is trusted by `NODE_EXTRA_CA_CERTS=FILE`',
  );
}

function forbidden(scopes: string): Diagnostic {
  return environmentError(
    'hub-forbids',
    `the hub does not allow this to the token’s owner: it needs \`${scopes}\``,
    'give the service a role with the scopes `list:users`, `read:servers` and `delete:servers` (`hub.loadRoles` in the chart’s values)',
  );
}

function odd(what: string, { status, body }: HttpAnswer): Diagnostic {
  // What is no JSON is a page of a proxy's: its status says as much.
  const said = textField(jsonOf({ body }), 'message') ?? '';
  return {
    category: 'environment',
    severity: 'error',
    code: 'hub-refuses',
    message: `the hub did not ${what}: HTTP ${status}${said === '' ? '' : `, ${said}`}`,
    help:
      status >= 500
        ? 'the hub, or the proxy before it, is not well: look at its log, then call this again'
        : 'is `--hub` where users come in, and is it JupyterHub 2 or later?',
  };
}
