/**
 * The errors that a server's log tells, the first and the last, out of what surrounds them: tracebacks, headers of the request, lines for
 * each answer. They may be of another time than the failure that they are quoted for; whoever quotes them says so. Pure.
 */
import { excerpt } from './evidence.ts';

/** How Python ends a traceback: `PermissionError: [Errno 13] …`. */
const raised = /^(?:[a-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Warning|NotFound)\b(?:: .*)?$/;

/** An interpreter that cannot even begin, as a kernel's under a wrong PYTHONHOME; what others raise follows from that. */
const fatal = /^Fatal Python error: /;

/** A line of Jupyter's own log at the levels E and C that holds words: no headers, and no request's line. */
const logged = /^\[[EC] [^\]]+\] (?!\{)(?!\d{3} [A-Z]+ )(?!received signal)(?=.*\S)/;

/** Undefined where it tells none. A raised error says more than a logged one. */
export function lastError(log: string): string | undefined {
  const lines = log.split('\n').map((line) => line.trimEnd());
  const found =
    lines.findLast((line) => fatal.test(line)) ??
    lines.findLast((line) => raised.test(line.trimStart())) ??
    lines.findLast((line) => logged.test(line));
  return found === undefined ? undefined : excerpt(found);
}

/** An error of MariaDB's, MySQL's or ganesha's, but the last of them, which only says that it ends. */
const serviceError =
  /^[\d-]+[T ][\d:.Z]+ .*\[ERROR\] (?!.*\bAborting$)|^.* :(?:CRIT|MAJ|FATAL) :(?!stack backtrace)/;

/** What a program or a script says under its own name: `/usr/sbin/mariadbd: Character set …`, `/entry.sh: line 2: …`. */
const complaint = /^(?:\/[\w.+-]+)+: (?!.*\bwarning\b)/i;

/** What other programs than Python's complained of last; worth quoting where they ended, and `lastError` tells nothing. */
export function lastComplaint(log: string): string | undefined {
  // MariaDB rings a bell before what matters most.
  const lines = log
    .replaceAll('\u0007', '')
    .split('\n')
    .map((line) => line.trimEnd());
  const found =
    lines.findLast((line) => serviceError.test(line)) ?? lines.findLast((line) => complaint.test(line));
  return found === undefined ? undefined : excerpt(found);
}

/** Where a line of Jupyter's own log begins, at whatever level. */
const begins = /^\[[A-Z] [^\]]+\] /;

/**
 * The first, as its traceback ends where it has one; undefined where it tells none, or no other than the last. What
 * ends a program at last is often but the consequence.
 */
export function earlierError(log: string): string | undefined {
  const lines = log.split('\n').map((line) => line.trimEnd());
  const at = lines.findIndex((line) => logged.test(line) || raised.test(line.trimStart()));
  if (at === -1) return undefined;
  const after = lines.slice(at + 1);
  const next = after.findIndex((line) => begins.test(line));
  const block = [lines[at] ?? '', ...(next === -1 ? after : after.slice(0, next))];
  const found = excerpt(block.findLast((line) => raised.test(line.trimStart())) ?? lines[at] ?? '');
  return found === lastError(log) ? undefined : found;
}
