import { AssertionError } from 'node:assert';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { InvalidOptionsError } from 'nestjs-downloadview';
import {
  expectDownload,
  type ExpectedDownload,
  type TestResponse,
} from 'nestjs-downloadview/testing';

import { type RunningApplication } from '../../support/application.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';
import { WAYS } from './asked.js';
import { BYTES, DOWNLOADS, NAME, startDownloads } from './downloads.js';
import { errorOf } from './failures.js';

describe('expectDownload()', () => {
  let directory: TemporaryDirectory;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await directory.write('ä b.txt', 'not read');
  });

  afterAll(() => directory.remove());

  describe.each(WAYS)('of $way', ({ adapter, ask }) => {
    let running: RunningApplication;
    const asked = (path: string, headers?: Record<string, string>) =>
      ask(running, path, headers);

    beforeAll(async () => {
      running = await startDownloads(adapter, directory.path);
    });

    afterAll(() => running.close());

    it.each(DOWNLOADS)('takes %s that is %j', async (path, right) => {
      expectDownload(await asked(path), right);
    });

    it.each(DOWNLOADS)(
      'names the option where %s is %j and %j is expected',
      async (path, _, wrong) => {
        const response = await asked(path);

        const error = errorOf(() => expectDownload(response, wrong));

        expect(error).toBeInstanceOf(AssertionError);
        expect(String(error)).toMatch(
          new RegExp(`\n {2}${Object.keys(wrong)[0]}: expected .+, but was `),
        );
      },
    );

    it('takes a part for what it is', async () => {
      const part = await asked('/text', { Range: 'bytes=0-1' });

      expectDownload(part, { content: 'Gr', size: 2, basename: NAME });
    });

    it('takes no page, which tells nobody how to save it', async () => {
      const page = await asked('/page');

      expect(() => expectDownload(page)).toThrow(
        /^This is not the expected download:\n {2}content-disposition: expected one, but was none$/,
      );
    });

    it('takes no answer that leaves the file to a server', async () => {
      const offloaded = await asked('/offloaded');

      expect(() => expectDownload(offloaded, { content: '' })).toThrow(
        /\n {2}x-accel-redirect: expected none, but was '\/_offload\/%C3%A4%20b.txt'$/,
      );
    });

    it('takes no error, and says what it says', async () => {
      const missing = await asked('/missing');

      expect(() => expectDownload(missing)).toThrow(
        /\n {2}status: expected 200 or 206, but was 404: .*Not Found/,
      );
    });

    it('takes no answer without a file', async () => {
      const response = await asked('/text', { 'If-None-Match': '*' });

      expect(() => expectDownload(response)).toThrow(/status: .* but was 304/);
    });
  });

  const response = (
    headers: object,
    rest: Partial<TestResponse> = {},
  ): TestResponse => ({
    status: 200,
    headers: { 'content-disposition': 'attachment', ...headers },
    body: Buffer.from('0123456789'),
    ...rest,
  });

  it('compares all options, and names all that differ', () => {
    const expected = {
      basename: 'a',
      attachment: false,
      content: '0123456789',
    };
    const error = errorOf(() => expectDownload(response({}), expected));

    expect(error).toMatchObject({
      message:
        'This is not the expected download:\n' +
        "  basename: expected 'a', but was none\n" +
        '  attachment: expected false, but was true',
      expected: "basename: 'a'\nattachment: false",
      actual: 'basename: none\nattachment: true',
      operator: 'fail',
    });
  });

  it('escapes what was there and what was expected', () => {
    const disposition = 'attachment; filename="a\x1b[31m\u202e"';
    const received = response({ 'content-disposition': disposition });

    expect(() => expectDownload(received, { basename: 'b\r\n' })).toThrow(
      "expected 'b\\u000d\\u000a', but was 'a\\u001b[31m\\u202e'",
    );
  });

  it('shows where long contents differ', () => {
    const content = 'a'.repeat(5000);
    const received = response({}, { body: `${content}b` });

    expect(() => expectDownload(received, { content })).toThrow(
      /content: expected '(a{40})' from byte 4960 of 5000, but was '\1b' from byte 4960 of 5001/,
    );
  });

  it('says where a text may have been bytes', () => {
    const received = response({}, { body: {}, text: BYTES.toString() });

    expect(() => expectDownload(received, { content: BYTES })).toThrow(
      /it was read as text: ask for it as bytes/,
    );
  });

  it('says that a body was not read', async () => {
    const received = new Response('abc', {
      headers: { 'content-disposition': 'attachment' },
    });

    expectDownload(received, { attachment: true });
    expect(() => expectDownload(received, { content: 'abc' })).toThrow(
      /content: expected 'abc' \(3 bytes\), but was not read/,
    );
    expect(() => expectDownload(received, { size: 3 })).toThrow(
      /size: expected 3, but was 'not known'/,
    );
  });

  it.each([
    ['Content-Length and the body', { 'content-length': 4 }, 10, "'?4'?"],
    ['a wrong Content-Length', { 'content-length': '11' }, 11, '10'],
    ['a Content-Length that is none', { 'content-length': 'x' }, 10, 'NaN'],
  ])('wants the size of %s', (_, headers, size, was) => {
    expect(() => expectDownload(response(headers), { size })).toThrow(
      new RegExp(`size: expected ${size}, but was ${was}$`),
    );
  });

  it('takes the size of a HEAD from Content-Length', () => {
    const head = response({ 'content-length': '10' }, { body: '' });

    expectDownload(head, { size: 10 });
    expect(() => expectDownload(head, { size: 0 })).toThrow(/size/);
  });

  it('takes the size of what a client has unpacked from Content-Length', () => {
    const headers = { 'content-length': '3', 'content-encoding': 'gzip' };

    expectDownload(response(headers), { size: 3 });
  });

  it.each([
    ['no such option', { baseName: 'a' }],
    ['what every object has', { constructor: Object }],
    ['no value', { basename: undefined }],
    ['another type of name', { basename: null }],
    ['another type of content', { content: {} }],
    ['half a byte', { size: 0.5 }],
    ['a negative size', { size: -1 }],
    ['a size in words', { size: '8' }],
    ['a word for a flag', { attachment: 'yes' }],
    ['a pattern', { contentType: /text/ }],
    ['an option of offload', { redirectUrl: '/' }],
  ])('refuses %s, whatever the response is', (_, expected) => {
    const [option] = Object.keys(expected);
    for (const status of [200, 404]) {
      const error = errorOf(() =>
        expectDownload(response({}, { status }), expected as ExpectedDownload),
      );

      expect(error).toBeInstanceOf(InvalidOptionsError);
      expect(error).toMatchObject({ option: `expectDownload.${option}` });
    }
  });

  it('names a promise', () => {
    const promise: unknown = Promise.resolve(response({}));

    expect(() => expectDownload(promise as TestResponse)).toThrow(
      /'a promise' was given\..*after `await`/,
    );
  });

  it.each([
    ['a promise', Promise.resolve(response({}))],
    ['a request that was not awaited', { get: () => undefined, then() {} }],
    ['nothing', undefined],
    ['a text', '200'],
    ['headers alone', { headers: {} }],
    ['a status alone', { status: 200 }],
  ])('refuses %s for a response', (_, received) => {
    expect(() => expectDownload(received as TestResponse)).toThrow(
      InvalidOptionsError,
    );
  });

  it('begins the stack where the test called', () => {
    const error = errorOf(() => expectDownload(response({}), { size: 1 }));

    expect((error as Error).stack?.split('\n    at ')[1]).toContain(
      'expect-download.spec',
    );
  });
});
