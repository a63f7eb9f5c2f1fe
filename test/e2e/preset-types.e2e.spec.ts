import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Header,
  type INestApplication,
  Res,
} from '@nestjs/common';
import {
  ContentFile,
  Download,
  LocalFile,
  sendfile,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { httpRequest } from '../support/clients/http-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { headersOf, standBetween, WAYS } from '../support/ways.js';

const CONTENT = '0123456789'.repeat(10);
const OWN = 'text/x-own; charset=koi8-r';

/** Express's response, or Fastify's reply. */
interface Typed {
  type(type: string): void;
  setHeader?(name: string, value: string): void;
  header(name: string, value: string): void;
}

describe.each(ADAPTERS)(
  'A Content-Type of the application on %s',
  (adapter) => {
    let files: TemporaryDirectory;
    let running: RunningApplication;

    beforeAll(async () => {
      files = await temporaryDirectory();
      const path = await files.write('a.pdf', CONTENT);

      @Controller()
      class TypesController {
        @Get('decorator')
        @Header('Content-Type', OWN)
        decorated() {
          return sendfile(path);
        }

        @Get('type')
        typed(@Res({ passthrough: true }) response: Typed) {
          response.header('content-type', OWN);
          return sendfile(path);
        }

        @Get('option')
        option() {
          return sendfile(path, { headers: { 'content-type': OWN } });
        }

        @Get('memory')
        @Header('content-type', OWN)
        @Download()
        memory() {
          return new ContentFile(CONTENT, { name: 'a.pdf' });
        }

        @Get('middleware')
        @Download()
        middleware() {
          return new LocalFile(path);
        }
      }
      running = await startApplication(adapter, {
        controllers: [TypesController],
        configure: (app: INestApplication) => {
          standBetween(app);
          app.use(
            '/middleware',
            (
              _: unknown,
              response: { setHeader(name: string, value: string): void },
              next: () => void,
            ) => {
              response.setHeader('Content-Type', OWN);
              next();
            },
          );
        },
      });
    });

    afterAll(async () => {
      await running.close();
      await files.remove();
    });

    describe.each(WAYS)('%s', (way) => {
      it.each(['decorator', 'type', 'option', 'memory', 'middleware'])(
        'is the type of each of several ranges: by %s',
        async (route) => {
          const ask = (headers: Record<string, string>) =>
            httpRequest(running.origin, `/${route}`, {
              headers: { ...headersOf(way), ...headers },
            });
          expect((await ask({})).headers['content-type']).toBe(OWN);
          const one = await ask({ Range: 'bytes=0-1' });
          expect([one.status, one.headers['content-type']]).toEqual([206, OWN]);
          const several = await ask({ Range: 'bytes=0-1,50-51' });
          expect(several.status).toBe(206);
          const [, boundary = ''] =
            /^multipart\/byteranges; boundary=(\S+)$/.exec(
              several.headers['content-type'] ?? '',
            ) ?? [];
          const parts = several.text.split(`--${boundary}`).slice(1, -1);
          expect(
            parts.map((part) => /^Content-Type: (.*)\r$/im.exec(part)?.[1]),
          ).toEqual([OWN, OWN]);
        },
      );
    });
  },
);
