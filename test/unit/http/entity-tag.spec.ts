import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyText } from '../any-text.js';
import {
  formatEntityTag,
  parseEntityTag,
  parseEntityTags,
  strongMatch,
  toEntityTag,
  weakMatch,
} from '../../../lib/http/preconditions.js';

const strong = (value: string) => ({ weak: false, value });
const weak = (value: string) => ({ weak: true, value });

describe('parseEntityTag', () => {
  it.each([
    ['"a"', strong('a')],
    ['""', strong('')],
    ['W/"a"', weak('a')],
    ['"a,b;c\\"', strong('a,b;c\\')],
    ['"!#\'~\x80\xFF"', strong("!#'~\x80\xFF")],
    ['"W/"', strong('W/')],
  ])('%j', (text, expected) => {
    expect(parseEntityTag(text)).toEqual(expected);
  });

  it.each([
    '',
    'a',
    '"',
    '"a',
    'a"',
    "'a'",
    'w/"a"',
    'W/a',
    'W / "a"',
    'W/W/"a"',
    '"a b"',
    '"a"b"',
    '"a\tb"',
    '"a\n"',
    '"a"\n',
    ' "a"',
    '"a" ',
    '"\x7F"',
    '"\u0100"',
    '*',
  ])('%j is no tag', (text) => {
    expect(parseEntityTag(text)).toBeUndefined();
  });
});

describe('parseEntityTags', () => {
  it.each([
    ['*', '*'],
    [' * ', '*'],
    ['"a"', [strong('a')]],
    ['"a", W/"b","c"', [strong('a'), weak('b'), strong('c')]],
    ['\t"a" ,\t"b" ', [strong('a'), strong('b')]],
    ['"a,b", ",", ",,"', [strong('a,b'), strong(','), strong(',,')]],
    [', ,"a",, "b",', [strong('a'), strong('b')]],
    ['', []],
    ['a', []],
    ['"', []],
    ['a, "b"', [strong('b')]],
    ['"a b", "c"', [strong('c')]],
    ['"a"x, "b"', [strong('b')]],
    ['"a" "b", "c"', [strong('c')]],
    ['w/"a", W/ "b", "c"', [strong('c')]],
    ['"open, "b"', [strong('b')]],
    ['"a", *', [strong('a')]],
    ['*, *', []],
    ['"a"\r\n, "b"', [strong('b')]],
  ])('%j', (header, expected) => {
    expect(parseEntityTags(header)).toEqual(expected);
  });

  it('reads back every list', () => {
    const value = fc.stringMatching(/^[!#-~\x80-\xFF]{0,10}$/);
    const tags = fc.array(fc.record({ weak: fc.boolean(), value }));
    fc.assert(
      fc.property(tags, (list) => {
        expect(parseEntityTags(list.map(formatEntityTag).join(', '))).toEqual(
          list,
        );
      }),
    );
  });

  it.each([
    ['quotes', '"'],
    ['commas', ','],
    ['blanks', ' '],
    ['quotes and commas', '",'],
    ['quotes and blanks', '" '],
    ['weak marks', 'W/"a,'],
  ])('finds an end to 200,000 %s', (_title, text) => {
    expect(parseEntityTags('x' + text.repeat(200_000))).toBeInstanceOf(Array);
  });
});

describe('strongMatch and weakMatch, the table of RFC 9110 section 8.8.3.2', () => {
  it.each([
    { a: weak('1'), b: weak('1'), strongly: false, weakly: true },
    { a: weak('1'), b: weak('2'), strongly: false, weakly: false },
    { a: weak('1'), b: strong('1'), strongly: false, weakly: true },
    { a: strong('1'), b: weak('1'), strongly: false, weakly: true },
    { a: strong('1'), b: strong('1'), strongly: true, weakly: true },
    { a: strong('a'), b: strong('A'), strongly: false, weakly: false },
  ])('$a and $b', ({ a, b, strongly, weakly }) => {
    expect(strongMatch(a, b)).toBe(strongly);
    expect(weakMatch(a, b)).toBe(weakly);
  });
});

describe('toEntityTag', () => {
  it.each([
    ['"a"', '"a"'],
    ['W/"a"', 'W/"a"'],
    ['""', '""'],
    ['d41d8cd9', '"d41d8cd9"'],
    ['W/a', '"W/a"'],
    ['*', '"*"'],
    ['a,b', '"a,b"'],
  ])('%j', (value, expected) => {
    expect(toEntityTag(value)).toBe(expected);
  });

  it.each(['a b', 'a"b', '"a', 'w/"a"', 'a\r\nX: y', '\u65E5\u672C', ' '])(
    '%j is hashed',
    (value) => {
      const hash = createHash('sha256')
        .update(value, 'utf8')
        .digest('base64url');
      expect(toEntityTag(value)).toBe(`"${hash.substring(0, 22)}"`);
    },
  );

  it('an empty value has no tag', () => {
    expect(toEntityTag('')).toBeUndefined();
  });

  it('holds for every value: a valid tag, and the same when it comes back', () => {
    fc.assert(
      fc.property(anyText({ minLength: 1 }), (value) => {
        const tag = toEntityTag(value) ?? '';
        expect(parseEntityTag(tag)).toBeDefined();
        expect(toEntityTag(tag)).toBe(tag);
      }),
    );
  });
});
