import { utimes } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import {
  FileSystemStorage,
  ObjectDownloadController,
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
import { describeServers } from '../support/servers/tested-servers.js';

const CONTENT = 'Hello\n';
const OTHER = 'olleH\n';
const MODIFIED = new Date('2025-03-01T10:00:00.500Z');
const LAST_MODIFIED = 'Sat, 01 Mar 2025 10:00:00 GMT';
const EARLIER = 'Sat, 01 Jan 2000 00:00:00 GMT';
const LATER = 'Fri, 01 Jan 2100 00:00:00 GMT';
const OF_A_ROW = { etag: '"row-1"', date: new Date('2024-01-01T00:00:00Z') };

const FIRST_ROW = { file: 'a.txt', ...OF_A_ROW };

/** A request's conditions, made from the tag that the client has, and what is to come of them. */
interface Case {
  readonly title: string;
  readonly headersWith: (tag: string) => Record<string, string>;
  readonly status: number;
}
const CASES: readonly Case[] = (
  [
    ['its tag', (tag: string) => ({ 'If-None-Match': tag }), 304],
    ['its tag, weak', (tag: string) => ({ 'If-None-Match': `W/${tag}` }), 304],
    [
      'its tag in a list',
      (tag: string) => ({ 'If-None-Match': `"a", ${tag}` }),
      304,
    ],
    ['any tag', () => ({ 'If-None-Match': '*' }), 304],
    ['another tag', () => ({ 'If-None-Match': '"other"' }), 200],
    ['its date', () => ({ 'If-Modified-Since': LAST_MODIFIED }), 304],
    ['an earlier date', () => ({ 'If-Modified-Since': EARLIER }), 200],
    ['no date', () => ({ 'If-Modified-Since': 'yesterday' }), 200],
    [
      'another tag and its date',
      () => ({
        'If-None-Match': '"other"',
        'If-Modified-Since': LAST_MODIFIED,
      }),
      200,
    ],
    [
      'its tag and an earlier date',
      (tag: string) => ({ 'If-None-Match': tag, 'If-Modified-Since': EARLIER }),
      304,
    ],
    ['its tag to match', (tag: string) => ({ 'If-Match': tag }), 200],
    ['any tag to match', () => ({ 'If-Match': '*' }), 200],
    ['another tag to match', () => ({ 'If-Match': '"other"' }), 412],
    ['a weak tag to match', (tag: string) => ({ 'If-Match': `W/${tag}` }), 412],
    [
      'its date to be unmodified since',
      () => ({ 'If-Unmodified-Since': LAST_MODIFIED }),
      200,
    ],
    [
      'a later date to be unmodified since',
      () => ({ 'If-Unmodified-Since': LATER }),
      200,
    ],
    [
      'an earlier date to be unmodified since',
      () => ({ 'If-Unmodified-Since': EARLIER }),
      412,
    ],
    [
      'another tag to match, and a range',
      () => ({ 'If-Match': '"other"', Range: 'bytes=0-0' }),
      412,
    ],
    [
      'its tag to match, and a range',
      (tag: string) => ({ 'If-Match': tag, Range: 'bytes=0-0' }),
      206,
    ],
    [
      'its tag, and a range',
      (tag: string) => ({ 'If-None-Match': tag, Range: 'bytes=0-0' }),
      304,
    ],
    [
      'another tag, and a range',
      () => ({ 'If-None-Match': '"other"', Range: 'bytes=0-0' }),
      206,
    ],
  ] as const
).map(([title, headersWith, status]) => ({ title, headersWith, status }));

describeServers('conditions', (server, adapter) => {
  let directory: TemporaryDirectory;
  let site: ServedSite;
  let row = FIRST_ROW;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const root = directory.path;
    const path = await directory.write('a.txt', CONTENT);
    await utimes(path, MODIFIED, MODIFIED);
    const other = await directory.write('b.txt', OTHER);
    await utimes(other, MODIFIED, MODIFIED);

    @Controller('files/*path')
    class FileController extends PathDownloadController {
      override root = root;
      override headers = { Vary: 'Cookie' };
    }

    @Controller('unchanged/*path')
    class UnchangedController extends PathDownloadController {
      override root = root;
      override wasModifiedSince() {
        return false;
      }
    }

    @Controller('changed/*path')
    class ChangedController extends PathDownloadController {
      override root = root;
      override wasModifiedSince() {
        return true;
      }
    }

    @Controller('rows/:id')
    class RowController extends ObjectDownloadController<object> {
      override repository = {
        findOne: async ({ where }: { where: object }) => ({ ...where, ...row }),
      };
      override etagField = 'etag';
      override lastModifiedField = 'date';
    }

    site = await startBehind(server.kind, adapter, {
      backend: server.backend([{ sourceDir: root }]),
      options: { storages: { default: new FileSystemStorage({ root }) } },
      controllers: [
        FileController,
        UnchangedController,
        ChangedController,
        RowController,
      ],
    });
  });

  afterAll(async () => {
    await site.stop();
    await directory.remove();
  });

  function ask(
    headers: Record<string, string> = {},
    path = '/files/a.txt',
  ): Promise<HttpAnswer> {
    return site.through(path, { headers });
  }

  describe.each(['GET', 'HEAD'])('asked with %s', (method) => {
    it.each(CASES)(
      'answers a client that has $title with $status, or 200 for HEAD without a body',
      async ({ headersWith, status }) => {
        const headers = headersWith((await ask()).headers.etag ?? '');

        const answer = await site.through('/files/a.txt', { method, headers });

        const isPartOfHead = method === 'HEAD' && status === 206;
        expect(answer.status).toBe(isPartOfHead ? 200 : status);
        const isWhole = status === 200 && method === 'GET';
        if (isWhole) expect(answer.text).toBe(CONTENT);
        if (status === 304) expect(answer.text).toBe('');
      },
    );
  });

  const handsOver = server.hasOwnTag
    ? 'hands over with 200 and no tag'
    : 'hands over what is to be sent, and nothing else,';
  it.each(CASES)(
    `${handsOver} where the client has $title`,
    async ({ headersWith, status }) => {
      const headers = headersWith((await ask()).headers.etag ?? '');

      const answer = await site.direct('/files/a.txt', { headers });

      const isOver = status < (server.hasOwnTag ? 400 : 300);
      expect(answer.status).toBe(isOver ? 200 : status);
      expect(server.offloadHeader in answer.headers).toBe(isOver);
      if (isOver) {
        expect(answer.headers).not.toHaveProperty('accept-ranges');
        expect('etag' in answer.headers).toBe(!server.hasOwnTag);
        expect(answer.text).toBe('');
      }
    },
  );

  it('answers 304 with the fields that a cache needs', async () => {
    const whole = await ask();

    const { headers } = await ask({
      'If-None-Match': whole.headers.etag ?? '',
    });

    for (const name of ['cache-control', 'etag', 'vary']) {
      expect([name, headers[name]]).toEqual([name, whole.headers[name]]);
    }
  });

  it('answers 304 where the application says that nothing changed', async () => {
    const headers = { 'If-Modified-Since': EARLIER };
    const own = await site.direct('/unchanged/a.txt', { headers });

    expect(own.status).toBe(304);
    expect(own.headers).not.toHaveProperty(server.offloadHeader);
    expect((await ask(headers, '/unchanged/a.txt')).status).toBe(304);
  });

  it('does not ask the application about dates where the client has a tag', async () => {
    const headers = { 'If-None-Match': '"a"', 'If-Modified-Since': LATER };

    expect(await ask(headers, '/unchanged/a.txt')).toMatchObject({
      status: 200,
      text: CONTENT,
    });
  });

  it('looks at no date where the client has its tag to match', async () => {
    const tag = (await ask()).headers.etag ?? '';
    const headers = { 'If-Match': tag, 'If-Unmodified-Since': EARLIER };

    expect(await ask(headers)).toMatchObject({ status: 200, text: CONTENT });
  });

  it('sends the file where the application says that something changed, whatever its date', async () => {
    const headers = { 'If-Modified-Since': LAST_MODIFIED };

    const answer = await ask(headers, '/changed/a.txt');

    expect(answer).toMatchObject({ status: 200, text: CONTENT });
  });

  it.each([
    ['If-None-Match', {}],
    ['If-Range', { Range: 'bytes=1-' }],
  ])(
    'sends another file of equal size and second to who has the old tag of its row in %s',
    async (name, range) => {
      row = { ...OF_A_ROW, file: 'a.txt', etag: '"before"' };
      const { headers } = await ask({}, '/rows/1');
      row = { ...OF_A_ROW, file: 'b.txt', etag: '"after"' };

      const old = { ...range, [name]: headers.etag ?? '' };
      const answer = await ask(old, '/rows/1');

      row = FIRST_ROW;
      expect(answer).toMatchObject({ status: 200, text: OTHER });
    },
  );

  const isDated = server.name === 'Apache' ? 'the row' : 'the file on the disk';
  it(`dates a row by ${isDated}, and answers 304 to that date`, async () => {
    const { headers } = await ask({}, '/rows/1');
    const date = headers['last-modified'] ?? '';

    expect(date).toBe(
      server.name === 'Apache' ? OF_A_ROW.date.toUTCString() : LAST_MODIFIED,
    );
    const conditional = { 'If-Modified-Since': date };
    expect((await ask(conditional, '/rows/1')).status).toBe(304);
  });

  it.each(['GET', 'HEAD'])(
    'has one tag and one date of a row in answers to %s',
    async (method) => {
      const part = await ask({ Range: 'bytes=0-0' }, '/rows/1');
      const { headers } = await site.through('/rows/1', { method });

      expect([headers.etag, headers['last-modified']]).toEqual([
        part.headers.etag,
        part.headers['last-modified'],
      ]);
      if (!server.hasOwnTag) expect(headers.etag).toBe(OF_A_ROW.etag);
    },
  );

  it('has that tag and date also where it sends several ranges', async () => {
    const { headers } = await ask({}, '/rows/1');
    const parts = await ask({ Range: 'bytes=0-0,2-2' }, '/rows/1');

    expect([parts.headers.etag, parts.headers['last-modified']]).toEqual([
      headers.etag,
      headers['last-modified'],
    ]);
  });
});
