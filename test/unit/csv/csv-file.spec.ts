import { once } from 'node:events';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';

import { describe, expect, it } from '@jest/globals';
import { ContentFile, InvalidOptionsError } from 'nestjs-downloadview';
import {
  CsvFile,
  type CsvFileOptions,
  type CsvRows,
} from 'nestjs-downloadview/csv';

import { textOf } from '../../support/clients/bytes-of.js';

const NAME = { name: 'people.csv' };
const PEOPLE = [
  { id: 1, name: 'Ada' },
  { id: 2, name: 'Grace "Amazing", H.' },
];
const TEXT = 'id,name\r\n1,Ada\r\n2,"Grace ""Amazing"", H."\r\n';

async function* people(): AsyncGenerator<object> {
  yield PEOPLE[0];
  await Promise.resolve();
  yield PEOPLE[1];
}

async function csvOf(
  rows: CsvRows,
  options: Partial<CsvFileOptions> = {},
): Promise<string> {
  return textOf(await new CsvFile(rows, { ...NAME, ...options }).open());
}

/** A query as TypeORM has it; the stream that it gave last. */
class Query {
  given?: Readable;

  constructor(
    private readonly make: () => Readable,
    readonly getRawMany?: () => Promise<object[]>,
  ) {}

  async stream(): Promise<Readable> {
    await Promise.resolve();
    this.given = this.make();
    return this.given;
  }
}

describe('CsvFile', () => {
  it.each<[string, () => CsvRows]>([
    ['a list', () => PEOPLE],
    ['a Set', () => new Set(PEOPLE)],
    ['a generator', () => PEOPLE.values()],
    ['an async generator', () => people()],
    ['a stream of rows', () => Readable.from(PEOPLE)],
    ['a web stream of rows', () => ReadableStream.from(people())],
    ['a query', () => new Query(() => Readable.from(PEOPLE))],
    ['a function that gives a list', () => () => PEOPLE],
    ['an async function', () => async () => Promise.resolve(PEOPLE)],
    ['an async generator function', () => people],
    [
      'a function that gives a query',
      () => () => new Query(() => Readable.from(PEOPLE)),
    ],
  ])('is made of %s', async (_, rows) => {
    expect(await csvOf(rows())).toBe(TEXT);
  });

  it('is text/csv in UTF-8, and knows what it is told', () => {
    const lastModified = new Date('2026-01-02T03:04:05Z');
    const file = new CsvFile([], { name: 'a.txt', lastModified, etag: 'v1' });
    expect(file.name).toBe('a.txt');
    expect(file.acceptsRanges).toBe(false);
    expect(file.stat()).toEqual({
      size: undefined,
      lastModified,
      etag: '"v1"',
      contentType: 'text/csv',
      charset: 'utf-8',
    });
  });

  it('names columns and puts them in order', async () => {
    expect(await csvOf(PEOPLE, { columns: ['name', 'id'] })).toMatch(
      /^name,id\r\nAda,1\r\n/,
    );
    const columns = { u_name: 'Name', u_id: 'Number, of a person' };
    expect(await csvOf([{ u_id: 1, u_name: 'Ada' }], { columns })).toBe(
      'Name,"Number, of a person"\r\nAda,1\r\n',
    );
  });

  it('finds columns in objects within the rows', async () => {
    const rows = [{ owner: { name: 'Ada' } }, { owner: null }];
    const columns = { 'owner.name': 'Owner' };
    expect(await csvOf(rows, { columns })).toBe('Owner\r\nAda\r\n""\r\n');
  });

  it('takes the columns of the first row for all', async () => {
    const rows = [{ a: 1, b: 2 }, { b: 3, c: 4 }, {}];
    expect(await csvOf(rows)).toBe('a,b\r\n1,2\r\n,3\r\n,\r\n');
  });

  it('takes lists by their places, with names where it is told some', async () => {
    const rows = [
      [1, 'Ada'],
      [2, 'Grace'],
    ];
    expect(await csvOf(rows)).toBe('1,Ada\r\n2,Grace\r\n');
    expect(await csvOf(rows, { columns: ['id', 'name'] })).toBe(
      'id,name\r\n1,Ada\r\n2,Grace\r\n',
    );
  });

  it('leaves the header line out where it is told to', async () => {
    expect(await csvOf(PEOPLE, { header: false })).toMatch(/^1,Ada\r\n/);
  });

  it('has its header line without a row, if the columns are told', async () => {
    expect(await csvOf([], { columns: { id: 'Id' } })).toBe('Id\r\n');
    expect(await csvOf([])).toBe('');
  });

  it('begins with a byte order mark, once, where it is told to', async () => {
    expect(await csvOf(PEOPLE, { bom: true })).toBe(`\ufeff${TEXT}`);
    expect(await csvOf([], { bom: true })).toBe('\ufeff');
  });

  it('parts the cells by the delimiter that it is told', async () => {
    const rows = [{ a: 'x;y', b: 'x,y' }];
    expect(await csvOf(rows, { delimiter: ';' })).toBe('a;b\r\n"x;y";x,y\r\n');
    expect(await csvOf(rows, { delimiter: '\t' })).toContain('a\tb\r\n');
  });

  it('puts lines and quotes within a cell in quotes', async () => {
    const rows = [['a\nb', 'a\rb', 'say "a"', ' a ', '']];
    expect(await csvOf(rows)).toBe('"a\nb","a\rb","say ""a""", a ,\r\n');
  });

  it('reads lists and functions again for the next client', async () => {
    for (const rows of [PEOPLE, () => PEOPLE, people]) {
      const file = new CsvFile(rows, NAME);
      expect(await textOf(await file.open())).toBe(TEXT);
      expect(await textOf(await file.open())).toBe(TEXT);
    }
  });

  it.each<[string, () => CsvRows]>([
    ['a stream', () => Readable.from(PEOPLE)],
    ['a web stream', () => ReadableStream.from(people())],
    ['a generator', () => people()],
  ])('refuses to read %s a second time', async (_, rows) => {
    const file = new CsvFile(rows(), NAME);
    await textOf(await file.open());
    await expect(file.open()).rejects.toThrow(
      'Invalid option "CsvFile.rows": \'a',
    );
    await expect(file.open()).rejects.toThrow('new CsvFile(() => rows()');
  });

  it('gives the first row before it asks for the second', async () => {
    let next!: () => void;
    const wanted = new Promise<void>((resolve) => (next = resolve));
    async function* slow(): AsyncGenerator<object> {
      yield PEOPLE[0];
      await wanted;
      yield PEOPLE[1];
    }
    const stream = await new CsvFile(slow, NAME).open();
    const chunks = stream[Symbol.asyncIterator]();
    expect(String((await chunks.next()).value)).toBe('id,name\r\n1,Ada\r\n');
    next();
    expect(String((await chunks.next()).value)).toBe(TEXT.slice(16));
  });

  it('joins rows that come faster than they are taken, and asks for no more than fit', async () => {
    let asked = 0;
    function* endless(): Generator<object> {
      for (;;) yield { id: (asked += 1), text: 'x'.repeat(100) };
    }
    const stream = await new CsvFile(endless, NAME).open();
    const lengths: number[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      lengths.push(chunk.length);
      if (lengths.length === 10) break;
    }
    expect(Math.min(...lengths.slice(1))).toBeGreaterThan(8 * 1024);
    expect(asked).toBeLessThan(20_000);
  });

  it('runs return() on a generator that is not wanted any more', async () => {
    const events: string[] = [];
    async function* endless(): AsyncGenerator<object> {
      try {
        for (;;) yield PEOPLE[0];
      } catch {
        events.push('thrown');
      } finally {
        events.push('returned');
      }
    }
    const stream = await new CsvFile(endless, NAME).open();
    await once(stream, 'readable');
    stream.destroy();
    await once(stream, 'close');
    await new Promise(setImmediate);
    expect(events).toEqual(['returned']);
  });

  it('ends a query by an error, before anybody reads it too', async () => {
    for (const readIt of [true, false]) {
      const query = new Query(
        () => new Readable({ objectMode: true, read() {} }),
      );
      const stream = await new CsvFile(query, NAME).open();
      const told = new Promise((resolve) => query.given?.on('error', resolve));
      if (readIt) stream.resume();
      stream.destroy();
      expect(String(await told)).toContain('Nobody reads the rows');
    }
  });

  it('tells a function when the client has left', async () => {
    const leave = new AbortController();
    let given: AbortSignal | undefined;
    const file = new CsvFile((signal) => {
      given = signal;
      return PEOPLE;
    }, NAME);
    const stream = await file.open({ signal: leave.signal });
    leave.abort();
    expect(given?.aborted).toBe(true);
    await expect(textOf(stream)).rejects.toThrow('aborted');
  });

  it('fails as its rows do', async () => {
    const failure = new Error('The cursor is closed');
    async function* failing(): AsyncGenerator<object> {
      yield PEOPLE[0];
      await Promise.resolve();
      throw failure;
    }
    await expect(csvOf(failing)).rejects.toBe(failure);
    await expect(
      csvOf(() => {
        throw failure;
      }),
    ).rejects.toBe(failure);
    const closed = Readable.from(PEOPLE).destroy();
    await expect(csvOf(new Query(() => closed))).rejects.toThrow(
      'The rows are closed already',
    );
    const endsEarly = new Readable({ objectMode: true, read() {} });
    endsEarly.push(PEOPLE[0]);
    setImmediate(() => endsEarly.destroy());
    await expect(csvOf(endsEarly)).rejects.toThrow('The rows end early');
  });

  it('asks a query for all rows at once only where its driver knows no streams', async () => {
    const failing = (message: string) => () => {
      throw new Error(message);
    };
    const all = () => Promise.resolve(PEOPLE);
    const unable = failing('Stream is not supported by sqlite driver.');
    expect(await csvOf(new Query(unable, all))).toBe(TEXT);
    await expect(csvOf(new Query(unable))).rejects.toThrow('not supported');
    const broken = failing('To use streams you should install pg-query-stream');
    await expect(csvOf(new Query(broken, all))).rejects.toThrow(
      'pg-query-stream',
    );
  });

  it('writes no empty lines where there is but one column', async () => {
    const rows = [{ name: 'Ada' }, { name: null }, { name: '' }];
    expect(await csvOf(rows)).toBe('name\r\nAda\r\n""\r\n""\r\n');
    expect(await csvOf([[null], ['']])).toBe('""\r\n""\r\n');
    expect(await csvOf(PEOPLE, { columns: ['age'] })).toBe(
      'age\r\n""\r\n""\r\n',
    );
  });

  it('writes a file as its name', async () => {
    const file = new ContentFile('pixels', { name: 'cat.png' });
    expect(await csvOf([{ id: 1, file }])).toBe('id,file\r\n1,cat.png\r\n');
  });

  it.each<[string, unknown]>([
    ['a number', 7],
    ['a text', 'id,name'],
    ['undefined', undefined],
    ['bytes', Buffer.from('id')],
    ['a Map', new Map([['id', 1]])],
    ['a list among objects', [3, 'Edsger']],
  ])('fails at a row that is %s, and says so', async (_, row) => {
    const call = csvOf([PEOPLE[0], row] as object[]);
    await expect(call).rejects.toBeInstanceOf(InvalidOptionsError);
    await expect(call).rejects.toThrow('Every row must be an object, or');
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'id,name\n'],
    ['bytes', new Uint8Array(2)],
    ['a promise', Promise.resolve(PEOPLE)],
    ['a plain object', { id: 1 }],
  ])('refuses %s as rows', async (_, wrong) => {
    const rows = wrong as object[];
    expect(() => new CsvFile(rows, NAME)).toThrow(InvalidOptionsError);
    expect(() => new CsvFile(rows, NAME)).toThrow('CsvFile.rows');
    if (wrong instanceof Promise) expect(await csvOf(() => rows)).toBe(TEXT);
    else await expect(csvOf(() => rows)).rejects.toThrow('CsvFile.rows');
  });

  it.each<[string, unknown]>([
    ['name', undefined],
    ['lastModified', '2026-01-01'],
    ['etag', 7],
    ['columns', []],
    ['columns', {}],
    ['columns', ['id', 7]],
    ['columns', ['']],
    ['columns', { id: 7 }],
    ['columns', 'id'],
    ['delimiter', ''],
    ['delimiter', ';;'],
    ['delimiter', '"'],
    ['delimiter', '\n'],
    ['bom', 'yes'],
    ['header', ['id']],
    ['escapeFormulas', 0],
    ['size', 5],
    ['separator', ';'],
  ])('refuses %s: %j', (option, value) => {
    const options = { ...NAME, [option]: value } as CsvFileOptions;
    expect(() => new CsvFile([], options)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTIONS',
        option: `CsvFile.${option}`,
      }),
    );
  });

  it('lets go of rows that are not going to be read, and calls nothing', async () => {
    const stream = Readable.from(PEOPLE);
    const told = new Promise((resolve) => stream.on('error', resolve));
    new CsvFile(stream, NAME).discard();
    expect(String(await told)).toContain('Nobody reads the rows');
    const query = new Query(() => stream);
    new CsvFile(query, NAME).discard();
    let calls = 0;
    new CsvFile(() => [{ calls: (calls += 1) }], NAME).discard();
    expect(calls).toBe(0);
    expect(query.given).toBeUndefined();
  });

  it('is serialised by its name alone', () => {
    const file = new CsvFile(PEOPLE, NAME);
    expect(JSON.parse(JSON.stringify({ file }))).toEqual({
      file: { name: file.name },
    });
  });
});
