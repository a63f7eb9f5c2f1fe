import {
  type IncomingMessage,
  type OutgoingHttpHeader,
  type ServerResponse,
} from 'node:http';

import { clearHead, RawResponse } from './response-head.js';

const BODY = JSON.stringify({
  statusCode: 500,
  message: 'Internal server error',
});
const TYPE = 'application/json; charset=utf-8';

type Headers = Readonly<Record<string, OutgoingHttpHeader | undefined>>;

/**
 * Watches a response for which somebody has turned a decided download into JSON: for a log line, or to send
 * that JSON in place of the file. In the second case a 500 goes out, whoever writes the head.
 *
 * @param tell called where it was the second
 * @returns ends the watch; to be called when the download begins
 * @internal
 */
export function watchForJson(
  response: ServerResponse<IncomingMessage>,
  tell: () => void,
): () => void {
  let isOver = false;
  let isReplaced = false;
  const end = response.end.bind(response) as (
    body?: unknown,
  ) => typeof response;
  const writeHead = response.writeHead.bind(response) as (
    status: number,
    headers?: Headers,
  ) => typeof response;

  /** Whether this is the JSON, or the 304 that Express makes of it. */
  const replaces = (status: number, type: unknown): boolean => {
    if (isOver || response.headersSent) return false;
    isOver = true;
    isReplaced = status === 304 || (status < 400 && isJson(type));
    if (!isReplaced) return false;
    clearHead(new RawResponse(response));
    response.statusCode = 500;
    response.setHeader('Content-Type', TYPE);
    response.setHeader('Content-Length', Buffer.byteLength(BODY));
    tell();
    return true;
  };
  response.writeHead = (status: number, ...rest: unknown[]) => {
    const headers = rest.find((one) => typeof one === 'object');
    return replaces(status, typeOf(headers) ?? response.getHeader(CONTENT_TYPE))
      ? writeHead(500)
      : (writeHead as (...given: unknown[]) => typeof response)(
          status,
          ...rest,
        );
  };
  response.end = ((...given: unknown[]) => {
    replaces(response.statusCode, response.getHeader(CONTENT_TYPE));
    return isReplaced ? end(BODY) : end(...given);
  }) as typeof response.end;
  return () => {
    isOver = true;
  };
}

const CONTENT_TYPE = 'content-type';

function typeOf(headers: unknown): unknown {
  if (typeof headers !== 'object' || headers === null) return undefined;
  return Object.entries(headers).find(
    ([name]) => name.toLowerCase() === CONTENT_TYPE,
  )?.[1];
}

function isJson(type: unknown): boolean {
  return /[/+]json\b/i.test(String(type));
}
