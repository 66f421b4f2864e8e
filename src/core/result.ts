/**
 * Expected trouble as a value. Whatever can go wrong because of the user, the
 * network or an engine is returned in a Result; only bugs throw.
 */

export interface Ok<T> {
  readonly ok: true;
  readonly value: T;
}

export interface Err<E> {
  readonly ok: false;
  readonly error: E;
}

export type Result<T, E> = Ok<T> | Err<E>;

/** It went well, with this. */
export function ok<T>(value: T): Ok<T> {
  return { ok: true, value };
}

/** It did not, for this reason. */
export function err<E>(error: E): Err<E> {
  return { ok: false, error };
}
