import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  contentDisposition,
  cleanFileName,
  receivedFileName,
  textOfBytes,
} from '../../../lib/http/content-disposition.js';
import { anyName } from './any-name.js';

const bytesOf = (text: string): string => Buffer.from(text).toString('latin1');

describe('receivedFileName', () => {
  it.each([
    ['attachment; filename=plain.txt', 'plain.txt'],
    ['attachment; filename="a b.txt"', 'a b.txt'],
    ['ATTACHMENT;FileName="a.txt"', 'a.txt'],
    ['inline; filename = "a.txt" ; x=y', 'a.txt'],
    ['form-data; name="f"; filename="a.txt"', 'a.txt'],
    ['attachment; filename="a\\"b.txt"', 'a"b.txt'],
    ['attachment; filename="a;b.txt"', 'a;b.txt'],
    ['attachment; filename="a%20b.txt"', 'a%20b.txt'],
    ["attachment; filename*=UTF-8''na%C3%AFve.txt", 'naïve.txt'],
    ["attachment; filename*=utf-8'en'a%20b.txt", 'a b.txt'],
    ["attachment; filename*=ISO-8859-1''na%EFve.txt", 'naïve.txt'],
    ['attachment; filename="x.txt"; filename*=UTF-8\'\'y.txt', 'y.txt'],
    ['attachment; filename*=UTF-8\'\'y.txt; filename="x.txt"', 'y.txt'],
    [`attachment; filename="${bytesOf('日本.txt')}"`, '日本.txt'],
    ['attachment; filename="na\xefve.txt"', 'naïve.txt'],
    ['attachment; filename="first.txt"; filename="second.txt"', 'first.txt'],
    ['attachment; filename="../../etc/passwd"', 'passwd'],
    ['attachment; filename="C:\\\\dir\\\\a.txt"', 'a.txt'],
    ["attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd", 'passwd'],
  ])('reads %j', (value, name) => {
    expect(receivedFileName(value)).toBe(name);
  });

  it.each([
    [undefined],
    [''],
    ['inline'],
    ['filename="a.txt"'],
    ['attachment; filename'],
    ['attachment; filename='],
    ['attachment; filename=""'],
    ['attachment; filename="a.txt'],
    ['attachment; filename="dir/"'],
    ['attachment; filename=".."'],
    ["attachment; filename*=UTF-16''a.txt"],
    ["attachment; filename*=UTF-8'a.txt"],
    ["attachment; filename*=UTF-8''%FF.txt"],
    ["attachment; filename*=UTF-8''a%2.txt"],
    ['attachment, attachment; filename="a.txt"'],
  ])('has no name of %j', (value) => {
    expect(receivedFileName(value)).toBeUndefined();
  });

  it('takes the plain name where the extended one cannot be read', () => {
    const value = `attachment; filename="x.txt"; filename*=UTF-8''%FF.txt`;
    expect(receivedFileName(value)).toBe('x.txt');
  });

  it('reads every name that this library sends', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const sent = contentDisposition('attachment', name);
        expect(receivedFileName(sent)).toBe(cleanFileName(name));
      }),
    );
  });

  it('reads a long field in the time of its length', () => {
    const value = `attachment${'; a="\\'.repeat(20_000)}`;
    expect(receivedFileName(value)).toBeUndefined();
  });
});

describe('textOfBytes', () => {
  it('is UTF-8, or what is none in ISO-8859-1', () => {
    expect(textOfBytes(bytesOf('é'))).toBe('é');
    expect(textOfBytes('\xe9')).toBe('é');
  });
});
