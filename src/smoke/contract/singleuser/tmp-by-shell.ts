/** Writes into /tmp with a shell, where no Python kernel can: for S13, which says what that means. */
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import { excerpt } from '../../evidence.ts';
import type { Pod } from '../../pod.ts';

const script = ': > /tmp/.hubwright && rm /tmp/.hubwright';

/** Why /tmp could not be written; undefined where it could, or where there is no shell to ask. */
export async function tmpTroubleOfShell(
  { engine, containerId, image }: Pod,
  signal: AbortSignal,
): Promise<Result<string | undefined, EngineError>> {
  if (!image.hasShell) return ok(undefined);
  const ran = await engine.exec(containerId, ['/bin/sh', '-c', script], {}, signal);
  if (!ran.ok) {
    return ran.error.kind === 'unreachable' || ran.error.kind === 'cancelled' ? ran : ok(undefined);
  }
  const { exitCode, stderr } = ran.value;
  return ok(exitCode === 0 ? undefined : excerpt(stderr, 160) || `a shell ended with ${exitCode}`);
}
