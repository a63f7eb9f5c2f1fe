import { randomBytes } from 'node:crypto';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import {
  type DownloadBackend,
  Download,
  FileSystemStorage,
  LocalFile,
  nginx,
  VirtualDownloadController,
} from 'nestjs-downloadview';
import {
  type ArchiveEntry,
  type ArchiveOptions,
  ZipFile,
} from 'nestjs-downloadview/archives';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { StoredFile } from '../support/files/archive-sources.js';
import { httpRequest } from '../support/clients/http-client.js';
import {
  descriptorOpened,
  descriptorsClosed,
} from '../support/files/open-descriptors.js';
import { RawClient } from '../support/clients/raw-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

/** More than the buffers of both ends swallow. */
const SIZE = 32 * 1024 * 1024;
const LARGE = 'large.bin';

describe.each(ADAPTERS)('a ZIP file on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let running: RunningApplication;
  let entries: ArchiveEntry[];
  let options: Partial<ArchiveOptions & { crcLimit: number }>;
  let draws: number;

  const local = (name: string): LocalFile =>
    new LocalFile(join(directory.path, name));
  const ask = (headers?: Record<string, string>, method = 'GET') =>
    httpRequest(running.origin, '/archive', { headers, method });
  const small = (): StoredFile[] => [
    new StoredFile('a.bin', Buffer.alloc(5000, 'a')),
    new StoredFile('b.bin', Buffer.alloc(5000, 'b')),
  ];
  const use = (
    files: ArchiveEntry[],
    more: typeof options = {},
  ): ArchiveEntry[] => {
    entries = files;
    options = more;
    draws = 0;
    return files;
  };

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await directory.write('a.bin', randomBytes(100_000));
    await directory.write(LARGE, randomBytes(SIZE));
    const backend: DownloadBackend = nginx({
      rules: [{ sourceDir: directory.path, destination: '/_files/' }],
    });
    const make = (): ZipFile =>
      // An iterator can be drawn from once: so nobody draws twice.
      new ZipFile(
        (function* () {
          draws += 1;
          yield* entries;
        })(),
        { name: 'all.zip', ...options },
      );

    @Controller()
    class ArchiveController {
      @Get('archive')
      @Download()
      archive() {
        return make();
      }

      @Get('behind')
      @Download({ backend })
      behind() {
        return make();
      }
    }
    const kept = new ZipFile(() => entries, { name: 'all.zip' });
    @Controller()
    class KeptController {
      @Get('kept')
      @Download()
      kept() {
        return kept;
      }
    }
    class ViewController extends VirtualDownloadController {
      getFile() {
        return make();
      }
    }
    running = await startApplication(adapter, {
      controllers: [
        ArchiveController,
        KeptController,
        ViewController.asController('view', {}),
      ],
      options: {
        storages: { default: new FileSystemStorage({ root: directory.path }) },
      },
    });
  });
  afterAll(async () => {
    await running.close();
    await directory.remove();
  });

  it('goes out with length, tag and ranges, and type and name of a ZIP file', async () => {
    use(small());
    const { status, headers, body } = await ask();
    expect([status, Number(headers['content-length'])]).toEqual([
      200,
      body.length,
    ]);
    expect(headers).toMatchObject({
      'content-type': 'application/zip',
      'content-disposition': expect.stringMatching(
        /^attachment; filename="all.zip"/,
      ),
      'accept-ranges': 'bytes',
      etag: expect.stringMatching(/^"[\w-]{22}"$/),
    });
  });

  it.each(['/archive', '/behind', '/view'])(
    'asks each file once for an answer to %s',
    async (path) => {
      for (const method of ['HEAD', 'GET']) {
        const files = use(small()) as StoredFile[];
        const { status } = await httpRequest(running.origin, path, { method });
        expect([status, draws]).toEqual([200, 1]);
        const stats = files.map(
          ({ asked }) => asked.filter((what) => what === 'stat').length,
        );
        expect(stats).toEqual([1, 1]);
      }
    },
  );

  it('gives a range, several ranges, and the rest of what was begun', async () => {
    use(small());
    const { headers, body } = await ask();
    const one = await ask({ Range: 'bytes=4000-6000' });
    expect([one.status, one.body.equals(body.subarray(4000, 6001))]).toEqual([
      206,
      true,
    ]);
    const two = await ask({ Range: 'bytes=0-9,7000-7009' });
    expect(two.headers['content-type']).toMatch(/^multipart\/byteranges/);
    const rest = await ask({
      Range: 'bytes=8000-',
      'If-Range': headers.etag ?? '',
    });
    expect([rest.status, rest.body.equals(body.subarray(8000))]).toEqual([
      206,
      true,
    ]);
  });

  it('is not sent to who has it', async () => {
    use(small());
    const { headers } = await ask();
    const again = await ask({ 'If-None-Match': headers.etag ?? '' });
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  it('goes out whole where a range would have too much read for checksums', async () => {
    use(small(), { crcLimit: 9999 });
    const end = await ask({ Range: 'bytes=-100' });
    expect([end.status, end.body.length > 10_000]).toEqual([200, true]);
    const middle = await ask({ Range: 'bytes=100-200' });
    expect(middle.status).toBe(206);
  });

  it('is 404 where a file is missing, and has it left out where it may be', async () => {
    const missing = new StoredFile('c.bin', undefined);
    use([...small(), missing]);
    expect((await ask()).status).toBe(404);
    use([...small(), missing], { missing: 'skip' });
    expect((await ask()).status).toBe(200);
  });

  it('is decided once more where the first file changes between description and opening', async () => {
    const [file] = small();
    const stat = file.stat.bind(file);
    let changes = 0;
    file.stat = async () => {
      const facts = await stat();
      if (changes++ === 0) file.etag = '"a.bin-2"';
      return facts;
    };
    use([file]);
    const { status } = await httpRequest(running.origin, '/kept');
    expect([status, changes]).toEqual([200, 2]);
  });

  it('is cut where a file changes while it is sent', async () => {
    await directory.write('later.bin', randomBytes(1000));
    use([local(LARGE), local('later.bin')]);
    const client = await RawClient.connect(running.port);
    await client.send({ path: '/archive' });
    await client.readALittle();
    await truncate(join(directory.path, 'later.bin'), 999);
    const { code } = await client.end();
    expect(code).toBe('ECONNRESET');
  });

  it('keeps no file open when the client has left', async () => {
    use([local('a.bin'), local(LARGE)]);
    const path = join(directory.path, LARGE);
    const client = await RawClient.connect(running.port);
    await client.send({ path: '/archive' });
    await client.readALittle();
    await descriptorOpened(path);
    await client.leave();
    await descriptorsClosed(path);
  });
});
