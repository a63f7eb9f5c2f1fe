import { describe, expect, it } from '@jest/globals';

import {
  conditionsForOrigin,
  isOfSameFile,
} from '../../../lib/storages/remote-answer.js';

const DATE = 'Sat, 01 Mar 2025 10:00:00 GMT';
const OTHER_DATE = 'Sat, 01 Mar 2025 10:00:01 GMT';
const own = { etag: '"own"', lastModified: new Date(DATE) };
const range = 'bytes=0-1';

describe('conditionsForOrigin', () => {
  const all = { ifNoneMatch: '"a"', ifModifiedSince: DATE };

  it('leaves them as they are where the origin knows tag and date', () => {
    const given = { ...all, range, ifRange: '"a"' };
    expect(conditionsForOrigin(given, {})).toEqual(given);
  });

  it('leaves out what is held against a tag or a date of somebody else', () => {
    expect(conditionsForOrigin(all, { etag: own.etag })).toEqual({
      ifModifiedSince: DATE,
    });
    expect(
      conditionsForOrigin(all, { lastModified: own.lastModified }),
    ).toEqual({ ifNoneMatch: '"a"' });
  });

  it.each([
    ['"own"', range],
    ['"other"', undefined],
    [DATE, range],
    [OTHER_DATE, undefined],
  ])('judges If-Range: %s by them', (ifRange, left) => {
    expect(conditionsForOrigin({ range, ifRange }, own)).toEqual({
      range: left,
    });
  });

  it('leaves If-Range to the origin where it is about the other of the two', () => {
    const { etag, lastModified } = own;
    const byTag = { range, ifRange: '"a"' };
    expect(conditionsForOrigin(byTag, { lastModified })).toEqual(byTag);
    const byDate = { range, ifRange: DATE };
    expect(conditionsForOrigin(byDate, { etag })).toEqual(byDate);
  });
});

describe('isOfSameFile', () => {
  const date = new Date(DATE);

  it.each([
    [206, {}, undefined],
    [206, { etag: '"a"' }, '"a"'],
    [206, { lastModified: date }, DATE],
    [206, {}, DATE],
    [200, { etag: '"b"' }, '"a"'],
    [304, { etag: '"b"' }, '"a"'],
    [416, {}, '"a"'],
    [416, {}, DATE],
    [416, { etag: '"a"' }, '"a"'],
  ])('is so of a %i with %j for If-Range: %s', (status, stat, ifRange) => {
    expect(isOfSameFile({ status, stat }, ifRange)).toBe(true);
  });

  it.each([
    [206, { etag: '"b"' }, '"a"'],
    [206, { etag: 'W/"a"' }, '"a"'],
    [206, {}, '"a"'],
    [206, { lastModified: date }, '"a"'],
    [206, { lastModified: date }, OTHER_DATE],
    [416, { etag: '"b"' }, '"a"'],
    [416, { lastModified: date }, OTHER_DATE],
  ])('is not so of a %i with %j for If-Range: %s', (status, stat, ifRange) => {
    expect(isOfSameFile({ status, stat }, ifRange)).toBe(false);
  });
});
