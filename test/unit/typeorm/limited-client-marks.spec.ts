import { describe, expect, it } from '@jest/globals';

import {
  clientHash,
  grantCookie,
  grantIdOf,
  isPrefetch,
  randomId,
  shownGrants,
} from '../../../lib/typeorm/limited-links/client-marks.js';

const A = 'a'.repeat(32);
const B = 'b'.repeat(32);

describe('what a client shows of its grant', () => {
  it.each<[headers: Record<string, string>, shown: string[]]>([
    [{}, []],
    [{ cookie: `downloadview-grant=${A}` }, [A]],
    [{ cookie: `x=1; downloadview-grant=${A}; y=2` }, [A]],
    [{ cookie: `downloadview-grant=${A};` }, [A]],
    [{ cookie: `downloadview-grant=${A}; downloadview-grant=${B}` }, [A, B]],
    [{ cookie: `my-downloadview-grant=${A}` }, []],
    [{ cookie: `downloadview-grant=${A}0` }, []],
    [{ cookie: `x=downloadview-grant=${A}` }, []],
    [{ 'if-range': `"${A}.tag-_0"` }, [A]],
    [{ 'if-range': `W/"${A}.tag"` }, [A]],
    [{ 'if-range': `"${A}"` }, []],
    [{ 'if-range': `"${A.toUpperCase()}.tag"` }, []],
    [
      { 'if-match': `"other", "${B}.tag"`, cookie: `downloadview-grant=${A}` },
      [A, B],
    ],
    [{ 'if-none-match': `"${A}.tag"` }, []],
  ])('%j', (headers, shown) => {
    expect(shownGrants(headers)).toEqual(shown);
  });

  it('stands in its cookie', () => {
    const cookie = grantCookie(A, '/shared/x', 60, true);
    expect(cookie).toBe(
      `downloadview-grant=${A}; Path=/shared/x; Max-Age=60; HttpOnly; SameSite=Lax; Secure`,
    );
    expect(grantCookie(A, '/', 60, false)).not.toContain('Secure');
    expect(shownGrants({ cookie: cookie.replace(/;.*/, '') })).toEqual([A]);
  });

  it('is not what the database has of it', () => {
    const id = randomId();
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(grantIdOf(id)).toMatch(/^[0-9a-f]{32}$/);
    expect(grantIdOf(id)).not.toBe(id);
    expect(clientHash('link', '192.0.2.1 curl')).toMatch(/^[0-9a-f]{64}$/);
    expect(clientHash('link', 'me')).not.toBe(clientHash('other', 'me'));
  });
});

describe('a prefetch', () => {
  it.each<[headers: Record<string, string>, is: boolean]>([
    [{ 'sec-purpose': 'prefetch' }, true],
    [{ 'sec-purpose': 'prefetch;prerender' }, true],
    [{ purpose: 'Prefetch' }, true],
    [{ 'x-moz': 'prefetch' }, true],
    [{ 'x-purpose': 'preview' }, true],
    [{}, false],
    [{ 'sec-purpose': 'unknown' }, false],
  ])('is told by %j: %s', (headers, is) => {
    expect(isPrefetch(headers)).toBe(is);
  });
});
