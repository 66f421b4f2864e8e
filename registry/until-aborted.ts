/** Waiting that ends with a signal. What is waited for goes on; whoever began it ends it. */

/** The promise's value, or `onAbort()` as soon as the signal aborts. */
export async function untilAborted<T>(
  promise: Promise<T>,
  onAbort: () => T,
  signal: AbortSignal,
): Promise<T> {
  if (signal.aborted) return onAbort();
  const aborted = Promise.withResolvers<T>();
  const leave = (): void => aborted.resolve(onAbort());
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
