import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type CallHandler,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  type NestInterceptor,
  Param,
  Post,
  Query,
  Req,
  UseGuards,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import {
  boundToIp,
  ContentFile,
  Download,
  DownloadResponse,
  DownloadStorages,
  FileSystemStorage,
  nginx,
  PathDownloadController,
  SignedUrl,
  signedUrls,
  type SignOptions,
  StorageDownloadController,
  UrlSigner,
} from 'nestjs-downloadview';
import { mergeMap, type Observable } from 'rxjs';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import {
  type HttpAnswer,
  httpRequest,
} from '../../support/clients/http-client.js';
import {
  SECRET,
  signedAgo,
  signerAt,
  SIGNING,
} from '../../support/links/links.js';
import { LogLines } from '../../support/log-lines.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';

const NAMES = [
  'a b.txt',
  'a&b=c.txt',
  'a+b.txt',
  'é.txt',
  '日本.txt',
  '100%25.txt',
  'what?.txt',
  'a#b.txt',
  "it's (1)!.txt",
];
const OFFLOAD = 'x-accel-redirect';

interface UserRequest {
  readonly user?: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** Who asks is said by a header. */
@Injectable()
class UserGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context
      .switchToHttp()
      .getRequest<UserRequest & { user?: string }>();
    request.user = request.headers['x-user'] as string | undefined;
    return true;
  }
}

/** Holds an answer that is decided, where the request asks for it. */
class Holding implements NestInterceptor {
  decide!: () => void;
  letGo!: () => void;
  readonly decided = new Promise<void>((resolve) => (this.decide = resolve));
  readonly free = new Promise<void>((resolve) => (this.letGo = resolve));

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { headers } = context.switchToHttp().getRequest<UserRequest>();
    return next.handle().pipe(
      mergeMap(async (value: unknown) => {
        if (headers['x-hold'] === undefined) return value;
        this.decide();
        await this.free;
        return value;
      }),
    );
  }
}

function userOf({ user }: UserRequest): string | undefined {
  return user;
}

@Controller('by-hand')
class ByHandController {
  @Inject(UrlSigner) private readonly signer!: UrlSigner;

  @Get()
  verify(@Req() { url }: { url: string }) {
    this.signer.verify(url);
    return { verified: true };
  }
}

@Controller('handlers')
class HandlerController {
  @Get('rows/:year')
  @Download({ basename: 'rows.csv' })
  @SignedUrl()
  rows(@Param('year') year: string, @Query('only') only?: string) {
    return `${year},${only}`;
  }

  @Get('data')
  @SignedUrl()
  data() {
    return { some: 'data' };
  }

  @Get('open')
  open() {
    return 'open';
  }

  @Post('rows/:year')
  @SignedUrl()
  post() {
    return 'posted';
  }
}

@Controller('mine/:name')
@UseGuards(UserGuard)
@SignedUrl({ boundTo: userOf })
class BoundController {
  @Get()
  @Download()
  mine() {
    return 'mine';
  }
}

@Controller('addressed')
class AddressController {
  @Inject(UrlSigner) private readonly signer!: UrlSigner;

  @Get('link')
  link(@Req() request: { ip: string }) {
    const boundTo = boundToIp(request);
    return { link: this.signer.sign('/api/addressed/file', { boundTo }) };
  }

  @Get('file')
  @SignedUrl({ boundTo: boundToIp })
  @Download()
  file() {
    return 'here';
  }

  @Get('number')
  @SignedUrl({ boundTo: () => 7 as unknown as string })
  number() {
    return 'never';
  }
}

describe.each(ADAPTERS)('signed links on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let running: RunningApplication;
  let holding: Holding;
  const log = new LogLines();

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const root = directory.path;
    for (const name of NAMES) await directory.write(`sub/${name}`, name);
    await directory.write('a.txt', 'a');

    @Controller('files/*path')
    @SignedUrl()
    class FileController extends PathDownloadController {
      override root = root;
      override basename = 'of-the-route.txt';
    }

    @Controller('offloaded/*path')
    @SignedUrl()
    class OffloadedController extends PathDownloadController {
      override root = root;
      override backend = nginx({
        rules: [{ sourceDir: `${root}/`, destination: '/_offload/' }],
      });
    }

    // The same handler function, without a signature.
    @Controller('unsigned/*path')
    class UnsignedController extends PathDownloadController {
      override root = root;
    }

    const kept = new DownloadResponse(
      new ContentFile('kept', { name: 'a.txt' }),
    );
    @Controller('kept')
    class KeptController {
      @Get()
      @SignedUrl()
      kept() {
        return kept;
      }
    }

    holding = new Holding();
    running = await startApplication(adapter, {
      providers: [{ provide: APP_INTERCEPTOR, useValue: holding }],
      options: {
        signing: SIGNING,
        storages: {
          default: signedUrls(
            new FileSystemStorage({ root, baseUrl: '/api/media' }),
          ),
        },
      },
      controllers: [
        FileController,
        OffloadedController,
        UnsignedController,
        KeptController,
        ByHandController,
        HandlerController,
        BoundController,
        AddressController,
        StorageDownloadController.asController('media/*path', {
          decorators: [SignedUrl()],
        }),
      ],
      configure: (app) => {
        app.setGlobalPrefix('api');
        app.useLogger(log);
      },
    });
  });

  afterAll(async () => {
    await running.close();
    await directory.remove();
  });

  const ask = (path: string, method = 'GET', headers = {}) =>
    httpRequest(running.origin, path, { method, headers });
  const sign = (path: string, options?: SignOptions) =>
    running.app.get(UrlSigner).sign(path, options);

  function expectForbidden(
    { status, headers, text }: HttpAnswer,
    method = 'GET',
  ): void {
    expect(status).toBe(403);
    if (method === 'HEAD') expect(text).toBe('');
    else {
      expect(JSON.parse(text)).toEqual({
        message: 'Forbidden',
        statusCode: 403,
      });
    }
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['referrer-policy']).toBe('no-referrer');
    for (const name of [OFFLOAD, 'content-disposition', 'accept-ranges']) {
      expect(headers).not.toHaveProperty(name);
    }
  }

  it.each(NAMES)(
    'lead to %s, under the global prefix, and by HEAD',
    async (name) => {
      const link = sign(`/api/files/sub/${encodeURIComponent(name)}`);
      const answer = await ask(link);
      expect([answer.status, answer.text]).toEqual([200, name]);
      expect(answer.headers['referrer-policy']).toBe('no-referrer');
      const head = await ask(link, 'HEAD');
      expect([head.status, head.headers['content-length']]).toEqual([
        200,
        String(Buffer.byteLength(name)),
      ]);
      expect(head.headers['referrer-policy']).toBe('no-referrer');
      expect((await ask(`http://host${link}`)).text).toBe(name);
    },
  );

  it.each<[string, (link: string) => string]>([
    ['without a signature', () => '/api/files/a.txt'],
    ['expired', () => signedAgo(10, '/api/files/a.txt', { expiresIn: 9 })],
    ['not valid yet', () => sign('/api/files/a.txt', { notBefore: 60 })],
    [
      'made by others',
      () => signerAt(Date.now(), [`not ${SECRET}`]).sign('/api/files/a.txt'),
    ],
    [
      'made without the prefix',
      () => sign('/files/a.txt').replace('/', '/api/'),
    ],
    ['for another path', (link) => link.replace('a.txt', 'b.txt')],
    ['in other letters', (link) => link.replace('a.txt', 'A.txt')],
    ['with coded letters', (link) => link.replace('a.txt', '%61.txt')],
    [
      'with an encoded slash',
      () => sign('/api/files/sub/a.txt').replace('sub/', 'sub%2F'),
    ],
    ['with another slash', (link) => link.replace('?', '/?')],
    ['for longer', (link) => link.replace(/expires=\d/, 'expires=9')],
    ['with more in its query', (link) => link.replace('?', '?a=b&')],
    ['with more behind it', (link) => `${link}&utm_source=mail`],
    [
      'with what it does not fix',
      (link) => link.replace('&sig', '&basename=b&sig'),
    ],
    ['of another user', () => sign('/api/files/a.txt', { boundTo: 'ada' })],
    ['for another method', () => sign('/api/files/a.txt', { method: 'POST' })],
    ['with padding', (link) => `${link}=`],
    ['with two signatures', (link) => link + link.slice(link.indexOf('&sig'))],
    ['with line ends', (link) => `${link}%0D%0AX: 1`.replace(' ', '%20')],
  ])('%s bring 403, always the same', async (_, tamper) => {
    const link = tamper(sign('/api/files/a.txt'));
    expectForbidden(await ask(link));
    expectForbidden(await ask(link, 'HEAD'), 'HEAD');
    expectForbidden(await ask(link.replace('/files', '/offloaded')));
  });

  it('fix name, type and disposition of the download, before what its route says', async () => {
    const link = sign('/api/files/a.txt', {
      basename: 'Résumé & more.png',
      contentType: 'image/png',
      attachment: false,
    });
    for (const method of ['GET', 'HEAD']) {
      const { status, headers } = await ask(link, method);
      expect(status).toBe(200);
      expect(headers['content-type']).toBe('image/png');
      expect(headers['content-disposition']).toContain(
        "filename*=UTF-8''R%C3%A9sum%C3%A9%20&%20more.png",
      );
      expect(headers['content-disposition']).toMatch(/^inline/);
    }
    const plain = await ask(sign('/api/files/a.txt'));
    expect(plain.headers['content-disposition']).toMatch(
      /^attachment; filename="of-the-route\.txt"/,
    );
  });

  it('show no page of a type that is not shown inline', async () => {
    const link = sign('/api/files/a.txt', {
      contentType: 'text/html',
      attachment: false,
    });
    const { headers } = await ask(link);
    expect(headers['content-disposition']).toMatch(/^attachment/);
  });

  it('fix the presentation for their request alone where a handler keeps its response', async () => {
    const whole = ask(sign('/api/kept'), 'GET', { 'X-Hold': 'yes' });
    await holding.decided;
    for (const basename of ['one', 'two']) {
      const { headers, text } = await ask(sign('/api/kept', { basename }));
      expect(text).toBe('kept');
      expect(headers['content-disposition']).toContain(`"${basename}"`);
    }
    holding.letGo();
    expect((await whole).text).toBe('kept');
    expect((await whole).headers['content-disposition']).toContain('"a.txt"');
  });

  it('lead to handlers of any controller', async () => {
    const rows = await ask(sign('/api/handlers/rows/2026?only=a&only=b'));
    expect([rows.status, rows.text]).toEqual([200, '2026,a,b']);
    const data = await ask(sign('/api/handlers/data'));
    expect(data.headers['referrer-policy']).toBe('no-referrer');
    expect(JSON.parse(data.text)).toEqual({ some: 'data' });
    expectForbidden(await ask('/api/handlers/rows/2026'));
    expectForbidden(await ask('/api/handlers/data'));
    expect((await ask('/api/handlers/open')).text).toBe('open');
    expect((await ask('/api/unsigned/a.txt')).text).toBe('a');
  });

  it('to GET and HEAD are for no other method', async () => {
    const link = sign('/api/handlers/rows/2026');
    expectForbidden(await ask(link, 'POST'));
    const posting = sign('/api/handlers/rows/2026', { method: 'POST' });
    expect((await ask(posting, 'POST')).text).toBe('posted');
    expectForbidden(await ask(posting));
    for (const url of [sign('/api/files/a.txt'), '/api/files/a.txt']) {
      const { status, headers } = await ask(url, 'DELETE');
      expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
    }
  });

  it('of a storage lead to its route', async () => {
    const storage = running.app.get(DownloadStorages).get();
    for (const name of NAMES) {
      const link = storage.url?.(`sub/${name}`) ?? '';
      expect((await ask(link)).text).toBe(name);
      expectForbidden(await ask(link.replace('sub', 'bus')));
    }
    expectForbidden(await ask('/api/media/a.txt'));
  });

  it('that are bound are for their user alone, whatever the order of the guards', async () => {
    const link = sign('/api/mine/a', { boundTo: 'ada' });
    expect((await ask(link, 'GET', { 'X-User': 'ada' })).text).toBe('mine');
    expectForbidden(await ask(link, 'GET', { 'X-User': 'bob' }));
    expectForbidden(await ask(link));
    const unbound = sign('/api/mine/a');
    expectForbidden(await ask(unbound, 'GET', { 'X-User': 'ada' }));
    expectForbidden(await ask(unbound));
  });

  it('may be bound to the address of the client', async () => {
    const { link } = JSON.parse((await ask('/api/addressed/link')).text) as {
      link: string;
    };
    expect((await ask(link)).text).toBe('here');
    const elsewhere = sign('/api/addressed/file', { boundTo: '192.0.2.1' });
    expectForbidden(await ask(elsewhere));
    expectForbidden(
      await ask(elsewhere, 'GET', { 'X-Forwarded-For': '192.0.2.1' }),
    );
  });

  it('are answered by 500 where the hook gives no text', async () => {
    expect((await ask(sign('/api/addressed/number'))).status).toBe(500);
    expect(log.text).toContain("'a number' was given");
  });

  it('may be verified by hand, with the same answer', async () => {
    expect((await ask(sign('/api/by-hand?a=b'))).status).toBe(200);
    const { status, headers, text } = await ask('/api/by-hand?a=b');
    expect([status, JSON.parse(text)]).toEqual([
      403,
      { message: 'Forbidden', statusCode: 403 },
    ]);
    expect(headers['cache-control']).toBe('no-store');
  });

  it('are offloaded, and refused without the offload header', async () => {
    const link = sign('/api/offloaded/a.txt', { basename: 'fixed.txt' });
    const { status, headers, text } = await ask(link);
    expect([status, text, headers[OFFLOAD]]).toEqual([
      200,
      '',
      '/_offload/a.txt',
    ]);
    expect(headers['content-disposition']).toContain('"fixed.txt"');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expectForbidden(await ask(link.replace('fixed', 'other')));
  });

  it('of a missing file bring 404, which tells nobody the link', async () => {
    const { status, headers } = await ask(sign('/api/files/missing.txt'));
    expect(status).toBe(404);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['referrer-policy']).toBe('no-referrer');
  });

  it('leave no signature and no secret in the log', async () => {
    const link = sign('/api/files/a.txt', { boundTo: 'ada' });
    await ask(`${link}%0d%0aforged`);
    await ask(link);
    expect(log.of('debug').join()).toContain("'/api/files/a.txt'");
    expect(log.text).not.toMatch(/signature=|forged/);
    expect(log.text).not.toContain(SECRET);
  });
});
