import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { anyText } from '../any-text.js';
import {
  contentDisposition,
  cleanFileName,
} from '../../../lib/http/content-disposition.js';
import { readDisposition } from '../../../lib/testing/test-response.js';
import { DIFFICULT_FILE_NAMES } from '../../support/files/difficult-file-names.js';

describe('readDisposition()', () => {
  it.each<[string, string, string | undefined]>([
    ['attachment', 'attachment', undefined],
    ['INLINE', 'inline', undefined],
    ['attachment; filename=a.txt', 'attachment', 'a.txt'],
    ['attachment;FileName = "a;b, c.txt" ; x=1', 'attachment', 'a;b, c.txt'],
    ['attachment; filename="a\\"b\\\\.txt"', 'attachment', 'a"b\\.txt'],
    ['attachment; filename=""', 'attachment', ''],
    ['attachment; filename="é"', 'attachment', 'é'],
    ["attachment; filename*=UTF-8''%e2%82%AC.txt", 'attachment', '€.txt'],
    ["attachment; filename*=iso-8859-1'en'%A3.txt", 'attachment', '£.txt'],
    ['x; filename*=utf-8\'\'b; filename="a"', 'x', 'b'],
    ['x; filename="a"; filename*=utf-8\'\'b', 'x', 'b'],
    ['x; filename="a"; filename*=utf-8\'\'%zz', 'x', 'a'],
    ['x; filename="a"; filename*=utf-8\'\'%ff', 'x', 'a'],
    ['x; filename="a"; filename*=utf-16\'\'b', 'x', 'a'],
    ['x; filename="a"; filename*="utf-8\'\'b c"', 'x', 'a'],
    ['attachment; filename="a.txt";', 'attachment', 'a.txt'],
  ])('reads %s', (value, type, name) => {
    expect(readDisposition(value)).toEqual({ type, name });
  });

  it.each([
    '',
    '; filename=a',
    'a b; filename=a',
    'attachment; filename=a b.txt',
    'attachment; filename="a',
    'attachment; filename="a"b',
    'attachment; filename',
    'attachment; filename=',
    'attachment; filename=a; filename=b',
    'attachment; filename="a.txt", inline',
    'filename="a.txt"',
  ])('refuses %s', (value) => {
    expect(readDisposition(value)).toBeUndefined();
  });

  it.each(DIFFICULT_FILE_NAMES)('reads what is sent: $title', ({ name }) => {
    expect(readDisposition(contentDisposition('inline', name))).toEqual({
      type: 'inline',
      name: cleanFileName(name),
    });
  });

  it('reads what is sent for any name', () => {
    fc.assert(
      fc.property(anyText(), (name) => {
        const sent = contentDisposition('attachment', name);
        expect(readDisposition(sent)?.name).toBe(cleanFileName(name));
      }),
    );
  });

  it('takes any text, and no longer for longer ones', () => {
    fc.assert(fc.property(fc.string(), (text) => void readDisposition(text)));
    const began = performance.now();
    readDisposition(`a; b="${'\\"'.repeat(100_000)}`);
    readDisposition(`a${' ;'.repeat(100_000)}=`);
    expect(performance.now() - began).toBeLessThan(1000);
  });
});
