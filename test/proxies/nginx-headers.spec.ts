import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Controller, Get, Res } from '@nestjs/common';
import { DownloadResponse, LocalFile, nginx } from 'nestjs-downloadview';

import { type Site, startBehindNginx } from '../support/behind-nginx.js';
import { describeWith } from '../support/describe-with.js';
import { fieldLines } from '../support/http-fields.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/temporary-directory.js';

/** What both adapters' responses have. */
interface PassedThrough {
  header(name: string, value: string | string[]): unknown;
}

const ORIGIN = 'https://app.example';
const PASSED_ON: Record<string, string> = {
  'Content-Language': 'de, en',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-site',
  Expires: 'Thu, 01 Dec 1994 16:00:00 GMT',
  'Permissions-Policy': 'camera=(), geolocation=(self "https://a.example")',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=63072000; includeSubDomains',
  Vary: 'Accept-Language',
  'X-Frame-Options': 'DENY',
};

describeWith(['nginx'], 'headers of an offloaded file', () => {
  let directory: TemporaryDirectory;
  let site: Site;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const text = await directory.write('a.txt', 'Hello\n');
    const picture = await directory.write('a.png', 'no picture');

    @Controller()
    class FileController {
      @Get('plain')
      plain() {
        return new DownloadResponse(new LocalFile(text));
      }

      @Get('picture')
      picture() {
        return new DownloadResponse(new LocalFile(picture), {
          attachment: false,
        });
      }

      @Get('typed')
      typed() {
        return new DownloadResponse(new LocalFile(text), {
          contentType: 'application/vnd.example+json',
        });
      }

      @Get('charset')
      charset() {
        return new DownloadResponse(new LocalFile(text), {
          contentType: 'text/csv',
          charset: 'iso-8859-15',
        });
      }

      @Get('own')
      own() {
        return new DownloadResponse(new LocalFile(text), {
          cacheControl: 'public, max-age=60, no-transform',
          headers: PASSED_ON,
        });
      }

      @Get('set-by-the-application')
      setByTheApplication(@Res({ passthrough: true }) response: PassedThrough) {
        for (const [name, value] of Object.entries(PASSED_ON)) {
          response.header(name, value);
        }
        return new DownloadResponse(new LocalFile(text));
      }

      @Get('vary')
      vary(@Res({ passthrough: true }) response: PassedThrough) {
        response.header('Vary', ['Accept-Language', 'Cookie']);
        return new DownloadResponse(new LocalFile(text));
      }

      @Get('vary-of-the-download')
      varyOfTheDownload() {
        return new DownloadResponse(new LocalFile(text), {
          headers: { Vary: 'Cookie' },
        });
      }

      @Get('cookies')
      cookies(@Res({ passthrough: true }) response: PassedThrough) {
        response.header('Set-Cookie', ['a=1; Path=/', 'b=2; Path=/']);
        return new DownloadResponse(new LocalFile(text), {
          cacheControl: 'public, s-maxage=600, max-age=60',
        });
      }
    }

    site = await startBehindNginx('fastify', {
      backend: nginx({
        rules: [{ sourceDir: directory.path, destination: '/_offload/' }],
      }),
      options: { exposeHeaders: true },
      controllers: [FileController],
      configure: (app) =>
        app.enableCors({ origin: [ORIGIN], credentials: true }),
    });
  });

  afterAll(async () => {
    await site.stop();
    await directory.remove();
  });

  async function line(path: string, name: string): Promise<unknown> {
    const answer = await site.through(path, { headers: { Origin: ORIGIN } });
    const lines = fieldLines(answer, name.toLowerCase());
    return lines.length === 1 ? lines[0] : lines;
  }

  it.each([
    ['/plain', 'text/plain; charset=utf-8'],
    ['/picture', 'image/png'],
    ['/typed', 'application/vnd.example+json'],
    ['/charset', 'text/csv; charset=iso-8859-15'],
  ])('brings the type of %s: %s', async (path, type) => {
    expect(await line(path, 'Content-Type')).toBe(type);
  });

  it.each([
    ['/plain', "sandbox; default-src 'none'"],
    ['/picture', "sandbox; default-src 'none'; style-src 'unsafe-inline'"],
  ])('brings the policy of %s: %s', async (path, policy) => {
    expect(await line(path, 'Content-Security-Policy')).toBe(policy);
  });

  it('brings nosniff once', async () => {
    expect(await line('/plain', 'X-Content-Type-Options')).toBe('nosniff');
  });

  it.each([
    ['/plain', 'private, no-cache, no-transform'],
    ['/own', 'public, max-age=60, no-transform'],
    ['/cookies', 'private, max-age=60, no-transform'],
  ])('brings Cache-Control of %s: %s', async (path, value) => {
    expect(await line(path, 'Cache-Control')).toBe(value);
  });

  it.each(Object.keys(PASSED_ON).filter((name) => name !== 'Vary'))(
    'brings %s of the download',
    async (name) => {
      expect(await line('/own', name)).toBe(PASSED_ON[name]);
    },
  );

  it.each(Object.keys(PASSED_ON).filter((name) => name !== 'Vary'))(
    'brings %s that the application set on the response',
    async (name) => {
      expect(await line('/set-by-the-application', name)).toBe(PASSED_ON[name]);
    },
  );

  it('brings all cookies', async () => {
    expect(await line('/cookies', 'Set-Cookie')).toEqual([
      'a=1; Path=/',
      'b=2; Path=/',
    ]);
  });

  it.each([
    ['/vary', ['Accept-Language', 'Cookie']],
    ['/vary-of-the-download', ['Cookie', 'Origin']],
    ['/set-by-the-application', ['Accept-Language']],
  ])('brings all Vary of %s in one line: %j', async (path, names) => {
    const vary = String(await line(path, 'Vary')).split(/\s*,\s*/);

    expect(vary).toEqual(expect.arrayContaining(names));
  });

  it.each([
    ['Access-Control-Allow-Origin', ORIGIN],
    ['Access-Control-Allow-Credentials', 'true'],
    ['Access-Control-Expose-Headers', expect.stringContaining('ETag')],
  ])('brings %s', async (name, value) => {
    expect(await line('/plain', name)).toEqual(value);
  });
});
