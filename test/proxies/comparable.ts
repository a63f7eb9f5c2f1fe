import { type HttpAnswer } from '../support/clients/http-client.js';

/** What a server adds of its own accord. */
const OWN = new Set([
  'connection',
  'date',
  'keep-alive',
  'server',
  'transfer-encoding',
]);
const PARTS = /^multipart\/byteranges; *boundary=(.+)$/;

interface Comparable {
  readonly status: number;
  /** Names in lower case, each line, sorted. */
  readonly fields: readonly string[];
  /** Bytes as Latin-1, or the parts of a multipart body. */
  readonly body: unknown;
}

/** An answer without what two servers of one kind may differ in. */
export function comparable({
  status,
  headers,
  rawHeaders,
  body,
}: HttpAnswer): Comparable {
  const text = body.toString('latin1');
  const [, boundary] = PARTS.exec(headers['content-type'] ?? '') ?? [];
  const lines = rawHeaders
    .map((name, index) => [name.toLowerCase(), rawHeaders[index + 1]])
    .filter(([name], index) => index % 2 === 0 && !OWN.has(name));
  if (boundary === undefined) {
    // What is there may be announced or not.
    const announced = `content-length: ${body.length}`;
    const fields = lines.map(textOf).filter((line) => line !== announced);
    return { status, fields: fields.sort(), body: text };
  }
  const others = lines.filter(
    ([name]) => !['content-type', 'content-length'].includes(name),
  );
  return {
    status,
    fields: [...others.map(textOf), 'multipart/byteranges'].sort(),
    body: text.split(`--${boundary}`).map(partOf),
  };
}

function textOf([name, value]: readonly string[]): string {
  // Each answer has an id of its own.
  return name === 'x-download-id' ? name : `${name}: ${value}`;
}

/** Servers differ in the order and the case of a part's fields. */
function partOf(text: string): unknown {
  const [head, ...rest] = text.trim().split('\r\n\r\n');
  const fields = head
    .split('\r\n')
    .map((line) => line.replace(/^[^:]*/, (name) => name.toLowerCase()));
  return { fields: fields.sort(), body: rest.join('\r\n\r\n') };
}
