/**
 * A value, or a promise of it.
 *
 * @publicApi
 */
export type Awaitable<T> = T | Promise<T>;

/**
 * Whether a value is still to come: a promise, or a thenable of whatever make.
 *
 * @internal
 */
export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  // Most values are none, of every shape: to look for `then` in them first costs more than to read it.
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { readonly then?: unknown }).then === 'function'
  );
}

/**
 * Goes on with a value, at once where it is there: what is decided without waiting for anything is decided
 * in one turn, and a promise for each step would cost more than most steps.
 *
 * @internal
 */
export function andThen<T, R>(
  value: Awaitable<T>,
  next: (value: T) => Awaitable<R>,
): Awaitable<R> {
  return isPromise(value) ? Promise.resolve(value).then(next) : next(value);
}

/**
 * Makes a value, and another one in its place where that fails, at once or later.
 *
 * @internal
 */
export function orElse<T>(
  make: () => Awaitable<T>,
  recover: (error: unknown) => Awaitable<T>,
): Awaitable<T> {
  try {
    const value = make();
    return isPromise(value) ? Promise.resolve(value).catch(recover) : value;
  } catch (error) {
    return recover(error);
  }
}
