import { describe, expect, it } from '@jest/globals';
import {
  evaluatePreconditions,
  modifiedSince,
  type ConditionalHeaders,
  type PreconditionOutcome,
  type Validators,
} from '../../../lib/http/preconditions.js';

const EARLIER = 'Sun, 06 Nov 1994 08:49:36 GMT';
const SAME = 'Sun, 06 Nov 1994 08:49:37 GMT';
const LATER = 'Sun, 06 Nov 1994 08:49:38 GMT';
const lastModified = new Date('1994-11-06T08:49:37.900Z');
const STRONG: Validators = { etag: '"a"', lastModified };
const WEAK: Validators = { etag: 'W/"a"', lastModified };
const DATE_ONLY: Validators = { lastModified };
const NONE: Validators = {};

type Row = [ConditionalHeaders, Validators, PreconditionOutcome | 'ask'];

function outcome(headers: ConditionalHeaders, validators: Validators): string {
  const result = evaluatePreconditions(headers, validators);
  return typeof result === 'string' ? result : 'ask';
}

function check(title: string, rows: Row[]): void {
  describe(title, () => {
    it.each(rows)('%j for %j: %s', (headers, validators, expected) => {
      expect(outcome(headers, validators)).toBe(expected);
    });
  });
}

check('without conditions', [
  [{}, STRONG, 'proceed'],
  [{}, NONE, 'proceed'],
]);

check('If-Match', [
  [{ 'if-match': '"a"' }, STRONG, 'proceed'],
  [{ 'if-match': '"x", "a"' }, STRONG, 'proceed'],
  [{ 'if-match': '"b"' }, STRONG, 'precondition-failed'],
  [{ 'if-match': 'W/"a"' }, STRONG, 'precondition-failed'],
  [{ 'if-match': '"a"' }, WEAK, 'precondition-failed'],
  [{ 'if-match': 'W/"a"' }, WEAK, 'precondition-failed'],
  [{ 'if-match': '"a"' }, DATE_ONLY, 'precondition-failed'],
  [{ 'if-match': '*' }, STRONG, 'proceed'],
  [{ 'if-match': '*' }, NONE, 'proceed'],
  [{ 'if-match': 'rubbish' }, STRONG, 'precondition-failed'],
  [{ 'if-match': '' }, STRONG, 'precondition-failed'],
]);

check('If-Unmodified-Since', [
  [{ 'if-unmodified-since': EARLIER }, STRONG, 'precondition-failed'],
  [{ 'if-unmodified-since': SAME }, STRONG, 'proceed'],
  [{ 'if-unmodified-since': LATER }, STRONG, 'proceed'],
  [{ 'if-unmodified-since': EARLIER }, { etag: '"a"' }, 'proceed'],
  [
    { 'if-unmodified-since': EARLIER },
    { lastModified: new Date(NaN) },
    'proceed',
  ],
  [{ 'if-unmodified-since': '1994' }, STRONG, 'proceed'],
  [{ 'if-unmodified-since': '' }, STRONG, 'proceed'],
]);

check('If-Match before If-Unmodified-Since', [
  [{ 'if-match': '"a"', 'if-unmodified-since': EARLIER }, STRONG, 'proceed'],
  [
    { 'if-match': '"b"', 'if-unmodified-since': LATER },
    STRONG,
    'precondition-failed',
  ],
]);

check('If-None-Match', [
  [{ 'if-none-match': '"a"' }, STRONG, 'not-modified'],
  [{ 'if-none-match': 'W/"a"' }, STRONG, 'not-modified'],
  [{ 'if-none-match': '"a"' }, WEAK, 'not-modified'],
  [{ 'if-none-match': '"x", W/"a"' }, WEAK, 'not-modified'],
  [{ 'if-none-match': '"x,y", "a"' }, STRONG, 'not-modified'],
  [{ 'if-none-match': '"b"' }, STRONG, 'proceed'],
  [{ 'if-none-match': '"a"' }, DATE_ONLY, 'proceed'],
  [{ 'if-none-match': '*' }, STRONG, 'not-modified'],
  [{ 'if-none-match': '*' }, NONE, 'not-modified'],
  [{ 'if-none-match': 'a' }, STRONG, 'proceed'],
]);

check('If-Modified-Since', [
  [{ 'if-modified-since': SAME }, STRONG, 'ask'],
  [{ 'if-modified-since': SAME }, NONE, 'ask'],
  [{ 'if-modified-since': '2020' }, STRONG, 'proceed'],
  [{ 'if-modified-since': '' }, STRONG, 'proceed'],
]);

check('If-None-Match before If-Modified-Since', [
  [{ 'if-none-match': '"b"', 'if-modified-since': LATER }, STRONG, 'proceed'],
  [
    { 'if-none-match': '"a"', 'if-modified-since': EARLIER },
    STRONG,
    'not-modified',
  ],
  [
    { 'if-none-match': 'rubbish', 'if-modified-since': LATER },
    STRONG,
    'proceed',
  ],
  [{ 'if-none-match': '', 'if-modified-since': LATER }, STRONG, 'proceed'],
]);

check('both steps', [
  [
    { 'if-match': '"b"', 'if-none-match': '"a"' },
    STRONG,
    'precondition-failed',
  ],
  [{ 'if-match': '"a"', 'if-none-match': '"a"' }, STRONG, 'not-modified'],
  [{ 'if-match': '"a"', 'if-modified-since': SAME }, STRONG, 'ask'],
  [
    { 'if-unmodified-since': EARLIER, 'if-none-match': '"a"' },
    STRONG,
    'precondition-failed',
  ],
  [{ 'if-unmodified-since': SAME, 'if-modified-since': SAME }, STRONG, 'ask'],
]);

describe('evaluatePreconditions', () => {
  it('hands the date of If-Modified-Since to the caller', () => {
    expect(
      evaluatePreconditions({ 'if-modified-since': SAME }, STRONG),
    ).toEqual({
      ifModifiedSince: new Date('1994-11-06T08:49:37Z'),
    });
  });
});

describe('modifiedSince', () => {
  const since = new Date('2026-01-01T00:00:10.000Z');

  it.each([
    ['a second before', new Date('2026-01-01T00:00:09.000Z'), false],
    ['the same second', new Date('2026-01-01T00:00:10.000Z'), false],
    ['within the same second', new Date('2026-01-01T00:00:10.999Z'), false],
    ['a second after', new Date('2026-01-01T00:00:11.000Z'), true],
    ['an unknown date', undefined, true],
    ['an invalid date', new Date(NaN), true],
  ])('%s', (_title, date, expected) => {
    expect(modifiedSince(date, since)).toBe(expected);
  });

  it('before 1970, too, a second begins at its beginning', () => {
    expect(modifiedSince(new Date(-500), new Date(-1000))).toBe(false);
  });
});
