/**
 * A value, or a promise of it.
 *
 * @publicApi
 */
export type Awaitable<T> = T | Promise<T>;
