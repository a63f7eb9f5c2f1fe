import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Controller, HttpCode, Post } from '@nestjs/common';
import {
  Download,
  LocalFile,
  nginx,
  PathDownloadController,
} from 'nestjs-downloadview';

import { type Site, startBehindNginx } from '../support/behind-nginx.js';
import { describeWith } from '../support/describe-with.js';
import { type HttpAnswer } from '../support/http-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/temporary-directory.js';

const CONTENT = '0123456789';
const LONG_AGO = 'Sat, 01 Jan 2000 00:00:00 GMT';

describeWith(['nginx'], 'ranges and conditions behind nginx', () => {
  let directory: TemporaryDirectory;
  let site: Site;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const root = directory.path;
    await directory.write('digits.txt', CONTENT);

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

    site = await startBehindNginx('express', {
      backend: nginx({
        rules: [{ sourceDir: root, destination: '/_offload/' }],
      }),
      controllers: [FileController, ExportController],
    });
  });

  afterAll(async () => {
    await site.stop();
    await directory.remove();
  });

  function ask(
    headers: Record<string, string>,
    method = 'GET',
  ): Promise<HttpAnswer> {
    return site.through('/files/digits.txt', { method, headers });
  }

  async function validators(): Promise<{ etag: string; date: string }> {
    const { headers } = await ask({});
    return {
      etag: headers.etag ?? '',
      date: headers['last-modified'] ?? '',
    };
  }

  it.each([
    ['bytes=2-4', 'bytes 2-4/10', '234'],
    ['bytes=7-', 'bytes 7-9/10', '789'],
    ['bytes=-2', 'bytes 8-9/10', '89'],
    ['bytes=9-99', 'bytes 9-9/10', '9'],
  ])('answers %s with 206 and that part', async (range, told, part) => {
    const { status, headers, text } = await ask({ Range: range });

    expect({ status, told: headers['content-range'], text }).toEqual({
      status: 206,
      told,
      text: part,
    });
  });

  it('answers several ranges with 206 and all the parts', async () => {
    const { status, headers, text } = await ask({ Range: 'bytes=0-1,-2' });

    expect(status).toBe(206);
    expect(headers['content-type']).toMatch(/^multipart\/byteranges/);
    expect(text).toMatch(/bytes 0-1\/10\s+01\s[^]*bytes 8-9\/10\s+89\s/);
  });

  it('answers a range behind the end with 416 and the size', async () => {
    const { status, headers } = await ask({ Range: 'bytes=10-' });

    expect(status).toBe(416);
    expect(headers['content-range']).toBe('bytes */10');
  });

  it('answers a malformed range with the whole file or 416, never with a part', async () => {
    const { status } = await ask({ Range: 'bytes=5-2' });

    expect([200, 416]).toContain(status);
  });

  it('presents a part as it does the whole', async () => {
    const [whole, part] = [await ask({}), await ask({ Range: 'bytes=0-0' })];

    for (const name of [
      'cache-control',
      'content-disposition',
      'content-security-policy',
      'content-type',
      'etag',
      'vary',
      'x-content-type-options',
    ]) {
      expect([name, part.headers[name]]).toEqual([name, whole.headers[name]]);
    }
  });

  it('goes on where the tag is still that of the file', async () => {
    const { etag } = await validators();

    const answer = await ask({ Range: 'bytes=5-', 'If-Range': etag });

    expect(answer).toMatchObject({ status: 206, text: '56789' });
  });

  it('starts over where the tag is another one', async () => {
    const answer = await ask({ Range: 'bytes=5-', 'If-Range': '"old"' });

    expect(answer).toMatchObject({ status: 200, text: CONTENT });
  });

  it('answers 304 to its own tag', async () => {
    const { etag } = await validators();

    const answer = await ask({ 'If-None-Match': etag });

    expect(answer).toMatchObject({ status: 304, text: '' });
  });

  it('answers 304 to its own date', async () => {
    const { date } = await validators();

    const answer = await ask({ 'If-Modified-Since': date });

    expect(answer).toMatchObject({ status: 304, text: '' });
  });

  it('answers 304 with the fields that a cache needs', async () => {
    const whole = await ask({});
    const etag = whole.headers.etag ?? '';

    const { headers } = await ask({ 'If-None-Match': etag });

    for (const name of ['cache-control', 'etag', 'vary']) {
      expect([name, headers[name]]).toEqual([name, whole.headers[name]]);
    }
  });

  it.each([
    ['If-Match', '"other"'],
    ['If-Unmodified-Since', LONG_AGO],
  ])('answers 412 where %s does not hold', async (name, value) => {
    expect(await ask({ [name]: value })).toMatchObject({ status: 412 });
  });

  it.each([
    ['Range', 'bytes=0-0'],
    ['If-None-Match', '*'],
    ['If-Unmodified-Since', LONG_AGO],
  ])('answers a POST with %s whole', async (name, value) => {
    const request = { method: 'POST', headers: { [name]: value } };

    const answer = await site.through('/export', request);

    expect(answer).toMatchObject({ status: 200, text: CONTENT });
  });

  it('answers HEAD with the length of the file, from the application', async () => {
    const request = { method: 'HEAD' };
    const path = '/files/digits.txt';
    const head = await site.direct(path, request);

    expect(head.headers).not.toHaveProperty('x-accel-redirect');
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

  it('goes on with what HEAD said of the file', async () => {
    const { headers } = await ask({}, 'HEAD');
    const validator = headers.etag ?? headers['last-modified'] ?? '';

    const answer = await ask({ Range: 'bytes=5-', 'If-Range': validator });

    expect(answer).toMatchObject({ status: 206, text: '56789' });
  });
});
