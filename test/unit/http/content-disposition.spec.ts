import { validateHeaderValue } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  contentDisposition,
  cleanFileName,
} from '../../../lib/http/content-disposition.js';
import { anyName } from './any-name.js';
import { DIFFICULT_NAMES } from './difficult-names.js';
import { parseDisposition } from './parse-disposition.js';

describe('contentDisposition', () => {
  it('writes both parameters, whatever the name', () => {
    expect(contentDisposition('attachment', 'a b.txt')).toBe(
      `attachment; filename="a b.txt"; filename*=UTF-8''a%20b.txt`,
    );
  });

  it('keeps the name of what is shown inline', () => {
    expect(contentDisposition('inline', 'caf\u00E9.png')).toBe(
      `inline; filename="cafe.png"; filename*=UTF-8''caf%C3%A9.png`,
    );
  });

  it('leaves attr-char of RFC 8187 bare and encodes all other ASCII', () => {
    const value = contentDisposition(
      'attachment',
      `x!#$&+-.^_\`|~%'()*,;=@[]{}<>?"z`,
    );
    expect(value.split("UTF-8''")[1]).toBe(
      'x!#$&+-.^_`|~%25%27%28%29%2A%2C%3B%3D%40%5B%5D%7B%7D%3C%3E%3F%22z',
    );
  });

  it.each(DIFFICULT_NAMES)(
    'reads back in an independent parser: $title',
    ({ name, cleaned, ascii }) => {
      expect(parseDisposition(contentDisposition('attachment', name))).toEqual({
        type: 'attachment',
        parameters: { filename: ascii, 'filename*': cleaned },
      });
    },
  );

  it('holds for every name: a header of printable ASCII', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const value = contentDisposition('inline', name);
        expect(value).toMatch(/^[ -~]+$/);
        validateHeaderValue('content-disposition', value);
      }),
    );
  });

  it('holds for every name: filename* reads back as the cleaned name', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const { parameters } = parseDisposition(
          contentDisposition('inline', name),
        );
        expect(parameters['filename*']).toBe(cleanFileName(name));
      }),
    );
  });

  it('holds for every name: the fallback is a clean name, with a stem and without %XX', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const { filename } = parseDisposition(
          contentDisposition('inline', name),
        ).parameters;
        expect(cleanFileName(filename)).toBe(filename);
        expect(filename).not.toMatch(/["\\]|%[0-9a-f]{2}/i);
        expect(filename.startsWith('.')).toBe(
          cleanFileName(name).startsWith('.') && filename.startsWith('.'),
        );
      }),
    );
  });
});

describe('the parser of these tests', () => {
  it.each([
    ['a quote that ends early', 'attachment; filename="a"b"'],
    ['a parameter twice', 'attachment; filename="a"; filename="b"'],
    ['a line break', 'attachment; filename="a\r\nb"'],
    ['a bare blank in filename*', "attachment; filename*=UTF-8''a b"],
    ['a broken escape', "attachment; filename*=UTF-8''%4"],
    ['bytes that are no UTF-8', "attachment; filename*=UTF-8''%FF"],
    ['no value', 'attachment; filename='],
  ])('refuses %s', (_title, value) => {
    expect(() => parseDisposition(value)).toThrow();
  });
});
