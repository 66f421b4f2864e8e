/** `build registry start|stop|status`: a local registry, from the family's own image. */
import { environmentError, type Diagnostic } from '../core/diagnostic.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { keyTag, recordReference } from '../core/labels.ts';
import { err, ok, type Result } from '../core/result.ts';
import { engineDiagnostic } from '../engine/engine-diagnostic.ts';
import type { Family } from '../plan/draw-plan.ts';
import {
  localRegistryStatus,
  startLocalRegistry,
  stopLocalRegistry,
  type LocalRegistryStatus,
} from '../setup/local-registry.ts';
import { screenOf, type CliContext } from './context.ts';
import { openRepository } from './open-repository.ts';
import { draw, runPlan } from './run-plan.ts';
import { tell, usage } from './tell.ts';
import { openWorkplace, type Workplace } from './workplace.ts';

export interface RegistryStartOptions {
  readonly directory?: string;
  readonly port: number;
  readonly ca?: string;
}

export async function registryStartCommand(
  context: CliContext,
  options: RegistryStartOptions,
): Promise<ExitCode> {
  const repository = await openRepository(context, options);
  if (!repository.ok) return await tell(context, repository.error);
  const { family, secrets } = repository.value;
  await using workplace = openWorkplace(context);
  const started = await startRegistryOfFamily(context, workplace, family, {
    port: options.port,
    secrets,
    setup: false,
  });
  if (!started.ok) return await tell(context, started.error);
  screenOf(context.stdout, context.env).write(`registry: running at ${started.value}\n`);
  return exitCode.ok;
}

/** Builds and checks the family's registry image where that is needed, and starts it. Answers its address. */
export async function startRegistryOfFamily(
  context: CliContext,
  workplace: Workplace,
  family: Family,
  options: { readonly port: number; readonly secrets: ReadonlyMap<string, Buffer>; readonly setup: boolean },
): Promise<Result<string, readonly Diagnostic[]>> {
  const image = family.set.images.find(({ kind }) => kind === 'registry');
  if (image === undefined) {
    return err([
      usage(
        'the family has no image of the kind `registry`',
        'add one to matrix.yaml, or name a registry that runs already',
      ),
    ]);
  }
  const mode = { changed: true, force: false, push: false };
  const drawn = await draw(context, workplace, withoutRegistryAt(family, options.port), {
    names: [image.name],
    mode,
    setup: options.setup,
  });
  if (!drawn.ok) return drawn;
  if (drawn.value.plan.entries.some(({ action }) => action !== 'reuse')) {
    const quiet = {
      jobs: undefined,
      failFast: false,
      noCache: false,
      force: false,
      push: false,
      json: false,
      verbose: false,
    };
    const report = await runPlan(context, workplace, drawn.value, { ...quiet, secrets: options.secrets });
    if (report.result !== 'success') return err([registryImageFailed(image.name)]);
  }
  const key = drawn.value.keys.get(image.name)?.key ?? '';
  const started = await startLocalRegistry(
    workplace.engine,
    { image: recordReference(image.name, keyTag(key)), port: options.port },
    context.signal,
  );
  return started.ok ? ok(started.value.address) : err([started.error]);
}

const local = /^(?:localhost|127\.0\.0\.1):(?<port>\d+)(?:\/|$)/;

/** The port of this machine that a registry's prefix names; undefined for any other registry. */
export function localPort(prefix: string): number | undefined {
  const port = local.exec(prefix)?.groups?.['port'];
  return port === undefined ? undefined : Number(port);
}

/** What is about to be started cannot be asked yet whether it has its own image. */
function withoutRegistryAt(family: Family, port: number): Family {
  const { registry } = family.set;
  if (registry === undefined || localPort(registry.prefix) !== port) return family;
  return { ...family, set: { ...family.set, registry: undefined } };
}

function registryImageFailed(name: string): Diagnostic {
  return environmentError(
    'no-registry-image',
    `the local registry was not started, because its image \`${name}\` could not be built and checked`,
  );
}

export async function registryStopCommand(context: CliContext): Promise<ExitCode> {
  await using workplace = openWorkplace(context);
  const stopped = await stopLocalRegistry(workplace.engine, {}, context.signal);
  if (!stopped.ok) return await tell(context, [engineDiagnostic(stopped.error)]);
  screenOf(context.stdout, context.env).write('registry: stopped (its images are kept)\n');
  return exitCode.ok;
}

export async function registryStatusCommand(context: CliContext): Promise<ExitCode> {
  await using workplace = openWorkplace(context);
  const status = await localRegistryStatus(workplace.engine, context.signal);
  if (!status.ok) return await tell(context, [engineDiagnostic(status.error)]);
  const { state, address } = status.value;
  screenOf(context.stdout, context.env).write(
    `registry: ${state}${address === undefined ? '' : ` at ${address}`}\n`,
  );
  // What a script reads stays one line; what comes next is for a person.
  screenOf(context.stderr, context.env).write(`next: ${nextStep[state]}\n`);
  return exitCode.ok;
}

const nextStep = {
  running:
    'build images --changed --push, which publishes to it where `registry:` is empty; build registry stop ends it',
  stopped: 'build registry start, which finds its images again',
  absent: 'build registry start, which builds the image of the kind `registry` and starts it',
} as const satisfies Record<LocalRegistryStatus['state'], string>;
