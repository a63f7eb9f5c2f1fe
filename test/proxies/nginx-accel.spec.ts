import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Controller, Get, Param } from '@nestjs/common';
import {
  DownloadResponse,
  LocalFile,
  nginx,
  type NginxOptions,
  VirtualFile,
} from 'nestjs-downloadview';

import {
  type Site,
  startBehindNginx,
} from '../support/servers/behind-nginx.js';
import { describeWith } from '../support/describe-with.js';
import { fieldNames } from '../support/clients/http-fields.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const LIMITED = 10_000;
const OPTIONS: Record<string, Omit<NginxOptions, 'rules'>> = {
  none: {},
  utf8: { charset: 'utf-8' },
  limited: { limitRate: LIMITED },
  unlimited: { limitRate: false },
  buffered: { buffering: true },
  unbuffered: { buffering: false },
  'a-minute': { expires: 60 },
  'a-date': { expires: new Date('2030-01-02T03:04:05.678Z') },
  'no-cache': { expires: false },
};
const CHARSETS = ['utf-8', 'iso-8859-1', 'koi8-r', 'windows-1251', 'utf-16'];
const BIG = Buffer.alloc(20_000, '0123456789');

describeWith(['nginx'], 'what the application tells nginx', () => {
  let directory: TemporaryDirectory;
  let site: Site;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const root = directory.path;
    await directory.write('a.txt', 'caf\u00E9\n');
    await directory.write('a.png', 'no picture');
    await directory.write('big.bin', BIG);
    const rules = [{ sourceDir: root, destination: '/_offload/' }];

    @Controller()
    class FileController {
      @Get('options/:options/:name')
      withOptions(
        @Param('options') options: string,
        @Param('name') name: string,
      ) {
        return new DownloadResponse(new LocalFile(name, { root }), {
          backend: nginx({ rules, ...OPTIONS[options] }),
        });
      }

      @Get('charset/:charset')
      charset(@Param('charset') charset: string) {
        return new DownloadResponse(new LocalFile('a.txt', { root }), {
          charset,
        });
      }

      @Get('generated/:options')
      generated(@Param('options') options: string) {
        const file = new VirtualFile(['generated'], { name: 'a.txt' });
        return new DownloadResponse(file, {
          backend: nginx({ rules, ...OPTIONS[options] }),
        });
      }
    }

    site = await startBehindNginx('fastify', {
      backend: nginx({ rules, charset: 'utf-8' }),
      controllers: [FileController],
    });
  });

  afterAll(async () => {
    await site.stop();
    await directory.remove();
  });

  async function told(path: string, name: string): Promise<unknown> {
    const { headers } = await site.direct(path);
    return headers[name.toLowerCase()];
  }

  it.each([
    ['/options/limited/a.txt', 'X-Accel-Limit-Rate', '10000'],
    ['/options/unlimited/a.txt', 'X-Accel-Limit-Rate', '0'],
    ['/options/none/a.txt', 'X-Accel-Limit-Rate', undefined],
    ['/options/buffered/a.txt', 'X-Accel-Buffering', 'yes'],
    ['/options/unbuffered/a.txt', 'X-Accel-Buffering', 'no'],
    ['/options/none/a.txt', 'X-Accel-Buffering', undefined],
    ['/options/a-minute/a.txt', 'X-Accel-Expires', '60'],
    ['/options/a-date/a.txt', 'X-Accel-Expires', '@1893553445'],
    ['/options/no-cache/a.txt', 'X-Accel-Expires', '0'],
    ['/options/none/a.txt', 'X-Accel-Expires', undefined],
    ['/options/utf8/a.txt', 'X-Accel-Charset', 'utf-8'],
    ['/options/utf8/a.png', 'X-Accel-Charset', undefined],
    ['/options/none/a.txt', 'X-Accel-Charset', undefined],
    ['/generated/none', 'X-Accel-Buffering', 'no'],
    ['/generated/buffered', 'X-Accel-Buffering', 'yes'],
    ['/generated/none', 'X-Accel-Redirect', undefined],
  ])('%s has %s: %s', async (path, name, value) => {
    expect(await told(path, name)).toBe(value);
  });

  it.each([
    ...Object.keys(OPTIONS).map((options) => `/options/${options}/a.txt`),
    ...CHARSETS.map((charset) => `/charset/${charset}`),
    '/generated/none',
  ])('nothing of it reaches the client of %s', async (path) => {
    const names = fieldNames(await site.through(path));

    expect(names.filter((name) => name.startsWith('x-accel-'))).toEqual([]);
  });

  it('gives a text the configured charset where it has none of its own', async () => {
    const { headers, text } = await site.through('/options/utf8/a.txt');

    expect([headers['content-type'], text]).toEqual([
      'text/plain; charset=utf-8',
      'caf\u00E9\n',
    ]);
  });

  it.each(CHARSETS)(
    'keeps the charset %s of a file, and its bytes',
    async (charset) => {
      const { headers, text } = await site.through(`/charset/${charset}`);

      expect([headers['content-type'], text]).toEqual([
        `text/plain; charset=${charset}`,
        'caf\u00E9\n',
      ]);
    },
  );

  it('sends a limited file whole, and not at once', async () => {
    const began = performance.now();
    const { body } = await site.through('/options/limited/big.bin');

    expect(body.equals(BIG)).toBe(true);
    expect(performance.now() - began).toBeGreaterThan(500);
  });

  it('sends a file whole where no limit is asked for', async () => {
    const { body } = await site.through('/options/unlimited/big.bin');

    expect(body.equals(BIG)).toBe(true);
  });
});
