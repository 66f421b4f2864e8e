/** A run as JSON: one event a line. */
import type { Reporter, Write } from './reporter.ts';

export function jsonReporter(write: Write): Reporter {
  return {
    event: (event) => write(`${JSON.stringify(event)}\n`),
    close: () => undefined,
  };
}
