import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  planMultipart,
  randomBoundary,
  type MultipartPlan,
  rangesOf,
  type ByteRange,
} from '../../../lib/http/range.js';
import { wellFormedRange } from './any-range.js';
import { parseMultipart } from './parse-multipart.js';

/** What the engine sends: heads and slices of the file in turn, then the tail. */
function assemble(plan: MultipartPlan, file: Uint8Array): Buffer {
  const parts = plan.parts.flatMap(({ head, range }) => [
    head,
    file.subarray(range.start, range.end + 1),
  ]);
  return Buffer.concat([...parts, plan.tail]);
}

describe('planMultipart', () => {
  it('writes the body of RFC 2046 section 5.1.1', () => {
    const ranges = [
      { start: 7, end: 9 },
      { start: 0, end: 0 },
    ];
    const plan = planMultipart(ranges, 10, 'text/plain; charset=utf-8', 'B');
    expect(assemble(plan, Buffer.from('0123456789')).toString()).toBe(
      '\r\n' +
        '--B\r\n' +
        'Content-Type: text/plain; charset=utf-8\r\n' +
        'Content-Range: bytes 7-9/10\r\n' +
        '\r\n' +
        '789\r\n' +
        '--B\r\n' +
        'Content-Type: text/plain; charset=utf-8\r\n' +
        'Content-Range: bytes 0-0/10\r\n' +
        '\r\n' +
        '0\r\n' +
        '--B--\r\n',
    );
    expect(plan.contentType).toBe('multipart/byteranges; boundary=B');
    expect(plan.boundary).toBe('B');
    expect(plan.parts.map(({ range }) => range)).toEqual(ranges);
  });

  it('counts bytes, and exactly so in large files', () => {
    const ranges = [
      { start: 0, end: 2 ** 50 },
      { start: 2 ** 51, end: 2 ** 52 },
    ];
    const plan = planMultipart(ranges, 2 ** 52 + 1, 'text/x-\xE9', 'B');
    const heads = plan.parts.map(({ head }) => head.toString('latin1'));
    expect(heads[0]).toContain('Content-Type: text/x-\xE9\r\n');
    const overhead = heads.join('').length + plan.tail.length;
    expect(plan.length).toBe(2 ** 50 + 1 + (2 ** 51 + 1) + overhead);
  });

  it.each(['text/plain\r\nX: y', 'text/plain\n', 'text/\u010A', 'a\0b'])(
    'refuses the Content-Type %j',
    (contentType) => {
      const ranges = [{ start: 0, end: 0 }];
      expect(() => planMultipart(ranges, 1, contentType, 'B')).toThrow(
        'Content-Type',
      );
    },
  );

  it('every body has the length that was promised, and reads back', () => {
    const files = fc.uint8Array({ minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(files, wellFormedRange, (file, header) => {
        const ranges = rangesOf(header, file.length);
        fc.pre(typeof ranges !== 'string');
        expectReadBack(file, ranges);
      }),
    );
  });

  it('a file full of line breaks, hyphens and boundaries reads back', () => {
    const piece = fc.constantFrom(
      '\r',
      '\n',
      '\r\n',
      '-',
      '--',
      'B',
      '\r\n--B',
    );
    const files = fc.array(piece, { minLength: 1 }).map((all) => all.join(''));
    fc.assert(
      fc.property(files, fc.nat(), (text, cut) => {
        const file = Buffer.from(text);
        const middle = cut % file.length;
        expectReadBack(file, [
          { start: middle, end: file.length - 1 },
          { start: 0, end: middle },
        ]);
      }),
    );
  });
});

describe('randomBoundary', () => {
  it('has 128 bits in characters that need no quotes', () => {
    expect(randomBoundary()).toMatch(/^[0-9a-f]{32,70}$/);
  });

  it('is another one each time', () => {
    const all = Array.from({ length: 100 }, randomBoundary);
    expect(new Set(all).size).toBe(100);
  });
});

function expectReadBack(file: Uint8Array, ranges: ByteRange[]): void {
  const type = 'text/plain; charset=utf-8';
  const plan = planMultipart(ranges, file.length, type, randomBoundary());
  const body = assemble(plan, file);
  expect(body).toHaveLength(plan.length);
  expect(parseMultipart(plan.contentType, body)).toEqual(
    ranges.map(({ start, end }) => ({
      headers: {
        'content-type': type,
        'content-range': `bytes ${start}-${end}/${file.length}`,
      },
      body: Buffer.from(file.slice(start, end + 1)),
    })),
  );
}
