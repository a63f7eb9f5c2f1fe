import { describe, expect, it } from '@jest/globals';
import { Error as MongooseError } from 'mongoose';
import { Equal, In, IsNull, Not } from 'typeorm';

import {
  fieldOf,
  isDataException,
  matchKeys,
  requireDefinite,
} from '../../../lib/controllers/object-where.js';
import { FileNotFoundError } from '../../../lib/errors/download-errors.js';
import { StorageFile } from '../../../lib/files/storage-file.js';
import { MemoryStorage } from '../../../lib/storages/memory.storage.js';

const UUID = '0b5e7a52-9f5d-4c1e-8a6b-000000000001';

class Owner {
  constructor(
    readonly id?: number | null,
    readonly name = 'Ada',
  ) {}
}

/** As decimals and dates of other libraries are. */
class Amount {
  readonly exponent = undefined;
  constructor(readonly cents: number) {}
  valueOf(): number {
    return this.cents;
  }
}

describe('requireDefinite()', () => {
  it.each<[string, unknown, string]>([
    ['undefined', undefined, "'where'"],
    ['null', null, "'where'"],
    ['an empty object', {}, "'where'"],
    ['an object without a prototype', Object.create(null), "'where'"],
    ['an instance without fields', new (class {})(), "'where'"],
    ['no alternatives', [], "'where'"],
    ['an undefined field', { slug: undefined }, "'slug'"],
    ['a null field', { slug: null }, "'slug'"],
    ['one field of several', { id: 1, slug: undefined }, "'slug'"],
    ['a nested field', { owner: { id: undefined } }, "'id'"],
    ['a deeply nested field', { a: { b: [{ c: null }] } }, "'c'"],
    ['an empty nested object', { id: 1, owner: {} }, "'owner'"],
    ['one of several alternatives', [{ id: 1 }, { id: null }], "'id'"],
    ['an alternative that is missing', [{ id: 1 }, undefined], "'1'"],
    ['a field of an instance', { owner: new Owner() }, "'id'"],
    ['a null field of an instance', { owner: new Owner(null) }, "'id'"],
    ['an operator that is none', { id: { '@instanceof': undefined } }, 'inst'],
  ])('refuses %s and says where', (_what, where, field) => {
    const refused = expect(() => requireDefinite(where));
    refused.toThrow(FileNotFoundError);
    refused.toThrow(field);
  });

  it.each<[string, unknown]>([
    ['a field', { slug: 'a' }],
    ['values that are false, zero or empty', { a: false, b: 0, c: '', d: 0n }],
    ['several alternatives', [{ id: 1 }, { slug: 'a' }]],
    ['a nested field', { owner: { id: 1 } }],
    ['an instance', { owner: new Owner(1) }],
    [
      'a file, whose size is not known yet',
      { owner: { id: 1, face: new StorageFile(new MemoryStorage(), 'a') } },
    ],
    ['a date', { at: new Date(0) }],
    ['bytes', { hash: Buffer.alloc(0) }],
    ['what stands for a number', { price: new Amount(1) }],
    ['operators', { a: In([]), b: IsNull(), c: Not(IsNull()), d: Equal(1) }],
  ])('lets %s pass', (_what, where) => {
    expect(() => requireDefinite(where)).not.toThrow();
  });

  it('escapes and cuts what it says', () => {
    const where = { ['a\nb'.repeat(1000)]: undefined };
    let message = '';
    try {
      requireDefinite(where);
    } catch (error) {
      message = String(error);
    }
    expect(message).not.toContain('\n');
    expect(message.length).toBeLessThan(1000);
  });
});

describe('isDataException()', () => {
  it.each([
    ['of the driver', { code: '22P02' }],
    ['that TypeORM wraps', { driverError: { code: '22003' } }],
    ['that is the cause', { cause: { code: '22021' } }],
  ])('knows SQLSTATE class 22 %s', (_where, error) => {
    expect(isDataException(error)).toBe(true);
  });

  it('knows what Mongoose cannot cast', () => {
    const error = new MongooseError.CastError('ObjectId', 'a', '_id');
    expect(isDataException(error)).toBe(true);
  });

  it.each<[unknown]>([
    [undefined],
    [null],
    ['22P02'],
    [new Error('22P02')],
    [{ code: 22003 }],
    [{ code: '22' }],
    [{ code: '220033' }],
    [{ code: 'x22003' }],
    [{ code: '42P01' }],
    [{ code: '08006' }],
    [{ code: 'ECONNREFUSED' }],
    [{ driverError: { code: '57P01' } }],
    [{ driverError: undefined }],
  ])('knows nothing of %p', (error) => {
    expect(isDataException(error)).toBe(false);
  });
});

describe('matchKeys()', () => {
  const match = (
    row: object,
    where: object,
    isChanged: (field: string) => boolean = () => false,
  ) => matchKeys(row, where, isChanged);

  it.each<[unknown, unknown]>([
    [1, '1'],
    [-1, '-1'],
    [1n, '1'],
    ['1', '1'],
    ['007', '007'],
    ['slug', 'slug'],
    [UUID, UUID],
    [UUID, UUID.toUpperCase()],
    ['Straße', 'STRASSE'],
    ['slug', 'Slug'],
    ['\u00e9', 'e\u0301'],
    // As char(8) is in PostgreSQL.
    ['slug    ', 'slug'],
    [true, 'true'],
    [{ toString: () => '66f0' }, '66f0'],
    // A scope.
    [1, 1],
    ['1', 1],
    ['1.00', 1],
    [1, 1n],
    // Nothing that rows are known by.
    [new Date(0), '1970-01-01'],
    [0, true],
    [undefined, new Date(0)],
  ])('takes a row with %p for %p', (value, key) => {
    expect(match({ field: value }, { field: key })).toEqual({ matches: true });
  });

  it.each<[unknown, unknown]>([
    ...['01', '+1', ' 1', '1 ', '1.0', '1e0', '0x1', '1abc'].flatMap(
      (key): [unknown, unknown][] => [
        [1, key],
        [1n, key],
        ['1', key],
      ],
    ),
    [9007199254740992, '9007199254740993'],
    ['9007199254740992', '9007199254740993'],
    [UUID, `{${UUID}}`],
    [UUID, UUID.replaceAll('-', '')],
    [UUID, `${UUID} `],
    ['slug', 'slug '],
    ['résumé', 'resume'],
  ])('takes no row with %p for %p, a spelling of it', (value, key) => {
    expect(match({ field: value }, { field: key })).toEqual({ matches: false });
  });

  it.each<[unknown, unknown]>([
    [undefined, '1'],
    [null, '1'],
    [1, '2'],
    [1, 2],
    ['2', 1],
    ['a', 'b'],
    ['a', 1],
    ['slug', 'slug-2'],
    [UUID, UUID.replace('0b', '0c')],
    [{ id: 1 }, '1'],
    [{ id: 1 }, 1],
  ])('says that a row with %p is no row for %p', (value, key) => {
    expect(match({ field: value }, { field: key })).toEqual({
      matches: false,
      wrongField: 'field',
    });
  });

  it('wants every key to match', () => {
    const row = { id: 1, number: 2 };
    expect(match(row, { id: '1', number: '2' }).matches).toBe(true);
    expect(match(row, { id: '1', number: '02' }).matches).toBe(false);
  });

  it('wants one of several alternatives to match', () => {
    const row = { id: 1 };
    expect(match(row, [{ id: '2' }, { id: '1' }]).matches).toBe(true);
    expect(match(row, [{ id: '2' }, { id: '01' }]).matches).toBe(false);
    expect(match(row, []).matches).toBe(false);
  });

  it('reads the fields of embedded objects', () => {
    expect(match({ meta: { slug: 'a' } }, { 'meta.slug': 'a' }).matches).toBe(
      true,
    );
  });

  it('leaves operators, nested objects and changed fields to the database', () => {
    const where = { id: In([1]), owner: { id: '01' }, token: 'secret' };
    const isToken = (field: string): boolean => field === 'token';
    expect(match({ id: 1, token: 'hash' }, where, isToken).matches).toBe(true);
  });
});

describe('fieldOf()', () => {
  it('reads a field, a getter and an inherited field', () => {
    class Row {
      readonly id = 1;
      get double(): number {
        return this.id * 2;
      }
    }
    expect(fieldOf(new Row(), 'id')).toBe(1);
    expect(fieldOf(new Row(), 'double')).toBe(2);
    expect(fieldOf(new (class extends Row {})(), 'double')).toBe(2);
  });

  it.each([undefined, null, 1, 'text', Symbol('s'), () => 1])(
    'finds none in %p',
    (value) => {
      expect(fieldOf(value, 'length')).toBeUndefined();
    },
  );
});
