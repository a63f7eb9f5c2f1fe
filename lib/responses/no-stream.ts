import { Readable } from 'node:stream';

class NoStream extends Readable {
  override on(): this {
    return this;
  }
}

/**
 * StreamableFile wants a stream when it is made, and listens to it. A DownloadResponse makes its own later:
 * this one stands in for all of them, so it keeps no listener.
 *
 * @internal
 */
export const noStream = new NoStream();
