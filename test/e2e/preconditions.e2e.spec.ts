import { rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable } from 'node:stream';

import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { Controller, Get, type Type } from '@nestjs/common';
import {
  ContentFile,
  Download,
  type DownloadFile,
  type FileStat,
  FileSystemStorage,
  HttpDownloadController,
  LocalFile,
  MemoryStorage,
  ObjectDownloadController,
  PathDownloadController,
  type ReadWindow,
  StorageDownloadController,
  VirtualDownloadController,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import {
  FILE_KINDS,
  type FileKinds,
  fileKinds,
  LAST_MODIFIED,
  MODIFIED,
} from '../support/files/file-kinds.js';
import { representatives } from '../support/representatives.js';
import {
  type ServedFile,
  startFileServer,
  type FileServer,
} from '../support/servers/file-server.js';
import {
  type HttpAnswer,
  httpRequest,
} from '../support/clients/http-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const CONTENT = Buffer.from('0123456789');
const BEFORE = 'Sat, 01 Mar 2025 09:59:59 GMT';
const AFTER = 'Sat, 01 Mar 2025 10:00:01 GMT';
const OF_THE_FILE = [
  'accept-ranges',
  'content-disposition',
  'content-encoding',
  'last-modified',
];

type Headers = Record<string, string>;

/** RFC 9110 13.2.2, step by step: `tag` stands for the file's own. */
const ORDER: [status: number, title: string, headers: Headers][] = [
  // 1. If-Match
  [200, 'If-Match with the tag', { 'If-Match': 'tag' }],
  [200, 'If-Match with a list', { 'If-Match': '"a,b", W/"c" ,tag' }],
  [200, 'If-Match: *', { 'If-Match': '*' }],
  [412, 'If-Match with another tag', { 'If-Match': '"other"' }],
  [412, 'If-Match with a list of others', { 'If-Match': '"a", "b"' }],
  [412, 'If-Match with the tag as a weak one', { 'If-Match': 'W/tag' }],
  [412, 'an empty If-Match', { 'If-Match': '' }],
  [
    412,
    'If-Match before If-None-Match',
    { 'If-Match': '"other"', 'If-None-Match': 'tag' },
  ],
  [
    412,
    'If-Match before If-Modified-Since',
    { 'If-Match': '"other"', 'If-Modified-Since': LAST_MODIFIED },
  ],
  [
    412,
    'If-Match before a good If-Unmodified-Since',
    { 'If-Match': '"other"', 'If-Unmodified-Since': AFTER },
  ],
  // 2. If-Unmodified-Since, only without If-Match
  [
    200,
    'If-Match in place of If-Unmodified-Since',
    { 'If-Match': 'tag', 'If-Unmodified-Since': BEFORE },
  ],
  [
    200,
    'If-Unmodified-Since of the very second',
    { 'If-Unmodified-Since': LAST_MODIFIED },
  ],
  [200, 'If-Unmodified-Since later', { 'If-Unmodified-Since': AFTER }],
  [412, 'If-Unmodified-Since earlier', { 'If-Unmodified-Since': BEFORE }],
  [
    200,
    'an If-Unmodified-Since that is no date',
    { 'If-Unmodified-Since': '1' },
  ],
  [
    412,
    'If-Unmodified-Since before If-None-Match',
    { 'If-Unmodified-Since': BEFORE, 'If-None-Match': 'tag' },
  ],
  // 3. If-None-Match
  [304, 'If-None-Match with the tag', { 'If-None-Match': 'tag' }],
  [
    304,
    'If-None-Match with the tag as a weak one',
    { 'If-None-Match': 'W/tag' },
  ],
  [
    304,
    'If-None-Match with a list',
    { 'If-None-Match': '"a,b" , W/"c",W/tag,' },
  ],
  [304, 'If-None-Match: *', { 'If-None-Match': '*' }],
  [200, 'If-None-Match with another tag', { 'If-None-Match': '"other"' }],
  [200, 'If-None-Match with a bare tag', { 'If-None-Match': 'bare' }],
  [200, 'an empty If-None-Match', { 'If-None-Match': '' }],
  [
    304,
    'If-None-Match after a good If-Match',
    { 'If-Match': 'tag', 'If-None-Match': 'tag' },
  ],
  [
    304,
    'If-None-Match after a good If-Unmodified-Since',
    { 'If-Unmodified-Since': AFTER, 'If-None-Match': 'tag' },
  ],
  // 4. If-Modified-Since, only without If-None-Match
  [
    200,
    'If-None-Match in place of If-Modified-Since',
    { 'If-None-Match': '"other"', 'If-Modified-Since': LAST_MODIFIED },
  ],
  [
    304,
    'a matching If-None-Match, whatever If-Modified-Since says',
    { 'If-None-Match': 'tag', 'If-Modified-Since': BEFORE },
  ],
  [
    304,
    'If-Modified-Since of the very second',
    { 'If-Modified-Since': LAST_MODIFIED },
  ],
  [304, 'If-Modified-Since later', { 'If-Modified-Since': AFTER }],
  [200, 'If-Modified-Since earlier', { 'If-Modified-Since': BEFORE }],
  [200, 'an If-Modified-Since that is no date', { 'If-Modified-Since': '1' }],
  [
    304,
    'If-Modified-Since after a good If-Match',
    { 'If-Match': 'tag', 'If-Modified-Since': LAST_MODIFIED },
  ],
  // 5. Range and If-Range, last
  [206, 'Range', { Range: 'bytes=0-1' }],
  [206, 'Range after If-Match', { Range: 'bytes=0-1', 'If-Match': 'tag' }],
  [
    412,
    'If-Match before Range',
    { Range: 'bytes=0-1', 'If-Match': '"other"', 'If-Range': 'tag' },
  ],
  [
    304,
    'If-None-Match before Range',
    { Range: 'bytes=0-1', 'If-None-Match': 'tag' },
  ],
  [
    304,
    'If-None-Match before a Range that cannot be met',
    { Range: 'bytes=50-', 'If-None-Match': 'tag' },
  ],
  [
    412,
    'If-Match before a Range that cannot be met',
    { Range: 'bytes=50-', 'If-Match': '"other"' },
  ],
  [
    416,
    'a Range that cannot be met',
    { Range: 'bytes=50-', 'If-Match': 'tag' },
  ],
  [206, 'If-Range with the tag', { Range: 'bytes=0-1', 'If-Range': 'tag' }],
  [
    200,
    'If-Range with the tag as a weak one',
    { Range: 'bytes=0-1', 'If-Range': 'W/tag' },
  ],
  [
    200,
    'If-Range with another tag',
    { Range: 'bytes=0-1', 'If-Range': '"other"' },
  ],
  [
    200,
    'If-Range with a list',
    { Range: 'bytes=0-1', 'If-Range': '"other", tag' },
  ],
  [200, 'If-Range: *', { Range: 'bytes=0-1', 'If-Range': '*' }],
  [
    206,
    'If-Range with the very date',
    { Range: 'bytes=0-1', 'If-Range': LAST_MODIFIED },
  ],
  [
    200,
    'If-Range with a later date',
    { Range: 'bytes=0-1', 'If-Range': AFTER },
  ],
  [
    200,
    'If-Range with an earlier date',
    { Range: 'bytes=0-1', 'If-Range': BEFORE },
  ],
  [
    200,
    'If-Range of another file before a Range that cannot be met',
    { Range: 'bytes=50-', 'If-Range': '"other"' },
  ],
  [200, 'If-Range without Range', { 'If-Range': '"other"' }],
];

/** Each step, met and not met. */
const EACH_STEP = representatives(
  ORDER,
  'If-Match with the tag',
  'If-Match with another tag',
  'If-Unmodified-Since of the very second',
  'If-Unmodified-Since earlier',
  'If-None-Match with the tag',
  'If-None-Match with another tag',
  'If-Modified-Since of the very second',
  'If-Modified-Since earlier',
  'If-None-Match before Range',
  'Range',
  'a Range that cannot be met',
  'If-Range with the tag',
  'If-Range with the very date',
  'If-Range with another tag',
);

/** Another server's tag and date come by themselves, and are judged by code of their own. */
const WHOLE_ORDER_OF = /^(?:a local file on express|an HttpFile on fastify)$/;

function withTag(headers: Headers, etag: string): Headers {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      value.replaceAll(/\btag\b/g, etag).replace('bare', etag.slice(1, -1)),
    ]),
  );
}

function expectError({ status, headers, text }: HttpAnswer, isHead: boolean) {
  const message = {
    412: 'Precondition Failed',
    416: 'Range Not Satisfiable',
    503: 'Service Unavailable',
  }[status];
  expect(headers['cache-control']).toBe('no-store');
  expect(headers['content-type']).toMatch(/^application\/json/);
  if (isHead) expect(text).toBe('');
  else expect(JSON.parse(text)).toEqual({ statusCode: status, message });
  for (const name of OF_THE_FILE) expect(headers).not.toHaveProperty(name);
  // Express gives every answer of its own a weak tag; the file's are strong.
  expect(headers.etag ?? 'W/').toMatch(/^W\//);
}

describe.each(ADAPTERS)('Preconditions on %s', (adapter) => {
  let kinds: FileKinds;
  let running: RunningApplication;

  beforeAll(async () => {
    kinds = await fileKinds(CONTENT);
    running = await startApplication(adapter, kinds);
  });

  afterAll(async () => {
    await running.close();
    await kinds.close();
  });

  describe.each(FILE_KINDS)('of %s', (kind, { path }) => {
    let whole: HttpAnswer;
    const order = WHOLE_ORDER_OF.test(`${kind} on ${adapter}`)
      ? ORDER
      : EACH_STEP;

    beforeAll(async () => {
      whole = await httpRequest(running.origin, path);
    });

    const ask = (method: string, headers: Headers) =>
      httpRequest(running.origin, path, {
        method,
        headers: withTag(headers, whole.headers.etag ?? ''),
      });

    it('has a strong tag and a date', () => {
      expect(whole.headers.etag).toMatch(/^"[^"]+"$/);
      expect(whole.headers['last-modified']).toBe(LAST_MODIFIED);
    });

    it.each(order)('%s: %s', async (status, _title, headers) => {
      const got = await ask('GET', headers);
      expect(got.status).toBe(status);
      if (status === 200) expect(got.body).toEqual(CONTENT);
      if (status === 206) expect(got.text).toBe('01');
      if (status === 304) expect(got.text).toBe('');
      if (status > 400) expectError(got, false);

      const head = await ask('HEAD', headers);
      expect(head.text).toBe('');
      if (status === 206 || status === 416) expect(head.status).toBe(200);
      else expect(head.status).toBe(status);
      if (head.status === 412) expectError(head, true);
    });

    it.each([['GET'], ['HEAD']])(
      'sends with a 304 on %s what caches need, and nothing of the body',
      async (method) => {
        const { headers } = await ask(method, { 'If-None-Match': 'tag' });
        for (const name of [
          'etag',
          'cache-control',
          'vary',
          'content-security-policy',
          'x-content-type-options',
        ] as const) {
          expect(headers[name]).toBe(whole.headers[name]);
        }
        for (const name of [
          'accept-ranges',
          'content-disposition',
          'content-encoding',
          'content-length',
          'content-range',
          'content-type',
          'last-modified',
          'transfer-encoding',
        ]) {
          expect(headers).not.toHaveProperty(name);
        }
      },
    );
  });
});

describe.each(ADAPTERS)('Validators on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let running: RunningApplication;
  const asked: string[] = [];

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const root = directory.path;
    const hooked = (changed: boolean): Type => {
      class HookedController extends VirtualDownloadController {
        getFile(): DownloadFile {
          return new ContentFile(CONTENT, {
            name: 'file.txt',
            etag: 'v1',
            lastModified: MODIFIED,
          });
        }
        override wasModifiedSince(file: DownloadFile, since: Date) {
          asked.push(`${file.name} ${since.toUTCString()}`);
          return Promise.resolve(changed);
        }
      }
      return HookedController.asController(`hooked/${changed}`);
    };

    class UndatedStorage extends MemoryStorage {
      override async stat(key: string): Promise<FileStat> {
        return { size: (await super.stat(key)).size };
      }
    }
    const undated = new UndatedStorage();
    await undated.save('file.txt', CONTENT);

    @Controller()
    class OtherController {
      @Get('vary')
      @Download({
        headers: {
          Vary: 'Cookie',
          Expires: 'Sat, 01 Mar 2025 10:00:00 GMT',
          'Content-Location': '/v1',
          'Content-Language': 'fr',
        },
      })
      vary() {
        return new ContentFile(CONTENT, { name: 'file.txt', etag: 'v1' });
      }

      @Get('comma')
      @Download()
      comma() {
        return new ContentFile(CONTENT, { name: 'file.txt', etag: '"b,c"' });
      }

      @Get('weak')
      @Download()
      weak() {
        return new ContentFile(CONTENT, { name: 'file.txt', etag: 'W/"v1"' });
      }

      @Get('fresh')
      @Download()
      fresh() {
        return new ContentFile(CONTENT, {
          name: 'file.txt',
          lastModified: new Date(),
        });
      }

      @Get('own-tag')
      @Download()
      ownTag() {
        return new LocalFile(join(root, 'tagged.txt'), {
          etag: ({ size }) => `"size-${size}"`,
        });
      }
    }

    running = await startApplication(adapter, {
      controllers: [
        PathDownloadController.asController('files/*path', { root }),
        StorageDownloadController.asController('disk/*path'),
        StorageDownloadController.asController('tagged/*path', {
          storage: 'tagged',
        }),
        StorageDownloadController.asController('undated/*path', {
          storage: 'undated',
        }),
        hooked(true),
        hooked(false),
        OtherController,
      ],
      options: {
        storages: {
          default: new FileSystemStorage({ root }),
          tagged: new FileSystemStorage({
            root,
            etag: ({ size, lastModified }) =>
              `"${size}-${lastModified?.getTime()}"`,
          }),
          undated,
        },
      },
    });
  });

  beforeEach(() => void asked.splice(0));

  afterAll(async () => {
    await running.close();
    await directory.remove();
  });

  const get = (path: string, headers: Headers = {}, method = 'GET') =>
    httpRequest(running.origin, path, { headers, method });
  const tagOf = async (path: string): Promise<string> =>
    (await get(path)).headers.etag ?? '';

  describe.each([['files'], ['disk']])('of a file on a disk (%s)', (route) => {
    const CHANGES: [string, (path: string) => Promise<void>][] = [
      [
        'is replaced by rename, with the same size and date',
        async (path) => {
          await writeFile(`${path}.new`, 'after!');
          await utimes(`${path}.new`, MODIFIED, MODIFIED);
          await rename(`${path}.new`, path);
        },
      ],
      [
        'is written over, with the same size and date',
        async (path) => {
          await writeFile(path, 'after!');
          await utimes(path, MODIFIED, MODIFIED);
        },
      ],
      ['is written over', (path) => writeFile(path, 'after!')],
      ['is touched', (path) => utimes(path, MODIFIED, new Date(1e12))],
    ];

    it.each(CHANGES)('is another when it %s', async (title, change) => {
      const name = `${route}-${title.replaceAll(/\W/g, '-')}.txt`;
      const path = await directory.write(name, 'before');
      await utimes(path, MODIFIED, MODIFIED);
      const etag = await tagOf(`/${route}/${name}`);
      expect(await tagOf(`/${route}/${name}`)).toBe(etag);
      await change(path);
      const after = await get(`/${route}/${name}`, {
        'If-None-Match': etag,
        'If-Range': etag,
        Range: 'bytes=0-1',
      });
      expect(after.status).toBe(200);
      expect(after.headers.etag).not.toBe(etag);
    });

    it('is never shared, not by files of one size and date', async () => {
      const names = Array.from({ length: 100 }, (_, i) => `${route}-${i}.txt`);
      await Promise.all(
        names.map(async (name) => {
          const path = await directory.write(name, 'same size');
          await utimes(path, MODIFIED, MODIFIED);
        }),
      );
      const tags = await Promise.all(
        names.map((name) => tagOf(`/${route}/${name}`)),
      );
      expect(new Set(tags).size).toBe(names.length);
      for (const tag of tags) expect(tag).toMatch(/^"[\w-]{22,}"$/);
    });

    it('does not show the inode', async () => {
      const path = await directory.write(`${route}-inode.txt`, 'x');
      const { ino } = await stat(path, { bigint: true });
      const etag = await tagOf(`/${route}/${route}-inode.txt`);
      const text = Buffer.from(etag.slice(1, -1), 'base64url').toString('hex');
      for (const base of [10, 16, 36]) {
        expect(etag).not.toContain(ino.toString(base).padStart(4, '0'));
      }
      expect(text).not.toContain(ino.toString(16).padStart(8, '0'));
    });
  });

  it('of a storage may be made by the application', async () => {
    const path = await directory.write('tagged.txt', 'tagged');
    await utimes(path, MODIFIED, MODIFIED);
    const etag = `"6-${MODIFIED.getTime()}"`;
    expect(await tagOf('/tagged/tagged.txt')).toBe(etag);
    expect(await tagOf('/own-tag')).toBe('"size-6"');
    const matched = { 'If-None-Match': etag };
    expect((await get('/tagged/tagged.txt', matched)).status).toBe(304);
    const part = await get('/tagged/tagged.txt', {
      Range: 'bytes=0-1',
      'If-Range': etag,
    });
    expect([part.status, part.text]).toEqual([206, 'ta']);
  });

  it('with a comma are one tag, not two', async () => {
    const status = async (headers: Headers) =>
      (await get('/comma', headers)).status;
    expect(await status({ 'If-None-Match': '"a", "b,c"' })).toBe(304);
    expect(await status({ 'If-None-Match': '"a,b", "c"' })).toBe(200);
    expect(await status({ 'If-Match': '"b,c"' })).toBe(200);
    expect(await status({ 'If-Match': '"b", "c"' })).toBe(412);
  });

  it.each([
    [304, { 'If-None-Match': 'W/"v1"' }],
    [304, { 'If-None-Match': '"v1"' }],
    [412, { 'If-Match': 'W/"v1"' }],
    [412, { 'If-Match': '"v1"' }],
    [200, { 'If-Match': '*' }],
    [200, { Range: 'bytes=0-1', 'If-Range': 'W/"v1"' }],
    [200, { Range: 'bytes=0-1', 'If-Range': '"v1"' }],
    [206, { Range: 'bytes=0-1' }],
  ])('that are weak bring %s for %j', async (status, headers) => {
    expect((await get('/weak', headers as Headers)).status).toBe(status);
  });

  it('of this very second are no date for If-Range', async () => {
    const { headers } = await get('/fresh');
    const { status } = await get('/fresh', {
      Range: 'bytes=0-1',
      'If-Range': headers['last-modified'] ?? '',
    });
    expect(status).toBe(200);
  });

  it.each([
    [412, { 'If-Match': '"a"' }],
    [200, { 'If-Match': '*' }],
    [200, { 'If-None-Match': '"a"' }],
    [304, { 'If-None-Match': '*' }],
    [200, { 'If-Modified-Since': AFTER }],
    [200, { 'If-Unmodified-Since': BEFORE }],
    [200, { Range: 'bytes=0-1', 'If-Range': AFTER }],
  ])('that are missing bring %s for %j', async (status, headers) => {
    const answer = await get('/undated/file.txt', headers);
    expect(answer.status).toBe(status);
    expect(answer.headers).not.toHaveProperty('last-modified');
  });

  it('go out with a 304 beside Vary, Expires and Content-Location, and without the language', async () => {
    const { status, headers } = await get('/vary', { 'If-None-Match': '"v1"' });
    expect(status).toBe(304);
    expect(headers).toMatchObject({
      etag: '"v1"',
      vary: 'Cookie',
      expires: LAST_MODIFIED,
      'content-location': '/v1',
    });
    expect(headers).not.toHaveProperty('content-language');
  });

  describe('where the controller overrides wasModifiedSince()', () => {
    it.each([
      [304, 'false', BEFORE],
      [304, 'false', LAST_MODIFIED],
      [200, 'true', LAST_MODIFIED],
      [200, 'true', AFTER],
    ])('bring %s when it says %s', async (status, answer, date) => {
      for (const method of ['GET', 'HEAD']) {
        const got = await get(
          `/hooked/${answer}`,
          { 'If-Modified-Since': date },
          method,
        );
        expect(got.status).toBe(status);
      }
      expect(asked).toEqual(Array(2).fill(`file.txt ${date}`));
    });

    it.each<[number, Headers]>([
      [200, {}],
      [200, { 'If-Modified-Since': 'yesterday' }],
      [200, { 'If-Modified-Since': AFTER, 'If-None-Match': '"v2"' }],
      [304, { 'If-Modified-Since': AFTER, 'If-None-Match': '"v1"' }],
      [412, { 'If-Modified-Since': AFTER, 'If-Match': '"v2"' }],
    ])('bring %s for %j without asking it', async (status, headers) => {
      expect((await get('/hooked/false', headers)).status).toBe(status);
      expect(asked).toEqual([]);
    });
  });
});

/** Puts another file in the place of one between its facts and its bytes, as often as it is told. */
class SwappingStorage extends MemoryStorage {
  swaps = 0;
  stats = 0;
  opened: Readable[] = [];
  afterOpen = false;
  #version = 0;

  override async stat(key: string): Promise<FileStat> {
    const stat = await super.stat(key);
    this.stats += 1;
    if (!this.afterOpen) await this.#swap(key);
    return stat;
  }

  override async open(key: string, window?: ReadWindow): Promise<Readable> {
    const stream = await super.open(key, window);
    this.opened.push(stream);
    if (this.afterOpen) await this.#swap(key);
    return stream;
  }

  async renew(key: string, swaps: number, afterOpen = false): Promise<void> {
    await this.#replace(key);
    Object.assign(this, { swaps, afterOpen, stats: 0, opened: [] });
  }

  async #swap(key: string): Promise<void> {
    if (this.swaps === 0) return;
    this.swaps -= 1;
    await this.#replace(key);
  }

  async #replace(key: string): Promise<void> {
    await this.delete(key);
    this.#version += 1;
    await this.save(key, `version ${this.#version}`.padEnd(12 + this.#version));
  }

  get content(): string {
    return `version ${this.#version}`.padEnd(12 + this.#version);
  }
}

describe.each(ADAPTERS)('A file that is swapped on %s', (adapter) => {
  let running: RunningApplication;
  let storage: SwappingStorage;

  beforeAll(async () => {
    storage = new SwappingStorage();
    running = await startApplication(adapter, {
      controllers: [
        StorageDownloadController.asController('swapped', { path: 'a.txt' }),
        ObjectDownloadController.asController('objects/:id', {
          repository: {
            findOne: () =>
              Promise.resolve({ id: 1, file: 'a.txt', tag: 'row-1' }),
          },
          etagField: 'tag',
        }),
      ],
      options: { storages: { default: storage } },
    });
  });

  afterAll(() => running.close());

  const get = (path: string, headers: Headers = {}) =>
    httpRequest(running.origin, path, { headers });
  const tag = async (): Promise<string> =>
    (await get('/swapped')).headers.etag ?? '';

  describe.each([['/swapped'], ['/objects/1']])('under %s', (path) => {
    it.each<[string, Headers, number, (content: string) => string]>([
      ['whole', {}, 200, (content) => content],
      ['a range', { Range: 'bytes=-5' }, 206, (content) => content.slice(-5)],
    ])('is sent as it is now: %s', async (_, headers, status, expected) => {
      await storage.renew('a.txt', 1);
      const answer = await get(path, headers);
      const text = expected(storage.content);
      expect([answer.status, answer.text]).toEqual([status, text]);
      expect(answer.headers['content-length']).toBe(String(text.length));
      expect(storage.stats).toBe(2);
      if (path === '/swapped') expect(answer.headers.etag).toBe(await tag());
    });

    it.each([['bytes=0-4'], ['bytes=0-1,4-5'], [undefined]])(
      'is 503 when it is swapped again: Range %s',
      async (range) => {
        await storage.renew('a.txt', 2);
        const answer = await get(path, range ? { Range: range } : {});
        expect(answer.status).toBe(503);
        expectError(answer, false);
        expect(answer.text).not.toContain('a.txt');
        expect(storage.stats).toBe(2);
        expect(storage.opened).toEqual([]);
      },
    );

    it('cuts the answer when it is swapped between two parts', async () => {
      await storage.renew('a.txt', 1, true);
      await expect(get(path, { Range: 'bytes=0-1,4-5' })).rejects.toMatchObject(
        { code: 'ECONNRESET' },
      );
      expect(storage.opened.map(({ destroyed }) => destroyed)).toEqual([true]);
    });
  });

  it('is whole again for a client that has a part of the file before it', async () => {
    await storage.renew('a.txt', 0);
    const etag = await tag();
    storage.swaps = 1;
    const answer = await get('/swapped', {
      Range: 'bytes=5-',
      'If-Range': etag,
    });
    expect([answer.status, answer.text]).toEqual([200, storage.content]);
  });

  it('is 412 for a client that wants the file before it', async () => {
    await storage.renew('a.txt', 0);
    const etag = await tag();
    storage.swaps = 1;
    expect((await get('/swapped', { 'If-Match': etag })).status).toBe(412);
  });
});

describe.each(ADAPTERS)('A file of another server on %s', (adapter) => {
  const OLD: ServedFile = { bytes: Buffer.from('old content'), etag: '"old"' };
  const NEW: ServedFile = { bytes: Buffer.from('new words'), etag: '"new"' };
  let running: RunningApplication;
  let remote: FileServer;
  /** What it gives from now on, request by request; the last of them stays. */
  let files: ServedFile[] = [];

  beforeAll(async () => {
    remote = await startFileServer(
      () => (files.length > 1 ? files.shift() : files[0]) ?? NEW,
    );
    running = await startApplication(adapter, {
      controllers: [
        HttpDownloadController.asController('remote', {
          url: `http://${remote.host}/file.txt`,
          allowedHosts: [remote.host],
        }),
      ],
    });
  });

  beforeEach(() => {
    files = [OLD, NEW];
    remote.requests.splice(0);
  });

  afterAll(async () => {
    await running.close();
    remote.close();
  });

  const get = (headers: Headers = {}) =>
    httpRequest(running.origin, '/remote', { headers });

  it('gives no part of another file to a client that has a part of this one', async () => {
    files = [NEW];
    const { status, headers, text } = await get({
      Range: 'bytes=0-2',
      'If-Range': '"old"',
    });
    expect([status, text, headers.etag]).toEqual([200, 'new words', '"new"']);
  });

  it('is not told what a client wants it to be: that is judged by its answer', async () => {
    files = [OLD];
    for (const [name, value, expected] of [
      ['If-Match', '"y", "old"', 206],
      ['If-Match', '"y"', 412],
    ] as const) {
      remote.requests.splice(0);
      const headers = { Range: 'bytes=-3', [name]: value };
      expect((await get(headers)).status).toBe(expected);
      expect(remote.requests.map(({ method }) => method)).toEqual(['GET']);
      expect(remote.requests[0]?.headers).not.toHaveProperty('if-match');
    }
  });

  it('is asked once for the whole, so that facts and bytes are of one file', async () => {
    const { headers, text } = await get();
    expect([headers.etag, text]).toEqual(['"old"', 'old content']);
    expect(remote.requests.map(({ method }) => method)).toEqual(['GET']);
  });

  it('gets of the client’s conditions its own tag, and one range', async () => {
    files = [OLD];
    const { status, text } = await get({
      Range: 'bytes=-3',
      'If-None-Match': '"x"',
      'If-Range': '"old"',
      'If-Modified-Since': AFTER,
    });
    expect([status, text]).toEqual([206, 'ent']);
    expect(remote.requests.map(({ method }) => method)).toEqual(['GET']);
    const { headers = {} } = remote.requests[0] ?? {};
    expect(headers).toMatchObject({
      range: 'bytes=-3',
      'if-none-match': '"x"',
      'if-range': '"old"',
    });
    expect(headers).not.toHaveProperty('if-modified-since');
  });
});

describe.each(ADAPTERS)('A weak tag on %s', (adapter) => {
  it.each([['/memory/a.txt'], ['/objects/1']])(
    'binds no window of a storage: %s',
    async (path) => {
      const tags: (string | undefined)[] = [];
      class WeakStorage extends MemoryStorage {
        override async stat(key: string): Promise<FileStat> {
          return { ...(await super.stat(key)), etag: 'W/"weak"' };
        }
        override open(key: string, window: ReadWindow = {}) {
          tags.push(window.ifMatch);
          return super.open(key, { ...window, ifMatch: undefined });
        }
      }
      const storage = new WeakStorage();
      await storage.save('a.txt', CONTENT);
      const running = await startApplication(adapter, {
        controllers: [
          StorageDownloadController.asController('memory/*path'),
          ObjectDownloadController.asController('objects/:id', {
            repository: {
              findOne: () =>
                Promise.resolve({ id: 1, file: 'a.txt', tag: 'row-1' }),
            },
            etagField: 'tag',
          }),
        ],
        options: { storages: { default: storage } },
      });
      const { status } = await httpRequest(running.origin, path, {
        headers: { Range: 'bytes=0-1' },
      });
      expect([status, tags]).toEqual([206, [undefined]]);
      await running.close();
    },
  );
});
