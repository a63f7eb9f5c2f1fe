import { describe, expect, it } from '@jest/globals';

import { type DownloadDescription } from '../../../lib/responses/describe.js';
import { planBody } from '../../../lib/streaming/body-plan.js';

const LAST_MODIFIED = 'Sat, 01 Mar 2025 10:00:00 GMT';
const MODIFIED = new Date(LAST_MODIFIED);
const NOW = new Date('2025-03-01T10:00:01Z');

const description = (
  changes: Partial<DownloadDescription> = {},
): DownloadDescription => ({
  name: 'file.txt',
  attachment: true,
  contentType: 'text/plain',
  size: 100,
  etag: '"v1"',
  lastModified: MODIFIED,
  headers: {},
  ...changes,
});

describe('planBody', () => {
  it.each([
    ['no range', {}],
    ['a malformed range', { range: 'bytes=5-2' }],
    ['more ranges than are served', { range: 'bytes=0-1,4-5,8-9' }],
    ['another tag', { range: 'bytes=0-1', 'if-range': '"v2"' }],
    [
      'another tag and a range that cannot be met',
      { range: 'bytes=100-', 'if-range': '"v2"' },
    ],
  ])('plans the whole file for %s', (_, headers) => {
    expect(planBody(headers, description(), 2, NOW)).toEqual({ kind: 'whole' });
  });

  it.each([
    ['of unknown size', { size: undefined }],
    ['without bytes', { size: 0 }],
  ])('plans the whole of a file %s', (_, changes) => {
    expect(
      planBody({ range: 'bytes=0-1' }, description(changes), 2, NOW),
    ).toEqual({ kind: 'whole' });
  });

  it('plans a range', () => {
    expect(planBody({ range: 'bytes=-10' }, description(), 2, NOW)).toEqual({
      kind: 'range',
      range: { start: 90, end: 99 },
    });
  });

  it('plans one range where several become one', () => {
    expect(planBody({ range: 'bytes=0-4,5-9' }, description(), 2, NOW)).toEqual(
      { kind: 'range', range: { start: 0, end: 9 } },
    );
  });

  it('plans several ranges, with a boundary of 128 random bits', () => {
    const boundaries = [1, 2].map(() => {
      const plan = planBody({ range: 'bytes=4-5,0-1' }, description(), 2, NOW);
      if (plan.kind !== 'multipart') throw new Error(plan.kind);
      const { parts, boundary } = plan.multipart;
      expect(parts.map(({ range }) => range)).toEqual([
        { start: 4, end: 5 },
        { start: 0, end: 1 },
      ]);
      expect(boundary).toMatch(/^[0-9a-f]{32}$/);
      return boundary;
    });
    expect(boundaries[0]).not.toBe(boundaries[1]);
  });

  it('plans nothing where no range can be met', () => {
    expect(planBody({ range: 'bytes=100-' }, description(), 2, NOW)).toEqual({
      kind: 'unsatisfiable',
    });
  });

  it('obeys If-Range with a date only when its second is over', () => {
    const headers = { range: 'bytes=0-1', 'if-range': LAST_MODIFIED };
    expect(planBody(headers, description(), 2, NOW).kind).toBe('range');
    const within = new Date(NOW.getTime() - 1);
    expect(planBody(headers, description(), 2, within).kind).toBe('whole');
  });
});
