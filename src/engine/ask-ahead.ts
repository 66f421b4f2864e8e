/**
 * An engine that was asked already what every plan asks it first: what it has, and what it is. Looking through its
 * store takes it as long as we take to read a family's files, and now both happen at once. Asks, and decides nothing.
 */
import type { Engine } from './engine.ts';

/**
 * The same engine; the first call of `info`, and the first for all images, get the answer that is under way, later
 * ones ask anew. Aborting `signal` ends the questions.
 */
export function askAhead(engine: Engine, signal: AbortSignal): Engine {
  const info = once(engine.info(signal));
  const all = once(engine.images.list({}, signal));
  return {
    ...engine,
    info: (own) => info() ?? engine.info(own),
    images: {
      ...engine.images,
      list: (filter, own) =>
        (Object.keys(filter).length === 0 ? all() : undefined) ?? engine.images.list(filter, own),
    },
  };
}

/** Hands out a value one time. */
function once<T>(value: T): () => T | undefined {
  let left: T | undefined = value;
  return () => {
    const answer = left;
    left = undefined;
    return answer;
  };
}
