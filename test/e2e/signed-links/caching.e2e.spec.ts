import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Header } from '@nestjs/common';
import {
  ContentFile,
  Download,
  MemoryStorage,
  nginx,
  redirect,
  sendfile,
  SignedUrl,
  StorageFile,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import { httpRequest } from '../../support/clients/http-client.js';
import { signedAgo, SIGNING } from '../../support/links/links.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';

/** How long the links live, and how long ago they were made. */
const LIFE = 1000;
const AGE = 900;
const FAR = 'Fri, 01 Jan 2100 00:00:00 GMT';
const ETAG = '"v1"';
const FILE = new ContentFile('content', { name: 'a.txt', etag: 'v1' });

@Controller()
class CachedController {
  @Get('default')
  @SignedUrl()
  @Download()
  byDefault() {
    return FILE;
  }

  @Get('own')
  @SignedUrl()
  @Download({
    cacheControl: 'public, max-age=86400, s-maxage=86400, stale-if-error=60',
    headers: { Expires: FAR },
  })
  own() {
    return FILE;
  }

  @Get('short')
  @SignedUrl()
  @Download({ cacheControl: 'private, max-age=5' })
  short() {
    return FILE;
  }

  @Get('headers')
  @SignedUrl()
  @Header('Cache-Control', 'public, max-age=86400')
  @Header('Expires', FAR)
  @Header('CDN-Cache-Control', 'max-age=86400')
  @Header('Surrogate-Control', 'max-age=86400')
  @Header('X-Accel-Expires', '86400')
  @Header('Referrer-Policy', 'unsafe-url')
  @Download()
  headers() {
    return FILE;
  }

  @Get('shared')
  @SignedUrl({ sharedCaches: true })
  @Header('CDN-Cache-Control', 'max-age=86400')
  @Header('X-Accel-Expires', '@4102444800')
  @Download({ cacheControl: 'public, s-maxage=86400' })
  shared() {
    return FILE;
  }

  @Get('unsigned')
  @Header('Referrer-Policy', 'unsafe-url')
  @Header('X-Accel-Expires', '86400')
  @Download({ cacheControl: 'public, max-age=86400' })
  unsigned() {
    return FILE;
  }
}

describe.each(ADAPTERS)('caches of signed links on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let running: RunningApplication;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const file = await directory.write('a.txt', 'content');
    const backend = nginx({
      rules: [{ sourceDir: directory.path, destination: '/_offload/' }],
      expires: 86_400,
    });
    const storage = new (class extends MemoryStorage {
      override temporaryUrl(): Promise<string> {
        return Promise.resolve('https://store.example/a');
      }
    })();
    await storage.save('a', 'content');

    @Controller()
    class OffloadedController {
      @Get('offloaded')
      @SignedUrl()
      @Download({ backend, cacheControl: 'public, max-age=86400' })
      offloaded() {
        return sendfile(file);
      }

      @Get('redirected')
      @SignedUrl()
      @Download({ backend: redirect({ hosts: ['store.example'] }) })
      redirected() {
        return new StorageFile(storage, 'a');
      }
    }

    running = await startApplication(adapter, {
      options: { signing: SIGNING },
      controllers: [CachedController, OffloadedController],
    });
  });

  afterAll(async () => {
    await running.close();
    await directory.remove();
  });

  const ask = (path: string, method = 'GET', headers = {}) =>
    httpRequest(running.origin, signedAgo(AGE, path, { expiresIn: LIFE }), {
      method,
      headers,
    });

  /** The link has 100 seconds left, a part of one more, or a few less. */
  function expectLeft(seconds: string | undefined): void {
    expect(Number(seconds)).toBeGreaterThan(LIFE - AGE - 30);
    expect(Number(seconds)).toBeLessThanOrEqual(LIFE - AGE + 1);
  }

  it('ask again each time by default, and shared ones keep nothing', async () => {
    const { headers } = await ask('/default');
    expect(headers['cache-control']).toBe('private, no-cache, no-transform');
    expect(headers['referrer-policy']).toBe('no-referrer');
  });

  it.each(['GET', 'HEAD'])(
    'keep the answer to %s no longer than the link works, whatever the route says',
    async (method) => {
      const { headers } = await ask('/own', method);
      const [, left] =
        /^private, max-age=(\d+), stale-if-error=0, no-transform$/.exec(
          headers['cache-control'] ?? '',
        ) ?? [];
      expectLeft(left);
      const expires = Date.parse(headers.expires ?? '');
      expectLeft(String((expires - Date.now()) / 1000));
    },
  );

  it.each([
    ['304', { 'If-None-Match': ETAG }, 304],
    ['206', { Range: 'bytes=0-1' }, 206],
  ])('keep a %s no longer', async (_, fields, expected) => {
    const { status, headers } = await ask('/own', 'GET', fields);
    expect(status).toBe(expected);
    expectLeft(
      /^private, max-age=(\d+)/.exec(headers['cache-control'] ?? '')?.[1],
    );
    expectLeft(String((Date.parse(headers.expires ?? '') - Date.now()) / 1000));
    expect(headers['referrer-policy']).toBe('no-referrer');
  });

  it('keep the answer as short as the route says', async () => {
    const { headers } = await ask('/short');
    expect(headers['cache-control']).toBe('private, max-age=5, no-transform');
  });

  it('keep it no longer where the application set the headers itself', async () => {
    const { headers } = await ask('/headers');
    expectLeft(
      /^private, max-age=(\d+)$/.exec(headers['cache-control'] ?? '')?.[1],
    );
    expect(Date.parse(headers.expires ?? '')).toBeLessThan(Date.parse(FAR));
    expect(headers).toMatchObject({
      'cdn-cache-control': 'no-store',
      'surrogate-control': 'no-store',
      'x-accel-expires': '0',
      'referrer-policy': 'no-referrer',
    });
  });

  it('may be shared ones where the route says so, up to the end of the link', async () => {
    const { headers } = await ask('/shared');
    const [, left] =
      /^public, s-maxage=(\d+), no-transform, max-age=0$/.exec(
        headers['cache-control'] ?? '',
      ) ?? [];
    expectLeft(left);
    expectLeft(
      /^max-age=(\d+)$/.exec(String(headers['cdn-cache-control']))?.[1],
    );
    const accel = String(headers['x-accel-expires']).replace('@', '');
    expectLeft(String(Number(accel) - Date.now() / 1000));
  });

  it('of the web server in front keep no offloaded answer longer', async () => {
    const { headers } = await ask('/offloaded');
    expect(headers['x-accel-redirect']).toBe('/_offload/a.txt');
    expect(headers['x-accel-expires']).toBe('0');
    expectLeft(
      /^private, max-age=(\d+)/.exec(headers['cache-control'] ?? '')?.[1],
    );
  });

  it('keep no redirect to the store', async () => {
    const { status, headers } = await ask('/redirected');
    expect(status).toBe(302);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['referrer-policy']).toBe('no-referrer');
  });

  it('keep what no link is needed for as before', async () => {
    const { headers } = await ask('/unsigned');
    expect(headers).toMatchObject({
      'cache-control': 'public, max-age=86400, no-transform',
      'x-accel-expires': '86400',
      'referrer-policy': 'unsafe-url',
    });
  });
});
