import { utimes } from 'node:fs/promises';

import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import {
  Download,
  FileSystemStorage,
  LocalFile,
  nginx,
  ObjectDownloadController,
  PathDownloadController,
  StorageDownloadController,
} from 'nestjs-downloadview';

import {
  type Site,
  startBehindNginx,
} from '../support/servers/behind-nginx.js';
import { describeWith } from '../support/describe-with.js';
import { fieldLines } from '../support/clients/http-fields.js';
import { type HttpAnswer } from '../support/clients/http-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const MODIFIED = new Date('2025-03-01T10:00:00.500Z');
const DATE = 'Sat, 01 Mar 2025 10:00:00 GMT';
const EARLIER = 'Sat, 01 Jan 2000 00:00:00 GMT';
const LATER = 'Fri, 01 Jan 2100 00:00:00 GMT';
const ROW_DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';
/** Of one size, and of one second. */
const CONTENTS = { 'one.txt': '1111111111', 'two.txt': '2222222222' };
type Name = keyof typeof CONTENTS;

/** Routes whose file is what a row says. */
const ROWS = ['/tagged/1', '/of-a-storage/1', '/of-a-disk/1', '/local'];
const VALIDATORS = ['etag', 'last-modified'];

describeWith(['nginx'], 'files with a tag of their own behind nginx', () => {
  let directory: TemporaryDirectory;
  let site: Site;
  let row: { id: number; file: unknown; tag?: string; date?: Date };

  /** Has the rows point to a file. */
  function point(name: Name): void {
    row = {
      id: 1,
      file: name,
      tag: `of-${name}`,
      date: new Date(ROW_DATE),
    };
  }

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const root = directory.path;
    for (const [name, content] of Object.entries(CONTENTS)) {
      await utimes(await directory.write(name, content), MODIFIED, MODIFIED);
    }
    const repository = {
      findOne: ({ where }: { where: object }) =>
        Promise.resolve({ ...where, ...row }),
    };

    @Controller('local')
    @Download()
    class LocalController {
      @Get()
      local() {
        return new LocalFile(String(row.file), {
          root,
          etag: () => `"${row.tag}"`,
        });
      }
    }

    class DiskController extends ObjectDownloadController<typeof row> {
      override repository = repository;
      override getFileOf({ file }: typeof row) {
        return new LocalFile(String(file), { root });
      }
    }

    site = await startBehindNginx('express', {
      backend: nginx({
        rules: [{ sourceDir: root, destination: '/_offload/' }],
      }),
      options: { storages: { default: new FileSystemStorage({ root }) } },
      controllers: [
        ObjectDownloadController.asController('tagged/:id', {
          repository,
          etagField: 'tag',
        }),
        ObjectDownloadController.asController('of-a-storage/:id', {
          repository,
        }),
        LocalController,
        DiskController.asController('of-a-disk/:id'),
        ObjectDownloadController.asController('dated/:id', {
          repository,
          lastModifiedField: 'date',
        }),
        ObjectDownloadController.asController('weak/:id', {
          repository: {
            findOne: ({ where }: { where: object }) =>
              Promise.resolve({ ...where, ...row, tag: 'W/"weak"' }),
          },
          etagField: 'tag',
        }),
        StorageDownloadController.asController('keys/*path'),
        PathDownloadController.asController('paths/*path', { root }),
      ],
    });
  });

  beforeEach(() => point('one.txt'));

  afterAll(async () => {
    await site.stop();
    await directory.remove();
  });

  function ask(
    path: string,
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<HttpAnswer> {
    return site.through(path, { method, headers });
  }

  async function tagOf(path: string): Promise<string> {
    return (await ask(path)).headers.etag ?? '';
  }

  async function isOffloaded(
    path: string,
    headers?: Record<string, string>,
  ): Promise<boolean> {
    const answer = await site.direct(path, { headers });
    return answer.headers['x-accel-redirect'] === '/_offload/one.txt';
  }

  it.each(ROWS)('leaves the bytes of %s to nginx', async (path) => {
    expect(await isOffloaded(path)).toBe(true);
    expect(await ask(path)).toMatchObject({
      status: 200,
      text: CONTENTS['one.txt'],
    });
  });

  it('tells the tag and the date of a row', async () => {
    const { headers } = await ask('/dated/1');

    expect(headers['last-modified']).toBe(ROW_DATE);
    expect(await tagOf('/tagged/1')).toBe('"of-one.txt"');
  });

  it.each([...ROWS, '/dated/1', '/keys/one.txt', '/paths/one.txt'])(
    'says by HEAD the tag and the date that GET says: %s',
    async (path) => {
      const [get, head] = [await ask(path), await ask(path, {}, 'HEAD')];

      for (const name of VALIDATORS) {
        expect(fieldLines(get, name)).toHaveLength(1);
        expect([name, fieldLines(head, name)]).toEqual([
          name,
          fieldLines(get, name),
        ]);
      }
    },
  );

  it.each(['/tagged/1', '/of-a-storage/1', '/keys/one.txt'])(
    'says in every answer what the first one said: %s',
    async (path) => {
      const whole = await ask(path);
      const { etag = '' } = whole.headers;

      for (const headers of [
        { 'If-None-Match': '"another"' },
        { 'If-None-Match': etag },
        { Range: 'bytes=0-1' },
        { Range: 'bytes=0-1', 'If-Range': etag },
        { 'If-Match': etag },
        { 'If-Modified-Since': EARLIER },
      ] as Record<string, string>[]) {
        const answer = await ask(path, headers);
        expect([headers, answer.headers.etag]).toEqual([headers, etag]);
      }
    },
  );

  it.each(ROWS)('answers 304 to the tag of %s', async (path) => {
    const answer = await ask(path, { 'If-None-Match': await tagOf(path) });

    expect(answer).toMatchObject({ status: 304, text: '' });
  });

  it.each(ROWS)(
    'sends another file of equal size and second to who has the old tag of %s',
    async (path) => {
      const old = await tagOf(path);
      point('two.txt');

      expect(await ask(path, { 'If-None-Match': old })).toMatchObject({
        status: 200,
        text: CONTENTS['two.txt'],
      });
      expect(await ask(path, { 'If-Match': old })).toMatchObject({
        status: 412,
      });
    },
  );

  it.each(ROWS)(
    'does not answer 304 to the tag that nginx would make: %s',
    async (path) => {
      const ofNginx = await tagOf('/paths/one.txt');

      expect(await ask(path, { 'If-None-Match': ofNginx })).toMatchObject({
        status: 200,
        text: CONTENTS['one.txt'],
      });
    },
  );

  it.each(ROWS)(
    'does not go on with another file of equal size and second: %s',
    async (path) => {
      const old = await tagOf(path);
      point('two.txt');

      const answer = await ask(path, { Range: 'bytes=5-', 'If-Range': old });

      expect(answer).toMatchObject({
        status: 200,
        text: CONTENTS['two.txt'],
      });
    },
  );

  it.each(ROWS)('goes on with the file of the tag: %s', async (path) => {
    const headers = { Range: 'bytes=5-', 'If-Range': await tagOf(path) };

    expect(await isOffloaded(path, headers)).toBe(true);
    expect(await ask(path, headers)).toMatchObject({
      status: 206,
      text: '11111',
      headers: { 'content-range': 'bytes 5-9/10' },
    });
  });

  it.each([
    ['If-None-Match', '"another"', 200],
    ['If-None-Match', '*', 304],
    ['If-None-Match', 'W/"of-one.txt"', 304],
    ['If-Match', '"of-one.txt"', 200],
    ['If-Match', '"another", "of-one.txt"', 200],
    ['If-Match', '*', 200],
    ['If-Match', '"another"', 412],
    ['If-Match', 'W/"of-one.txt"', 412],
    ['If-Modified-Since', DATE, 304],
    ['If-Modified-Since', LATER, 304],
    ['If-Modified-Since', EARLIER, 200],
    ['If-Unmodified-Since', DATE, 200],
    ['If-Unmodified-Since', LATER, 200],
    ['If-Unmodified-Since', EARLIER, 412],
  ])('answers %s: %s with %i', async (name, value, status) => {
    expect(await ask('/tagged/1', { [name]: value })).toMatchObject({
      status,
      text: status === 200 ? CONTENTS['one.txt'] : expect.anything(),
    });
  });

  it.each([
    ['If-Modified-Since', ROW_DATE, 304],
    ['If-Modified-Since', EARLIER, 304],
    ['If-Modified-Since', 'Sun, 06 Nov 1994 08:49:36 GMT', 200],
    ['If-Unmodified-Since', ROW_DATE, 200],
    ['If-Unmodified-Since', 'Sun, 06 Nov 1994 08:49:36 GMT', 412],
  ])('answers %s: %s by the date of a row: %i', async (name, value, status) => {
    expect(await ask('/dated/1', { [name]: value })).toMatchObject({
      status,
    });
  });

  it('does not go on with a tag that promises no equal bytes', async () => {
    const headers = { Range: 'bytes=5-', 'If-Range': 'W/"weak"' };

    expect(await ask('/weak/1', headers)).toMatchObject({
      status: 200,
      text: CONTENTS['one.txt'],
    });
  });

  it.each(['If-Match', 'If-Unmodified-Since'])(
    'sends the file itself where nginx would take %s amiss',
    async (name) => {
      const value = name === 'If-Match' ? '"of-one.txt"' : LATER;

      expect(await isOffloaded('/tagged/1', { [name]: value })).toBe(false);
    },
  );

  it.each<[string, Record<string, string>]>([
    ['none', {}],
    ['a tag', { 'If-None-Match': '"another"' }],
    ['a date', { 'If-Modified-Since': EARLIER }],
    ['a range', { Range: 'bytes=0-1' }],
  ])(
    'leaves the file to nginx where the request has %s',
    async (_, headers) => {
      for (const path of ROWS) {
        expect([path, await isOffloaded(path, headers)]).toEqual([path, true]);
      }
    },
  );
});
