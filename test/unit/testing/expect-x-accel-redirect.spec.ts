import { AssertionError } from 'node:assert';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { InvalidOptionsError } from 'nestjs-downloadview';
import {
  expectXAccelRedirect,
  type ExpectedXAccelRedirect,
  type TestResponse,
} from 'nestjs-downloadview/testing';

import { type RunningApplication } from '../../support/application.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';
import { WAYS } from './asked.js';
import { OFFLOADS, startDownloads } from './downloads.js';
import { errorOf } from './failures.js';

const OFFLOAD = 'X-Accel-Redirect';

describe('expectXAccelRedirect()', () => {
  let directory: TemporaryDirectory;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await directory.write('ä b.txt', 'not read');
  });

  afterAll(() => directory.remove());

  describe.each(WAYS)('of $way', ({ adapter, ask }) => {
    let running: RunningApplication;

    beforeAll(async () => {
      running = await startDownloads(adapter, directory.path);
    });

    afterAll(() => running.close());

    it.each(OFFLOADS)('takes %s that is %j', async (path, right) => {
      expectXAccelRedirect(await ask(running, path), right);
    });

    it.each(OFFLOADS)(
      'names the option where %s is %j and %j is expected',
      async (path, _, wrong) => {
        const response = await ask(running, path);

        const error = errorOf(() => expectXAccelRedirect(response, wrong));

        expect(error).toBeInstanceOf(AssertionError);
        expect(String(error)).toMatch(
          new RegExp(`\n {2}${Object.keys(wrong)[0]}: expected .+, but was `),
        );
      },
    );

    it('takes no file that the application sends', async () => {
      const response = await ask(running, '/text');

      expect(() => expectXAccelRedirect(response)).toThrow(
        /\n {2}offload headers: expected one x-accel-redirect, but was none\n {2}size: expected 0, but was 8$/,
      );
    });

    it('takes no error, and says what it says', async () => {
      const response = await ask(running, '/missing');

      expect(() => expectXAccelRedirect(response)).toThrow(
        /\n {2}status: expected 200, but was 404: .*Not Found/,
      );
    });
  });

  const response = (headers: object, rest: object = {}): TestResponse => ({
    status: 200,
    headers,
    body: '',
    ...rest,
  });

  it('takes an answer of fetch() without reading it', () => {
    const headers = { [OFFLOAD]: '/a', 'Content-Length': '0' };

    expectXAccelRedirect(new Response('', { headers }), { url: '/a' });
  });

  it.each<[string, object, object, RegExp]>([
    ['a part', { [OFFLOAD]: '/a' }, { status: 206 }, /status.* but was 206/],
    ['a 304', { [OFFLOAD]: '/a' }, { status: 304 }, /status.* but was 304/],
    ['an empty location', { [OFFLOAD]: '' }, {}, /x-accel-redirect",""/],
    ['another header', { 'X-Sendfile': '/a' }, {}, /but was .*"x-sendfile"/],
    [
      'two offload headers',
      { [OFFLOAD]: '/a', 'X-Sendfile': '/a' },
      {},
      /but was .*"x-accel-redirect".*"x-sendfile"/,
    ],
    [
      'the header twice',
      { [OFFLOAD]: ['/a', '/b'] },
      {},
      /but was \[\["x-accel-redirect","\/a"\],\["x-accel-redirect","\/b"\]\]/,
    ],
    [
      'a body',
      { [OFFLOAD]: '/a' },
      { body: 'a' },
      /size: expected 0, but was 1/,
    ],
    [
      'the length of the file',
      { [OFFLOAD]: '/a', 'Content-Length': '7' },
      {},
      /size: expected 0, but was '7'/,
    ],
    [
      'a body that was not read',
      { [OFFLOAD]: '/a' },
      { body: {} },
      /size: expected 0, but was 'not known'/,
    ],
  ])('takes no answer with %s', (_, headers, rest, message) => {
    expect(() => expectXAccelRedirect(response(headers, rest))).toThrow(
      message,
    );
  });

  it('tells one header that came twice from one with a comma', () => {
    const rawHeaders = [OFFLOAD, '/a', OFFLOAD, '/b'];
    const twice = { res: { rawHeaders } };
    const once = { res: { rawHeaders: [OFFLOAD, '/a, /b'] } };
    const headers = { 'x-accel-redirect': '/a, /b' };

    expectXAccelRedirect(response(headers, once), { url: '/a, /b' });
    expect(() => expectXAccelRedirect(response(headers, twice))).toThrow(
      /offload headers/,
    );
  });

  it.each([
    ['no such option', { sendfile: '/a' }],
    ['no value', { redirectUrl: undefined }],
    ['no charset', { charset: 1 }],
    ['a word for a flag', { buffering: 'no' }],
    ['a negative time', { expires: -1 }],
    ['an invalid date', { expires: new Date('never') }],
    ['true for a time', { expires: true }],
    ['a rate in words', { limitRate: '1k' }],
    ['an option of downloads', { content: '' }],
  ])('refuses %s', (_, expected) => {
    const [option] = Object.keys(expected);

    const error = errorOf(() =>
      expectXAccelRedirect(
        response({ [OFFLOAD]: '/a' }),
        expected as ExpectedXAccelRedirect,
      ),
    );

    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect(error).toMatchObject({ option: `expectXAccelRedirect.${option}` });
  });
});
