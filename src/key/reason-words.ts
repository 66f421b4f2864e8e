/** The small words of reasons. Pure text; which reason there is, reasons.ts tells. */

/** What a value was and is: `moved from a to b`. */
export function moved(from: string | undefined, to: string | undefined): string {
  if (from === undefined) return `is new: ${to ?? ''}`;
  return to === undefined ? `is gone, was ${from}` : `moved from ${from} to ${to}`;
}

/** A value as a person would write it. */
export function quoted(value: string | undefined): string | undefined {
  return value === undefined ? undefined : `"${value}"`;
}

/** A digest that a line has room for. */
export function shortIdentity(identity: string | undefined): string | undefined {
  return identity?.replace(/([0-9a-f]{12})[0-9a-f]{52}$/, '$1');
}
