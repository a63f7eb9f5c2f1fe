import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import {
  apache,
  ContentFile,
  Download,
  type DownloadBackend,
  type DownloadFile,
  DownloadResponse,
  HttpFile,
  lighttpd,
  LocalFile,
  nginx,
  PathDownloadController,
  sendfile,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { httpRequest } from '../support/clients/http-client.js';
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from '../support/files/temporary-directory.js';

const CONTENT = 'abcdefghij';

describe.each(ADAPTERS)('acceptRanges: false on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let origin: RunningApplication;
  let running: RunningApplication;

  async function start(backend?: DownloadBackend): Promise<RunningApplication> {
    @Controller()
    class FilesController {
      @Get('response')
      response(): DownloadResponse {
        return new DownloadResponse(new LocalFile(`${directory.path}/a.txt`), {
          acceptRanges: false,
        });
      }

      @Get('sendfile')
      sendfile(): DownloadResponse {
        return sendfile(`${directory.path}/a.txt`, { acceptRanges: false });
      }

      @Get('decorator')
      @Download({ acceptRanges: false })
      decorator(): DownloadFile {
        return new ContentFile(CONTENT, { name: 'a.txt' });
      }

      @Get('origin')
      origin(): DownloadResponse {
        return new DownloadResponse(
          new HttpFile(`${origin.origin}/ranged/a.txt`, {
            allowedHosts: [new URL(origin.origin).host],
          }),
          { acceptRanges: false },
        );
      }
    }
    return startApplication(adapter, {
      options: { backend },
      controllers: [
        FilesController,
        PathDownloadController.asController('controller/*path', {
          root: directory.path,
          acceptRanges: false,
        }),
        PathDownloadController.asController('ranged/*path', {
          root: directory.path,
        }),
      ],
    });
  }

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await directory.write('a.txt', CONTENT);
    origin = await start();
    running = await start();
  });

  afterAll(async () => {
    await running.close();
    await origin.close();
    await directory.remove();
  });

  const ways = [
    ['/response'],
    ['/sendfile'],
    ['/decorator'],
    ['/controller/a.txt'],
    ['/origin'],
  ];

  it.each(ways)('says so, and sends the whole file: %s', async (path) => {
    const ranges = ['bytes=0-3', 'bytes=0-1,4-5', 'bytes=99-'];
    for (const headers of [{}, ...ranges.map((Range) => ({ Range }))]) {
      const answer = await httpRequest(running.origin, path, {
        headers: { ...headers },
      });
      expect([
        answer.status,
        answer.headers['accept-ranges'],
        answer.text,
      ]).toEqual([200, 'none', CONTENT]);
    }
  });

  it('leaves conditions as they are', async () => {
    const { headers } = await httpRequest(running.origin, '/response');
    const { status } = await httpRequest(running.origin, '/response', {
      headers: { 'If-None-Match': headers.etag ?? '' },
    });
    expect(status).toBe(304);
  });

  it.each<[name: string, backend: () => DownloadBackend]>([
    ['nginx', () => nginx({ rules: rules() })],
    [
      'Apache',
      () =>
        apache({
          rules: [{ sourceDir: directory.path }],
          pathEncoding: 'raw',
        }),
    ],
    ['lighttpd', () => lighttpd({ rules: [{ sourceDir: directory.path }] })],
  ])('leaves nothing to %s, which has ranges', async (_, backend) => {
    const behind = await start(backend());
    try {
      for (const [path] of ways) {
        const { headers, text } = await httpRequest(behind.origin, path);
        expect([headers['accept-ranges'], text]).toEqual(['none', CONTENT]);
      }
      const { text } = await httpRequest(behind.origin, '/ranged/a.txt');
      expect(text).toBe('');
    } finally {
      await behind.close();
    }
  });

  const rules = () => [
    { sourceDir: directory.path, destination: '/_offload/' },
  ];
});
