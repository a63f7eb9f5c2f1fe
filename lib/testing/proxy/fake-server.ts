import { type IncomingHttpHeaders } from 'node:http';

import { type ByteRange } from '../../http/range.js';
import { type Awaitable } from '../../storages/file-stat.js';
import { type Field } from './fields.js';

/**
 * A file that a server was told to send, and is able to.
 *
 * @internal
 */
export interface ServedFile {
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
