import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';

import { type DownloadFile, type FileStat } from 'nestjs-downloadview';

/** Numbered lines: whoever has a part sees which. */
const content = Buffer.from(
  Array.from({ length: 400_000 }, (_, index) =>
    String(index + 1).padStart(9, '0'),
  ).join('\n'),
);
const sha256 = createHash('sha256').update(content);

const PIECE = 64 * 1024;
/** Milliseconds between two pieces. */
const PAUSE = 100;

/** A file that takes its time, so that there is time to cut it off. Any object with these members is a file. */
export class SlowFile implements DownloadFile {
  static readonly digest = sha256.digest('hex');

  readonly name = 'numbers.txt';

  stat(): FileStat {
    const etag = `"${SlowFile.digest.slice(0, 22)}"`;
    return { size: content.length, etag, contentType: 'text/plain' };
  }

  open({ start = 0, end = content.length - 1 } = {}): Readable {
    return Readable.from(pieces(content.subarray(start, end + 1)), {
      objectMode: false,
    });
  }
}

async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += PIECE) {
    yield bytes.subarray(at, at + PIECE);
    await setTimeout(PAUSE);
  }
}
