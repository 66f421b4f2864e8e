/** Tells JupyterHub's own `jupyterhub-singleuser` from a script that only bears its name. Judges nothing. */
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import { findScript } from '../../broken-script.ts';
import type { Pod } from '../../pod.ts';

/** The script's path and text, where it is the image's own making and starts something else. */
export async function standIn(
  pod: Pod,
  program: string,
  signal: AbortSignal,
): Promise<Result<{ readonly path: string; readonly text: string } | undefined, EngineError>> {
  const found = await findScript(pod, program, signal);
  return found.ok && found.value !== undefined && startsHubServer(found.value.text) ? ok(undefined) : found;
}

/** JupyterHub's own script imports it; a wrapper goes on to it, or to what it was called before. */
export function startsHubServer(text: string): boolean {
  const code = text.replace(/^\s*#.*$/gm, '');
  return /jupyterhub[.-]singleuser|jupyterhub-labhub|jupyterlab[.-]labhubapp/.test(code);
}
