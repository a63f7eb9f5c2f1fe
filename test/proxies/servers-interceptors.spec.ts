import { gunzipSync, gzipSync } from 'node:zlib';

import fastifyCompress from '@fastify/compress';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  ForbiddenException,
  Get,
  Injectable,
  type INestApplication,
  type NestInterceptor,
  Res,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import compression from 'compression';
import {
  Download,
  DownloadResponse,
  LocalFile,
  sendfile,
} from 'nestjs-downloadview';
import { map } from 'rxjs';

import { type Adapter } from '../support/application.js';
import {
  type ServedSite,
  startBehind,
} from '../support/servers/behind-server.js';
import { fieldLines, fieldNames } from '../support/clients/http-fields.js';
import { KeptConnection } from '../support/clients/kept-connection.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { describeAllServers } from '../support/servers/tested-servers.js';

interface PassedThrough {
  header(name: string, value: string): unknown;
}

const CONTENT = 'the bytes of the file\n'.repeat(200);
// lighttpd says of every answer that it takes ranges.
const OF_A_FILE =
  /^(?:content-disposition|content-security-policy|last-modified|x-accel-.*|x-sendfile.*)$/;
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

async function compress(
  app: INestApplication,
  adapter: Adapter,
): Promise<void> {
  if (adapter === 'express') app.use(compression({ threshold: 0 }));
  else {
    await (app as NestFastifyApplication).register(fastifyCompress, {
      threshold: 0,
    });
  }
}

describeAllServers(
  'interceptors, handlers and compression',
  (server, adapter) => {
    let directory: TemporaryDirectory;
    let site: ServedSite;

    beforeAll(async () => {
      directory = await temporaryDirectory();
      const file = await directory.write('a.txt', CONTENT);
      await directory.write('other.txt', 'another file');
      const coded = await directory.write('log.txt.gz', gzipSync(CONTENT));

      @Controller()
      class FileController {
        @Get(['file', 'refused', 'replaced', 'with-a-slash/a.txt'])
        file() {
          return sendfile(file);
        }

        @Get('own-headers')
        ownHeaders(@Res({ passthrough: true }) response: PassedThrough) {
          response.header('X-Accel-Redirect', '/_offload-0/other.txt');
          response.header('X-Sendfile', '/etc/passwd');
          response.header('X-Sendfile-Temporary', file);
          response.header('Accept-Ranges', 'none');
          response.header('Content-Encoding', 'gzip');
          return sendfile(file);
        }

        @Get('own-headers-streamed')
        @Download({ basename: 'rows.csv' })
        streamed(@Res({ passthrough: true }) response: PassedThrough) {
          response.header('X-Accel-Redirect', '/_offload-0/other.txt');
          response.header('X-Sendfile', '/etc/passwd');
          return 'a,b\n';
        }

        @Get('coded')
        coded() {
          return new DownloadResponse(new LocalFile(coded), {
            basename: 'log.txt',
            encoding: 'gzip',
          });
        }

        @Get('archive')
        archive() {
          return new DownloadResponse(new LocalFile(coded));
        }
      }

      site = await startBehind(server.kind, adapter, {
        backend: server.backend([{ sourceDir: directory.path }]),
        controllers: [FileController],
        // One of app.useGlobalInterceptors() would stand inside.
        providers: [{ provide: APP_INTERCEPTOR, useClass: OuterInterceptor }],
        configure: (app) => compress(app, adapter),
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

      const offload = Object.entries(headers).filter(([name]) =>
        /^x-accel-|^x-sendfile/.test(name),
      );
      expect(offload).toEqual([
        [server.offloadHeader, server.told(directory.path, 'a.txt')],
      ]);
      expect((await site.through('/own-headers')).text).toBe(CONTENT);
    });

    it('takes an offload header off a file that it sends itself', async () => {
      for (const way of WAYS) {
        const { headers, text } = await site[way]('/own-headers-streamed');

        expect(headers).not.toHaveProperty('x-accel-redirect');
        expect(headers).not.toHaveProperty('x-sendfile');
        expect(text).toBe('a,b\n');
      }
    });

    it.each(['accept-ranges', 'content-encoding'])(
      'takes %s of a handler off an offloaded answer',
      async (name) => {
        const answer = await site.direct('/own-headers');

        expect(fieldLines(answer, server.offloadHeader)).toHaveLength(1);
        expect(answer.headers).not.toHaveProperty(name);
      },
    );

    it('hands over without a body and a coding, whatever compresses', async () => {
      const headers = { 'Accept-Encoding': 'gzip, br' };

      const answer = await site.direct('/file', { headers });

      expect(answer).toMatchObject({
        status: 200,
        text: '',
        headers: { 'content-length': '0' },
      });
      expect(answer.headers).not.toHaveProperty('content-encoding');
      expect((await site.through('/file', { headers })).text).toBe(CONTENT);
    });

    it('keeps the connection in order for the requests that follow', async () => {
      const { port } = new URL(site.server.origin);
      const connection = new KeptConnection(Number(port));
      const paths = ['/file', '/own-headers', '/file', '/replaced', '/file'];
      try {
        for (const path of paths) {
          const { text } = await connection.send(path, {
            headers: { 'Accept-Encoding': 'gzip' },
          });
          if (path !== '/replaced') expect(text).toBe(CONTENT);
        }
        expect(connection.connections).toBe(1);
      } finally {
        connection.close();
      }
    });

    it('answers a path with a slash at its end as the application does', async () => {
      const { status } = await site.direct('/with-a-slash/a.txt/');

      expect((await site.through('/with-a-slash/a.txt/')).status).toBe(status);
    });

    describe('of a file that has a coding', () => {
      const offloads = server.name === 'lighttpd';

      it(
        offloads ? 'leaves the bytes to the server' : 'sends the bytes itself',
        async () => {
          const { headers } = await site.direct('/coded');

          expect(server.offloadHeader in headers).toBe(offloads);
          expect(headers['content-encoding']).toBe('gzip');
        },
      );

      it('brings the coding and the bytes', async () => {
        const { headers, body } = await site.through('/coded');

        expect(headers).toMatchObject({
          'content-encoding': 'gzip',
          'content-length': String(body.length),
          'content-type': 'text/plain; charset=utf-8',
        });
        expect(gunzipSync(body).toString()).toBe(CONTENT);
      });

      it('leaves an archive to the server, as what it is', async () => {
        const { headers } = await site.direct('/archive');
        const answer = await site.through('/archive');

        expect(headers).toHaveProperty(server.offloadHeader);
        expect(answer.headers['content-type']).toBe('application/gzip');
        expect(answer.headers).not.toHaveProperty('content-encoding');
        expect(gunzipSync(answer.body).toString()).toBe(CONTENT);
      });
    });
  },
);
