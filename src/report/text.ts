/** Small pieces of text that all displays share: cleaned output, durations, sizes. Pure. */
import { stripVTControlCharacters } from '../core/node-util.ts';

/**
 * Output of a build or a container as a terminal may show it: escape sequences and control characters are
 * taken out, tabs become spaces, and of a line that overwrites itself (`\r`) the last state stays.
 */
export function cleanLine(text: string): string {
  const overwritten = text.replace(/\r+$/, '');
  const last = overwritten.slice(overwritten.lastIndexOf('\r') + 1);
  return (
    stripVTControlCharacters(last)
      .replaceAll('\t', '    ')
      // Control characters could still move what is shown, and bidirectional ones disguise it.
      .replace(/[\p{Cc}\p{Bidi_Control}]/gu, '')
  );
}

/** `0.4s`, `12.3s`, `2m05s`, `1h02m`. */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, '0')}s`;
  return `${Math.floor(whole / 3600)}h${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')}m`;
}

/** `585 MB`: decimal units, as Docker shows them. */
export function formatBytes(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(0)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(0)} MB`;
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

/** `1 image`, `3 images`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** `the last line`, `the last 3 lines`. */
export function lastLines(number: number): string {
  return number === 1 ? 'the last line' : `the last ${number} lines`;
}
