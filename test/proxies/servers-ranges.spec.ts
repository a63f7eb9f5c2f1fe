import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, HttpCode, Post } from '@nestjs/common';
import {
  Download,
  LocalFile,
  PathDownloadController,
} from 'nestjs-downloadview';

import {
  type ServedSite,
  startBehind,
} from '../support/servers/behind-server.js';
import { type HttpAnswer } from '../support/clients/http-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';
import { describeAllServers } from '../support/servers/tested-servers.js';

const CONTENT = '0123456789';
const OF_THE_PRESENTATION = [
  'cache-control',
  'content-disposition',
  'content-security-policy',
  'content-type',
  'etag',
  'last-modified',
  'vary',
  'x-content-type-options',
];

describeAllServers('ranges', (server, adapter) => {
  let directory: TemporaryDirectory;
  let site: ServedSite;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const root = directory.path;
    await directory.write('digits.txt', CONTENT);
    await directory.write('empty.txt', '');

    @Controller('files/*path')
    class FileController extends PathDownloadController {
      override root = root;
      override headers = { Vary: 'Cookie' };
    }

    @Controller('export')
    class ExportController {
      @Post()
      @HttpCode(200)
      @Download()
      export() {
        return new LocalFile(`${root}/digits.txt`);
      }
    }

    site = await startBehind(server.kind, adapter, {
      backend: server.backend([{ sourceDir: root }]),
      controllers: [FileController, ExportController],
    });
  });

  afterAll(async () => {
    await site.stop();
    await directory.remove();
  });

  function ask(
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<HttpAnswer> {
    return site.through('/files/digits.txt', { method, headers });
  }

  async function isOffloaded(headers: Record<string, string>) {
    const answer = await site.direct('/files/digits.txt', { headers });
    return server.offloadHeader in answer.headers;
  }

  it.each([
    ['bytes=2-4', 'bytes 2-4/10', '234'],
    ['bytes=7-', 'bytes 7-9/10', '789'],
    ['bytes=-2', 'bytes 8-9/10', '89'],
    ['bytes=9-99', 'bytes 9-9/10', '9'],
    ['bytes=0-1,20-30', 'bytes 0-1/10', '01'],
  ])(
    'has the server answer %s with 206 and that part',
    async (range, told, part) => {
      const { status, headers, text } = await ask({ Range: range });

      expect({ status, told: headers['content-range'], text }).toEqual({
        status: 206,
        told,
        text: part,
      });
      expect(await isOffloaded({ Range: range })).toBe(true);
    },
  );

  it('answers several ranges with 206 and all the parts', async () => {
    const { status, headers, text } = await ask({ Range: 'bytes=0-1,-2' });

    expect(status).toBe(206);
    expect(headers['content-type']).toMatch(/^multipart\/byteranges/);
    expect(text).toMatch(
      /bytes 0-1\/10\r\n[^]*\r\n01\r\n[^]*bytes 8-9\/10\r\n[^]*\r\n89\r\n/,
    );
  });

  it(`${server.name === 'lighttpd' ? 'sends several ranges itself' : 'leaves several ranges to the server'}`, async () => {
    expect(await isOffloaded({ Range: 'bytes=0-1,-2' })).toBe(
      server.name !== 'lighttpd',
    );
  });

  it.each(['bytes=10-', 'bytes=-0', 'bytes=10-11,20-'])(
    'answers %s, which is not there, with 416 and the size',
    async (range) => {
      const { status, headers } = await ask({ Range: range });

      expect(status).toBe(416);
      expect(headers['content-range']).toBe('bytes */10');
      expect(headers['cache-control']).toBe('no-store');
      expect(await isOffloaded({ Range: range })).toBe(false);
    },
  );

  it.each([
    ...['bytes=5-2', 'bytes=', 'bytes=a-b', 'items=0-1', 'bytes 0-1'],
    `bytes=${Array.from({ length: 60 }, () => '0-0').join(',')}`,
  ])(
    'answers %s, which is not to be obeyed, with the whole file',
    async (range) => {
      const { status, text } = await ask({ Range: range });

      expect([status, text]).toEqual([200, CONTENT]);
      // Apache has no place that sends no ranges.
      expect(await isOffloaded({ Range: range })).toBe(
        server.name !== 'Apache',
      );
    },
  );

  it.each([
    ['bytes=0-99999999999999999999', CONTENT],
    ['bytes=5-9223372036854775808', '56789'],
    ['bytes=-18446744073709551617', CONTENT],
    ['BYTES=5-6', '56'],
  ])(
    'answers %s, which servers read in their own ways, with 206',
    async (range, part) => {
      const { status, text } = await ask({ Range: range });

      expect([status, text]).toEqual([206, part]);
    },
  );

  it('answers a range of an empty file with the whole of it', async () => {
    const headers = { Range: 'bytes=0-0' };

    const answer = await site.through('/files/empty.txt', { headers });

    expect(answer).toMatchObject({ status: 200, text: '' });
  });

  it('says that it takes ranges', async () => {
    const { headers } = await ask();

    expect(headers['accept-ranges']).toBe('bytes');
  });

  it('presents a part as it does the whole', async () => {
    const [whole, part] = [await ask(), await ask({ Range: 'bytes=0-0' })];

    for (const name of OF_THE_PRESENTATION) {
      expect([name, part.headers[name]]).toEqual([name, whole.headers[name]]);
    }
  });

  it('presents several parts as it does the whole, but for the type', async () => {
    const range = { Range: 'bytes=0-0,5-5' };
    const [whole, parts] = [await ask(), await ask(range)];

    for (const name of OF_THE_PRESENTATION) {
      if (name === 'content-type') continue;
      expect([name, parts.headers[name]]).toEqual([name, whole.headers[name]]);
    }
  });

  describe.each(['GET', 'HEAD'])('with what %s said of the file', (method) => {
    it('goes on where the tag is still that of the file', async () => {
      const { headers } = await ask({}, method);

      const answer = await ask({
        Range: 'bytes=5-',
        'If-Range': headers.etag ?? '',
      });

      expect(answer).toMatchObject({ status: 206, text: '56789' });
    });

    it('gives the same tag and date as for a part', async () => {
      const { headers } = await ask({}, method);
      const part = await ask({ Range: 'bytes=0-0' });

      expect([part.headers.etag, part.headers['last-modified']]).toEqual([
        headers.etag,
        headers['last-modified'],
      ]);
    });
  });

  it.each(['"old"', 'Sat, 01 Jan 2000 00:00:00 GMT', 'W/"old"', 'x'])(
    'starts over where the client has %s',
    async (validator) => {
      const answer = await ask({ Range: 'bytes=5-', 'If-Range': validator });

      expect(answer).toMatchObject({ status: 200, text: CONTENT });
    },
  );

  it.each([
    ['Range', 'bytes=0-0'],
    ['If-None-Match', '*'],
    ['If-Unmodified-Since', 'Sat, 01 Jan 2000 00:00:00 GMT'],
  ])('answers a POST with %s whole', async (name, value) => {
    const request = { method: 'POST', headers: { [name]: value } };

    const answer = await site.through('/export', request);

    expect(answer).toMatchObject({ status: 200, text: CONTENT });
  });

  it('answers a POST by the server', async () => {
    const request = { method: 'POST' };
    const { headers } = await site.direct('/export', request);

    const answer = await site.through('/export', request);

    expect(headers).toHaveProperty(server.offloadHeader);
    expect(answer).toMatchObject({ status: 200, text: CONTENT });
  });

  it('answers HEAD with the length of the file, from the application', async () => {
    const request = { method: 'HEAD', headers: { Range: 'bytes=0-0' } };
    const path = '/files/digits.txt';
    const head = await site.direct(path, request);

    expect(head.headers).not.toHaveProperty(server.offloadHeader);
    expect(await site.through(path, request)).toMatchObject({
      status: 200,
      text: '',
      headers: {
        'content-length': '10',
        'content-disposition': head.headers['content-disposition'],
        'content-type': head.headers['content-type'],
      },
    });
  });
});
