import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyText } from '../any-text.js';
import {
  contentTypeHeader,
  formatMediaType,
  isActiveContent,
  isText,
  mediaTypeOf,
  parseMediaType,
} from '../../../lib/http/media-type.js';

describe('parseMediaType', () => {
  it.each([
    ['image/png', { type: 'image/png' }],
    ['IMAGE/Png', { type: 'image/png' }],
    ['application/vnd.ms-excel', { type: 'application/vnd.ms-excel' }],
    ['image/svg+xml', { type: 'image/svg+xml' }],
    ['text/html;charset=UTF-8', { type: 'text/html', charset: 'utf-8' }],
    [
      'text/html \t;\t CHARSET="Utf-8"',
      { type: 'text/html', charset: 'utf-8' },
    ],
    ['text/html; charset="u\\tf-8"', { type: 'text/html', charset: 'utf-8' }],
    [
      'text/html; a=b; charset=koi8-r',
      { type: 'text/html', charset: 'koi8-r' },
    ],
    ['text/html; charset=a; charset=b', { type: 'text/html', charset: 'a' }],
    ['text/html; charset="a b"', { type: 'text/html' }],
    ['text/html; charset=""; charset=b', { type: 'text/html' }],
    ['text/html; title="a, b; charset=x"', { type: 'text/html' }],
    ['text/html; title="\\"; charset=x"', { type: 'text/html' }],
    ['text/html;', { type: 'text/html' }],
    ['text/html; ; ', { type: 'text/html' }],
    ['multipart/form-data; boundary=x', { type: 'multipart/form-data' }],
  ])('%j', (value, expected) => {
    expect(parseMediaType(value)).toEqual(expected);
  });

  it.each([
    undefined,
    '',
    'png',
    'image/',
    '/png',
    'image/png/x',
    'image/png, text/html',
    'image/png,text/html',
    'image/png; a=b, text/html',
    'image/png text/html',
    'image /png',
    ' image/png',
    'image/png ',
    '*/*',
    'image/*',
    'image/png\r\nX: y',
    'image/png\0',
    'image/png; a="\r\n"',
    'image/png; a="\x7F"',
    'text/html; charset',
    'text/html; charset=',
    'text/html; charset =utf-8',
    'text/html; charset="utf-8',
    'text/html; charset="utf-8"x',
    'text/html; charset=utf-8;x',
    'text/html charset=utf-8',
    'im\u00E4ge/png',
    'image/png; a="\u65E5"',
    '<script>/x',
    'null',
  ])('%j is no media type', (value) => {
    expect(parseMediaType(value)).toBeUndefined();
  });

  it('reads back what formatMediaType writes', () => {
    const token = fc.stringMatching(/^[a-z0-9!#$&^_.+-]{1,12}$/);
    fc.assert(
      fc.property(
        token,
        token,
        fc.option(token, { nil: undefined }),
        (type, subtype, charset) => {
          const media = {
            type: `${type}/${subtype}`,
            ...(charset && { charset }),
          };
          expect(parseMediaType(formatMediaType(media))).toEqual(media);
        },
      ),
    );
  });

  it('finds an end to 100,000 parameters that do not parse', () => {
    expect(
      parseMediaType('a/b' + '; a="b"'.repeat(100_000) + ';"'),
    ).toBeUndefined();
  });
});

describe('formatMediaType', () => {
  it.each([
    [{ type: 'image/png' }, 'image/png'],
    [{ type: 'text/plain', charset: 'utf-8' }, 'text/plain; charset=utf-8'],
  ])('%j', (media, expected) => {
    expect(formatMediaType(media)).toBe(expected);
  });
});

describe('mediaTypeOf', () => {
  it.each([
    ['a.png', 'image/png'],
    ['A.PNG', 'image/png'],
    ['a.tar.gz', 'application/gzip'],
    ['a.html', 'text/html'],
    ['a.js', 'text/javascript'],
    ['a b;c.pdf', 'application/pdf'],
    ['\u65E5\u672C.txt', 'text/plain'],
    ['html', undefined],
    ['.html', undefined],
    ['a.', undefined],
    ['a.unknown-to-all', undefined],
    ['', undefined],
    ['a.__proto__', undefined],
    ['a.constructor', undefined],
  ])('%j', (name, expected) => {
    expect(mediaTypeOf(name)).toBe(expected);
  });
});

describe('isText', () => {
  it.each(['text/plain', 'TEXT/HTML', 'text/csv; charset=utf-8'])(
    '%j is',
    (type) => {
      expect(isText(type)).toBe(true);
    },
  );

  it.each([
    'image/png',
    'application/json',
    'application/javascript',
    'text',
    'text/',
    'textual/x',
    '',
  ])('%j is not', (type) => {
    expect(isText(type)).toBe(false);
  });
});

describe('isActiveContent', () => {
  it.each([
    'text/javascript',
    'TEXT/JavaScript',
    'text/javascript; charset=utf-8',
    'application/javascript',
    'application/x-javascript',
    'application/ecmascript',
    'application/x-ecmascript',
    'text/ecmascript',
    'text/x-ecmascript',
    'text/x-javascript',
    'text/javascript1.0',
    'text/javascript1.1',
    'text/javascript1.2',
    'text/javascript1.3',
    'text/javascript1.4',
    'text/javascript1.5',
    'text/jscript',
    'text/livescript',
    'application/node',
    'text/css',
    'application/wasm',
  ])('%j is', (type) => {
    expect(isActiveContent(type)).toBe(true);
  });

  it.each([
    'text/html',
    'text/plain',
    'image/svg+xml',
    'application/json',
    'text/javascriptx',
    '',
  ])('%j is not', (type) => {
    expect(isActiveContent(type)).toBe(false);
  });
});

describe('contentTypeHeader', () => {
  const unknown = 'application/octet-stream';

  it.each([
    [{ type: 'image/png' }, 'image/png'],
    [{ type: 'IMAGE/PNG; a=b' }, 'image/png'],
    [{ type: 'text/csv' }, 'text/csv'],
    [
      { type: 'text/csv; charset=UTF-8; header=present' },
      'text/csv; charset=utf-8',
    ],
    [
      { type: 'text/csv', charset: 'ISO-8859-1' },
      'text/csv; charset=iso-8859-1',
    ],
    [
      { type: 'text/csv; charset=utf-8', charset: 'koi8-r' },
      'text/csv; charset=koi8-r',
    ],
    [
      { type: 'text/csv; charset=utf-8', charset: 'a b' },
      'text/csv; charset=utf-8',
    ],
    [{ type: 'text/csv', charset: 'utf-8\r\nX: y' }, 'text/csv'],
    [{ type: 'text/csv', charset: 'utf-8; x=y' }, 'text/csv'],
    [{ type: 'text/csv', charset: 'utf-8\n' }, 'text/csv'],
    [{ type: 'text/csv', charset: '' }, 'text/csv'],
    [{ type: 'image/png', charset: 'utf-8' }, 'image/png'],
    [{ type: 'image/png; charset=utf-8' }, 'image/png'],
    [{ type: 'application/json', charset: 'utf-8' }, 'application/json'],
    [{ type: 'image/png, text/html' }, unknown],
    [{ type: 'text/html\r\nX: y', charset: 'utf-8' }, unknown],
    [{ type: '*/*' }, unknown],
    [{ type: '' }, unknown],
    [{ charset: 'utf-8' }, unknown],
    [{}, unknown],
  ])('%j', (media, expected) => {
    expect(contentTypeHeader(media)).toBe(expected);
  });

  it('holds for every type and charset: a header of printable ASCII', () => {
    const text = fc.oneof(anyText(), fc.constantFrom('text/a', 'utf-8'));
    fc.assert(
      fc.property(text, text, (type, charset) => {
        expect(contentTypeHeader({ type, charset })).toMatch(
          /^[!-~]+(?:; charset=[!-~]+)?$/,
        );
      }),
    );
  });
});
