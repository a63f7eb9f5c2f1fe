import { Readable } from 'node:stream';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import {
  type DownloadBackend,
  Download,
  DownloadResponse,
  type FileStat,
  FileSystemStorage,
  HttpFile,
  LocalFile,
  nginx,
  type ReadWindow,
  StorageDownloadController,
  StorageFile,
  stream,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { bytesOf } from '../support/clients/bytes-of.js';
import { httpRequest } from '../support/clients/http-client.js';
import { RemoteOrigin } from '../support/servers/remote-origin.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const ON_DISK = 'gur frperg gung ab pyvrag znl frr';
const SHOWN = 'the secret that no client may see';

async function decoded(
  stored: Promise<Readable>,
  { start = 0, end = Infinity }: ReadWindow = {},
): Promise<Readable> {
  const text = String(await bytesOf(await stored));
  const plain = text.replace(/[a-z]/g, (letter) =>
    String.fromCharCode(((letter.charCodeAt(0) - 97 + 13) % 26) + 97),
  );
  return Readable.from([Buffer.from(plain).subarray(start, end + 1)]);
}

/** What lies on the disk is none of the client's business: only `open()` gives what is. */
class DecodingStorage extends FileSystemStorage {
  override open(key: string, window?: ReadWindow): Promise<Readable> {
    return decoded(super.open(key), window);
  }
}

class DecodingFile extends LocalFile {
  override open(window?: ReadWindow): Promise<Readable> {
    return decoded(super.open(), window);
  }

  override async stat(): Promise<FileStat> {
    return { ...(await super.stat()), contentType: 'text/plain' };
  }
}

class DecodingHttpFile extends HttpFile {
  override open(window?: ReadWindow): Promise<Readable> {
    return decoded(super.open(), window);
  }
}

describe.each(ADAPTERS)('a subclass with its own open() on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let origin: RemoteOrigin;
  const running: RunningApplication[] = [];

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const root = directory.path;
    await directory.write('a.txt', ON_DISK);
    origin = await RemoteOrigin.start();
    origin.sends(200, { 'Accept-Ranges': 'bytes' }, ON_DISK);

    @Controller('stored/*path')
    class StoredController extends StorageDownloadController {}

    @Controller()
    class FileController {
      @Get('local')
      @Download()
      local() {
        return new DecodingFile('a.txt', { root });
      }

      @Get('remote')
      @Download()
      remote() {
        return new DecodingHttpFile(`http://${origin.host}/a.txt`, {
          allowedHosts: [origin.host],
        });
      }

      @Get('described')
      described() {
        const storage = new DecodingStorage({ root });
        return new DownloadResponse(new StorageFile(storage, 'a.txt'), {
          etag: '"v1"',
        });
      }
    }

    async function start(backend: DownloadBackend): Promise<void> {
      running.push(
        await startApplication(adapter, {
          controllers: [StoredController, FileController],
          options: {
            backend,
            etag: 'content',
            storages: {
              default: new DecodingStorage({ root, baseUrl: '/media/' }),
            },
          },
        }),
      );
    }
    await start(stream());
    await start(
      nginx({
        remote: { hosts: [origin.host] },
        rules: [
          { sourceDir: root, destination: '/_files/' },
          {
            sourceUrl: '/media/',
            destination: '/_media/',
            destinationDir: `${root}/`,
          },
        ],
      }),
    );
  });

  afterAll(async () => {
    for (const application of running) await application.close();
    await origin.close();
    await directory.remove();
  });

  const paths = ['/stored/a.txt', '/local', '/described', '/remote'];
  const rows = paths.flatMap((path) =>
    ['stream()', 'nginx()'].map((backend, index) => ({ path, backend, index })),
  );

  it.each(rows)(
    'decides what is sent, whoever would know a shorter way: $path, $backend',
    async ({ path, index }) => {
      const { origin: ours } = running[index];
      const whole = await httpRequest(ours, path, {
        headers: { 'Want-Repr-Digest': 'sha-256=1' },
      });
      const part = await httpRequest(ours, path, {
        headers: { Range: 'bytes=4-9' },
      });

      expect(whole.headers).not.toHaveProperty('x-accel-redirect');
      expect(whole.headers).not.toHaveProperty('repr-digest');
      expect([whole.status, whole.text]).toEqual([200, SHOWN]);
      expect([part.status, part.text]).toEqual([206, SHOWN.slice(4, 10)]);
    },
  );
});
