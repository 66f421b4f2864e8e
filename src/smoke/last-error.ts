/**
 * The last error that a server's log tells, out of what surrounds it: tracebacks, headers of the request, lines for
 * each answer. It may be of another time than the failure that it is quoted for; whoever quotes it says so. Pure.
 */
import { excerpt } from './evidence.ts';

/** How Python ends a traceback: `PermissionError: [Errno 13] …`. */
const raised = /^(?:[a-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Warning|NotFound)\b(?:: .*)?$/;

/** A line of Jupyter's own log at the levels E and C that holds words: no headers, and no request's line. */
const logged = /^\[[EC] [^\]]+\] (?!\{)(?!\d{3} [A-Z]+ )(?!received signal)(?=.*\S)/;

/** Undefined where it tells none. A raised error says more than a logged one. */
export function lastError(log: string): string | undefined {
  const lines = log.split('\n').map((line) => line.trimEnd());
  const found =
    lines.findLast((line) => raised.test(line.trimStart())) ?? lines.findLast((line) => logged.test(line));
  return found === undefined ? undefined : excerpt(found);
}
