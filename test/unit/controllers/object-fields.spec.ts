import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { describe, expect, it } from '@jest/globals';

import {
  describeObject,
  type ObjectFields,
} from '../../../lib/controllers/object-where.js';
import { type FileDescription } from '../../../lib/files/download-file.js';

const TIME = Date.UTC(1994, 10, 6, 8, 49, 37);

type Fact = keyof FileDescription;
const OPTIONS: Record<Fact, keyof ObjectFields> = {
  name: 'basenameField',
  contentType: 'contentTypeField',
  charset: 'charsetField',
  encoding: 'encodingField',
  size: 'sizeField',
  lastModified: 'lastModifiedField',
  etag: 'etagField',
  digest: 'digestField',
};
const FACTS = Object.keys(OPTIONS) as Fact[];

/** What one field says. */
function read(fact: Fact, value: unknown): unknown {
  const fields = { [OPTIONS[fact]]: 'column' };
  return describeObject({ column: value }, fields, 'A')[fact];
}

describe('describeObject()', () => {
  it('says nothing without options, whatever the fields are called', () => {
    const facts = Object.fromEntries(FACTS.map((fact) => [fact, '1']));
    expect(
      Object.values(describeObject(facts, {}, 'A')).filter(Boolean),
    ).toHaveLength(0);
  });

  it('reads each field for itself', () => {
    const object = { a: 'a.txt', b: 'text/plain', c: 3, d: new Date(TIME) };
    expect(
      describeObject(
        object,
        {
          basenameField: 'a',
          contentTypeField: 'b',
          sizeField: 'c',
          lastModifiedField: 'd',
          etagField: 'c',
        },
        'A',
      ),
    ).toEqual({
      name: 'a.txt',
      contentType: 'text/plain',
      size: 3,
      lastModified: new Date(TIME),
      etag: '"3"',
    });
  });

  it.each(FACTS)('names a field for the %s that is not there', (fact) => {
    const fields = { [OPTIONS[fact]]: 'titel' };
    expect(() => describeObject({ title: 'a' }, fields, 'A')).toThrow(
      `Invalid option "A.${OPTIONS[fact]}": 'titel' was given. The row has no such field; one that is empty is null. It has title.`,
    );
  });

  it.each(FACTS)('takes what is no value for no %s', (fact) => {
    for (const value of [undefined, null, '', NaN, {}, [], true, () => 1]) {
      expect([value, read(fact, value)]).toEqual([value, undefined]);
    }
  });

  it.each<[Fact, unknown, unknown]>([
    ['name', 'a.txt', 'a.txt'],
    ['name', 7, '7'],
    ['contentType', 'image/png', 'image/png'],
    ['charset', 'utf-8', 'utf-8'],
    ['encoding', 'gzip', 'gzip'],
    ['encoding', 'gzip, br', 'gzip, br'],
    ['encoding', 'gzip,br', 'gzip,br'],
    ['encoding', 'identity', undefined],
    ['encoding', 'Identity', undefined],
    ['encoding', 'gzip\r\nX-Evil: 1', undefined],
    ['encoding', 'gzip,', undefined],
    ['encoding', 'gzip br', undefined],
    ['size', 0, 0],
    ['size', 7, 7],
    ['size', 7n, 7],
    ['size', '7', 7],
    ['size', '0', 0],
    ['size', -1, undefined],
    ['size', 1.5, undefined],
    ['size', Infinity, undefined],
    ['size', 2 ** 53, undefined],
    ['size', '9007199254740993', undefined],
    ['size', ' ', undefined],
    ['size', ' 7', undefined],
    ['size', '1e3', undefined],
    ['size', '7.0', undefined],
    ['size', '0x7', undefined],
    ['size', new Date(7), undefined],
    ['etag', 'v1', '"v1"'],
    ['etag', 'W/"v1"', 'W/"v1"'],
    ['etag', 7, '"7"'],
    ['etag', 9007199254740993n, '"9007199254740993"'],
  ])('reads %s from %p: %p', (fact, value, said) => {
    expect(read(fact, value)).toEqual(said);
  });

  it.each<[unknown]>([
    [new Date(TIME)],
    [TIME],
    [BigInt(TIME)],
    [String(TIME)],
    ['1994-11-06T08:49:37.000Z'],
    ['1994-11-06T08:49:37'],
    ['1994-11-06 08:49:37'],
    ['1994-11-06 08:49:37.000'],
    ['1994-11-06 08:49:37.000000'],
    ['1994-11-06 09:49:37+01'],
    ['1994-11-06 09:49:37+01:00'],
    ['Sun, 06 Nov 1994 08:49:37 GMT'],
  ])('reads lastModified from %p', (value) => {
    expect(read('lastModified', value)).toEqual(new Date(TIME));
  });

  it('reads a time without a zone in UTC, wherever the process runs', async () => {
    const program = `
      import { describeObject } from './lib/controllers/object-where.ts';
      const row = { changed: '1994-11-06 08:49:37' };
      const said = describeObject(row, { lastModifiedField: 'changed' });
      console.log(said.lastModified.getTime(), new Date(0).getHours());`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        ...['--import', './test/support/typescript-loader.mjs'],
        ...['--input-type', 'module', '--eval', program],
      ],
      { env: { ...process.env, TZ: 'Asia/Tokyo' } },
    );
    expect(stdout).toBe(`${TIME} 9\n`);
  });

  it('reads a day as its first moment in UTC', () => {
    expect(read('lastModified', '1994-11-06')).toEqual(
      new Date(Date.UTC(1994, 10, 6)),
    );
  });

  it.each<[unknown]>([
    ['yesterday'],
    [' '],
    ['1994-13-45 08:49:37'],
    [new Date(NaN)],
    [9e15],
    ['9223372036854775807'],
    [new Date('-000001-12-31T00:00:00Z')],
  ])('takes %p for no date', (value) => {
    expect(read('lastModified', value)).toBeUndefined();
  });
});
