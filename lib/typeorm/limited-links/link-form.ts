import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

import { isId, randomId } from './client-marks.js';

const FIELD = 'nonce';
const POST_FORM = /<form\b(?=[^>]*\bmethod\s*=\s*["']?post\b)[^>]*>/gi;
/** Bytes. The field and what an application's own page sends with it. */
const LONGEST_FORM = 8192;

/**
 * The page with a field in its form that is another one each time. Its form counts once, however often it is
 * sent.
 *
 * @internal
 */
export function withNonce(html: string): string {
  const field = `<input type="hidden" name="${FIELD}" value="${randomId()}">`;
  return html.replace(POST_FORM, (form) => form + field);
}

/**
 * What the form of the page said.
 *
 * @returns undefined where it is none of ours
 * @internal
 */
export async function nonceOf(request: object): Promise<string | undefined> {
  const { body } = request as { readonly body?: unknown };
  const fields =
    request instanceof Readable && body === undefined
      ? await unparsedFields(request)
      : body;
  if (typeof fields !== 'object' || fields === null) return undefined;
  const nonce: unknown = Object.hasOwn(fields, FIELD)
    ? Reflect.get(fields, FIELD)
    : undefined;
  return isId(nonce) ? nonce : undefined;
}

/** Of an application that parses no bodies, on Express. */
async function unparsedFields(
  request: Readable & {
    readonly headers?: Readonly<Record<string, unknown>>;
  },
): Promise<object | undefined> {
  const length = Number(request.headers?.['content-length']);
  if (!(length > 0 && length <= LONGEST_FORM) || !request.readable) {
    return undefined;
  }
  const form = await text(request).catch(() => '');
  const given = new URLSearchParams(form).getAll(FIELD);
  return given.length === 1 ? { [FIELD]: given[0] } : undefined;
}
