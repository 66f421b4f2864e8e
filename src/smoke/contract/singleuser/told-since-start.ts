/** What a server's log has told since its start, for what it says once and early: more than the end that failures show. */
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import type { Pod } from '../../pod.ts';

const mostLines = 2000;
const mostBytes = 512 * 1024;

/** The last lines that there is room for; what floods its log loses its beginning. */
export function toldSinceStart(
  { engine, containerId }: Pod,
  signal: AbortSignal,
): Promise<Result<string, EngineError>> {
  return engine.logs(containerId, mostLines, mostBytes, signal);
}
