/** @returns what is thrown in place of an error */
type Tell = (error?: Error) => Error;

let sending: Tell | undefined;

/**
 * Sends an answer of the application, and tells once where JSON is made of a file for it. What makes JSON at
 * another time, such as a log line, is nobody's affair.
 *
 * @internal
 */
export function whileSending<T>(tell: Tell, send: () => T): T {
  const outer = sending;
  sending = tell;
  try {
    return send();
  } finally {
    sending = outer;
  }
}

/**
 * To be called by each file, and each download that is not decided, whose `toJSON()` is called.
 *
 * @param refusal what it is about to throw
 * @returns what to throw then
 * @internal
 */
export function becomesJson(): void;
export function becomesJson(refusal: Error): Error;
export function becomesJson(refusal?: Error): Error | undefined {
  const tell = sending;
  sending = undefined;
  return tell?.(refusal) ?? refusal;
}
