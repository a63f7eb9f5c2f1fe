import { type Readable } from 'node:stream';

import { type StreamableFile } from '@nestjs/common';

/**
 * What Nest needs of an answer that is decided.
 *
 * @internal
 */
export interface DecidedAnswer {
  readonly stream: Readable;
  getHeaders(): ReturnType<StreamableFile['getHeaders']>;
  /** Answers in place of a stream that failed before its first byte. */
  sendError(): void;
  /**
   * The handler keeps its response for other requests. When one of those is over, Nest destroys what the
   * handler returned, and that is still on its way to somebody else.
   */
  outliveNest(): void;
}
