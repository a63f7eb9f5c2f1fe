import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
} from '@jest/globals';
import {
  All,
  type ArgumentsHost,
  Body,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  Delete,
  type ExceptionFilter,
  type ExecutionContext,
  ForbiddenException,
  Get,
  HttpException,
  Inject,
  Injectable,
  MethodNotAllowedException,
  type NestInterceptor,
  Param,
  Post,
  RequestMethod,
  Scope,
  type Type,
  UnauthorizedException,
  UseFilters,
  UseGuards,
  UseInterceptors,
  Version,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import { HttpAdapterHost, REQUEST } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  ContentFile,
  type DownloadRequest,
  type DownloadResponse,
  FileNotFoundError,
  PathDownloadController,
  VirtualDownloadController,
} from 'nestjs-downloadview';
import { tap } from 'rxjs';

import {
  type Adapter,
  ADAPTERS,
  type ApplicationParts,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import {
  type HttpAnswer,
  httpRequest,
  type HttpRequest,
} from '../support/clients/http-client.js';
import { LogLines } from '../support/log-lines.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

class HelloController extends VirtualDownloadController {
  getFile(_request: DownloadRequest): ContentFile {
    return new ContentFile('Hello', { name: 'hello.txt' });
  }
}

let directory: TemporaryDirectory;
let root: string;

beforeAll(async () => {
  directory = await temporaryDirectory();
  root = directory.path;
  await directory.write('a.txt', 'a');
  await directory.write('folder/b c.txt', 'b c');
});

afterAll(() => directory.remove());

describe.each(ADAPTERS)('routes on %s', (adapter) => {
  let running: RunningApplication | undefined;

  afterEach(async () => {
    await running?.close();
    running = undefined;
  });

  async function boot(parts: ApplicationParts): Promise<void> {
    running = await startApplication(adapter, parts);
  }

  function ask(path: string, request?: HttpRequest): Promise<HttpAnswer> {
    return httpRequest(running!.origin, path, request);
  }

  async function textAt(path: string): Promise<string> {
    const { status, text } = await ask(path);
    return `${status} ${text}`;
  }

  describe('are where the application puts them', () => {
    it('below a global prefix, wildcard and all', async () => {
      await boot({
        controllers: [
          PathDownloadController.asController('files/*path', { root }),
          PathDownloadController.asController('one/:path', { root }),
        ],
        configure: (app) => app.setGlobalPrefix('api/v1'),
      });
      expect(await textAt('/api/v1/files/folder/b%20c.txt')).toBe('200 b c');
      expect(await textAt('/api/v1/one/a.txt')).toBe('200 a');
      expect((await ask('/files/a.txt')).status).toBe(404);
    });

    it('outside of a global prefix, where they are excluded from it', async () => {
      await boot({
        controllers: [HelloController.asController('hello')],
        configure: (app) =>
          app.setGlobalPrefix('api', {
            exclude: [{ path: 'hello', method: RequestMethod.GET }],
          }),
      });
      expect(await textAt('/hello')).toBe('200 Hello');
    });

    it('behind a parameter of the prefix', async () => {
      await boot({
        controllers: [
          PathDownloadController.asController(':tenant/files/*path', { root }),
        ],
      });
      expect(await textAt('/acme/files/folder/b%20c.txt')).toBe('200 b c');
    });

    it('below the version of the URI, each version its own', async () => {
      class NewHelloController extends HelloController {
        override getFile(): ContentFile {
          return new ContentFile('New', { name: 'hello.txt' });
        }
      }
      await boot({
        controllers: [
          HelloController.asController({ path: 'hello', version: '1' }),
          NewHelloController.asController({ path: 'hello', version: '2' }),
          PathDownloadController.asController(
            { path: 'files/*path', version: ['1', VERSION_NEUTRAL] },
            { root },
          ),
        ],
        configure: (app) => app.enableVersioning({ type: VersioningType.URI }),
      });
      expect(await textAt('/v1/hello')).toBe('200 Hello');
      expect(await textAt('/v2/hello')).toBe('200 New');
      expect((await ask('/v3/hello')).status).toBe(404);
      expect((await ask('/hello')).status).toBe(404);
      expect(await textAt('/v1/files/folder/b%20c.txt')).toBe('200 b c');
      expect(await textAt('/files/folder/b%20c.txt')).toBe('200 b c');
    });

    it('chosen by the version in a header, each version its own', async () => {
      class NewHelloController extends HelloController {
        override getFile(): ContentFile {
          return new ContentFile('New', { name: 'hello.txt' });
        }
      }
      await boot({
        controllers: [
          HelloController.asController({ path: 'hello', version: '1' }),
          NewHelloController.asController({ path: 'hello', version: '2' }),
          PathDownloadController.asController(
            { path: 'files/*path', version: '1' },
            { root },
          ),
        ],
        configure: (app) =>
          app.enableVersioning({
            type: VersioningType.HEADER,
            header: 'x-version',
          }),
      });
      const of = (version: string) => ({ headers: { 'x-version': version } });
      expect((await ask('/hello', of('1'))).text).toBe('Hello');
      expect((await ask('/hello', of('2'))).text).toBe('New');
      expect((await ask('/hello', of('3'))).status).toBe(404);
      expect((await ask('/hello')).status).toBe(404);
      expect((await ask('/files/folder/b%20c.txt', of('1'))).text).toBe('b c');
      for (const version of ['1', '2', '3']) {
        const answer = await ask('/hello', { ...of(version), method: 'POST' });
        expect(answer.status).toBe(405);
        expect(answer.headers.allow).toBe('GET, HEAD');
      }
    });

    it('at several paths of one class', async () => {
      @Controller(['a/*path', 'b/:path', '/c/*path'])
      class ManualController extends PathDownloadController {
        override root = root;
      }
      await boot({ controllers: [ManualController] });
      expect(await textAt('/a/folder/b%20c.txt')).toBe('200 b c');
      expect(await textAt('/b/a.txt')).toBe('200 a');
      expect(await textAt('/c/folder/b%20c.txt')).toBe('200 b c');
      const answer = await ask('/a/x', { method: 'POST' });
      expect(answer.headers.allow).toBe('GET, HEAD');
    });

    it('at several paths of asController()', async () => {
      await boot({
        controllers: [
          PathDownloadController.asController(['a/*path', 'b/*path'], { root }),
          HelloController.asController({ path: ['hello', 'hi'] }),
        ],
      });
      expect(await textAt('/a/a.txt')).toBe('200 a');
      expect(await textAt('/b/a.txt')).toBe('200 a');
      expect(await textAt('/hello')).toBe('200 Hello');
      expect(await textAt('/hi')).toBe('200 Hello');
    });

    it('for HEAD too, without a body', async () => {
      await boot({
        controllers: [
          PathDownloadController.asController('files/*path', { root }),
        ],
      });
      const answer = await ask('/files/folder/b%20c.txt', { method: 'HEAD' });
      expect(answer.status).toBe(200);
      expect(answer.headers['content-length']).toBe('3');
      expect(answer.text).toBe('');
    });

    it('with the query left alone', async () => {
      await boot({
        controllers: [
          PathDownloadController.asController('files/*path', { root }),
        ],
      });
      expect(await textAt('/files/a.txt?path=folder/b%20c.txt&a/b=/../x')).toBe(
        '200 a',
      );
    });
  });

  describe('wildcards', () => {
    const classes = [
      ['files/*path', namedWildcard()],
      ['files/{*path}', optionalWildcard()],
      ['files{/*path}', optionalSlash()],
    ] as const;

    // One class boots on one adapter after the other: each starts from what the user wrote.
    const other: Adapter = adapter === 'express' ? 'fastify' : 'express';
    it.each(classes)(
      'of %s boot on one adapter after the other, without a warning',
      async (_, controller) => {
        for (const turn of [adapter, other, adapter]) {
          const log = new LogLines();
          const started = await startApplication(turn, {
            controllers: [controller],
            configure: (app) => app.useLogger(log),
          });
          try {
            const path = '/files/folder/b%20c.txt';
            const { text } = await httpRequest(started.origin, path);
            expect(text).toBe('b c');
            expect(log.of('warn')).toEqual([]);
            expect(log.of('error')).toEqual([]);
          } finally {
            await started.close();
          }
        }
      },
    );

    it('that are optional are 404 where nothing stands in their place', async () => {
      for (const controller of [optionalWildcard(), optionalSlash()]) {
        await boot({ controllers: [controller] });
        for (const path of ['/files', '/files/', '/files//']) {
          const { status, text } = await ask(path);
          expect(status).toBe(404);
          expect(text).not.toContain(root);
        }
        await running!.close();
        running = undefined;
      }
    });

    it('on a handler of the subclass', async () => {
      @Controller('files')
      class ManualController extends PathDownloadController {
        override root = root;

        @Get('tail/*path')
        override handleDownload(
          request: DownloadRequest,
        ): Promise<DownloadResponse> {
          return super.handleDownload(request);
        }
      }
      await boot({ controllers: [ManualController] });
      expect(await textAt('/files/tail/folder/b%20c.txt')).toBe('200 b c');
    });

    it('at the root of the application', async () => {
      await boot({
        controllers: [PathDownloadController.asController('*path', { root })],
      });
      expect(await textAt('/folder/b%20c.txt')).toBe('200 b c');
      expect((await ask('//folder/b%20c.txt')).status).toBe(404);
    });
  });

  describe('what the application adds to a controller', () => {
    const refusing = (error: () => HttpException): Type<CanActivate> => {
      @Injectable()
      class Refusing implements CanActivate {
        canActivate(): boolean {
          throw error();
        }
      }
      return Refusing;
    };

    it.each<[number, () => HttpException]>([
      [401, () => new UnauthorizedException()],
      [403, () => new ForbiddenException()],
    ])('a guard’s %i comes before the file', async (status, error) => {
      let asked = 0;
      class CountingController extends HelloController {
        override getFile(request: DownloadRequest): ContentFile {
          asked += 1;
          return super.getFile(request);
        }
      }
      @Controller('on-class')
      @UseGuards(refusing(error))
      class GuardedController extends CountingController {}
      await boot({
        controllers: [
          GuardedController,
          CountingController.asController('in-decorators', {
            decorators: [UseGuards(refusing(error))],
          }),
        ],
      });
      for (const path of ['/on-class', '/in-decorators']) {
        for (const method of ['GET', 'HEAD']) {
          const answer = await ask(path, { method });
          expect(answer.status).toBe(status);
          expect(answer.text).not.toContain('Hello');
          expect(answer.headers).not.toHaveProperty('content-disposition');
          expect(answer.headers).not.toHaveProperty('last-modified');
        }
      }
      expect(asked).toBe(0);
    });

    it('a guard holds for one class only', async () => {
      await boot({
        controllers: [
          HelloController.asController('closed', {
            decorators: [UseGuards(refusing(() => new ForbiddenException()))],
          }),
          HelloController.asController('open'),
        ],
      });
      expect((await ask('/closed')).status).toBe(403);
      expect((await ask('/open')).status).toBe(200);
    });

    it('an interceptor sees the download go by', async () => {
      const seen: string[] = [];
      @Injectable()
      class Watching implements NestInterceptor {
        intercept(context: ExecutionContext, next: CallHandler) {
          seen.push(`${context.getClass().name} before`);
          return next
            .handle()
            .pipe(tap((value: DownloadResponse) => seen.push(value.file.name)));
        }
      }
      @Controller('hello')
      @UseInterceptors(Watching)
      class WatchedController extends HelloController {}
      await boot({ controllers: [WatchedController] });
      expect(await textAt('/hello')).toBe('200 Hello');
      expect(seen).toEqual(['WatchedController before', 'hello.txt']);
    });

    it('a filter makes the answer where there is no file', async () => {
      @Catch()
      class Apologizing implements ExceptionFilter {
        constructor(private readonly host: HttpAdapterHost) {}

        catch(error: HttpException, host: ArgumentsHost): void {
          this.host.httpAdapter.reply(
            host.switchToHttp().getResponse(),
            { sorry: error.getStatus() },
            410,
          );
        }
      }
      @Controller('files/*path')
      @UseFilters(Apologizing)
      class ManualController extends PathDownloadController {
        override root = root;
      }
      await boot({ controllers: [ManualController] });
      const answer = await ask('/files/missing');
      expect(answer.status).toBe(410);
      expect(JSON.parse(answer.text)).toEqual({ sorry: 404 });
      expect(await textAt('/files/a.txt')).toBe('200 a');
    });

    it('fileNotFound() makes another one', async () => {
      @Controller('files/*path')
      class ManualController extends PathDownloadController {
        override root = root;

        override fileNotFound(error: FileNotFoundError): never {
          throw new ForbiddenException('No', { cause: error });
        }
      }
      await boot({ controllers: [ManualController] });
      for (const path of ['missing', '..', 'folder']) {
        const answer = await ask(`/files/${path}`);
        expect(answer.status).toBe(403);
        expect(answer.text).not.toContain(root);
      }
    });

    it('a controller that is made for each request gets the request', async () => {
      @Controller({ path: 'files/*path', scope: Scope.REQUEST })
      class RequestController extends PathDownloadController {
        override root = root;

        constructor(
          @Inject(REQUEST) private readonly injected: DownloadRequest,
        ) {
          super();
        }

        override getBasename(): string {
          return String(this.injected.headers['x-name']);
        }
      }
      await boot({ controllers: [RequestController] });
      const answers = await Promise.all(
        ['first', 'second', 'third'].map((name) =>
          ask('/files/folder/b%20c.txt', { headers: { 'x-name': name } }),
        ),
      );
      expect(
        answers.map(({ headers }) => headers['content-disposition']),
      ).toEqual([
        expect.stringContaining('"first"'),
        expect.stringContaining('"second"'),
        expect.stringContaining('"third"'),
      ]);
      expect(answers.map(({ text }) => text)).toEqual(['b c', 'b c', 'b c']);
      const answer = await ask('/files/a.txt', { method: 'POST' });
      expect(answer.status).toBe(405);
    });

    it('a handler of its own stays what it is', async () => {
      @Controller('files')
      class ListedController extends PathDownloadController {
        override root = root;
        override path = 'a.txt';

        @Get('list')
        list(): string[] {
          return ['a.txt'];
        }

        @Get('list/:id')
        one(@Param('id') id: string): { id: string } {
          return { id };
        }

        @Get('html')
        html(): string {
          return '<p>a.txt</p>';
        }
      }
      await boot({ controllers: [ListedController] });
      const list = await ask('/files/list');
      expect(JSON.parse(list.text)).toEqual(['a.txt']);
      expect(list.headers['content-type']).toMatch(/^application\/json/);
      expect(list.headers).not.toHaveProperty('content-disposition');
      expect(list.headers).not.toHaveProperty('content-security-policy');
      expect(JSON.parse((await ask('/files/list/7')).text)).toEqual({
        id: '7',
      });
      expect(await textAt('/files/html')).toBe('200 <p>a.txt</p>');
      expect(await textAt('/files')).toBe('200 a');
    });

    it('an override of download() sees every request, and its answer counts', async () => {
      const seen: string[] = [];
      @Controller('files/*path')
      class CountingController extends PathDownloadController {
        override root = root;

        override async download(
          request: DownloadRequest,
        ): Promise<DownloadResponse> {
          const response = await super.download(request);
          seen.push(response.file.name);
          if (response.file.name === 'a.txt') throw new ForbiddenException();
          return response;
        }
      }
      await boot({ controllers: [CountingController] });
      expect(await textAt('/files/folder/b%20c.txt')).toBe('200 b c');
      expect((await ask('/files/a.txt')).status).toBe(403);
      expect((await ask('/files/..')).status).toBe(404);
      expect(seen).toEqual(['b c.txt', 'a.txt']);
    });
  });
});

describe.each(ADAPTERS)('other methods on %s', (adapter) => {
  let running: RunningApplication | undefined;

  afterEach(async () => {
    await running?.close();
    running = undefined;
  });

  async function boot(parts: ApplicationParts): Promise<void> {
    running = await startApplication(adapter, parts);
  }

  function ask(
    method: string,
    path: string,
    request?: HttpRequest,
  ): Promise<HttpAnswer> {
    return httpRequest(running!.origin, path, { ...request, method });
  }

  function expectRefused(answer: HttpAnswer, allow = 'GET, HEAD'): void {
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe(allow);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(JSON.parse(answer.text)).toEqual({
      message: 'Method Not Allowed',
      statusCode: 405,
    });
    expect(answer.headers).not.toHaveProperty('content-disposition');
  }

  function filesAt(path: string): Type {
    return PathDownloadController.asController(path, { root });
  }

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    '%s is 405, and says what is allowed',
    async (method) => {
      await boot({
        controllers: [
          filesAt('files/*path'),
          filesAt('one/:path'),
          filesAt('maybe/{*path}'),
          HelloController.asController('hello'),
        ],
      });
      for (const path of [
        '/files/a.txt',
        '/files/missing/too',
        '/files/..%2f',
        '/one/a.txt',
        '/maybe/a.txt',
        '/hello',
        '/hello?a=b',
      ]) {
        expectRefused(await ask(method, path));
      }
    },
  );

  it('OPTIONS is 204, and says what is allowed', async () => {
    await boot({ controllers: [filesAt('files/*path')] });
    const answer = await ask('OPTIONS', '/files/folder/b%20c.txt');
    expect(answer.status).toBe(204);
    expect(answer.headers.allow).toBe('GET, HEAD');
    expect(answer.text).toBe('');
  });

  it('a path that no download route covers is 404 as before', async () => {
    await boot({ controllers: [filesAt('files/*path')] });
    expect((await ask('POST', '/other')).status).toBe(404);
    expect((await ask('POST', '/files')).status).toBe(404);
  });

  it('a GET handler of the application is no download route', async () => {
    @Controller('plain')
    class PlainController {
      @Get()
      get(): string {
        return 'plain';
      }
    }
    await boot({ controllers: [PlainController, filesAt('files/*path')] });
    expect((await ask('POST', '/plain')).status).toBe(404);
  });

  it('below a global prefix too', async () => {
    await boot({
      controllers: [filesAt('files/*path')],
      configure: (app) => app.setGlobalPrefix('api'),
    });
    expectRefused(await ask('POST', '/api/files/a.txt'));
    expect((await ask('POST', '/files/a.txt')).status).toBe(404);
  });

  it('with a version in the URI too', async () => {
    await boot({
      controllers: [
        HelloController.asController({ path: 'hello', version: '1' }),
      ],
      configure: (app) => app.enableVersioning({ type: VersioningType.URI }),
    });
    expectRefused(await ask('POST', '/v1/hello'));
    expect((await ask('POST', '/hello')).status).toBe(404);
  });

  it('the application’s own POST and DELETE on the same path win, and are allowed', async () => {
    @Controller('hello')
    class UploadController {
      @Post()
      save(@Body() body: object): object {
        return { saved: body };
      }

      @Delete()
      remove(): object {
        return { removed: true };
      }
    }
    for (const controllers of [
      [UploadController, HelloController.asController('hello')],
      [HelloController.asController('hello'), UploadController],
    ]) {
      await boot({ controllers });
      const saved = await ask('POST', '/hello', {
        headers: { 'content-type': 'application/json' },
        body: '{"a":1}',
      });
      expect(saved.status).toBe(201);
      expect(JSON.parse(saved.text)).toEqual({ saved: { a: 1 } });
      expect((await ask('DELETE', '/hello')).text).toBe('{"removed":true}');
      expect((await ask('GET', '/hello')).text).toBe('Hello');
      expectRefused(await ask('PUT', '/hello'), 'GET, HEAD, POST, DELETE');
      const { headers } = await ask('OPTIONS', '/hello');
      expect(headers.allow).toBe('GET, HEAD, POST, DELETE');
      await running!.close();
      running = undefined;
    }
  });

  it('a POST on the download controller itself is allowed too', async () => {
    @Controller('files')
    class MixedController extends HelloController {
      @Post()
      save(): object {
        return { saved: true };
      }
    }
    await boot({ controllers: [MixedController] });
    expect((await ask('POST', '/files')).status).toBe(201);
    expectRefused(await ask('PUT', '/files'), 'GET, HEAD, POST');
  });

  it('a more general route of the application wins, wherever it is registered', async () => {
    @Controller()
    class GeneralController {
      @Post(':kind/:id')
      save(@Param('kind') kind: string): object {
        return { kind };
      }
    }
    await boot({
      controllers: [filesAt('documents/:path'), GeneralController],
    });
    const answer = await ask('POST', '/documents/a.txt');
    expect(answer.status).toBe(201);
    expect(JSON.parse(answer.text)).toEqual({ kind: 'documents' });
    expect((await ask('GET', '/documents/a.txt')).text).toBe('a');
    expectRefused(await ask('PUT', '/documents/a.txt'), 'GET, HEAD, POST');
  });

  it('a catch-all of the application wins for every method but those of the download', async () => {
    @Controller()
    class CatchAllController {
      @All(adapter === 'express' ? '{*rest}' : '*')
      all(): object {
        return { caught: true };
      }
    }
    await boot({ controllers: [filesAt('files/*path'), CatchAllController] });
    expect((await ask('GET', '/files/a.txt')).text).toBe('a');
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = await ask(method, '/files/a.txt');
      expect(answer.text).toBe('{"caught":true}');
      expect(answer.headers).not.toHaveProperty('allow');
    }
  });

  it('the preflight of enableCors() is answered as before', async () => {
    await boot({
      controllers: [filesAt('files/*path')],
      configure: (app) =>
        app.enableCors({ origin: 'https://app.example', methods: ['GET'] }),
    });
    const preflight = await ask('OPTIONS', '/files/a.txt', {
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'GET',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-origin']).toBe(
      'https://app.example',
    );
    expect(preflight.headers['access-control-allow-methods']).toBe('GET');
    const refused = await ask('POST', '/files/a.txt', {
      headers: { origin: 'https://app.example' },
    });
    expectRefused(refused);
    expect(refused.headers['access-control-allow-origin']).toBe(
      'https://app.example',
    );
  });

  it('the application’s exception filter shapes the 405', async () => {
    @Catch(MethodNotAllowedException)
    class Shaping implements ExceptionFilter {
      constructor(private readonly host: HttpAdapterHost) {}

      catch(error: MethodNotAllowedException, host: ArgumentsHost): void {
        this.host.httpAdapter.reply(
          host.switchToHttp().getResponse(),
          { code: error.getStatus(), shaped: true },
          error.getStatus(),
        );
      }
    }
    await boot({
      controllers: [filesAt('files/*path')],
      configure: (app) =>
        app.useGlobalFilters(new Shaping(app.get(HttpAdapterHost))),
    });
    const answer = await ask('POST', '/files/a.txt');
    expect(answer.status).toBe(405);
    expect(JSON.parse(answer.text)).toEqual({ code: 405, shaped: true });
    expect(answer.headers.allow).toBe('GET, HEAD');
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  // Express parses bodies before it looks for a route; Fastify after.
  it('a broken body does not hide that the method is wrong, where the adapter routes first', async () => {
    await boot({ controllers: [filesAt('files/*path')] });
    const answer = await ask('POST', '/files/a.txt', {
      headers: { 'content-type': 'application/json' },
      body: '{"a":',
    });
    if (adapter === 'fastify') expectRefused(answer);
    else expect(answer.status).toBe(400);
    expect(answer.text).not.toContain(root);
  });

  it('a body that is larger than allowed is not waited for', async () => {
    await boot({ controllers: [filesAt('files/*path')] });
    const answer = await ask('POST', '/files/a.txt', {
      headers: { 'content-type': 'application/octet-stream' },
      body: Buffer.alloc(2 * 1024 * 1024),
    });
    expectRefused(answer);
  });

  it('no guard of the controller is asked for a method that is not there', async () => {
    @Injectable()
    class Nobody implements CanActivate {
      canActivate(): boolean {
        return false;
      }
    }
    await boot({
      controllers: [
        HelloController.asController('hello', {
          decorators: [UseGuards(Nobody)],
        }),
      ],
    });
    expect((await ask('GET', '/hello')).status).toBe(403);
    expectRefused(await ask('POST', '/hello'));
  });

  it('versions by header keep their own other methods', async () => {
    @Controller('hello')
    class UploadController {
      @Post()
      @Version('2')
      save(): object {
        return { saved: true };
      }
    }
    await boot({
      controllers: [
        HelloController.asController({ path: 'hello', version: '1' }),
        UploadController,
      ],
      configure: (app) =>
        app.enableVersioning({
          type: VersioningType.HEADER,
          header: 'x-version',
        }),
    });
    const of = (version: string) => ({ headers: { 'x-version': version } });
    expect((await ask('POST', '/hello', of('2'))).status).toBe(201);
    expect((await ask('GET', '/hello', of('1'))).text).toBe('Hello');
    // Fastify has no second route for a method that another version has.
    const { status } = await ask('POST', '/hello', of('1'));
    expect(status).toBe(adapter === 'express' ? 405 : 404);
  });
});

function namedWildcard(): Type {
  @Controller('files/*path')
  class ManualController extends PathDownloadController {
    override getRoot(): string {
      return root;
    }
  }
  return ManualController;
}

function optionalWildcard(): Type {
  @Controller('files/{*path}')
  class ManualController extends PathDownloadController {
    override getRoot(): string {
      return root;
    }
  }
  return ManualController;
}

function optionalSlash(): Type {
  @Controller('files{/*path}')
  class ManualController extends PathDownloadController {
    override getRoot(): string {
      return root;
    }
  }
  return ManualController;
}

describe('a parameter of more than 100 characters on Fastify', () => {
  const name = `${'n'.repeat(150)}.txt`;

  async function statusAt(
    path: string,
    httpAdapter: FastifyAdapter,
  ): Promise<number> {
    await directory.write(name, 'long');
    const running = await startApplication(httpAdapter, {
      controllers: [
        PathDownloadController.asController('one/:path', { root }),
        PathDownloadController.asController('files/*path', { root }),
      ],
    });
    try {
      return (await httpRequest(running.origin, `${path}/${name}`)).status;
    } finally {
      await running.close();
    }
  }

  it('is 414, which maxParamLength raises, and a wildcard has no such limit', async () => {
    expect(await statusAt('/one', new FastifyAdapter())).toBe(414);
    expect(await statusAt('/files', new FastifyAdapter())).toBe(200);
    const routerOptions = { maxParamLength: 255 };
    const raised = new FastifyAdapter({ routerOptions });
    expect(await statusAt('/one', raised)).toBe(200);
  });
});
