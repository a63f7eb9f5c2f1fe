import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CacheInterceptor, CacheModule } from '@nestjs/cache-manager';
import {
  type ArgumentsHost,
  type CallHandler,
  Catch,
  ClassSerializerInterceptor,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  ForbiddenException,
  Get,
  type HttpServer,
  type INestApplication,
  Injectable,
  type LoggerService,
  type NestInterceptor,
  StreamableFile,
  type Type,
  UseInterceptors,
} from '@nestjs/common';
import { APP_INTERCEPTOR, Reflector } from '@nestjs/core';
import {
  Download,
  FileSystemStorage,
  LocalFile,
  MemoryStorage,
  sendfile,
  StorageFile,
} from 'nestjs-downloadview';
import { config, map, type Observable, tap } from 'rxjs';

import {
  type Adapter,
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { httpRequest } from '../support/clients/http-client.js';
import { LogLines } from '../support/log-lines.js';
import { openDescriptors } from '../support/files/open-descriptors.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

/** The envelope of Nest's documentation. */
@Injectable()
class NaiveEnvelope implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

@Injectable()
class Passing implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle();
  }
}

/** Answers every exception with 200, as some interfaces for old clients do. */
@Catch()
class Forgiving implements ExceptionFilter {
  constructor(private readonly adapter: HttpServer) {}

  catch(_: unknown, host: ArgumentsHost): void {
    const response: unknown = host.switchToHttp().getResponse();
    this.adapter.reply(response, { ok: false }, 200);
  }
}

/** An audit log. */
@Injectable()
class Logging implements NestInterceptor {
  readonly lines: string[] = [];

  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next
      .handle()
      .pipe(tap((data: unknown) => this.lines.push(JSON.stringify(data))));
  }
}

/** Deeper than anybody looks before it is sent. */
@Injectable()
class DeepEnvelope implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next
      .handle()
      .pipe(map((data: unknown) => ({ result: { data: [data] } })));
  }
}

@Injectable()
class CarefulEnvelope implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next
      .handle()
      .pipe(
        map((data: unknown) =>
          data instanceof StreamableFile ? data : { data },
        ),
      );
  }
}

@Injectable()
class Refusal implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      tap(() => {
        throw new ForbiddenException();
      }),
    );
  }
}

@Injectable()
class Curious implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      tap((data: unknown) => {
        if (data instanceof StreamableFile) {
          data.getStream();
          data.getHeaders();
        }
      }),
    );
  }
}

@Injectable()
class Replacement implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map(() => ({ replaced: true })));
  }
}

const CONTENT = 'The content of the file\n';
const inside = 'inside';
const outside = 'outside';
const bound = 'outside, where only downloads are intercepted,';

describe.each(ADAPTERS)('interceptors of the application on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let path: string;
  let running: RunningApplication | undefined;
  let log: LogLines;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    path = await directory.write('secret-name.txt', CONTENT);
  });

  afterAll(() => directory.remove());

  /** Answers /file with one more interceptor, on either side of the library's own. */
  async function ask(
    place: string,
    interceptor: (app: INestApplication) => NestInterceptor,
    target = '/file',
    method = 'GET',
  ) {
    log = new LogLines();
    running = await start(adapter, path, place, interceptor, log);
    try {
      return await httpRequest(running.origin, target, { method });
    } finally {
      await running.close();
      running = undefined;
    }
  }

  it.each([
    [outside, new DeepEnvelope()],
    [bound, new DeepEnvelope()],
    [bound, new NaiveEnvelope()],
  ])(
    'an envelope of any depth %s ours is one line and a 500',
    async (place, envelope) => {
      const answer = await ask(place, () => envelope);
      expect(answer.status).toBe(500);
      expect(JSON.parse(answer.text)).toEqual({
        statusCode: 500,
        message: 'Internal server error',
      });
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.headers).not.toHaveProperty('etag');
      const lines = log.lines.filter((line) => line.includes('sent as JSON'));
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain("GET '/file' (FileController.file)");
    },
  );

  it.each(['/file', '/wrapper', '/forgotten', '/listed'])(
    'an envelope of any depth around %s inside ours is one ERROR line, though the JSON went out',
    async (target) => {
      const answer = await ask(inside, () => new DeepEnvelope(), target);

      expect(answer.text).not.toContain(directory.path);
      expect(log.of('error')).toEqual([
        expect.stringContaining(`GET '${target}'`),
      ]);
      expect(log.of('error')[0]).toContain('serialised to JSON');
    },
  );

  it('a log line of what is two levels deep in an answer is none', async () => {
    const logging = new Logging();
    const deep = {
      intercept: (context: ExecutionContext, next: CallHandler) =>
        logging
          .intercept(context, {
            handle: () => next.handle().pipe(map((data) => ({ a: { data } }))),
          })
          .pipe(map(() => 'sent in its place')),
    };

    const { text } = await ask(inside, () => deep);

    expect(text).toBe('sent in its place');
    expect(logging.lines).toEqual([
      '{"a":{"data":{"name":"secret-name.txt"}}}',
    ]);
    expect(log.of('error')).toEqual([]);
  });

  it.each<[string, string, NestInterceptor | undefined]>([
    [inside, '/file', new NaiveEnvelope()],
    [outside, '/file', new NaiveEnvelope()],
    [outside, '/file', new DeepEnvelope()],
    [bound, '/file', new NaiveEnvelope()],
    [bound, '/wrapper', new DeepEnvelope()],
    [inside, '/forgotten', undefined],
    [inside, '/storage', undefined],
  ])(
    'under a filter that answers 200, one ERROR line is written: %s ours, %s',
    async (place, target, interceptor) => {
      const silent = {
        intercept: (_: unknown, next: CallHandler) => next.handle(),
      };
      const answer = await ask(
        place,
        (app) => {
          app.useGlobalFilters(new Forgiving(app.getHttpAdapter()));
          return interceptor ?? silent;
        },
        target,
      );

      expect(answer.text).not.toContain('secret-name');
      expect(log.of('error')).toHaveLength(1);
      expect(log.of('error')[0]).toContain(`GET '${target}'`);
    },
  );

  it('a storage in an answer is one ERROR line and a 500', async () => {
    const silent = {
      intercept: (_: unknown, next: CallHandler) => next.handle(),
    };

    const answer = await ask(inside, () => silent, '/storage');

    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('/srv/media');
    expect(log.of('error')).toHaveLength(1);
  });

  it('what is no file in an answer is nothing to tell', async () => {
    const { text } = await ask(inside, () => new DeepEnvelope(), '/stored');

    expect(JSON.parse(text)).toEqual({
      result: { data: [{ name: 'a.txt' }] },
    });
    expect(log.of('error')).toEqual([]);
  });

  describe.each([inside, outside])('%s ours', (place) => {
    it.each<[string, (app: INestApplication) => NestInterceptor]>([
      [
        'ClassSerializerInterceptor',
        (app) => new ClassSerializerInterceptor(app.get(Reflector)),
      ],
      ['CacheInterceptor', (app) => app.get(CacheInterceptor)],
      [
        'an envelope that lets StreamableFile pass',
        () => new CarefulEnvelope(),
      ],
      ['one that looks at the stream and the headers', () => new Curious()],
    ])('%s leaves a download intact', async (_, interceptor) => {
      for (const target of ['/file', '/wrapper', '/bytes']) {
        const answer = await ask(place, interceptor, target);
        expect(answer.status).toBe(200);
        expect(answer.text).toBe(CONTENT);
        expect(answer.headers['content-disposition']).toContain(
          'filename="secret-name.txt"',
        );
        expect(answer.headers['x-content-type-options']).toBe('nosniff');
      }
    });

    it('a wrapper without @Download() is an error that says so, whoever serialises it', async () => {
      const answer = await ask(
        place,
        (app) => new ClassSerializerInterceptor(app.get(Reflector)),
        '/forgotten',
      );
      expect(answer.status).toBe(500);
      expect(answer.text).not.toContain(directory.path);
      expect(log.lines.join('\n')).toContain('needs @Download()');
    });

    it.each(['/file', '/wrapper'])(
      'the envelope of Nest’s docs around %s is an error that names it, without a path',
      async (target) => {
        const answer = await ask(place, () => new NaiveEnvelope(), target);
        expect(answer.status).toBe(500);
        expect(answer.text).not.toContain(directory.path);
        expect(answer.text).not.toContain('secret-name');
        expect(answer.text).not.toContain(CONTENT);
        expect(JSON.stringify(answer.headers)).not.toContain('secret-name');
        expect(log.lines.join('\n')).toContain('map((data) => ({ data }))');
      },
    );

    it('one that logs every answer as JSON gets the name, and the client the file', async () => {
      const logging = new Logging();
      for (const target of ['/file', '/wrapper', '/bytes']) {
        const { status, text } = await ask(place, () => logging, target);
        expect([status, text]).toEqual([200, CONTENT]);
      }
      expect(logging.lines).toHaveLength(3);
      expect(logging.lines.join()).toContain('secret-name.txt');
      expect(logging.lines.join()).not.toContain(directory.path);
      expect(log.lines.join('\n')).not.toContain('JSON');
    });

    it('an exception after the handler is the answer, with nothing of the file', async () => {
      const answer = await ask(place, () => new Refusal());
      expect(answer.status).toBe(403);
      expect(JSON.parse(answer.text)).toEqual({
        message: 'Forbidden',
        statusCode: 403,
      });
      expect(answer.headers).not.toHaveProperty('content-disposition');
      expect(answer.headers).not.toHaveProperty('last-modified');
    });

    it('an exception after HEAD is the answer, with nothing of the file', async () => {
      const answer = await ask(place, () => new Refusal(), '/file', 'HEAD');
      expect(answer.status).toBe(403);
      expect(answer.headers).not.toHaveProperty('content-disposition');
      expect(answer.headers).not.toHaveProperty('last-modified');
    });
  });

  it('observers that rxjs calls on a context of their own, an old option of it, are nothing to a download', async () => {
    config.useDeprecatedNextContext = true;
    try {
      const answer = await ask(inside, () => new Passing());
      expect(answer.text).toBe(CONTENT);
    } finally {
      config.useDeprecatedNextContext = false;
    }
  });

  it('another answer in place of the file closes the file', async () => {
    const answer = await ask(outside, () => new Replacement());
    expect(JSON.parse(answer.text)).toEqual({ replaced: true });
    expect(answer.headers).not.toHaveProperty('content-disposition');
    expect(await openDescriptors(path)).toBe(0);
  });

  it('a cache does not answer a download for the next client', async () => {
    log = new LogLines();
    running = await start(
      adapter,
      path,
      outside,
      (app) => app.get(CacheInterceptor),
      log,
    );
    try {
      for (let turn = 0; turn < 2; turn += 1) {
        const answer = await httpRequest(running.origin, '/file');
        expect(answer.text).toBe(CONTENT);
      }
    } finally {
      await running.close();
    }
  });
});

async function start(
  adapter: Adapter,
  path: string,
  place: string,
  interceptor: (app: INestApplication) => NestInterceptor,
  log: LoggerService,
): Promise<RunningApplication> {
  // Nest makes an interceptor of a class before the application is there to ask.
  let made: NestInterceptor | undefined;
  @Injectable()
  class Placed implements NestInterceptor {
    intercept(context: ExecutionContext, next: CallHandler) {
      return made?.intercept(context, next) ?? next.handle();
    }
  }
  const placed: Type<NestInterceptor> = Placed;

  @Controller()
  @UseInterceptors(...(place === inside ? [placed] : []))
  class FileController {
    @Get('file')
    file() {
      return sendfile(path);
    }

    @Get('wrapper')
    @Download()
    wrapper() {
      return new LocalFile(path);
    }

    @Get('bytes')
    @Download({ basename: 'secret-name.txt' })
    bytes() {
      return new Uint8Array(Buffer.from(CONTENT));
    }

    @Get('forgotten')
    forgotten() {
      return new LocalFile(path);
    }

    @Get('listed')
    listed() {
      return [new LocalFile(path), new LocalFile(path)];
    }

    @Get('stored')
    stored() {
      return new StorageFile(new MemoryStorage(), 'a.txt');
    }

    @Get('storage')
    storage() {
      return { storage: new FileSystemStorage({ root: '/srv/media' }) };
    }
  }

  return startApplication(adapter, {
    imports: [CacheModule.register()],
    controllers: [FileController],
    options: { intercept: place === bound ? 'downloads' : 'all' },
    providers: [
      CacheInterceptor,
      // Global ones stand outside each other as their modules are scanned: the root's before ours.
      // One of app.useGlobalInterceptors() would stand inside.
      ...(place !== inside
        ? [{ provide: APP_INTERCEPTOR, useClass: placed }]
        : []),
    ],
    configure: (app) => {
      app.useLogger(log);
      made = interceptor(app);
    },
  });
}
