/**
 * Where a run publishes: what matrix.yaml says, else the local registry, which is started first where `--setup`
 * allows it.
 */
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import type { Family } from '../plan/draw-plan.ts';
import { defaultRegistryPort, localRegistryStatus } from '../setup/local-registry.ts';
import { engineDiagnostic } from '../engine/engine-diagnostic.ts';
import type { CliContext } from './context.ts';
import { localPort, startRegistryOfFamily } from './registry.ts';
import { usage } from './tell.ts';
import type { Workplace } from './workplace.ts';

export interface RegistryChoice {
  readonly setup: boolean;
  readonly secrets: ReadonlyMap<string, Buffer>;
}

/** The family with the registry that this run publishes to. */
export async function chooseRegistry(
  context: CliContext,
  workplace: Workplace,
  family: Family,
  choice: RegistryChoice,
): Promise<Result<Family, readonly Diagnostic[]>> {
  const declared = family.set.registry;
  if (declared === undefined) {
    const status = await localRegistryStatus(workplace.engine, context.signal);
    if (!status.ok) return err([engineDiagnostic(status.error)]);
    if (status.value.state === 'running' && status.value.address !== undefined)
      return ok(withRegistry(family, status.value.address));
    if (!choice.setup) {
      const help =
        'name one (`DOCKER_REGISTRY=…`, or `registry:`), or start a local one with `build registry start`';
      return err([
        usage(
          'there is nowhere to push to: `registry:` in matrix.yaml is empty, and no local registry runs',
          help,
        ),
      ]);
    }
    const started = await startRegistryOfFamily(context, workplace, family, {
      port: defaultRegistryPort,
      secrets: choice.secrets,
      setup: true,
    });
    return started.ok ? ok(withRegistry(family, started.value)) : started;
  }
  const port = localPort(declared.prefix);
  if (port === undefined || !choice.setup) return ok(family);
  const answers = await workplace.registry.ping(`localhost:${port}`, context.signal);
  if (answers.kind === 'found') return ok(family);
  const started = await startRegistryOfFamily(context, workplace, family, {
    port,
    secrets: choice.secrets,
    setup: true,
  });
  return started.ok ? ok(family) : started;
}

function withRegistry(family: Family, prefix: string): Family {
  const registry: RegistryTarget = { prefix, naming: 'repository-per-image' };
  return { ...family, set: { ...family.set, registry } };
}
