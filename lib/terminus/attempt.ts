import { quote } from '../errors/quote.js';
import { errorCode } from '../storages/local-disk.js';
import { TooLarge } from './canary-bytes.js';
import { down, type DownloadHealthPart } from './download-health.js';

/**
 * What came of asking.
 *
 * @internal
 */
export type Attempt<Value> =
  { readonly value: Value } | { readonly error: unknown };

/**
 * @internal
 */
export async function attempt<Value>(
  action: () => Promise<Value>,
): Promise<Attempt<Value>> {
  try {
    return { value: await action() };
  } catch (error) {
    return { error };
  }
}

/**
 * What is said of an answer, or that there is none.
 *
 * @param asked who was asked, for the message
 * @internal
 */
export async function answeredPart<Answer>(
  asked: string,
  answer: Attempt<Answer>,
  check: (answer: Answer) => DownloadHealthPart | Promise<DownloadHealthPart>,
): Promise<DownloadHealthPart> {
  return 'value' in answer
    ? check(answer.value)
    : down(`${asked} gives no answer: ${causeOf(answer.error)}.`);
}

/** Never the message of others, which may name a path. */
function causeOf(error: unknown): string {
  if (error instanceof TooLarge) return error.message;
  const code = errorCode(causeIn(error)) ?? errorCode(error);
  const parts = [nameOf(error), code].filter((part) => part !== undefined);
  return quote(parts.join(', ') || 'unknown');
}

function causeIn(error: unknown): unknown {
  return isObject(error) && 'cause' in error ? error.cause : undefined;
}

function nameOf(error: unknown): string | undefined {
  return isObject(error) && 'name' in error && typeof error.name === 'string'
    ? error.name
    : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
