/** `build smoke --spawn URL`: spawn, use, stop on a running hub; its exit code is made for monitoring. */
import { environmentError, type Diagnostic } from '../core/diagnostic.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { renderStep, renderStory } from '../report/story-report.ts';
import { parseHubUrl } from '../hub/hub-api.ts';
import { probeHub } from '../smoke/probe/probe-hub.ts';
import { screenOf, type CliContext } from './context.ts';
import { readToken } from './read-token.ts';
import { tell, usage } from './tell.ts';

export interface SmokeSpawnOptions {
  readonly spawn: string;
  readonly tokenFile?: string;
  readonly user?: string;
  readonly timeout: number;
  readonly json: boolean;
}

export async function smokeSpawnCommand(context: CliContext, options: SmokeSpawnOptions): Promise<ExitCode> {
  if (options.tokenFile === undefined) return await tell(context, [needsToken()]);
  const token = await readToken(context, options.tokenFile);
  if (!token.ok) return await tell(context, [token.error]);
  const hub = parseHubUrl(options.spawn, token.value);
  if (hub === undefined) {
    const help = 'where users come in: `https://hub.example.org`';
    return await tell(context, [usage(`\`${options.spawn}\` is not the address of a hub`, help)]);
  }
  const screen = screenOf(context.stdout, context.env);
  const probed = await probeHub(
    { hub, user: options.user, budgetMs: options.timeout },
    (step) => {
      if (!options.json) screen.write(renderStep(step, screen));
    },
    context.signal,
  );
  if (probed.ok) {
    if (options.json) context.stdout.write(`${JSON.stringify(probed.value)}\n`);
    else screen.write(renderStory(probed.value, screen));
    return probed.value.passed ? exitCode.ok : exitCode.imageFailed;
  }
  if (probed.error.kind === 'cancelled') return exitCode.interrupted;
  return await tell(context, [unreachable(options.spawn, probed.error.message)]);
}

function needsToken(): Diagnostic {
  const help = 'a file that holds a token of the hub’s, and nobody else can read: a command line can be seen';
  return usage('`--spawn` needs `--token-file`', help);
}

function unreachable(url: string, reason: string): Diagnostic {
  return environmentError(
    'hub-unreachable',
    `no hub answers at \`${url}\`: ${reason}`,
    'a certificate of a site’s own is trusted by `NODE_EXTRA_CA_CERTS=FILE`',
  );
}
