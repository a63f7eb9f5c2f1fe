/** When every file was changed that is asked for. */
export const MODIFIED = new Date('2026-03-04T05:06:07.890Z');
export const DATE = MODIFIED.toUTCString();
export const EARLIER = 'Sat, 01 Jan 2000 00:00:00 GMT';
export const LATER = 'Fri, 01 Jan 2100 00:00:00 GMT';

/** Ranges of a file of ten bytes, and of none. */
export const RANGES: readonly string[] = [
  'bytes=0-3',
  'bytes=0-0,-1',
  'bytes=0-5,3-9',
  'bytes=3-4,0-1',
  'bytes=-0',
  'bytes=-3',
  'bytes=-99',
  'bytes=9-99',
  'bytes=10-',
  'bytes=0-1,10-',
  'bytes=0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0,0-0',
];

/** What no client asks for that means well. Servers differ in it. */
export const ODD_RANGES: readonly string[] = [
  'bytes=0-1,5-2',
  'bytes=5-2',
  'bytes= 1 - 2 ',
  'bytes=1-2 , 4-5',
  'bytes=,1-2',
  'bytes=1-2,',
  'bytes=x',
  'bytes=',
  'Bytes=1-2',
  'lines=1-2',
  'bytes=0-9999999999999999999',
  `bytes=${Array(51).fill('0-0').join(',')}`,
];

type Conditions = Record<string, string>;

/** Conditions of every kind, with the tag and the date that the file has, and with others. */
export function conditionsWith(etag: string): Conditions[] {
  return combined(
    [etag, `W/${etag}`, '"x"', `"x", ${etag}`, '*'],
    [DATE, EARLIER, LATER],
    etag,
  );
}

/** The same with what is neither tag nor date. */
export function oddConditionsWith(etag: string): Conditions[] {
  return combined(['', 'x', etag.slice(1), '"x",'], ['yesterday', ''], etag);
}

function combined(
  tags: readonly string[],
  dates: readonly string[],
  etag: string,
): Conditions[] {
  return [
    ...tags.flatMap((tag): Conditions[] => [
      { 'If-None-Match': tag },
      { 'If-Match': tag },
      { 'If-Range': tag, Range: 'bytes=1-2' },
      { 'If-None-Match': tag, 'If-Modified-Since': LATER },
      { 'If-None-Match': tag, 'If-Modified-Since': DATE },
      { 'If-Match': tag, Range: 'bytes=1-2' },
    ]),
    ...dates.flatMap((date): Conditions[] => [
      { 'If-Modified-Since': date },
      { 'If-Unmodified-Since': date },
      { 'If-Range': date, Range: 'bytes=1-2' },
      { 'If-Unmodified-Since': date, 'If-None-Match': etag },
    ]),
    { 'If-None-Match': etag, Range: 'bytes=1-2' },
  ];
}
