import { describe, expect, it } from '@jest/globals';

import {
  encodedLiterals,
  otherSpellings,
  pathOfTarget,
  spelledAs,
} from '../../../lib/routes/path-spellings.js';
import { isPlain } from '../../../lib/routes/requested-path.js';

describe('spellings of a path', () => {
  it.each([
    ['/a%2Eb', ['/a.b']],
    ['/%40x', ['/@x']],
    ['/@x', ['/%40x']],
    ['/a%20b+c', ['/a b+c', '/a%20b%2Bc', '/a%20b%2bc']],
    ["/it's~", ['/it%27s~']],
    ['/%c3%a4', ['/ä', '/%C3%A4']],
    ['/a%2Fb', ['/a/b', '/a%2fb']],
    ['/%2541', ['/%41']],
    ['/plain.txt', []],
  ])('of %s are %j besides', (path, spellings) => {
    expect([...otherSpellings(path)].sort()).toEqual([...spellings].sort());
  });

  it.each(['/%', '/%4', '/%zz', '/%FF', '/%c0%ae'])(
    'of the malformed %s there are none',
    (path) => {
      expect(() => otherSpellings(path)).toThrow(URIError);
    },
  );

  it('follow what a pattern has encoded, in its way', () => {
    const spelled = (pattern: string) => spelledAs(pattern, "/%40a/b+'%2Fö");
    expect(spelled('/x%2By@*z')).toBe("/@a/b%2B'%2Fö");
    expect(spelled('/x%2by%40')).toBe("/%40a/b%2b'%2Fö");
    expect(spelled('/%C3%B6%27')).toBe('/@a/b+%27%2F%C3%B6');
    expect(spelled('/100%/%zz')).toBe("/@a/b+'%2Fö");
  });

  it.each([
    ['/a/B-9_.txt', true],
    ['/a?q=%20', true],
    ['/a#%20', true],
    ['/a%20', false],
    ['/a~', false],
    ['/a@b', false],
    ['http://host/a', false],
  ])('%s has no other: %s', (target, plain) => {
    expect(isPlain(target)).toBe(plain);
  });

  it.each([
    ['/a%20b?c#d', '/a%20b'],
    ['http://h:1/a/b?c', '/a/b'],
    ['HTTPS://h/a', '/a'],
    ['//h/a', '//h/a'],
    ['http://h', ''],
  ])('the path of %s is %s', (target, path) => {
    expect(pathOfTarget(target)).toBe(path);
  });

  it.each([
    ['größe/*path', 'gr%C3%B6%C3%9Fe/*path'],
    ['a b/:größe', 'a%20b/:größe'],
    ['x/:"ä b"/y', 'x/:"ä b"/y'],
    ['a\\ b', 'a%20b'],
    ['a%20b/*path', 'a%20b/*path'],
    ['{/:ö}', '{/:ö}'],
  ])('the pattern %s is written %s for Express', (pattern, written) => {
    expect(encodedLiterals(pattern)).toBe(written);
  });
});
