import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse } from 'node:http';

import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { Controller } from '@nestjs/common';
import {
  apache,
  caddy,
  type DownloadBackend,
  DownloadController,
  type DownloadFile,
  HttpDownloadController,
  HttpFile,
  lighttpd,
  nginx,
  redirect,
} from 'nestjs-downloadview';

import { DescribedFile } from '../../../lib/files/download-file.js';
import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import {
  type HttpAnswer,
  httpRequest,
} from '../../support/clients/http-client.js';
import { RemoteOrigin } from '../../support/servers/remote-origin.js';

const BODY = '0123456789';
const ETAG = '"v1"';
const DATE = 'Sat, 01 Mar 2025 10:00:00 GMT';
const LATER = 'Sun, 02 Mar 2025 10:00:00 GMT';
const EARLIER = 'Fri, 28 Feb 2025 10:00:00 GMT';
const VALIDATORS = { ETag: ETAG, 'Last-Modified': DATE };
const WHOLE = { ...VALIDATORS, 'Content-Type': 'text/plain' };
const IDENTITY = 'accept-encoding: identity';

type Headers = Record<string, string>;

/** What a client sends that is nobody's business but the application's. */
const PRIVATE: Headers = {
  Cookie: 'session=1',
  Authorization: 'Bearer secret',
  'User-Agent': 'test',
  Accept: 'text/html',
  'Accept-Encoding': 'gzip, br',
  'Accept-Language': 'de',
  Referer: 'https://app.example/private',
  'X-Forwarded-For': '10.0.0.1',
  'X-Accel-Redirect': '/x',
};

describe.each(ADAPTERS)(
  'Ranges and conditions of a remote file on %s',
  (adapter) => {
    let origin: RemoteOrigin;
    let running: RunningApplication;
    const asked: string[] = [];

    beforeAll(async () => {
      origin = await RemoteOrigin.start();
      const url = `http://${origin.host}/file.txt`;
      const allowedHosts = [origin.host];

      @Controller('hooked')
      class HookedController extends HttpDownloadController {
        override url = url;
        override allowedHosts = allowedHosts;
        override wasModifiedSince(_: DownloadFile, since: Date): boolean {
          asked.push(since.toUTCString());
          return since.toUTCString() !== DATE;
        }
      }

      @Controller('described')
      class DescribedController extends DownloadController {
        getFile(): DownloadFile {
          const file = new HttpFile(url, { allowedHosts });
          return new DescribedFile(file, { etag: '"row"', size: 99 });
        }
      }

      running = await startApplication(adapter, {
        controllers: [
          HttpDownloadController.asController('file', { url, allowedHosts }),
          HttpDownloadController.asController('own-tag', {
            url,
            allowedHosts,
            headers: { ETag: '"own"' },
          }),
          HookedController,
          DescribedController,
        ],
        configure: (app) =>
          app.use(
            (
              request: IncomingMessage,
              response: ServerResponse,
              next: () => void,
            ) => {
              const tag = request.headers['x-tag'];
              if (tag !== undefined) response.setHeader('ETag', tag);
              next();
            },
          ),
      });
    });

    beforeEach(() => {
      asked.length = 0;
      origin.sends(200, WHOLE, BODY);
    });

    afterAll(async () => {
      await running.close();
      await origin.close();
    });

    const ask = (
      headers: Headers = {},
      path = '/file',
      method = 'GET',
    ): Promise<HttpAnswer> =>
      httpRequest(running.origin, path, {
        method,
        headers: { ...PRIVATE, ...headers },
      });

    const sendsPart = (range: string, more: Headers = WHOLE, body = BODY) =>
      origin.sends(206, { ...more, 'Content-Range': range }, body);

    it.each<[Headers, string[]]>([
      [{}, []],
      [{ Range: 'bytes=2-4' }, ['range: bytes=2-4']],
      [{ Range: 'bytes=2-4,6-8' }, []],
      [{ Range: 'bytes=4-2' }, []],
      [{ 'If-Range': ETAG }, []],
      [
        { Range: 'bytes=2-', 'If-Range': ETAG },
        ['range: bytes=2-', `if-range: ${ETAG}`],
      ],
      [
        { Range: 'bytes=2-', 'If-Range': DATE },
        ['range: bytes=2-', `if-range: ${DATE}`],
      ],
      [{ Range: 'bytes=2-', 'If-Range': `W/${ETAG}` }, []],
      [{ 'If-None-Match': 'W/"a", "b"' }, ['if-none-match: W/"a", "b"']],
      [
        { 'If-None-Match': '"a"', 'If-Modified-Since': DATE },
        ['if-none-match: "a"'],
      ],
      [{ 'If-None-Match': '"\xe9"' }, ['if-none-match: "\xe9"']],
      [{ 'If-Modified-Since': EARLIER }, [`if-modified-since: ${EARLIER}`]],
      [{ 'If-Match': `${ETAG}, "a"`, 'If-None-Match': '"b"' }, []],
      [{ 'If-Unmodified-Since': LATER, 'If-Modified-Since': EARLIER }, []],
    ])('sends in one GET of %j: %j', async (headers, fields) => {
      const { status, text } = await ask(headers);
      expect([status, text]).toEqual([200, BODY]);
      expect(origin.requests).toEqual([
        { method: 'GET', url: '/file.txt', fields: [IDENTITY, ...fields] },
      ]);
    });

    it.each([
      ['If-None-Match', ETAG],
      ['If-Modified-Since', DATE],
      ['Range', 'bytes=0-1'],
    ])(
      'sends no %s for HEAD, in one HEAD, and judges it',
      async (name, value) => {
        const { status, headers } = await ask(
          { [name]: value },
          '/file',
          'HEAD',
        );
        expect([status, headers.etag]).toEqual([
          name === 'Range' ? 200 : 304,
          ETAG,
        ]);
        expect(origin.requests).toEqual([
          { method: 'HEAD', url: '/file.txt', fields: [IDENTITY] },
        ]);
      },
    );

    it('passes on a part with all that belongs to it, and nothing else', async () => {
      const more = {
        ...WHOLE,
        'Set-Cookie': 'remote=1',
        'X-Internal': 'secret',
        'Cache-Control': 'public, max-age=9',
        'Retry-After': '9',
        Server: 'remote',
        'Content-Disposition': "inline; filename*=UTF-8''%e2%82%ac.txt",
      };
      sendsPart('bytes 2-4/10', more, '234');
      const { status, headers, text } = await ask({ Range: 'bytes=2-4' });
      expect([status, text]).toEqual([206, '234']);
      const {
        date,
        connection,
        'keep-alive': kept,
        'x-powered-by': by,
        ...rest
      } = headers;
      expect([date, connection, kept, by]).toBeDefined();
      expect(rest).toEqual({
        'accept-ranges': 'bytes',
        'cache-control': 'private, no-cache, no-transform',
        'content-disposition': `attachment; filename="_.txt"; filename*=UTF-8''%E2%82%AC.txt`,
        'content-length': '3',
        'content-range': 'bytes 2-4/10',
        'content-security-policy': "sandbox; default-src 'none'",
        'content-type': 'text/plain',
        etag: ETAG,
        'last-modified': DATE,
        'x-content-type-options': 'nosniff',
      });
    });

    it.each<[string, string, string, string]>([
      ['bytes=2-99', 'bytes 2-9/10', '23456789', 'an end beyond the file'],
      ['bytes=7-', 'bytes 7-9/10', '789', 'an open range'],
      ['bytes=-3', 'bytes 7-9/10', '789', 'a suffix'],
      ['bytes=2-4', 'bytes 2-4/*', '234', 'a whole of unknown size'],
    ])('passes on the answer to %s: %s', async (range, received, body) => {
      sendsPart(received, WHOLE, body);
      const { status, headers, text } = await ask({ Range: range });
      expect([status, text]).toEqual([206, body]);
      expect(headers['content-range']).toBe(received);
    });

    it.each<[string, string, Headers, string]>([
      ['another start', 'bytes 3-5/10', {}, '345'],
      ['another end', 'bytes 2-5/10', {}, '2345'],
      ['less than was asked for', 'bytes 2-3/10', {}, '23'],
      ['a range that is none', 'bytes 4-2/10', {}, '234'],
      ['a range beyond its own size', 'bytes 2-4/4', {}, '234'],
      ['no readable range', 'bytes two-four/10', {}, '234'],
      ['an unsatisfied range', 'bytes */10', {}, '234'],
      ['another length', 'bytes 2-4/10', { 'Content-Length': '4' }, '2345'],
      [
        'several parts',
        'bytes 2-4/10',
        { 'Content-Type': 'multipart/byteranges; boundary=b' },
        '234',
      ],
    ])('is 502 for a 206 with %s', async (_, received, more, body) => {
      sendsPart(received, { ...WHOLE, ...more }, body);
      const answer = await ask({ Range: 'bytes=2-4' });
      expectBadGateway(answer);
      expect(origin.requests).toHaveLength(1);
    });

    it.each<[string, number, Headers, Headers]>([
      ['a 206 without a range', 206, { 'Content-Range': 'bytes 0-9/10' }, {}],
      [
        'a 206 for several ranges',
        206,
        { 'Content-Range': 'bytes 0-1/10' },
        { Range: 'bytes=0-1,4-5' },
      ],
      ['a 206 without Content-Range', 206, {}, { Range: 'bytes=0-1' }],
      ['a 416 without a range', 416, { 'Content-Range': 'bytes */10' }, {}],
      [
        'a 416 for a range that it has',
        416,
        { 'Content-Range': 'bytes */10' },
        { Range: 'bytes=0-1' },
      ],
      ['a 304 without a condition', 304, { ETag: ETAG }, {}],
      [
        'a 304 for a range',
        304,
        { ETag: ETAG },
        { Range: 'bytes=0-1', 'If-Range': ETAG },
      ],
      [
        'a 304 for a condition that it is not told',
        304,
        { ETag: ETAG },
        { 'If-Match': ETAG, 'If-None-Match': ETAG },
      ],
      ['a 412 without a condition', 412, {}, {}],
    ])('is 502 for %s', async (_, status, headers, asking) => {
      origin.sends(status, headers, status === 304 ? '' : '01');
      expectBadGateway(await ask(asking));
    });

    it('passes on a 416 with the size, and the file’s own headers with none of it', async () => {
      origin.sends(
        416,
        { 'Content-Range': 'bytes */10', 'Content-Type': 'text/html' },
        '<html>',
      );
      const { status, headers, text } = await ask({ Range: 'bytes=10-' });
      expect([status, headers['content-range']]).toEqual([416, 'bytes */10']);
      expect(JSON.parse(text)).toEqual({
        statusCode: 416,
        message: 'Range Not Satisfiable',
      });
      expect(headers['cache-control']).toBe('no-store');
    });

    it('passes on a 416 that does not say the size', async () => {
      origin.sends(416, {});
      const { status, headers } = await ask({ Range: 'bytes=10-' });
      expect(status).toBe(416);
      expect(headers).not.toHaveProperty('content-range');
    });

    it('sends the whole where the remote knows no ranges, and says what it says of them', async () => {
      for (const [said, told] of [
        [undefined, undefined],
        ['none', 'none'],
        ['bytes', 'bytes'],
      ]) {
        origin.sends(
          200,
          { ...WHOLE, ...(said && { 'Accept-Ranges': said }) },
          BODY,
        );
        for (const method of ['GET', 'HEAD']) {
          const { status, headers } = await ask(
            { Range: 'bytes=2-4' },
            '/file',
            method,
          );
          expect([status, headers['accept-ranges']]).toEqual([200, told]);
          expect(headers['content-length']).toBe('10');
        }
      }
    });

    it.each<[Headers]>([
      [{ 'If-None-Match': `"a", ${ETAG}` }],
      [{ 'If-Modified-Since': DATE }],
    ])(
      'passes on a 304 to %j, and with it what caches need',
      async (headers) => {
        origin.sends(304, {
          ...VALIDATORS,
          'Content-Length': '10',
          'Set-Cookie': 'a=b',
        });
        const answer = await ask(headers);
        expect([answer.status, answer.text, answer.headers.etag]).toEqual([
          304,
          '',
          ETAG,
        ]);
        expect(answer.headers['cache-control']).toBe(
          'private, no-cache, no-transform',
        );
        // Its type is not told, so neither is the policy for it: that of the copy goes on to hold.
        for (const name of [
          'set-cookie',
          'content-length',
          'content-type',
          'content-security-policy',
        ]) {
          expect(answer.headers).not.toHaveProperty(name);
        }
      },
    );

    it.each<[Headers, number]>([
      [{ 'If-None-Match': `W/${ETAG}` }, 304],
      [{ 'If-None-Match': '*' }, 304],
      [{ 'If-None-Match': '"a"' }, 200],
      [{ 'If-Modified-Since': LATER }, 304],
      [{ 'If-Modified-Since': EARLIER }, 200],
      [{ 'If-Match': ETAG }, 200],
      [{ 'If-Match': '"a"' }, 412],
      [{ 'If-Match': ETAG, 'If-None-Match': ETAG }, 304],
      [{ 'If-Unmodified-Since': DATE }, 200],
      [{ 'If-Unmodified-Since': EARLIER }, 412],
    ])(
      'judges %j itself where the remote does not: %i',
      async (headers, status) => {
        const answer = await ask(headers);
        expect(answer.status).toBe(status);
        expect(answer.text === BODY).toBe(status === 200);
        expect(origin.requests).toHaveLength(1);
      },
    );

    it.each<[string, Headers]>([
      ['has another tag', { ETag: '"v2"' }],
      ['has a weak tag', { ETag: `W/${ETAG}` }],
      ['has no tag', {}],
    ])(
      'asks for the whole where a part %s than If-Range wants',
      async (_, tag) => {
        origin.answers((response, { headers }) => {
          const isPart = headers.range !== undefined;
          response.writeHead(isPart ? 206 : 200, {
            ...tag,
            ...(isPart && { 'Content-Range': 'bytes 2-4/10' }),
          });
          response.end(isPart ? '234' : BODY);
        });
        const answer = await ask({ Range: 'bytes=2-4', 'If-Range': ETAG });
        expect([answer.status, answer.text]).toEqual([200, BODY]);
        expect(origin.requests.map(({ fields }) => fields)).toEqual([
          [IDENTITY, 'range: bytes=2-4', `if-range: ${ETAG}`],
          [IDENTITY],
        ]);
      },
    );

    it.each<[Headers, number]>([
      [{ 'If-None-Match': ETAG }, 304],
      [{ 'If-Match': '"a"' }, 412],
      [{ Range: 'bytes=2-4' }, 502],
    ])('lets go of a body that %j does not want', async (headers, status) => {
      const remote = new Promise<ServerResponse>((resolve) => {
        origin.answers((response) => {
          response.writeHead(status === 502 ? 206 : 200, VALIDATORS);
          // More than fits on the way.
          response.write(Buffer.alloc(64 * 1024 * 1024));
          resolve(response);
        });
      });
      expect((await ask(headers)).status).toBe(status);
      const response = await remote;
      if (!response.closed) await once(response, 'close');
      expect(response.writableFinished).toBe(false);
    });

    it('asks the application what has changed since a date, where it says so itself', async () => {
      const unchanged = await ask({ 'If-Modified-Since': DATE }, '/hooked');
      expect(unchanged.status).toBe(304);
      const changed = await ask({ 'If-Modified-Since': LATER }, '/hooked');
      expect([changed.status, changed.text]).toEqual([200, BODY]);
      expect(asked).toEqual([DATE, LATER]);
      const fields = [IDENTITY];
      expect(origin.requests.map((request) => request.fields)).toEqual([
        fields,
        fields,
      ]);
    });

    it('sends the tag of a client up where the application says what has changed since a date', async () => {
      await ask({ 'If-None-Match': '"a"' }, '/hooked');
      expect(origin.requests[0]?.fields).toEqual([
        IDENTITY,
        'if-none-match: "a"',
      ]);
    });

    it('keeps a tag that is not the remote’s to itself, and judges it', async () => {
      const answer = await ask({ 'If-None-Match': '"row"' }, '/described');
      expect([answer.status, answer.headers.etag]).toEqual([304, '"row"']);
      sendsPart('bytes 2-4/10', WHOLE, '234');
      const part = await ask(
        { Range: 'bytes=2-4', 'If-Range': '"row"' },
        '/described',
      );
      expect([part.status, part.headers.etag, part.text]).toEqual([
        206,
        '"row"',
        '234',
      ]);
      const fields = origin.requests.map((request) => request.fields);
      expect(fields).toEqual([[IDENTITY, 'range: bytes=2-4']]);
      origin.sends(200, WHOLE, BODY);
      const whole = await ask(
        { Range: 'bytes=2-4', 'If-Range': ETAG },
        '/described',
      );
      expect([whole.status, whole.text]).toEqual([200, BODY]);
      await ask(
        { 'If-None-Match': '"own"', Range: 'bytes=0-1', 'If-Range': '"a"' },
        '/own-tag',
      );
      await ask({ 'If-None-Match': '"app"', 'X-Tag': '"app"' });
      expect(origin.requests).toHaveLength(3);
      for (const { fields: sent } of origin.requests) {
        expect(sent).toEqual([IDENTITY]);
      }
    });
  },
);

describe('A remote file behind a server that does not fetch it', () => {
  const rules = [{ sourceDir: '/srv/media/', destination: '/_offload/' }];
  const raw = { rules: [{ sourceDir: '/srv/media/' }] };

  it.each<[string, DownloadBackend]>([
    ['nginx', nginx({ rules })],
    [
      'nginx for another host',
      nginx({ rules, remote: { hosts: ['store.example'] } }),
    ],
    ['Apache', apache({ ...raw, pathEncoding: 'raw' })],
    ['lighttpd', lighttpd(raw)],
    ['Caddy', caddy({ rules, pathEncoding: 'raw' })],
    ['redirects', redirect({ hosts: ['store.example'] })],
  ])('is asked for once: %s', async (_, backend) => {
    const origin = await RemoteOrigin.start();
    origin.sends(200, WHOLE, BODY);
    const running = await startApplication('express', {
      options: { backend },
      controllers: [
        HttpDownloadController.asController('file', {
          url: `http://${origin.host}/file.txt`,
          allowedHosts: [origin.host],
        }),
      ],
    });
    const { text } = await httpRequest(running.origin, '/file', {
      headers: { 'If-None-Match': '"a"' },
    });
    expect(text).toBe(BODY);
    expect(origin.requests).toEqual([
      {
        method: 'GET',
        url: '/file.txt',
        fields: [IDENTITY, 'if-none-match: "a"'],
      },
    ]);
    await running.close();
    await origin.close();
  });
});

function expectBadGateway({ status, headers, text }: HttpAnswer): void {
  expect(status).toBe(502);
  expect(JSON.parse(text)).toEqual({ statusCode: 502, message: 'Bad Gateway' });
  expect(headers['cache-control']).toBe('no-store');
  for (const name of [
    'content-range',
    'content-disposition',
    'last-modified',
  ]) {
    expect(headers).not.toHaveProperty(name);
  }
}
