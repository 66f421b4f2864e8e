/** What a person is told of an engine that could not do what it was asked. Pure. */
import { environmentError, type Diagnostic } from '../core/diagnostic.ts';
import type { EngineError } from './engine.ts';

/** What to do where the engine is there, and another user's. */
export const joinEngineGroup =
  'run it with `sudo`, or join the group docker: `sudo usermod -aG docker $USER`, then log in again';

/** An engine that does not answer, as a person is told of it. */
export function engineDiagnostic({ kind, message, chosenBy }: EngineError): Diagnostic {
  if (kind === 'not-allowed') return environmentError('engine-not-allowed', message, joinEngineGroup);
  if (kind !== 'unreachable')
    return environmentError(
      'engine-failed',
      `the Docker Engine could not answer: ${message}`,
      '`build doctor` tells what is there',
    );
  const help =
    chosenBy === undefined
      ? '`build images --setup` installs and starts what is missing; `build doctor` tells what is there'
      : `mend it there, or ${chosenBy.undo} to use an engine of this machine`;
  return environmentError('engine-unreachable', message, help);
}
