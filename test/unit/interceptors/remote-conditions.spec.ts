import { type IncomingHttpHeaders } from 'node:http';

import { describe, expect, it } from '@jest/globals';

import { remoteConditions } from '../../../lib/interceptors/answer-remote.js';

const DATE = 'Sat, 01 Mar 2025 10:00:00 GMT';
const NOW = new Date('2025-03-01T10:00:00.999Z');
const range = 'bytes=0-1';
const MOST = Number.MAX_SAFE_INTEGER;

function given(headers: IncomingHttpHeaders): object {
  const conditions = remoteConditions(headers, false);
  return JSON.parse(JSON.stringify(conditions)) as object;
}

describe('remoteConditions', () => {
  it.each([
    ['bytes=0-1', 'bytes=0-1'],
    ['Bytes=00-01', 'bytes=0-1'],
    ['bytes=5-', 'bytes=5-'],
    ['bytes=-5', 'bytes=-5'],
    ['bytes=-0', 'bytes=-0'],
    ['bytes=,5-9 , ,', 'bytes=5-9'],
    [`bytes=0-${'9'.repeat(400)}`, 'bytes=0-'],
    ['bytes=99999999999999999999-', `bytes=${MOST}-`],
    ['bytes=-99999999999999999999', `bytes=-${MOST}`],
  ])('has one range: %s', (asked, expected) => {
    expect(given({ range: asked })).toEqual({ range: expected });
  });

  it.each([
    'bytes=0-1,4-5',
    'bytes=5-2',
    'items=0-1',
    'bytes=',
    'bytes=0-1\r\nX: y',
  ])('has no range of %j', (asked) => {
    expect(given({ range: asked })).toEqual({});
  });

  it.each([
    ['a strong tag', '"a"', { range, ifRange: '"a"' }],
    ['a date', DATE, { range, ifRange: DATE }],
    [
      'a date of another form',
      'Saturday, 01-Mar-25 10:00:00 GMT',
      { range, ifRange: DATE },
    ],
    ['a weak tag', 'W/"a"', {}],
    ['neither', 'a', {}],
    ['two tags', '"a", "b"', {}],
  ])('for If-Range with %s', (_, value, expected) => {
    expect(given({ range, 'if-range': value })).toEqual(expected);
  });

  it('has no range for If-Range with the second that it is', () => {
    const headers = { range, 'if-range': DATE };
    expect(remoteConditions(headers, false, NOW).range).toBeUndefined();
  });

  it('has no If-Range without a range', () => {
    expect(given({ 'if-range': '"a"' })).toEqual({});
    expect(given({ range: 'bytes=0-1,4-5', 'if-range': '"a"' })).toEqual({});
  });

  it.each([
    ['"a"', '"a"'],
    ['"a",W/"b" ,"c,d"', '"a", W/"b", "c,d"'],
    [' * ', '*'],
    ['a, "b"', '"b"'],
  ])('has the tags of If-None-Match: %s', (value, expected) => {
    expect(given({ 'if-none-match': value })).toEqual({
      ifNoneMatch: expected,
    });
  });

  it('has a date only where there are no tags, though none of them can be read', () => {
    const since = { 'if-modified-since': DATE };
    expect(given(since)).toEqual({ ifModifiedSince: DATE });
    expect(given({ ...since, 'if-none-match': 'a' })).toEqual({});
    expect(given({ 'if-modified-since': 'yesterday' })).toEqual({});
  });

  it('has no date where the application judges it', () => {
    const headers = { 'if-modified-since': DATE, 'if-none-match': undefined };
    expect(remoteConditions(headers, true)).toEqual({});
  });

  it.each([[{ 'if-match': '"a"' }], [{ 'if-unmodified-since': DATE }]])(
    'has of what comes after %j only the range',
    (first) => {
      const headers = { ...first, 'if-none-match': '"b"', range };
      expect(given(headers)).toEqual({ range });
    },
  );

  it('reads over an If-Unmodified-Since that is no date', () => {
    const headers = { 'if-unmodified-since': 'x', 'if-none-match': '"b"' };
    expect(given(headers)).toEqual({ ifNoneMatch: '"b"' });
  });
});
