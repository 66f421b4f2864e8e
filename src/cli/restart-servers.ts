/** `build restart-servers`: stops users' servers that run an older image, so that their next start has the release's. */
import path from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { err, ok, type Result } from '../core/result.ts';
import { parseHubUrl, type HubAddress } from '../hub/hub-api.ts';
import { nameOf, renderServers } from '../report/restart-servers.ts';
import { chooseServers, type DecidedServer } from '../ship/restart/choose-servers.ts';
import { listServers, stopServer, type HubTrouble } from '../ship/restart/running-servers.ts';
import { askFirst } from './ask-first.ts';
import { screenOf, type CliContext } from './context.ts';
import { openRelease } from './open-release.ts';
import { findRepository } from './repository.ts';
import { readToken } from './read-token.ts';
import { tell, usage } from './tell.ts';

export interface RestartOptions {
  readonly hub: string;
  readonly tokenFile: string;
  /** Milliseconds. */
  readonly idle: number;
  readonly all: boolean;
  readonly before?: string;
  readonly namespace?: string;
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly json: boolean;
  readonly directory?: string;
  readonly release?: string;
}

/** Shows which servers would be stopped, asks, and stops them. */
export async function restartServersCommand(context: CliContext, options: RestartOptions): Promise<ExitCode> {
  const address = await addressOf(context, options);
  if (!address.ok) return await tell(context, [address.error]);
  const chosen = await choose(context, options, address.value);
  if (!chosen.ok) return await tellHub(context, chosen.error);
  const screen = screenOf(context.stdout, context.env);
  if (!options.json) screen.write(renderServers(chosen.value, screen));
  const toStop = chosen.value.filter(({ decision }) => decision.kind === 'stop');
  if (!options.dryRun && toStop.length > 0) {
    if (!options.yes) {
      const answer = await askFirst(context, 'Stop them? Unsaved work of theirs is lost. [y/N] ', 'no');
      if (answer === 'nobody') {
        return await tell(context, [
          usage('nobody can be asked here', '`--yes` stops them, `--dry-run` shows them'),
        ]);
      }
      if (answer === 'no') return exitCode.ok;
    }
    const trouble = await stopAll(context, address.value, toStop);
    if (trouble !== undefined) return await tellHub(context, trouble);
  }
  if (options.json) context.stdout.write(`${JSON.stringify(documentOf(chosen.value, options), null, 2)}\n`);
  else if (!options.dryRun && toStop.length > 0) screen.write('stopped\n');
  return exitCode.ok;
}

async function addressOf(
  context: CliContext,
  { hub: url, tokenFile }: RestartOptions,
): Promise<Result<HubAddress, Diagnostic>> {
  const token = await readToken(context, tokenFile);
  if (!token.ok) return token;
  const hub = parseHubUrl(url, token.value);
  const help = 'where users come in: `https://hub.example.org`';
  return hub === undefined ? err(usage(`\`${url}\` is not the address of a hub`, help)) : ok(hub);
}

async function choose(
  context: CliContext,
  options: RestartOptions,
  hub: HubAddress,
): Promise<Result<readonly DecidedServer[], HubTrouble>> {
  const directory = findRepository(options.directory, context.cwd);
  const opened = await openRelease(context, directory, { named: options.release });
  if (!opened.ok) return err(opened.error[0] ?? usage('there is no release', 'publish the family first'));
  const release = opened.value;
  const before = Date.parse(options.before ?? release.created);
  if (Number.isNaN(before)) {
    return err(usage(`\`${options.before}\` is no time`, 'as in `--before 2026-11-26T06:00:00Z`'));
  }
  const listed = await listServers(hub, context.signal);
  if (!listed.ok) return listed;
  const images = await podImages(context, options);
  if (!images.ok) return images;
  const idleMs = options.all ? undefined : options.idle;
  return ok(chooseServers(listed.value, { release, now: Date.now(), idleMs, images: images.value, before }));
}

async function podImages(
  context: CliContext,
  { namespace, context: cluster, kubeconfig }: RestartOptions,
): Promise<Result<ReadonlyMap<string, readonly string[]> | undefined, Diagnostic>> {
  if (namespace === undefined) return ok(undefined);
  const { imagesOfPods } = await import('../ship/restart/user-pods.ts');
  const file = kubeconfig === undefined ? undefined : path.resolve(context.cwd, kubeconfig);
  return await imagesOfPods({ namespace, context: cluster, kubeconfig: file }, context.signal);
}

/** A few at once: a hub stops a server in seconds, and has others to serve. */
const atOnce = 5;

async function stopAll(
  context: CliContext,
  hub: HubAddress,
  servers: readonly DecidedServer[],
): Promise<HubTrouble | undefined> {
  const { default: pLimit } = await import('p-limit');
  const limit = pLimit(atOnce);
  const progress = screenOf(context.stderr, context.env);
  const troubles = await Promise.all(
    servers.map(({ server }) =>
      limit(async () => {
        const stopped = await stopServer(hub, server, context.signal);
        if (stopped.ok) progress.write(`${nameOf(server)}: ${stopped.value}\n`);
        return stopped.ok ? undefined : stopped.error;
      }),
    ),
  );
  return troubles.find((each) => each !== undefined);
}

async function tellHub(context: CliContext, trouble: HubTrouble): Promise<ExitCode> {
  return trouble === 'cancelled' ? exitCode.interrupted : await tell(context, [trouble]);
}

function documentOf(decided: readonly DecidedServer[], { dryRun }: RestartOptions): object {
  return decided.map(({ server: { user, name, started, lastActivity }, decision }) => ({
    user,
    server: name,
    started: started === undefined ? undefined : new Date(started).toISOString(),
    lastActivity: lastActivity === undefined ? undefined : new Date(lastActivity).toISOString(),
    decision: decision.kind === 'stop' && !dryRun ? 'stopped' : decision.kind,
    why: 'why' in decision ? decision.why : undefined,
  }));
}
