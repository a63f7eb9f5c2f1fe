import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  ForbiddenException,
  Get,
  Injectable,
  type NestInterceptor,
  Res,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import {
  Download,
  DownloadResponse,
  LocalFile,
  nginx,
  sendfile,
} from 'nestjs-downloadview';
import { map } from 'rxjs';

import { ADAPTERS } from '../support/application.js';
import { type Site, startBehindNginx } from '../support/behind-nginx.js';
import { describeWith } from '../support/describe-with.js';
import { fieldLines, fieldNames } from '../support/http-fields.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/temporary-directory.js';

interface PassedThrough {
  header(name: string, value: string): unknown;
}

const CONTENT = 'the bytes of the file\n';
const OF_A_FILE =
  /^(?:accept-ranges|content-disposition|content-security-policy|last-modified|x-accel-.*|x-sendfile.*)$/;
const WAYS = ['through', 'direct'] as const;

/** Has the last word: it stands outside the interceptor of the module. */
@Injectable()
class OuterInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    const { url } = context.switchToHttp().getRequest<{ url: string }>();
    return next.handle().pipe(
      map((value: unknown) => {
        if (url.endsWith('/refused')) throw new ForbiddenException();
        return url.endsWith('/replaced') ? { instead: 'of the file' } : value;
      }),
    );
  }
}

describeWith(['nginx'], 'interceptors and handlers behind nginx', () => {
  describe.each(ADAPTERS)('on %s', (adapter) => {
    let directory: TemporaryDirectory;
    let site: Site;

    beforeAll(async () => {
      directory = await temporaryDirectory();
      const file = await directory.write('a.txt', CONTENT);
      await directory.write('other.txt', 'another file');

      @Controller()
      class FileController {
        @Get(['refused', 'replaced'])
        file() {
          return sendfile(file);
        }

        @Get('own-headers')
        ownHeaders(@Res({ passthrough: true }) response: PassedThrough) {
          response.header('X-Accel-Redirect', '/_offload/other.txt');
          response.header('X-Sendfile', '/etc/passwd');
          response.header('Accept-Ranges', 'none');
          response.header('Content-Encoding', 'gzip');
          return sendfile(file);
        }

        @Get('own-headers-streamed')
        @Download({ basename: 'rows.csv' })
        streamed(@Res({ passthrough: true }) response: PassedThrough) {
          response.header('X-Accel-Redirect', '/_offload/other.txt');
          return 'a,b\n';
        }

        @Get('coded')
        coded() {
          return new DownloadResponse(new LocalFile(file), {
            headers: { 'content-encoding': 'gzip' },
          });
        }
      }

      site = await startBehindNginx(adapter, {
        backend: nginx({
          rules: [{ sourceDir: directory.path, destination: '/_offload/' }],
        }),
        controllers: [FileController],
        // One of app.useGlobalInterceptors() would stand inside.
        providers: [{ provide: APP_INTERCEPTOR, useClass: OuterInterceptor }],
      });
    });

    afterAll(async () => {
      await site.stop();
      await directory.remove();
    });

    it.each(WAYS)(
      'answers %s with the 403 of an outer interceptor and its JSON',
      async (way) => {
        const { status, headers, text } = await site[way]('/refused');

        expect(status).toBe(403);
        expect(headers['content-type']).toMatch(/^application\/json/);
        expect(JSON.parse(text)).toMatchObject({ statusCode: 403 });
      },
    );

    it.each(WAYS)(
      'answers %s with the value that an outer interceptor puts in place',
      async (way) => {
        const { status, text } = await site[way]('/replaced');

        expect(status).toBe(200);
        expect(JSON.parse(text)).toEqual({ instead: 'of the file' });
      },
    );

    it.each(
      WAYS.flatMap((way) =>
        ['/refused', '/replaced'].map((path) => [way, path] as const),
      ),
    )('shows nothing of the file %s at %s', async (way, path) => {
      const names = fieldNames(await site[way](path));

      expect(names.filter((name) => OF_A_FILE.test(name))).toEqual([]);
    });

    it('overrules the offload headers of a handler', async () => {
      const { headers } = await site.direct('/own-headers');

      expect(headers['x-accel-redirect']).toBe('/_offload/a.txt');
      expect(headers).not.toHaveProperty('x-sendfile');
    });

    it('takes an offload header off a file that it sends itself', async () => {
      const { headers, text } = await site.direct('/own-headers-streamed');

      expect(headers).not.toHaveProperty('x-accel-redirect');
      expect(text).toBe('a,b\n');
    });

    it.each(['accept-ranges', 'content-encoding'])(
      'takes %s of a handler off an offloaded answer',
      async (name) => {
        const answer = await site.direct('/own-headers');

        expect(fieldLines(answer, 'x-accel-redirect')).toHaveLength(1);
        expect(answer.headers).not.toHaveProperty(name);
      },
    );

    it('sends a file itself whose coding stands in the headers', async () => {
      const { headers, text } = await site.direct('/coded');

      expect(headers).not.toHaveProperty('x-accel-redirect');
      expect([headers['content-encoding'], text]).toEqual(['gzip', CONTENT]);
    });
  });
});
