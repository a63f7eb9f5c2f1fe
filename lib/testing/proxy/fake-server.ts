import { type IncomingHttpHeaders } from 'node:http';

import { type ByteRange } from '../../http/range.js';
import { type Awaitable } from '../../storages/awaitable.js';

/**
 * A header line; names as they are sent.
 *
 * @internal
 */
export type Field = readonly [name: string, value: string];

// RFC 9110 section 7.6.1: of one connection only.
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The header lines of a message, those of its connection left out.
 *
 * @param rawHeaders of Node's IncomingMessage
 * @internal
 */
export function endToEndFields(rawHeaders: readonly string[]): Field[] {
  const names = rawHeaders.filter((_, index) => index % 2 === 0);
  const fields = names.map((name, index): Field => [
    name,
    rawHeaders[2 * index + 1],
  ]);
  return without(fields, HOP_BY_HOP);
}

/**
 * @param names in lower case
 * @internal
 */
export function without(
  fields: readonly Field[],
  names: ReadonlySet<string>,
): Field[] {
  return fields.filter(([name]) => !names.has(name.toLowerCase()));
}

/**
 * @param names in lower case
 * @internal
 */
export function only(
  fields: readonly Field[],
  names: ReadonlySet<string>,
): Field[] {
  return fields.filter(([name]) => names.has(name.toLowerCase()));
}

/**
 * The value of a header, of all its lines.
 *
 * @param name in lower case
 * @internal
 */
export function valueOf(
  fields: readonly Field[],
  name: string,
): string | undefined {
  const lines = only(fields, new Set([name]));
  return lines.length > 0
    ? lines.map(([, value]) => value).join(', ')
    : undefined;
}

/**
 * Names in lower case, to be looked up.
 *
 * @internal
 */
export function namesOf(...names: readonly string[]): ReadonlySet<string> {
  return new Set(names.map((name) => name.toLowerCase()));
}

/**
 * A file that a server was told to send, and is able to.
 *
 * @internal
 */
export interface ServedFile {
  /** Whether the server looks at Range there. */
  readonly hasRanges: boolean;
  readonly path: string;
  readonly size: number;
  readonly lastModified: Date;
}

/**
 * What a server decides an answer from.
 *
 * @internal
 */
export interface Offload {
  /** Of the client's request. */
  readonly headers: IncomingHttpHeaders;
  /** Of the application's answer. */
  readonly fields: readonly Field[];
  readonly file: ServedFile;
}

/**
 * What the client gets; of the file where there are ranges in the body.
 *
 * @internal
 */
export interface ServerAnswer {
  readonly status: number;
  readonly fields: readonly Field[];
  readonly body: readonly (Uint8Array | ByteRange)[];
}

/**
 * What one web server makes of an answer that tells it to send a file.
 *
 * @internal
 */
export interface FakeServer {
  /** In lower case. */
  readonly offloadHeader: string;
  /** Whether an answer of this status makes it send the file. */
  offloads(status: number): boolean;
  /** What it answers where it does not obey the header; an answer is passed on by default. */
  readonly refused?: ServerAnswer;
  /** The path that a value of the offload header stands for; undefined where it stands for none. */
  pathOf(value: string): string | undefined;
  /** Whether it opens what is reached over a symbolic link. */
  readonly followsLinks: boolean;
  /** Answers with the file. */
  send(offload: Offload): Awaitable<ServerAnswer>;
  /** Answers where there is no such file (404), or none that it may send (403). */
  missing(fields: readonly Field[], status: 403 | 404): ServerAnswer;
  /** The headers that the client gets of an answer that is passed on. */
  passed(fields: readonly Field[], status: number): readonly Field[];
}
