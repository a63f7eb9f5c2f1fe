import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Type } from '@nestjs/common';
import { getRepositoryToken } from '@nestjs/typeorm';
import {
  type ControllerClassOptions,
  type FileStat,
  MemoryStorage,
  ObjectDownloadController,
} from 'nestjs-downloadview';
import { Column, Entity, PrimaryColumn, type Repository } from 'typeorm';

import {
  type RunningApplication,
  startApplication,
} from '../../support/application.js';
import { describeOnDatabases } from '../../support/databases/databases.js';
import {
  type HttpAnswer,
  httpRequest,
} from '../../support/clients/http-client.js';
import { expectNotFound } from '../../support/files/not-found.js';

/** A row that says of its file what it likes to. */
@Entity()
class Upload {
  @PrimaryColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'varchar', default: 'notes.txt' })
  file!: string;

  @Column({ type: 'varchar', nullable: true })
  scan!: string | null;

  @Column({ type: 'varchar', nullable: true })
  text!: string | null;

  @Column({ type: 'integer', nullable: true })
  int!: number | null;

  /** PostgreSQL gives it as text. */
  @Column({ type: 'bigint', nullable: true })
  big!: number | string | null;

  @Column({ type: Date, nullable: true })
  date!: Date | null;

  @Column({ type: 'date', nullable: true })
  day!: string | null;
}

/** Knows of its files that they are there. */
class FactlessStorage extends MemoryStorage {
  override stat(key: string): Promise<FileStat> {
    return super.stat(key).then(() => ({}));
  }
}

const CONTENT = 'Notes\n';
const FILES = ['notes.txt', 'folder/script.js', 'scan.png', 'no-extension'];
/** 1994-11-06T08:49:37.777Z */
const TIME = 784111777_777;
const HTTP_DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';
const SECOND_BEFORE = 'Sun, 06 Nov 1994 08:49:36 GMT';

type Options = ControllerClassOptions<ObjectDownloadController<Upload>>;

function uploads(path: string, options: Options): Type {
  return ObjectDownloadController.asController(`${path}/:id`, {
    repository: getRepositoryToken(Upload),
    ...options,
  });
}

describeOnDatabases(
  'What a row says about its file',
  ({ adapter, imports }) => {
    let running: RunningApplication;
    let repository: Repository<Upload>;
    let rows = 0;

    beforeAll(async () => {
      const storages = {
        default: new MemoryStorage(),
        factless: new FactlessStorage(),
      };
      for (const storage of Object.values(storages)) {
        for (const key of FILES) await storage.save(key, CONTENT);
      }
      running = await startApplication(adapter, {
        options: { storages },
        imports: imports([Upload]),
        controllers: [
          uploads('plain', {}),
          uploads('scan', { fileField: 'scan' }),
          uploads('basename', { basenameField: 'text' }),
          uploads('content-type', { contentTypeField: 'text' }),
          uploads('inline', { contentTypeField: 'text', attachment: false }),
          uploads('charset', { charsetField: 'text' }),
          uploads('encoding', { encodingField: 'text' }),
          uploads('size/text', { sizeField: 'text', storage: 'factless' }),
          uploads('size/int', { sizeField: 'int', storage: 'factless' }),
          uploads('size/big', { sizeField: 'big', storage: 'factless' }),
          uploads('size/known', { sizeField: 'big' }),
          uploads('modified/date', { lastModifiedField: 'date' }),
          uploads('modified/day', { lastModifiedField: 'day' }),
          uploads('modified/text', { lastModifiedField: 'text' }),
          uploads('modified/big', { lastModifiedField: 'big' }),
          uploads('modified/unknown', {
            lastModifiedField: 'date',
            storage: 'factless',
          }),
          uploads('etag/text', { etagField: 'text' }),
          uploads('etag/int', { etagField: 'int' }),
          uploads('etag/big', { etagField: 'big' }),
          uploads('etag/unknown', { etagField: 'text', storage: 'factless' }),
          uploads('controller', {
            basename: 'own.txt',
            basenameField: 'text',
            contentType: 'text/csv',
            contentTypeField: 'text',
          }),
        ],
      });
      repository = running.app.get(getRepositoryToken(Upload));
    });

    afterAll(() => running.close());

    /** The answer to a request for a row of its own. */
    async function ask(
      route: string,
      row: Partial<Upload>,
      headers?: Record<string, string>,
    ): Promise<HttpAnswer> {
      const id = ++rows;
      await repository.insert({ id, ...row });
      return httpRequest(running.origin, `/${route}/${id}`, { headers });
    }

    /** One header of an answer that hands out the file. */
    async function header(
      route: string,
      row: Partial<Upload>,
      name: string,
    ): Promise<string | undefined> {
      const { status, headers, text } = await ask(route, row);
      expect({ status, text }).toEqual({ status: 200, text: CONTENT });
      return String(headers[name] ?? '');
    }

    const EMPTY = [null, ''];

    describe('fileField', () => {
      it('names the field of the file', async () => {
        expect(
          await header('scan', { scan: 'scan.png' }, 'content-disposition'),
        ).toContain('filename="scan.png"');
      });

      it.each(EMPTY)('that is %p has no file', async (scan) => {
        expectNotFound(await ask('scan', { scan }));
      });

      it.each(['../notes.txt', '/notes.txt', 'folder/', '.', 'a\\b', 'a//b'])(
        'that is %p has no file',
        async (scan) => expectNotFound(await ask('scan', { scan })),
      );
    });

    describe('basenameField', () => {
      it.each([
        ['Report.pdf', 'filename="Report.pdf"'],
        [
          'Größe 日本.pdf',
          "filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%E6%97%A5%E6%9C%AC.pdf",
        ],
        ['Annual report 2026', 'filename="Annual report 2026.txt"'],
        ['INV/2026/00042.pdf', 'filename="INV_2026_00042.pdf"'],
        ['../../etc/passwd', 'filename=".._.._etc_passwd.txt"'],
        ['a"b\r\nX-Evil: 1.txt', "filename*=UTF-8''a%22bX-Evil_%201.txt"],
      ])('gives the name: %p', async (text, part) => {
        expect(
          await header('basename', { text }, 'content-disposition'),
        ).toContain(part);
      });

      it.each(EMPTY)("that is %p leaves the file's name", async (text) => {
        expect(
          await header(
            'basename',
            { text, file: 'folder/script.js' },
            'content-disposition',
          ),
        ).toContain('filename="script.js"');
      });

      it('gives the type too, where nothing else does', async () => {
        expect(
          await header(
            'basename',
            { text: 'photo.jpg', file: 'no-extension' },
            'content-type',
          ),
        ).toBe('image/jpeg');
      });
    });

    describe('contentTypeField', () => {
      it.each([
        ['image/png', 'image/png'],
        ['Application/PDF', 'application/pdf'],
        ['text/csv; header=present; charset=UTF-8', 'text/csv; charset=utf-8'],
        ['image/png; charset=utf-8', 'image/png'],
      ])('gives the type: %s', async (text, type) => {
        expect(await header('content-type', { text }, 'content-type')).toBe(
          type,
        );
      });

      it.each(EMPTY)('that is %p leaves what the name says', async (text) => {
        expect(
          await header(
            'content-type',
            { text, file: 'scan.png' },
            'content-type',
          ),
        ).toBe('image/png');
      });

      it.each([
        'image/png, text/html',
        'image/png;text/html',
        'text/html\r\nX-Evil: 1',
        'image/*',
        'text',
        '<script>',
        '日本/語',
        ' ',
      ])('that is rubbish says nothing about the bytes: %p', async (text) => {
        expect(await header('content-type', { text }, 'content-type')).toBe(
          'application/octet-stream',
        );
      });

      it.each([
        'text/javascript',
        'Application/JavaScript; charset=utf-8',
        'application/ecmascript',
        'text/css',
      ])('cannot make the file a script or style sheet: %s', async (text) => {
        expect(await header('content-type', { text }, 'content-type')).toBe(
          'application/octet-stream',
        );
      });

      it('cannot show HTML inline', async () => {
        const { headers } = await ask('inline', { text: 'text/html' });
        expect(headers['content-type']).toBe('text/html; charset=utf-8');
        expect(headers['content-disposition']).toMatch(/^attachment;/);
      });

      it('can show an image inline', async () => {
        const { headers } = await ask('inline', { text: 'image/png' });
        expect(headers['content-disposition']).toMatch(/^inline;/);
      });
    });

    it('sends a script as bytes whatever its name', async () => {
      const row = { file: 'folder/script.js' };
      expect(await header('plain', row, 'content-type')).toBe(
        'application/octet-stream',
      );
    });

    describe('charsetField', () => {
      it('gives the charset of a text', async () => {
        expect(
          await header('charset', { text: 'ISO-8859-1' }, 'content-type'),
        ).toBe('text/plain; charset=iso-8859-1');
      });

      it.each([...EMPTY, 'utf-8; x', 'utf-8"', 'utf-8\r\nX-Evil: 1', 'é'])(
        'that is %p leaves it to the module',
        async (text) => {
          expect(await header('charset', { text }, 'content-type')).toBe(
            'text/plain; charset=utf-8',
          );
        },
      );

      it('gives an image none', async () => {
        const row = { text: 'utf-8', file: 'scan.png' };
        expect(await header('charset', row, 'content-type')).toBe('image/png');
      });
    });

    describe('encodingField', () => {
      it.each(['gzip', 'br', 'gzip, br', 'x-own'])(
        'gives the content coding: %s',
        async (text) => {
          expect(await header('encoding', { text }, 'content-encoding')).toBe(
            text,
          );
        },
      );

      it.each([
        ...EMPTY,
        ' ',
        'identity',
        'gzip\r\nX-Evil: 1',
        'gzip br',
        'gzip;q=1',
        '日本',
      ])('that is %p gives none', async (text) => {
        expect(await header('encoding', { text }, 'content-encoding')).toBe('');
      });
    });

    describe('sizeField', () => {
      const LENGTH = CONTENT.length;

      it.each<[string, Partial<Upload>]>([
        ['a number', { int: LENGTH }],
        ['a bigint', { big: LENGTH }],
        ['a text', { text: String(LENGTH) }],
      ])('gives the size: %s', async (_kind, row) => {
        const [column] = Object.keys(row);
        expect(await header(`size/${column}`, row, 'content-length')).toBe(
          String(LENGTH),
        );
      });

      it.each<[string, Partial<Upload>]>([
        ['null', { int: null }],
        ['null, of a bigint', { big: null }],
        ['negative', { int: -1 }],
        ['larger than any file', { big: '9223372036854775807' }],
        ['empty', { text: '' }],
        ['blank', { text: ' ' }],
        ['a word', { text: 'six' }],
        ['a fraction', { text: '6.5' }],
        ['a hexadecimal number', { text: '0x6' }],
      ])('that is %s leaves the size unknown', async (_what, row) => {
        const [column] = Object.keys(row);
        const route = `size/${column}`;
        expect(await header(route, row, 'content-length')).toBe('');
      });

      it('does not override what the storage knows', async () => {
        expect(await header('size/known', { big: 999 }, 'content-length')).toBe(
          String(LENGTH),
        );
      });
    });

    describe('lastModifiedField', () => {
      const GIVEN: [string, Partial<Upload>, string][] = [
        ['date', { date: new Date(TIME) }, HTTP_DATE],
        ['text', { text: new Date(TIME).toISOString() }, HTTP_DATE],
        ['text', { text: '1994-11-06 08:49:37.777' }, HTTP_DATE],
        ['text', { text: '1994-11-06 08:49:37' }, HTTP_DATE],
        ['text', { text: '1994-11-06T08:49:37' }, HTTP_DATE],
        ['text', { text: '1994-11-06 08:49:37+00' }, HTTP_DATE],
        ['text', { text: '1994-11-06T09:49:37.777+01:00' }, HTTP_DATE],
        ['text', { text: HTTP_DATE }, HTTP_DATE],
        ['text', { text: String(TIME) }, HTTP_DATE],
        ['big', { big: TIME }, HTTP_DATE],
        ['day', { day: '1994-11-06' }, 'Sun, 06 Nov 1994 00:00:00 GMT'],
      ];

      it.each(GIVEN)(
        'gives Last-Modified: %s %j',
        async (column, row, date) => {
          expect(await header(`modified/${column}`, row, 'last-modified')).toBe(
            date,
          );
        },
      );

      it.each(GIVEN)(
        'decides If-Modified-Since: %s %j',
        async (column, row, date) => {
          const same = await ask(`modified/${column}`, row, {
            'If-Modified-Since': date,
          });
          expect(same.status).toBe(304);
          expect(same.text).toBe('');
          const before = new Date(Date.parse(date) - 1000).toUTCString();
          const older = await ask(`modified/${column}`, row, {
            'If-Modified-Since': before,
          });
          expect(older.status).toBe(200);
        },
      );

      it('decides If-Unmodified-Since', async () => {
        const row = { date: new Date(TIME) };
        const unmodified = await ask('modified/date', row, {
          'If-Unmodified-Since': HTTP_DATE,
        });
        expect(unmodified.status).toBe(200);
        const modified = await ask('modified/date', row, {
          'If-Unmodified-Since': SECOND_BEFORE,
        });
        expect(modified.status).toBe(412);
      });

      it.each<[string, Partial<Upload>]>([
        ['null', { date: null }],
        ['empty', { text: '' }],
        ['blank', { text: ' ' }],
        ['a word', { text: 'yesterday' }],
        ['out of range', { big: '9223372036854775807' }],
      ])("that is %s leaves the storage's", async (_what, row) => {
        const [column] = Object.keys(row);
        const { headers } = await ask(`modified/${column}`, row);
        const stored = await ask('plain', {});
        expect(headers['last-modified']).toBe(stored.headers['last-modified']);
      });

      it('that is null says nothing where the storage does not', async () => {
        const row = { date: null };
        expect(await header('modified/unknown', row, 'last-modified')).toBe('');
      });

      it('is never in the future', async () => {
        const row = { date: new Date(Date.now() + 86_400_000) };
        const date = await header('modified/date', row, 'last-modified');
        expect(Date.parse(date ?? '')).toBeLessThanOrEqual(Date.now());
      });

      it.each<[string, Partial<Upload>]>([
        ['the year 0', { text: '0000-01-01T00:00:00Z' }],
        ['before it', { text: '-000001-01-01T00:00:00Z' }],
        ['the year 12345', { text: '+012345-01-01T00:00:00Z' }],
      ])('hands out the file in %s too', async (_when, row) => {
        expect((await ask('modified/text', row)).status).toBe(200);
      });
    });

    describe('etagField', () => {
      const GIVEN: [string, Partial<Upload>, string][] = [
        ['text', { text: 'v1' }, '"v1"'],
        ['text', { text: '"v1"' }, '"v1"'],
        ['text', { text: 'W/"v1"' }, 'W/"v1"'],
        ['text', { text: 'a,b' }, '"a,b"'],
        ['int', { int: 7 }, '"7"'],
        ['big', { big: '9007199254740991' }, '"9007199254740991"'],
      ];

      it.each(GIVEN)('gives ETag: %s %j', async (column, row, tag) => {
        expect(await header(`etag/${column}`, row, 'etag')).toBe(tag);
      });

      it.each(GIVEN)(
        'decides If-None-Match: %s %j',
        async (column, row, tag) => {
          const same = await ask(`etag/${column}`, row, {
            'If-None-Match': `"other", ${tag}`,
          });
          expect(same.status).toBe(304);
          expect(same.headers.etag).toBe(tag);
          expect(same.text).toBe('');
          const other = await ask(`etag/${column}`, row, {
            'If-None-Match': '"other"',
          });
          expect(other.status).toBe(200);
        },
      );

      it.each([
        ['"v1"', 'v1', 200],
        ['W/"v1"', 'v1', 412],
        ['W/"v1"', 'W/"v1"', 412],
        ['"v2"', 'v1', 412],
      ])('decides If-Match: %s for %s', async (tag, text, status) => {
        const answer = await ask('etag/text', { text }, { 'If-Match': tag });
        expect(answer.status).toBe(status);
      });

      it.each(['a b', 'a"b', '日本', 'a\r\nX-Evil: 1', 'W/"v1', '"', ' '])(
        'makes a tag of what no tag can hold: %p',
        async (text) => {
          const tag = await header('etag/text', { text }, 'etag');
          expect(tag).toMatch(/^"[!#-~]+"$/);
          expect(await header('etag/text', { text }, 'etag')).toBe(tag);
          expect(
            await header('etag/text', { text: `${text}!` }, 'etag'),
          ).not.toBe(tag);
          const again = await ask(
            'etag/text',
            { text },
            { 'If-None-Match': tag ?? '' },
          );
          expect(again.status).toBe(304);
        },
      );

      it.each(EMPTY)("that is %p leaves the storage's", async (text) => {
        const stored = await ask('plain', {});
        expect(await header('etag/text', { text }, 'etag')).toBe(
          stored.headers.etag,
        );
      });

      it.each(EMPTY)(
        'that is %p says nothing where the storage does not',
        async (text) => {
          expect(await header('etag/unknown', { text }, 'etag')).toBe('');
        },
      );

      it('tells two rows with the same file apart', async () => {
        const first = await ask('etag/text', { text: 'first' });
        const second = await ask(
          'etag/text',
          { text: 'second' },
          { 'If-None-Match': first.headers.etag ?? '' },
        );
        expect(second.status).toBe(200);
      });
    });

    it('comes after what the controller says', async () => {
      const row = { text: 'image/png' };
      const { headers } = await ask('controller', row);
      expect(headers['content-disposition']).toContain('filename="own.txt"');
      expect(headers['content-type']).toBe('text/csv; charset=utf-8');
    });
  },
);
