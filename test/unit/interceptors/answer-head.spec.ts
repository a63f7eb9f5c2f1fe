import { describe, expect, it } from '@jest/globals';

import { planMultipart } from '../../../lib/http/range.js';
import {
  headOf,
  notModifiedHead,
} from '../../../lib/interceptors/answer-head.js';
import { type DownloadDescription } from '../../../lib/responses/describe.js';
import { type DownloadBackend } from '../../../lib/responses/download-backend.js';

const HEADERS = {
  'Content-Type': 'text/plain',
  'Content-Disposition': 'attachment',
  'Content-Encoding': 'gzip',
  'Cache-Control': 'private',
  ETag: '"v1"',
  'Last-Modified': 'Sat, 01 Mar 2025 10:00:00 GMT',
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': 'sandbox',
  vary: 'Cookie',
  Expires: '0',
  'Content-Location': '/v1',
  'Content-Language': 'fr',
};
const without = (...names: string[]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(HEADERS).filter(([name]) => !names.includes(name)),
  );
const description = (
  changes: Partial<DownloadDescription> = {},
): DownloadDescription => ({
  name: 'file.txt',
  attachment: true,
  contentType: 'text/plain',
  size: 100,
  headers: HEADERS,
  ...changes,
});
const backend = (
  streamHeaders?: DownloadBackend['streamHeaders'],
): DownloadBackend => ({ name: 'test', streamHeaders, proxy: () => undefined });

describe('headOf', () => {
  it('describes the whole file', () => {
    expect(headOf({ kind: 'whole' }, description(), backend(), true)).toEqual({
      status: 200,
      headers: { ...HEADERS, 'Accept-Ranges': 'bytes' },
      length: 100,
    });
  });

  it('announces no length that is unknown', () => {
    const { headers, length } = headOf(
      { kind: 'whole' },
      description({ size: undefined }),
      backend(),
      false,
    );
    expect(length).toBeUndefined();
    expect(headers['Accept-Ranges']).toBe('none');
  });

  it('says nothing of ranges where the method knows none', () => {
    const { headers } = headOf(
      { kind: 'whole' },
      description(),
      backend(),
      undefined,
    );
    expect(headers).not.toHaveProperty('Accept-Ranges');
  });

  it('describes a range', () => {
    const plan = { kind: 'range', range: { start: 10, end: 19 } } as const;
    const head = headOf(plan, description(), backend(), true);
    expect(head).toMatchObject({
      status: 206,
      length: 10,
      contentRange: 'bytes 10-19/100',
      headers: { 'Content-Type': 'text/plain' },
    });
  });

  it('describes several ranges', () => {
    const ranges = [
      { start: 0, end: 1 },
      { start: 4, end: 5 },
    ];
    const multipart = planMultipart(ranges, 100, 'text/plain', 'b');
    const { status, headers, length, contentRange } = headOf(
      { kind: 'multipart', multipart },
      description(),
      backend(),
      true,
    );
    expect(status).toBe(206);
    expect(contentRange).toBeUndefined();
    expect(headers['Content-Type']).toBe('multipart/byteranges; boundary=b');
    expect(length).toBe(multipart.length);
  });

  it('adds what the backend wants on streamed answers', () => {
    const { headers } = headOf(
      { kind: 'whole' },
      description(),
      backend({ 'X-Accel-Buffering': 'no' }),
      true,
    );
    expect(headers['X-Accel-Buffering']).toBe('no');
  });
});

describe('notModifiedHead', () => {
  it('keeps what caches need and what keeps a copy from doing harm', () => {
    const kept = without(
      'Content-Type',
      'Content-Disposition',
      'Content-Encoding',
      'Content-Language',
      'Last-Modified',
    );
    expect(notModifiedHead(description())).toEqual({
      status: 304,
      headers: kept,
    });
  });

  it('keeps the date of a file without a tag', () => {
    const headers = without('ETag');
    expect(notModifiedHead(description({ headers })).headers).toHaveProperty(
      'Last-Modified',
      HEADERS['Last-Modified'],
    );
  });
});
