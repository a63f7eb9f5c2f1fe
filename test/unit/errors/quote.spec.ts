import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { anyText } from '../any-text.js';
import { kindOf, quote, shapeOf } from '../../../lib/errors/download-errors.js';

describe('quote()', () => {
  it.each<[string, unknown, string]>([
    ['a text', 'a b', "'a b'"],
    ['an empty text', '', "''"],
    ['letters of all the world', 'é 日本 😀', "'é 日本 😀'"],
    ['CR and LF', 'a\r\nb', "'a\\u000d\\u000ab'"],
    ['a NUL', 'a\0b', "'a\\u0000b'"],
    ['colours of a terminal', '\x1b[31mred', "'\\u001b[31mred'"],
    ['C1 controls', 'a\x85\x9bb', "'a\\u0085\\u009bb'"],
    ['line separators', 'a\u2028\u2029b', "'a\\u2028\\u2029b'"],
    ['a right-to-left override', 'a\u202etxt.exe', "'a\\u202etxt.exe'"],
    ['isolates', 'a\u2066b\u2069', "'a\\u2066b\\u2069'"],
    ['half a character', 'a\ud800b', "'a\\ud800b'"],
    ['a number', 7, '7'],
    ['no number', NaN, 'NaN'],
    ['no end', -Infinity, '-Infinity'],
    ['a bigint', 7n, '7'],
    ['a symbol', Symbol('a'), 'Symbol(a)'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a flag', true, 'true'],
    ['a list', ['a', 1], '["a",1]'],
    ['an object', { a: 'b' }, '{"a":"b"}'],
    ['a function', function named() {}, '[function named]'],
    ['an arrow', [() => 1][0], '[function ]'],
    ['a class', class Named {}, '[function Named]'],
    ['what JSON has no text for', { toJSON: () => undefined }, 'undefined'],
    ['a bigint inside', { a: 1n }, '[object Object]'],
  ])('writes %s', (_, value, text) => {
    expect(quote(value)).toBe(text);
  });

  it.each([
    ['a promise', Promise.resolve(1), '[object Promise]'],
    ['a Blob', new Blob(['a']), '[object Blob]'],
    ['a Map', new Map([[1, 2]]), '[object Map]'],
  ])('tells what %s is, which JSON would show as {}', (_, value, text) => {
    expect(quote(value)).toBe(text);
    expect(kindOf(value)).toBe(text);
  });

  it('writes what refuses to be JSON, and what holds itself', () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const refusing = {
      toJSON: () => {
        throw new Error('/srv/secret');
      },
    };
    expect(quote(circular)).toBe('[object Object]');
    expect(quote(refusing)).toBe('[object Object]');
  });

  it('hides what is called a secret, however deep', () => {
    const options = [{ signing: { secrets: ['abc'] }, clientSecret: 'abc' }];
    expect(quote(options)).toBe(
      '[{"signing":{"secrets":"[hidden]"},"clientSecret":"[hidden]"}]',
    );
  });

  it('cuts at 200 characters, and shows it', () => {
    expect(quote('a'.repeat(200))).toBe(`'${'a'.repeat(200)}'`);
    expect(quote('a'.repeat(201))).toBe(`'${'a'.repeat(200)}…'`);
    expect(quote(Array(500).fill(1))).toHaveLength(201);
  });

  it('leaves no half of a character where it cuts', () => {
    const text = quote('a'.repeat(199) + '😀😀');
    expect(text).not.toMatch(/\p{Cs}/u);
  });

  it('leaves no control character, whatever it is given', () => {
    fc.assert(
      fc.property(fc.oneof(anyText(), fc.anything()), (value) => {
        const text = quote(value);
        expect(text).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u);
        expect(text.length).toBeLessThan(1300);
      }),
    );
  });
});

describe('shapeOf()', () => {
  class User {
    id = 1;
    passwordHash = '$2b$10$abc';
  }
  it.each<[string, unknown, unknown]>([
    ['an entity', new User(), 'an object with the keys id, passwordHash'],
    ['nothing', {}, 'an object without keys'],
    ['bytes', Buffer.from('secret'), 'bytes'],
    ['a list', ['secret'], 'a list'],
    ['a text', 'secret', 'a string'],
    ['a promise', Promise.resolve('secret'), '[object Promise]'],
    ['nothing at all', undefined, undefined],
  ])('shows no value of %s', (_, value, shape) => {
    expect(shapeOf(value)).toBe(shape);
  });

  it('names few of many keys', () => {
    const keys = Array.from({ length: 1000 }, (_, index) => [`k${index}`, 1]);
    expect(shapeOf(Object.fromEntries(keys))).toMatch(/k0, .*k19 \.\.\.$/);
  });
});

describe('kindOf()', () => {
  it.each<[unknown, unknown]>([
    ['abc', 'a string'],
    [7, 'a number'],
    [true, 'a boolean'],
    [() => 'abc', 'a function'],
    [['abc'], 'a list'],
    [{ a: 'abc' }, 'an object'],
    [null, null],
    [undefined, undefined],
  ])('says of %p no more than that it is %p', (value, kind) => {
    expect(kindOf(value)).toBe(kind);
  });
});
