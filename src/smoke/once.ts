/** Asking one thing once, however many want to know. */

/** The first call's answer for every call. */
export function once<T>(action: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T> {
  let answer: Promise<T> | undefined;
  return (signal) => (answer ??= action(signal));
}
