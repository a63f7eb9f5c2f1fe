import { Readable } from 'node:stream';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  Header,
  HttpCode,
  Logger,
  type NestInterceptor,
  Post,
  Res,
  UseInterceptors,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import {
  apache,
  Download,
  type DownloadBackend,
  type DownloadResponse,
  lighttpd,
  LocalFile,
  nginx,
  PathDownloadController,
  sendfile,
  VirtualFile,
} from 'nestjs-downloadview';
import { type Observable, tap } from 'rxjs';

import {
  type Adapter,
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import {
  type HttpAnswer,
  httpRequest,
} from '../support/clients/http-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const TAG = '"own-1"';
const DATE = 'Wed, 01 Jan 2025 00:00:00 GMT';
const LATER = 'Thu, 02 Jan 2025 00:00:00 GMT';
const EARLIER = 'Tue, 31 Dec 2024 00:00:00 GMT';
const TEXT = '0123456789';

let file = '';

interface AnyResponse {
  setHeader?(name: string, value: string): unknown;
  header?(name: string, value: string): unknown;
  status(code: number): unknown;
}

function set(response: AnyResponse, name: string, value: string): void {
  if (response.setHeader) response.setHeader(name, value);
  else response.header?.(name, value);
}

class SetTag implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    set(context.switchToHttp().getResponse(), 'ETag', TAG);
    set(context.switchToHttp().getResponse(), 'Last-Modified', DATE);
    return next.handle();
  }
}

/** Outside of the library's own interceptor, when the answer is decided. */
class SetTagLate implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { url } = context.switchToHttp().getRequest<{ url: string }>();
    return next.handle().pipe(
      tap(() => {
        if (url !== '/late') return;
        set(context.switchToHttp().getResponse(), 'ETag', '"late"');
      }),
    );
  }
}

@Controller()
class FileController {
  @Get('headers')
  headers(): DownloadResponse {
    return sendfile(file, { headers: { etag: TAG, 'last-modified': DATE } });
  }

  @Get('decorated')
  @Header('ETag', TAG)
  @Header('Last-Modified', DATE)
  @Download()
  decorated(): LocalFile {
    return new LocalFile(file);
  }

  @Get('missing')
  @Header('ETag', TAG)
  @Header('Last-Modified', DATE)
  @Header('Content-Disposition', 'attachment; filename="secret.txt"')
  @Header('Content-Type', 'application/x-secret')
  @Header('Retry-After', '60')
  missing(): DownloadResponse {
    return sendfile(`${file}.none`);
  }

  @Get('framed')
  @Header('Transfer-Encoding', 'chunked')
  @Header('Content-Range', 'bytes 0-4/9')
  framed(): DownloadResponse {
    return sendfile(file);
  }

  @Get('framed-generated')
  @Header('Transfer-Encoding', 'chunked')
  @Download()
  framedGenerated(): VirtualFile {
    return new VirtualFile(() => Readable.from([TEXT]), { name: 'a.txt' });
  }

  @Get('response')
  response(
    @Res({ passthrough: true }) response: AnyResponse,
  ): DownloadResponse {
    set(response, 'ETag', TAG);
    set(response, 'Last-Modified', DATE);
    return sendfile(file);
  }

  @Get('interceptor')
  @UseInterceptors(SetTag)
  interceptor(): DownloadResponse {
    return sendfile(file);
  }

  @Get('sendfile')
  sendfile(): DownloadResponse {
    return sendfile(file, { etag: TAG, lastModified: new Date(DATE) });
  }

  @Get('download')
  @Download({ etag: TAG, lastModified: new Date(DATE) })
  download(): LocalFile {
    return new LocalFile(file);
  }

  @Get('late')
  late(): DownloadResponse {
    return sendfile(file);
  }

  @Get('gone')
  gone(@Res({ passthrough: true }) response: AnyResponse): DownloadResponse {
    response.status(410);
    return sendfile(file);
  }

  @Get('not-found')
  @HttpCode(404)
  @Download({ basename: 'none.txt' })
  notFound(): string {
    return TEXT;
  }

  @Get('other')
  @HttpCode(203)
  other(): DownloadResponse {
    return sendfile(file);
  }

  @Get('empty')
  @HttpCode(204)
  empty(): DownloadResponse {
    return sendfile(file);
  }

  @Post('made')
  made(): DownloadResponse {
    return sendfile(file);
  }

  @Post('created')
  @HttpCode(201)
  created(): DownloadResponse {
    return sendfile(file);
  }
}

const OWN = [
  'headers',
  'decorated',
  'response',
  'interceptor',
  'sendfile',
  'download',
  'controller',
];

function backends(
  directory: string,
): Record<string, DownloadBackend | undefined> {
  const sourceDir = `${directory}/`;
  return {
    'the application': undefined,
    nginx: nginx({ rules: [{ sourceDir, destination: '/_offload/' }] }),
    Apache: apache({ rules: [{ sourceDir }], pathEncoding: 'raw' }),
    lighttpd: lighttpd({ rules: [{ sourceDir }] }),
  };
}

describe.each(ADAPTERS)(
  'what the application says itself on %s',
  (adapter: Adapter) => {
    let directory: TemporaryDirectory;
    const running: Record<string, RunningApplication> = {};

    beforeAll(async () => {
      directory = await temporaryDirectory();
      file = await directory.write('a.txt', TEXT);
      for (const [name, backend] of Object.entries(backends(directory.path))) {
        running[name] = await startApplication(adapter, {
          options: { backend },
          controllers: [
            FileController,
            PathDownloadController.asController('controller', {
              root: directory.path,
              path: 'a.txt',
              headers: { ETag: TAG, 'Last-Modified': DATE },
            }),
          ],
          providers: [{ provide: APP_INTERCEPTOR, useClass: SetTagLate }],
        });
      }
    });

    afterAll(async () => {
      for (const one of Object.values(running)) await one.close();
      await directory.remove();
    });

    it.each([
      ['missing', {}, 404],
      ['decorated', { 'if-match': '"x"' }, 412],
      ['decorated', { range: 'bytes=99-' }, 416],
    ])('is not on an error: %s %j is %d', async (path, headers, status) => {
      const { origin } = running['the application'];
      const answer = await httpRequest(origin, `/${path}`, { headers });
      expect(answer.status).toBe(status);
      // Express tags its own text.
      expect(answer.headers.etag).not.toBe(TAG);
      for (const name of ['last-modified', 'content-disposition']) {
        expect(answer.headers).not.toHaveProperty([name]);
      }
      expect(answer.headers).toMatchObject({
        'content-type': expect.stringContaining('application/json'),
        'cache-control': 'no-store',
        ...(path === 'missing' && { 'retry-after': '60' }),
        ...(status === 416 && { 'content-range': 'bytes */10' }),
      });
    });

    it('does not frame the message, which is the library’s', async () => {
      const { origin } = running['the application'];
      const { headers, text } = await httpRequest(origin, '/framed');
      expect(text).toBe(TEXT);
      expect(headers['content-length']).toBe('10');
      expect(headers).not.toHaveProperty('transfer-encoding');
      expect(headers).not.toHaveProperty('content-range');
      const generated = await httpRequest(origin, '/framed-generated');
      expect(generated.text).toBe(TEXT);
      expect(generated.headers['transfer-encoding']).toBe('chunked');
    });

    function ask(
      path: string,
      headers: Record<string, string> = {},
      { method = 'GET', by = 'the application' } = {},
    ): Promise<HttpAnswer> {
      const origin = running[by]?.origin ?? '';
      return httpRequest(origin, `/${path}`, { headers, method });
    }

    describe.each(OWN)('a tag and a date by %s', (path) => {
      it.each([
        ['announced', {}, 200],
        ['held against If-None-Match', { 'If-None-Match': TAG }, 304],
        ['held against If-Modified-Since', { 'If-Modified-Since': DATE }, 304],
        ['newer than If-Modified-Since', { 'If-Modified-Since': EARLIER }, 200],
        ['held against If-Match', { 'If-Match': TAG }, 200],
        ['held against If-Match of another', { 'If-Match': '"other"' }, 412],
        [
          'older than If-Unmodified-Since',
          { 'If-Unmodified-Since': LATER },
          200,
        ],
        [
          'held against If-Unmodified-Since',
          { 'If-Unmodified-Since': EARLIER },
          412,
        ],
        ['held against If-Range', { Range: 'bytes=2-3', 'If-Range': TAG }, 206],
        [
          'held against If-Range of another',
          { Range: 'bytes=2-3', 'If-Range': '"other"' },
          200,
        ],
      ] as const)('are %s', async (_title, headers, status) => {
        const answer = await ask(path, headers);

        expect(answer.status).toBe(status);
        if (status >= 400) return;
        expect(answer.headers.etag).toBe(TAG);
        if (status !== 304) expect(answer.headers['last-modified']).toBe(DATE);
      });

      it('are announced by HEAD', async () => {
        const { headers } = await ask(path, {}, { method: 'HEAD' });

        expect(headers).toMatchObject({ etag: TAG, 'last-modified': DATE });
      });

      it.each(['nginx', 'Apache', 'lighttpd'])(
        'are judged where %s sends the file',
        async (by) => {
          const [whole, known, failed] = await Promise.all([
            ask(path, {}, { by }),
            ask(path, { 'If-None-Match': TAG }, { by }),
            ask(path, { 'If-Match': '"other"' }, { by }),
          ]);

          expect(whole.headers.etag).toBe(TAG);
          expect(known?.status).toBe(304);
          expect(failed?.status).toBe(412);
        },
      );
    });

    it('is taken off, with a warning, where a tag comes after the decision', async () => {
      const warn = jest
        .spyOn(Logger.prototype, 'warn')
        .mockImplementation(() => undefined);
      const { headers } = await ask('late');

      expect(headers.etag).not.toBe('"late"');
      expect(
        (await ask('late', { 'If-None-Match': headers.etag ?? '' })).status,
      ).toBe(304);
      expect(warn).toHaveBeenCalledWith(
        expect.stringContaining('after its conditions'),
      );
      warn.mockRestore();
    });

    it.each([
      ['gone', 410],
      ['not-found', 404],
    ])(
      'is the status of %s, with the type but no version of the file',
      async (path, status) => {
        const answer = await ask(path, {
          Range: 'bytes=0-1',
          'If-Match': '"x"',
        });

        expect(answer).toMatchObject({ status, text: TEXT });
        expect(answer.headers['content-type']).toBe(
          'text/plain; charset=utf-8',
        );
        expect(answer.headers['content-disposition']).toMatch(/^attachment/);
        for (const name of ['etag', 'last-modified', 'accept-ranges']) {
          expect(answer.headers).not.toHaveProperty(name);
        }
      },
    );

    it('has no ranges, but preconditions, at another 2xx', async () => {
      const whole = await ask('other', { Range: 'bytes=0-1' });
      expect(whole).toMatchObject({ status: 203, text: TEXT });
      expect(whole.headers).toHaveProperty('etag');

      const { status } = await ask('other', {
        'If-None-Match': whole.headers.etag ?? '',
      });
      expect(status).toBe(304);
    });

    it('keeps the server in front out at another status than 200', async () => {
      const { headers, text } = await ask('gone', {}, { by: 'nginx' });

      expect(text).toBe(TEXT);
      expect(headers).not.toHaveProperty('x-accel-redirect');
    });

    it('is an error where the status has no body', async () => {
      expect((await ask('empty')).status).toBe(500);
    });

    it('is 200 for a POST of which nobody says else, and 201 where one does', async () => {
      expect((await ask('made', {}, { method: 'POST' })).status).toBe(200);
      expect((await ask('created', {}, { method: 'POST' })).status).toBe(201);
    });
  },
);
