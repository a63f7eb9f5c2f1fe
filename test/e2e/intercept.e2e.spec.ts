import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import {
  ClassSerializerInterceptor,
  Controller,
  Get,
  Header,
  type NestInterceptor,
  Req,
  Res,
  Scope,
  UseInterceptors,
} from '@nestjs/common';
import { HttpAdapterHost, Reflector } from '@nestjs/core';
import {
  ContentFile,
  Download,
  DownloadModule,
  type DownloadModuleOptions,
  type DownloadRequest,
  DownloadResponse,
  LocalFile,
  nginx,
  PathDownloadController,
  sendfile,
  SignedUrl,
  UrlSigner,
} from 'nestjs-downloadview';
import { map, tap } from 'rxjs';

import { BoundInterceptor } from '../../lib/interceptors/bound-interceptor.js';
import { DownloadInterceptor } from '../../lib/interceptors/download.interceptor.js';
import {
  type Adapter,
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { httpRequest } from '../support/clients/http-client.js';
import { exchanged, promisesOf } from '../support/cost-of-requests.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { SIGNING } from '../support/links/links.js';
import { LogLines } from '../support/log-lines.js';

const CONTENT = 'The content of the file\n';
const ERROR = { statusCode: 500, message: 'Internal server error' };

let directory: TemporaryDirectory;
const path = () => `${directory.path}/secret-name.txt`;
/** What interceptors and handlers have seen, in turn. */
let seen: string[] = [];

/** Sees a download before it is decided, which has no length then. */
const looking = (name: string): NestInterceptor => ({
  intercept: (_, next) =>
    next.handle().pipe(
      tap((value: unknown) => {
        const { length } =
          value instanceof DownloadResponse ? value.getHeaders() : {};
        seen.push(`${name}: ${length === undefined ? 'open' : 'decided'}`);
      }),
    ),
});

@Controller('files/*path')
@UseInterceptors(looking('class'))
class FilesController extends PathDownloadController {
  override root = directory.path;
}

@Controller({ path: 'scoped/*path', scope: Scope.REQUEST })
class ScopedController extends PathDownloadController {
  override root = directory.path;
}

/** An override has a route, and nothing else of what it stands for. */
@Controller('overridden/*path')
class OverriddenController extends PathDownloadController {
  override root = directory.path;

  @Get()
  override handleDownload(@Req() request: DownloadRequest) {
    return super.handleDownload(request);
  }
}

@Controller('decorated')
class DecoratedController {
  @Get('text')
  @Download({ basename: 'own.txt' })
  @UseInterceptors(looking('handler'))
  text() {
    return CONTENT;
  }

  @Get('beside')
  beside() {
    return sendfile(path());
  }
}

@Controller('class')
@Download()
class ClassController {
  @Get()
  file() {
    return sendfile(path());
  }
}

@Controller('signed')
class SignedController {
  @Get()
  @SignedUrl()
  file() {
    return sendfile(path());
  }
}

const kept = new DownloadResponse(new ContentFile(CONTENT, { name: 'a.txt' }));

@Controller()
class PlainController {
  @Get('hello')
  hello() {
    return 'hello';
  }

  @Get('lost/:name')
  @Header('Content-Type', 'image/png')
  @Header('Content-Disposition', 'attachment; filename="secret-name.txt"')
  @Header('ETag', '"secret-name"')
  @Header('X-Own', 'stays')
  lost() {
    return sendfile(path());
  }

  @Get('passed-through')
  passedThrough(
    @Res({ passthrough: true }) response: { status(code: 203): void },
  ) {
    response.status(203);
    return sendfile(path());
  }

  @Get('kept')
  kept() {
    return kept;
  }

  @Get('forgotten')
  forgotten() {
    return new LocalFile(path());
  }

  @Get('wrapper')
  wrapper() {
    return { file: new ContentFile(CONTENT, { name: 'secret-name.txt' }) };
  }

  @Get('response')
  response() {
    return { file: sendfile(path()) };
  }
}

@Controller('keeps')
class KeepingController {
  @Get()
  @Download()
  kept() {
    return kept;
  }
}

const CONTROLLERS = [
  FilesController,
  ScopedController,
  OverriddenController,
  DecoratedController,
  ClassController,
  SignedController,
  PlainController,
  KeepingController,
];

/** Whose routes have something to intercept, each with what it sends. */
const DOWNLOADS = [
  '/files/secret-name.txt',
  '/scoped/secret-name.txt',
  '/overridden/secret-name.txt',
  '/decorated/text',
  '/decorated/beside',
  '/class',
];

describe.each(ADAPTERS)("intercept: 'downloads' on %s", (adapter) => {
  let running: RunningApplication;
  let log: LogLines;
  let intercepted: jest.SpiedFunction<DownloadInterceptor['intercept']>;
  let passed: jest.SpiedFunction<BoundInterceptor['intercept']>;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await directory.write('secret-name.txt', CONTENT);
    intercepted = jest.spyOn(DownloadInterceptor.prototype, 'intercept');
    passed = jest.spyOn(BoundInterceptor.prototype, 'intercept');
    running = await started(adapter, { intercept: 'downloads' });
  });

  beforeEach(() => {
    intercepted.mockClear();
    passed.mockClear();
    // The last application that is made decides.
    log = new LogLines();
    running.app.useLogger(log);
    seen = [];
  });

  afterAll(async () => {
    jest.restoreAllMocks();
    await running.close();
    await directory.remove();
  });

  const get = (target: string, headers = {}) =>
    httpRequest(running.origin, target, { headers });

  it.each(DOWNLOADS)(
    'sends the download of %s, once intercepted',
    async (target) => {
      const answer = await get(target);

      expect([answer.status, answer.text]).toEqual([200, CONTENT]);
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      expect(intercepted).toHaveBeenCalledTimes(1);
      expect(passed).not.toHaveBeenCalled();
      expect(log.of('error')).toEqual([]);
    },
  );

  it.each([
    ['/files/secret-name.txt', 'class'],
    ['/decorated/text', 'handler'],
  ])('decides %s outside the interceptors of its %s', async (target, place) => {
    await get(target);

    expect(seen).toEqual([`${place}: open`]);
  });

  it('answers what fails as a download', async () => {
    const missing = await get('/scoped/missing.txt');
    expect(missing.status).toBe(404);
    const range = await get('/class', { Range: 'bytes=999-' });
    expect(range.status).toBe(416);
    expect(range.headers['content-range']).toBe('bytes */24');
  });

  it('sends what a signed link fixes', async () => {
    const signer = running.app.get(UrlSigner);

    const answer = await get(signer.sign('/signed', { basename: 'own.txt' }));

    expect([answer.status, answer.text]).toEqual([200, CONTENT]);
    expect(answer.headers['content-disposition']).toContain('"own.txt"');
    expect(intercepted).toHaveBeenCalledTimes(1);
    expect((await get('/signed')).status).toBe(403);
  });

  it('leaves a handler without downloads to itself', async () => {
    expect((await get('/hello')).text).toBe('hello');

    expect(intercepted).not.toHaveBeenCalled();
    expect(passed).not.toHaveBeenCalled();
  });

  it('costs a handler without downloads no promise', async () => {
    class NoModule {}
    const without = await startApplication(adapter, {
      controllers: [PlainController],
      downloadModule: NoModule,
    });
    const promises = async ({ port }: RunningApplication) => {
      await exchanged(port, '/hello');
      return promisesOf(() => exchanged(port, '/hello'));
    };

    expect(await promises(running)).toBe(await promises(without));
    await without.close();
  });

  it.each(['/lost/secret-name', '/passed-through'])(
    'refuses the download of a handler that it does not intercept, in one line: %s',
    async (target) => {
      const answer = await get(target);

      expect(answer.status).toBe(500);
      expect(JSON.parse(answer.text)).toEqual(ERROR);
      expect(answer.headers['content-type']).toContain('application/json');
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(JSON.stringify(answer.headers)).not.toContain('secret-name');
      expect(log.lines).toHaveLength(1);
      const pattern = target.replace('secret-name', ':name');
      expect(log.of('error')).toEqual([
        expect.stringContaining(`GET '${pattern}'`),
      ]);
      expect(log.text).toContain('@Download()');
      expect(log.text).toContain("intercept at 'all'");
      expect(log.text).not.toContain(directory.path);
    },
  );

  it('leaves the other headers of a refused download', async () => {
    const { headers } = await get('/lost/a');
    expect(headers['x-own']).toBe('stays');
  });

  it('refuses a download that another handler has answered with', async () => {
    expect((await get('/keeps')).text).toBe(CONTENT);

    const answer = await get('/kept');

    expect([answer.status, JSON.parse(answer.text)]).toEqual([500, ERROR]);
    expect((await get('/keeps')).text).toBe(CONTENT);
  });

  it.each(['/forgotten', '/wrapper', '/response'])(
    'refuses the JSON of a file of a handler that it does not intercept: %s',
    async (target) => {
      const answer = await get(target);

      expect([answer.status, JSON.parse(answer.text)]).toEqual([500, ERROR]);
      expect(log.of('error')).toEqual([
        expect.stringContaining(`GET '${target}'`),
      ]);
      expect(log.of('error')[0]).toContain('needs @Download()');
    },
  );
});

describe.each(ADAPTERS)('intercept on %s', (adapter) => {
  const open: RunningApplication[] = [];

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await directory.write('secret-name.txt', CONTENT);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    for (const one of open.splice(0)) await one.close();
  });

  afterAll(() => directory.remove());

  async function start(...given: Parameters<typeof started>) {
    const running = await started(...given);
    open.push(running);
    return running;
  }
  const statuses = (origin: string, targets: string[]) =>
    Promise.all(
      targets.map(async (one) => (await httpRequest(origin, one)).status),
    );

  it("is 'all' by default: sendfile() goes out from any handler", async () => {
    const { origin } = await start(adapter, {});
    const intercepted = jest.spyOn(DownloadInterceptor.prototype, 'intercept');

    const targets = [...DOWNLOADS, '/lost/a', '/hello'];
    expect(await statuses(origin, targets)).toEqual(targets.map(() => 200));
    expect(intercepted).toHaveBeenCalledTimes(targets.length);
  });

  it('is known when the options come from other providers', async () => {
    const downloadModule = DownloadModule.forRootAsync({
      useFactory: () =>
        Promise.resolve({ intercept: 'downloads', signing: SIGNING }),
    });
    const { origin } = await start(adapter, {}, downloadModule);

    const targets = ['/files/secret-name.txt', '/lost/a', '/hello'];
    expect(await statuses(origin, targets)).toEqual([200, 500, 200]);
  });

  it('is that of each application where they share a class', async () => {
    const modes = ['downloads', 'all', 'downloads', 'all'] as const;
    const applications: RunningApplication[] = [];
    for (const [index, intercept] of modes.entries()) {
      const cacheControl = `private, max-age=${index}`;
      applications.push(await start(adapter, { intercept, cacheControl }));
    }
    const intercepted = jest.spyOn(DownloadInterceptor.prototype, 'intercept');

    for (const target of [
      '/files/secret-name.txt',
      '/scoped/secret-name.txt',
    ]) {
      for (const [index, { origin }] of applications.entries()) {
        intercepted.mockClear();
        const answer = await httpRequest(origin, target);
        expect(answer.text).toBe(CONTENT);
        expect(answer.headers['cache-control']).toContain(`max-age=${index}`);
        expect(intercepted).toHaveBeenCalledTimes(1);
      }
    }
    const lost = applications.map(({ origin }) =>
      statuses(origin, ['/lost/a']),
    );
    expect(await Promise.all(lost)).toEqual([[500], [200], [500], [200]]);
  });

  it('offloads what it intercepts', async () => {
    const backend = nginx({
      rules: [{ sourceDir: directory.path, destination: '/_x/' }],
    });
    const { origin } = await start(adapter, {
      intercept: 'downloads',
      backend,
    });

    const { headers } = await httpRequest(origin, '/files/secret-name.txt');
    expect(headers['x-accel-redirect']).toBe('/_x/secret-name.txt');
    const lost = await httpRequest(origin, '/lost/a');
    expect(lost.headers).not.toHaveProperty('x-accel-redirect');
  });

  it('has the interceptors of the whole application outside', async () => {
    const running = await startApplication(adapter, {
      controllers: CONTROLLERS,
      options: { intercept: 'downloads', signing: SIGNING },
      configure: (app) => app.useGlobalInterceptors(looking('global')),
    });
    open.push(running);
    seen = [];

    expect(await statuses(running.origin, ['/class'])).toEqual([200]);
    expect(seen).toEqual(['global: decided']);
  });

  it('refuses the JSON of a file that class-transformer has taken apart', async () => {
    const log = new LogLines();
    const running = await startApplication(adapter, {
      controllers: CONTROLLERS,
      options: { intercept: 'downloads', signing: SIGNING },
      configure: (app) => {
        app.useLogger(log);
        app.useGlobalInterceptors(
          new ClassSerializerInterceptor(app.get(Reflector)),
        );
      },
    });
    open.push(running);

    const targets = ['/forgotten', '/wrapper', '/class'];
    expect(await statuses(running.origin, targets)).toEqual([500, 500, 200]);
    expect(log.of('error')).toHaveLength(2);
  });

  it('refuses a download that an interceptor outside puts in the place of one', async () => {
    const log = new LogLines();
    const running = await startApplication(adapter, {
      controllers: CONTROLLERS,
      options: { intercept: 'downloads', signing: SIGNING },
      configure: (app) => {
        app.useLogger(log);
        app.useGlobalInterceptors({
          intercept: (_, next) =>
            next.handle().pipe(map(() => sendfile(path()))),
        });
      },
    });
    open.push(running);

    expect(await statuses(running.origin, ['/class'])).toEqual([500]);
    expect(log.of('error')).toHaveLength(1);
  });

  it('stops the boot for a value that it does not know', async () => {
    await expect(
      start(adapter, { intercept: 'none' as never }),
    ).rejects.toThrow('Invalid option "intercept": \'none\' was given.');
  });

  it('answers what a filter replies with, and throws nothing', async () => {
    const running = await startApplication(adapter, {
      controllers: CONTROLLERS,
      options: { intercept: 'downloads', signing: SIGNING },
      configure: (app) => {
        const { httpAdapter } = app.get(HttpAdapterHost);
        app.useGlobalFilters({
          catch: (_, host) => {
            httpAdapter.reply(
              host.switchToHttp().getResponse(),
              sendfile(path()),
              404,
            );
          },
        });
      },
    });
    open.push(running);

    expect(await statuses(running.origin, ['/elsewhere'])).toEqual([500]);
  });
});

function started(
  adapter: Adapter,
  options: DownloadModuleOptions,
  downloadModule?: ReturnType<typeof DownloadModule.forRootAsync>,
): Promise<RunningApplication> {
  return startApplication(adapter, {
    controllers: CONTROLLERS,
    options: { signing: SIGNING, ...options },
    downloadModule,
  });
}
