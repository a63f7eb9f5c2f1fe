import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { type Readable } from 'node:stream';

import { Controller, Get, Param } from '@nestjs/common';
import { Download, type DownloadFile, sendfile } from 'nestjs-downloadview';

import { type Adapter, startApplication } from '../application.js';
import { type Exchanged, exchangesOf } from './exchanges.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../files/temporary-directory.js';

const SIZE = 20 * 1024 * 1024;
/** Where the connection of `/cut` is reset, once. */
const CUT_AT = 9_000_000;

/** An application with a large file, for clients that run as programs of their own. */
export interface ClientSite {
  readonly origin: string;
  readonly directory: TemporaryDirectory;
  readonly bytes: Buffer;
  readonly exchanged: Exchanged[];
  /** How often these statuses were given since `forget()`. */
  count(status: number): number;
  /** Where a client may write; fresh for every test. */
  target(): string;
  /** Starts a test anew: nothing was asked, and `/cut` will be cut. */
  forget(): void;
  stop(): Promise<void>;
}

export async function startClientSite(adapter: Adapter): Promise<ClientSite> {
  const directory = await temporaryDirectory();
  const bytes = randomBytes(SIZE);
  const path = await directory.write('file.bin', bytes);
  let mayCut = true;
  let targets = 0;

  @Controller()
  class FilesController {
    @Get('files/:name')
    file(@Param('name') name: string) {
      return sendfile(name, { root: directory.path });
    }

    /** The same file, its connection reset mid-way for the first who asks. */
    @Get('cut')
    @Download()
    cut(): DownloadFile {
      return {
        name: 'file.bin',
        stat: async () => ({
          size: SIZE,
          lastModified: (await stat(path)).mtime,
        }),
        open({ start, end } = {}) {
          const source = createReadStream(path, { start, end });
          if (mayCut) {
            mayCut = false;
            cutAt(source, CUT_AT);
          }
          return source;
        },
      };
    }
  }

  const running = await startApplication(adapter, {
    controllers: [FilesController],
  });
  const exchanged = exchangesOf(running.app);
  return {
    origin: running.origin,
    directory,
    bytes,
    exchanged,
    count: (status) =>
      exchanged.filter((exchange) => exchange.status === status).length,
    target: () => `${directory.path}/target-${(targets += 1)}`,
    forget() {
      exchanged.length = 0;
      mayCut = true;
    },
    async stop() {
      await running.close();
      await directory.remove();
    },
  };
}

/** The source fails when this many bytes have gone out. */
function cutAt(source: Readable, position: number): void {
  let sent = 0;
  source.on('data', (chunk: Buffer) => {
    sent += chunk.length;
    if (sent >= position) source.destroy(new Error('cut'));
  });
  // Listening alone would set it flowing before anybody takes the bytes.
  source.pause();
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export async function sha256Of(path: string): Promise<string> {
  return sha256(await readFile(path));
}
