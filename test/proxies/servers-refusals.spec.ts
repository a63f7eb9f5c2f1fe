import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { PathDownloadController } from 'nestjs-downloadview';

import {
  type ServedSite,
  startBehind,
} from '../support/servers/behind-server.js';
import { fieldLines } from '../support/clients/http-fields.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { describeAllServers } from '../support/servers/tested-servers.js';

const CONTENT = '0123456789';
const EARLIER = 'Sat, 01 Jan 2000 00:00:00 GMT';

describeAllServers('an answer without the file', (server, adapter) => {
  let directory: TemporaryDirectory;
  let site: ServedSite;
  let etag: string;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await directory.write('digits.txt', CONTENT);

    @Controller('files/*path')
    class FileController extends PathDownloadController {
      override root = directory.path;
      override cacheControl = 'public, max-age=3600';
    }
    site = await startBehind(server.kind, adapter, {
      backend: server.backend([{ sourceDir: directory.path }]),
      controllers: [FileController],
    });
    etag = (await site.through('/files/digits.txt')).headers.etag ?? '';
  });

  afterAll(async () => {
    await site.stop();
    await directory.remove();
  });

  it.each<
    [status: number, title: string, headers: () => Record<string, string>]
  >([
    [412, 'another tag', () => ({ 'If-Match': '"another"' })],
    [412, 'an earlier date', () => ({ 'If-Unmodified-Since': EARLIER })],
    [416, 'a range behind the end', () => ({ Range: 'bytes=10-' })],
    [
      416,
      'the same with the tag of the file',
      () => ({ Range: 'bytes=10-', 'If-Range': etag }),
    ],
  ])('%d for %s keeps nothing of it', async (status, _, headers) => {
    const answer = await site.through('/files/digits.txt', {
      headers: headers(),
    });

    expect(answer.status).toBe(status);
    expect(fieldLines(answer, 'cache-control')).toEqual(['no-store']);
    expect(fieldLines(answer, 'content-disposition')).toEqual([]);
    // Express has one for the JSON.
    expect(fieldLines(answer, 'etag')).not.toContain(etag);
    expect(fieldLines(answer, 'x-content-type-options').length).toBeLessThan(2);
    expect(answer.headers['content-range']).toBe(
      status === 416 ? 'bytes */10' : undefined,
    );
  });

  it('is none where If-Range says that the range is not wanted', async () => {
    const { status, text } = await site.through('/files/digits.txt', {
      headers: { Range: 'bytes=10-', 'If-Range': '"another"' },
    });

    expect([status, text]).toEqual([200, CONTENT]);
  });

  it('is none where the client has the file already', async () => {
    const { status } = await site.through('/files/digits.txt', {
      headers: { Range: 'bytes=10-', 'If-None-Match': etag },
    });

    expect(status).toBe(304);
  });
});
