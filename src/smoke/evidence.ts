/**
 * Turns what an untrusted container said into lines that are safe to show: bounded, without control
 * characters that a terminal would obey. Judges nothing.
 */
import type { HttpAnswer, HttpTrouble } from '../hub/http-exchange.ts';
import type { Result } from '../core/result.ts';
import type { Handshake } from './websocket.ts';

const maxLineLength = 300;
const maxTailLineLength = 500;

// oxlint-disable-next-line no-control-regex -- colour codes are exactly what is looked for
const colourCodes = /\u001b\[[?0-9;]*[A-Za-z]/g;
// Control characters but tab and newline, and those that reorder text on the screen.
// oxlint-disable-next-line no-control-regex -- see above
const unprintable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Makes text harmless: colour codes go, other control characters are written as `\xNN` or `\u{NNNN}`. */
export function printable(text: string): string {
  return text.replace(colourCodes, '').replace(unprintable, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`;
  });
}

/** The same on one line of at most `length` characters. */
export function excerpt(text: string, length: number = maxLineLength): string {
  const line = printable(text.replace(/\r+(?=\s|$)/g, ''))
    .replace(/\s+/g, ' ')
    .trim();
  return line.length <= length ? line : `${line.slice(0, length)}…`;
}

/** The last `count` lines of a log, each bounded; blank ones left out. */
export function tailLines(log: string, count: number): readonly string[] {
  return log
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => printable(line).trimEnd())
    .filter((line) => line !== '')
    .slice(-count)
    .map((line) => (line.length <= maxTailLineLength ? line : `${line.slice(0, maxTailLineLength)}…`));
}

/** One line for one exchange: `GET /user/x/api: 404 {"message": …}`. */
export function exchangeLine(question: string, answered: Result<HttpAnswer, HttpTrouble>): string {
  if (!answered.ok) return `${question}: ${excerpt(answered.error.message)}`;
  const { status, body, truncated } = answered.value;
  const shown = excerpt(body, 160);
  return `${question}: ${status}${shown === '' ? '' : ` ${shown}`}${truncated ? ' (longer than we read)' : ''}`;
}

/** What came of a websocket's handshake. */
export function handshakeLine(shaken: Result<Handshake, HttpTrouble>): string {
  if (!shaken.ok) return excerpt(shaken.error.message);
  return shaken.value.kind === 'open' ? 'open' : `refused with ${shaken.value.status}`;
}

/** Seconds with one decimal, for sentences. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
