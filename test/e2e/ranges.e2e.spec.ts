import { connect } from 'node:net';
import { type Readable } from 'node:stream';

import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { Controller, Get, Post } from '@nestjs/common';
import {
  ContentFile,
  Download,
  MemoryStorage,
  type ReadWindow,
  StorageFile,
  VirtualFile,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { bytesOf } from '../support/clients/bytes-of.js';
import {
  FILE_KINDS,
  type FileKinds,
  fileKinds,
  LAST_MODIFIED,
} from '../support/files/file-kinds.js';
import {
  type HttpAnswer,
  httpRequest,
} from '../support/clients/http-client.js';
import { KeptConnection } from '../support/clients/kept-connection.js';
import { representatives } from '../support/representatives.js';
import { parseMultipart } from '../unit/http/parse-multipart.js';

const SIZE = 1000;
const CONTENT = Buffer.from(
  Array.from({ length: SIZE / 4 }, (_, i) => String(i).padStart(4)).join(''),
);
const slice = (start: number, end: number): string =>
  CONTENT.subarray(start, end + 1).toString();

/** One range: what is asked for, and the first and last byte of the answer. */
const SINGLE: [string, string, number, number][] = [
  ['a range', 'bytes=10-19', 10, 19],
  ['the first byte', 'bytes=0-0', 0, 0],
  ['the last byte', 'bytes=999-999', 999, 999],
  ['the whole file', 'bytes=0-999', 0, 999],
  ['a range that ends beyond the file', 'bytes=990-2000', 990, 999],
  ['an open range', 'bytes=990-', 990, 999],
  ['an open range from the start', 'bytes=0-', 0, 999],
  ['a suffix', 'bytes=-10', 990, 999],
  ['a suffix of the file’s length', 'bytes=-1000', 0, 999],
  ['a suffix longer than the file', 'bytes=-1001', 0, 999],
  ['a huge suffix', 'bytes=-99999999999999999999', 0, 999],
  ['a huge end', 'bytes=990-99999999999999999999', 990, 999],
  ['leading zeros', 'bytes=0000000000000000000000010-019', 10, 19],
  ['another case of the unit', 'Bytes=10-19', 10, 19],
  ['adjoining ranges', 'bytes=0-9,10-19', 0, 19],
  ['overlapping ranges', 'bytes=10-19, 5-14', 5, 19],
  ['a range inside another', 'bytes=0-99,10-19', 0, 99],
  ['the same range twice', 'bytes=5-9,5-9', 5, 9],
  ['a range and one beyond the end', 'bytes=1000-1001,5-9', 5, 9],
  ['empty members of the list', 'bytes=,5-9 , ,', 5, 9],
];

const IGNORED: [string, string][] = [
  ['an end before the start', 'bytes=5-2'],
  [
    'a huge end before the start',
    'bytes=99999999999999999999-99999999999999999998',
  ],
  ['no range', 'bytes='],
  ['only commas', 'bytes=,,'],
  ['no unit', '0-9'],
  ['another unit', 'items=0-9'],
  ['a blank before the list', 'bytes= 0-9'],
  ['a blank inside a range', 'bytes=0 -9'],
  ['only a hyphen', 'bytes=-'],
  ['a negative start', 'bytes=-5-9'],
  ['a negative suffix', 'bytes=--5'],
  ['a sign', 'bytes=+0-9'],
  ['a fraction', 'bytes=0.5-9'],
  ['an exponent', 'bytes=1e1-90'],
  ['a hexadecimal number', 'bytes=0x1-0x9'],
  ['letters', 'bytes=a-b'],
  ['a good and a bad range', 'bytes=0-9,20-10'],
  ['ranges without a comma', 'bytes=0-1 3-4'],
];

const UNSATISFIABLE: [string, string][] = [
  ['the first byte after the end', 'bytes=1000-'],
  ['a range beyond the end', 'bytes=1000-1001'],
  ['several ranges beyond the end', 'bytes=1000-1001,2000-'],
  ['a suffix of no bytes', 'bytes=-0'],
  ['a start of 2 to the 63rd', 'bytes=9223372036854775807-'],
  [
    'a start beyond 2 to the 64th',
    'bytes=18446744073709551616-18446744073709551620',
  ],
];

/** One for each way that an answer is made; `test/unit/http/range.spec.ts` has what brings it about. */
const A_FEW = {
  single: representatives(
    SINGLE,
    'a range',
    'the whole file',
    'a range that ends beyond the file',
    'a suffix longer than the file',
    'overlapping ranges',
  ),
  ignored: representatives(
    IGNORED,
    'an end before the start',
    'no unit',
    'a good and a bad range',
  ),
  unsatisfiable: representatives(
    UNSATISFIABLE,
    'the first byte after the end',
    'a suffix of no bytes',
  ),
};
const ALL = { single: SINGLE, ignored: IGNORED, unsatisfiable: UNSATISFIABLE };
const ALL_OF = /^(?:a local file on express|a MemoryStorage on fastify)$/;

const OF_THE_FILE = [
  'accept-ranges',
  'content-disposition',
  'content-encoding',
  'last-modified',
];

function expectWhole({ status, headers, text }: HttpAnswer): void {
  expect([status, text]).toEqual([200, CONTENT.toString()]);
  expect(headers['content-length']).toBe(String(SIZE));
  expect(headers).not.toHaveProperty('content-range');
}

function expectUnsatisfiable({ status, headers, text }: HttpAnswer): void {
  expect(status).toBe(416);
  expect(headers['content-range']).toBe(`bytes */${SIZE}`);
  expect(headers['cache-control']).toBe('no-store');
  expect(headers['content-type']).toMatch(/^application\/json/);
  expect(headers['content-length']).toBe(String(Buffer.byteLength(text)));
  expect(JSON.parse(text)).toEqual({
    statusCode: 416,
    message: 'Range Not Satisfiable',
  });
  for (const name of OF_THE_FILE) expect(headers).not.toHaveProperty(name);
  // Express gives every answer of its own a weak tag; the file's are strong.
  expect(headers.etag ?? 'W/').toMatch(/^W\//);
}

/** The ranges of a multipart answer and their bytes. */
function partsOf({ headers, body }: HttpAnswer): [string, string][] {
  return parseMultipart(headers['content-type'] ?? '', body).map((part) => [
    part.headers['content-range'] ?? '',
    part.body.toString(),
  ]);
}

/** So many ranges of two bytes that do not adjoin. */
const ranges = (count: number): string =>
  `bytes=${Array.from({ length: count }, (_, i) => `${i * 4}-${i * 4 + 1}`).join()}`;

describe.each(ADAPTERS)('Range on %s', (adapter) => {
  let kinds: FileKinds;
  let running: RunningApplication;
  let connection: KeptConnection;
  const windows: (ReadWindow & { key: string })[] = [];

  beforeAll(async () => {
    kinds = await fileKinds(CONTENT);

    class SpyStorage extends MemoryStorage {
      override open(key: string, window: ReadWindow = {}): Promise<Readable> {
        windows.push({ key, ...window });
        return super.open(key, window);
      }
    }
    const spied = new SpyStorage();
    await spied.save('file.txt', CONTENT);

    @Controller()
    class OtherController {
      @Get('spied')
      @Download()
      spied() {
        return new StorageFile(spied, 'file.txt');
      }

      @Get('generated')
      @Download()
      generated() {
        return new VirtualFile(() => [CONTENT], { name: 'file.txt' });
      }

      @Get('generated-of-known-size')
      @Download()
      sized() {
        return new VirtualFile(() => [CONTENT], {
          name: 'file.txt',
          size: SIZE,
          etag: 'generated-1',
        });
      }

      @Get('empty')
      @Download()
      empty() {
        return new ContentFile('', { name: 'empty.txt' });
      }

      @Post('export')
      @Download()
      export() {
        return new ContentFile(CONTENT, { name: 'file.txt', etag: 'export-1' });
      }
    }

    running = await startApplication(adapter, {
      ...kinds,
      controllers: [...kinds.controllers, OtherController],
    });
    connection = new KeptConnection(running.port);
  });

  beforeEach(() => void windows.splice(0));

  afterAll(async () => {
    connection.close();
    await running.close();
    await kinds.close();
  });

  // Those that have several in one answer; an HttpFile is asked for one range at most, by another suite.
  const kindsOfRanges = FILE_KINDS.filter(([, { most }]) => most > 1);

  describe.each(kindsOfRanges)('for %s', (kind, { path, most }) => {
    const asked = ALL_OF.test(`${kind} on ${adapter}`) ? ALL : A_FEW;
    const get = (range: string, headers: Record<string, string> = {}) =>
      httpRequest(running.origin, path, {
        headers: { Range: range, ...headers },
      });

    it('announces ranges', async () => {
      for (const method of ['GET', 'HEAD']) {
        const answer = await httpRequest(running.origin, path, { method });
        expect(answer.headers['accept-ranges']).toBe('bytes');
      }
    });

    it.each(asked.single)(
      'answers %s with 206',
      async (_title, range, start, end) => {
        const whole = await httpRequest(running.origin, path);
        const { status, headers, text } = await get(range);
        expect([status, text]).toEqual([206, slice(start, end)]);
        expect({ ...headers, date: '' }).toEqual({
          ...whole.headers,
          date: '',
          'content-range': `bytes ${start}-${end}/${SIZE}`,
          'content-length': String(end - start + 1),
        });
      },
    );

    it('answers several ranges in the order asked, with the length that is announced', async () => {
      const answer = await get('bytes=500-509, -10, 0-9, 9999-');
      const whole = await httpRequest(running.origin, path);
      expect(answer.status).toBe(206);
      expect(partsOf(answer)).toEqual([
        [`bytes 500-509/${SIZE}`, slice(500, 509)],
        [`bytes 990-999/${SIZE}`, slice(990, 999)],
        [`bytes 0-9/${SIZE}`, slice(0, 9)],
      ]);
      expect(answer.headers['content-length']).toBe(String(answer.body.length));
      expect(answer.headers).not.toHaveProperty('content-range');
      expect(answer.headers.etag).toBe(whole.headers.etag);
      for (const { headers } of parseMultipart(
        answer.headers['content-type'] ?? '',
        answer.body,
      )) {
        expect(headers['content-type']).toBe('text/plain; charset=utf-8');
      }
    });

    it('merges ranges that adjoin where the first of them was asked for', async () => {
      expect(partsOf(await get('bytes=500-509,0-9,510-519,5-14'))).toEqual([
        [`bytes 500-519/${SIZE}`, slice(500, 519)],
        [`bytes 0-14/${SIZE}`, slice(0, 14)],
      ]);
    });

    it('separates the parts by a boundary that is another each time', async () => {
      const types = await Promise.all(
        [1, 2, 3].map(async () => (await get('bytes=0-1,4-5')).headers),
      );
      expect(new Set(types.map((type) => type['content-type'])).size).toBe(3);
    });

    it(`serves ${most} ranges in one answer, and for more the whole file`, async () => {
      const answer = await get(ranges(most));
      expect([answer.status, partsOf(answer).length]).toEqual([206, most]);
      expectWhole(await get(ranges(most + 1)));
    });

    it('counts the ranges before it merges them', async () => {
      const all = Array.from({ length: most + 1 }, (_, i) => `${i}-${i}`);
      expectWhole(await get(`bytes=${all.join()}`));
      expect((await get(`bytes=${all.slice(1).join()}`)).text).toBe(
        slice(1, most),
      );
    });

    it.each(asked.ignored)('ignores %s', async (_title, range) => {
      expectWhole(await get(range));
    });

    it.each(asked.unsatisfiable)(
      'answers %s with 416',
      async (_title, range) => {
        expectUnsatisfiable(await get(range));
      },
    );

    it('obeys If-Range only with the file’s own strong tag or date', async () => {
      const { headers } = await httpRequest(running.origin, path);
      const { etag = '' } = headers;
      const statuses = await Promise.all(
        [etag, LAST_MODIFIED, `W/${etag}`, '"other"', etag.slice(1, -1)].map(
          async (value) =>
            (await get('bytes=0-9', { 'If-Range': value })).status,
        ),
      );
      expect(statuses).toEqual([206, 206, 200, 200, 200]);
    });

    it('ignores ranges that cannot be met where If-Range fails', async () => {
      expectWhole(await get('bytes=5000-', { 'If-Range': '"other"' }));
    });

    it.each([['bytes=0-9'], ['bytes=0-1,4-5'], ['bytes=5000-']])(
      'ignores %s on HEAD',
      async (range) => {
        const { status, headers, text } = await httpRequest(
          running.origin,
          path,
          { method: 'HEAD', headers: { Range: range } },
        );
        expect([status, text]).toEqual([200, '']);
        expect(headers['content-length']).toBe(String(SIZE));
        expect(headers).not.toHaveProperty('content-range');
      },
    );

    it('ignores a Range that came on two lines', async () => {
      const headers = { Range: ['bytes=0-9', 'bytes=20-29'] };
      expectWhole(await connection.send(path, { headers }));
    });

    it('takes a list on two lines for one list', async () => {
      const headers = { Range: ['bytes=0-9', '20-29'] };
      expect(partsOf(await connection.send(path, { headers }))).toEqual([
        [`bytes 0-9/${SIZE}`, slice(0, 9)],
        [`bytes 20-29/${SIZE}`, slice(20, 29)],
      ]);
    });

    it('keeps one connection in frame over all of these', async () => {
      const kept = new KeptConnection(running.port);
      const all = [
        ...[...asked.single, ...asked.ignored, ...asked.unsatisfiable],
        ['', ranges(8)],
      ];
      for (const [, range = ''] of all) {
        await kept.send(path, { headers: { Range: String(range) } });
        await kept.send(path, {
          method: 'HEAD',
          headers: { Range: String(range) },
        });
        expectWhole(await kept.send(path));
      }
      expect(kept.connections).toBe(1);
      kept.close();
    });

    it('answers requests that came at once, each in frame', async () => {
      const atOnce = ['bytes=0-9', 'bytes=5000-', 'bytes=0-1,4-5', 'bytes=5-2'];
      const client = connect(running.port, '127.0.0.1');
      client.write(
        atOnce
          .map((range) => `GET ${path} HTTP/1.1\r\nHost: x\r\nRange: ${range}`)
          .join('\r\n\r\n') + '\r\nConnection: close\r\n\r\n',
      );
      const answers = answersIn(await bytesOf(client));
      expect(answers.map(({ status }) => status)).toEqual([206, 416, 206, 200]);
      expect(answers[0]?.body).toBe(slice(0, 9));
      expect(answers[3]?.body).toBe(CONTENT.toString());
    });
  });

  it.each([['/local/empty.txt'], ['/disk/empty.txt'], ['/memory/empty.txt']])(
    'ignores ranges of an empty file: %s',
    async (path) => {
      for (const Range of ['bytes=0-', 'bytes=-1', 'bytes=0-0,5-6']) {
        const answer = await connection.send(path, { headers: { Range } });
        expect([answer.status, answer.text]).toEqual([200, '']);
        expect(answer.headers['content-length']).toBe('0');
      }
    },
  );

  it('ignores ranges of empty content', async () => {
    const headers = { Range: 'bytes=0-' };
    const answer = await connection.send('/empty', { headers });
    expect([answer.status, answer.text]).toEqual([200, '']);
  });

  it.each([['/generated'], ['/generated-of-known-size']])(
    'ignores ranges of generated content, and says so: %s',
    async (path) => {
      for (const Range of ['bytes=0-9', 'bytes=5000-', 'bytes=0-1,4-5']) {
        const { status, headers, text } = await connection.send(path, {
          headers: { Range },
        });
        expect([status, text]).toEqual([200, CONTENT.toString()]);
        expect(headers['accept-ranges']).toBe('none');
      }
      const head = await connection.send(path, { method: 'HEAD' });
      expect(head.headers['accept-ranges']).toBe('none');
    },
  );

  it('knows no ranges and no conditions on POST, and announces none', async () => {
    const { status, headers, text } = await httpRequest(
      running.origin,
      '/export',
      {
        method: 'POST',
        headers: {
          Range: 'bytes=0-9',
          'If-Match': '"other"',
          'If-None-Match': '"export-1"',
        },
      },
    );
    expect([status, text]).toEqual([200, CONTENT.toString()]);
    expect(headers).not.toHaveProperty('accept-ranges');
    expect(headers).not.toHaveProperty('content-range');
  });

  describe('asks a storage', () => {
    const ask = async (
      method: string,
      headers: Record<string, string> = {},
    ): Promise<string> => {
      await connection.send('/spied', { method, headers });
      const { etag } = (await connection.send('/spied', { method: 'HEAD' }))
        .headers;
      return etag ?? '';
    };
    const window = (etag: string, start?: number, end?: number) => ({
      key: 'file.txt',
      start,
      end,
      ifMatch: etag,
      signal: expect.any(AbortSignal),
    });

    it('for the whole file with its tag', async () => {
      const etag = await ask('GET');
      expect(windows).toEqual([window(etag)]);
    });

    it('for exactly the window', async () => {
      const etag = await ask('GET', { Range: 'bytes=990-2000' });
      expect(windows).toEqual([window(etag, 990, 999)]);
    });

    it('for each part once', async () => {
      const etag = await ask('GET', { Range: 'bytes=500-509,0-9,5-14' });
      expect(windows).toEqual([window(etag, 500, 509), window(etag, 0, 14)]);
    });

    it.each([
      ['HEAD', 'HEAD', {}],
      ['HEAD with a range', 'HEAD', { Range: 'bytes=0-9' }],
      ['a range that cannot be met', 'GET', { Range: 'bytes=1000-' }],
      ['a failed If-Match', 'GET', { 'If-Match': '"other"' }],
      ['a matching If-None-Match', 'GET', { 'If-None-Match': '*' }],
    ])('for no bytes on %s', async (_title, method, headers) => {
      await ask(method, headers);
      expect(windows).toEqual([]);
    });
  });
});

/** Splits the bytes of a connection by the lengths that the answers announce. */
function answersIn(bytes: Buffer): { status: number; body: string }[] {
  const answers: { status: number; body: string }[] = [];
  for (let at = 0; at < bytes.length;) {
    const bodyAt = bytes.indexOf('\r\n\r\n', at) + 4;
    const head = bytes.toString('latin1', at, bodyAt);
    const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(head) ?? [];
    const [, length] = /\r\ncontent-length: (\d+)\r\n/i.exec(head) ?? [];
    at = bodyAt + Number(length);
    answers.push({
      status: Number(status),
      body: bytes.toString('latin1', bodyAt, at),
    });
  }
  return answers;
}
