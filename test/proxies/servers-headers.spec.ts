import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Controller, Get, Header, Res } from '@nestjs/common';
import { DownloadResponse, LocalFile } from 'nestjs-downloadview';

import {
  type ServedSite,
  startBehind,
} from '../support/servers/behind-server.js';
import { fieldLines, fieldNames } from '../support/clients/http-fields.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { describeAllServers } from '../support/servers/tested-servers.js';

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
  'Repr-Digest': 'sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:',
  'Strict-Transport-Security': 'max-age=63072000; includeSubDomains',
  'X-Frame-Options': 'DENY',
};
/** nginx brings back those headers alone that its configuration names. */
const OTHERS: Record<string, string> = {
  'X-Of-The-Application': 'caf\u00E9; "a", b',
};
const FIELDS_OF_A_FILE = [
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-length',
  'content-security-policy',
  'content-type',
  'date',
  'etag',
  'last-modified',
  'x-content-type-options',
];
const OF_THE_CONNECTION = ['connection', 'server', 'x-powered-by'];
/** Longer than Apache takes by default. */
const LONG = 'x'.repeat(9000);

describeAllServers('headers of an offloaded file', (server, adapter) => {
  let directory: TemporaryDirectory;
  let site: ServedSite;
  const passedOn =
    server.name === 'nginx' ? PASSED_ON : { ...PASSED_ON, ...OTHERS };

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

      @Get('charset')
      charset() {
        return new DownloadResponse(new LocalFile(text), {
          contentType: 'text/csv',
          charset: 'iso-8859-15',
        });
      }

      @Get('renamed')
      renamed() {
        return new DownloadResponse(new LocalFile(text), {
          basename: '\u65E5\u672C.html',
        });
      }

      @Get('nameless')
      @Header('Content-Disposition', 'attachment')
      nameless() {
        return new DownloadResponse(new LocalFile(text));
      }

      @Get('own')
      own() {
        return new DownloadResponse(new LocalFile(text), {
          cacheControl: 'public, max-age=60, no-transform',
          headers: { ...passedOn, Vary: 'Cookie' },
        });
      }

      @Get('set-by-the-application')
      setByTheApplication(@Res({ passthrough: true }) response: PassedThrough) {
        for (const [name, value] of Object.entries(passedOn)) {
          response.header(name, value);
        }
        response.header('Vary', ['Accept-Language', 'Cookie']);
        return new DownloadResponse(new LocalFile(text));
      }

      @Get('cookies')
      cookies(@Res({ passthrough: true }) response: PassedThrough) {
        response.header('Set-Cookie', ['a=1; Path=/', 'b=2; Path=/']);
        return new DownloadResponse(new LocalFile(text), {
          cacheControl: 'public, s-maxage=600, max-age=60',
        });
      }
    }

    site = await startBehind(server.kind, adapter, {
      backend: server.backend([{ sourceDir: directory.path }]),
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

  it('brings the fields of a file, each of them once', async () => {
    const { headers } = await site.direct('/plain');
    const answer = await site.through('/plain');

    expect(headers).toHaveProperty(server.offloadHeader);
    const names = fieldNames(answer).filter(
      (name) => !/^(?:access-control|vary)/.test(name),
    );
    expect(names.filter((name) => !OF_THE_CONNECTION.includes(name))).toEqual(
      // The id that the log of completions knows it by. nginx keeps it to itself.
      server.name === 'nginx'
        ? FIELDS_OF_A_FILE
        : [...FIELDS_OF_A_FILE, 'x-download-id'],
    );
  });

  it.each([
    ['/plain', 'text/plain; charset=utf-8'],
    ['/picture', 'image/png'],
    ['/charset', 'text/csv; charset=iso-8859-15'],
    ['/renamed', 'text/html; charset=utf-8'],
  ])('brings the type of %s: %s', async (path, type) => {
    expect(await line(path, 'Content-Type')).toBe(type);
  });

  it.each([
    ['/plain', /^attachment; filename="a\.txt"/],
    ['/picture', /^inline; filename="a\.png"/],
    ['/renamed', /filename\*=UTF-8''%E6%97%A5%E6%9C%AC\.html$/],
    ['/nameless', /^attachment$/],
  ])('brings the disposition of %s: %s', async (path, disposition) => {
    expect(await line(path, 'Content-Disposition')).toMatch(disposition);
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

  it.each(Object.keys(passedOn))('brings %s', async (name) => {
    for (const path of ['/own', '/set-by-the-application']) {
      expect(await line(path, name)).toBe(passedOn[name]);
    }
  });

  it('brings all cookies', async () => {
    expect(await line('/cookies', 'Set-Cookie')).toEqual([
      'a=1; Path=/',
      'b=2; Path=/',
    ]);
  });

  it.each([
    ['/own', ['Cookie', 'Origin']],
    ['/set-by-the-application', ['Accept-Language', 'Cookie']],
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

  it.each(['ETag', 'Last-Modified'])(
    server.hasOwnTag
      ? 'has an %s of its own, and HEAD says the same'
      : "brings the application's %s",
    async (name) => {
      const head = await site.direct('/plain', { method: 'HEAD' });

      expect(await line('/plain', name)).toBe(head.headers[name.toLowerCase()]);
    },
  );

  it.each(['/plain', '/own', '/cookies'])(
    'tells the client of %s nothing about where the file lies',
    async (path) => {
      const { rawHeaders } = await site.through(path);

      expect(rawHeaders.join('\n')).not.toContain(directory.path);
      expect(rawHeaders.join('\n')).not.toMatch(/x-accel|x-sendfile|_offload/i);
    },
  );
});

describeAllServers('long headers', (server, adapter) => {
  let directory: TemporaryDirectory;
  let site: ServedSite;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const text = await directory.write('a.txt', 'Hello\n');

    @Controller()
    class FileController {
      @Get('one')
      one() {
        return new DownloadResponse(new LocalFile(text), {
          headers: { 'Referrer-Policy': LONG },
        });
      }

      @Get('many')
      many(@Res({ passthrough: true }) response: PassedThrough) {
        const cookies = Array.from(
          { length: 8 },
          (_, index) => `${index}=${'x'.repeat(950)}`,
        );
        response.header('Set-Cookie', cookies);
        return new DownloadResponse(new LocalFile(text));
      }
    }

    site = await startBehind(server.kind, adapter, {
      backend: server.backend([{ sourceDir: directory.path }]),
      controllers: [FileController],
    });
  });

  afterAll(async () => {
    await site.stop();
    await directory.remove();
  });

  it('brings a file with one header of 9 KB', async () => {
    const answer = await site.through('/one');

    expect(answer).toMatchObject({ status: 200, text: 'Hello\n' });
    expect(fieldLines(answer, 'referrer-policy')).toEqual([LONG]);
  });

  it('brings a file with 8 KB of headers', async () => {
    const answer = await site.through('/many');

    expect(answer).toMatchObject({ status: 200, text: 'Hello\n' });
    expect(fieldLines(answer, 'set-cookie').join('').length).toBeGreaterThan(
      7600,
    );
  });
});
