import { describe, expect, it } from '@jest/globals';

import {
  clientHash,
  useCookie,
  useIdOf,
  isPrefetch,
  randomId,
  shownUses,
  shownTokens,
  tokenOf,
} from '../../../lib/typeorm/limited-links/client-marks.js';

const A = 'a'.repeat(32);
const B = 'b'.repeat(32);

describe('what a client shows of its use', () => {
  it.each<[headers: Record<string, string>, shown: string[]]>([
    [{}, []],
    [{ cookie: `downloadview-link=${A}` }, [useIdOf(A)]],
    [{ cookie: `x=1; downloadview-link=${A}; y=2` }, [useIdOf(A)]],
    [{ cookie: `downloadview-link=${A};` }, [useIdOf(A)]],
    [
      { cookie: `downloadview-link=${A}; downloadview-link=${B}` },
      [useIdOf(A), useIdOf(B)],
    ],
    [{ cookie: `downloadview-other=${A}` }, []],
    [{ cookie: `my-downloadview-link=${A}` }, []],
    [{ cookie: `downloadview-link=${A}0` }, []],
    [{ cookie: `downloadview-link=${A.toUpperCase()}` }, []],
    [{ cookie: `x=downloadview-link=${A}` }, []],
    [{ 'if-range': `"${A}.tag-_0"` }, [A]],
    [{ 'if-range': `W/"${A}.tag"` }, [A]],
    [{ 'if-range': `"${A}"` }, []],
    [{ 'if-range': `"${A.toUpperCase()}.tag"` }, []],
    [
      { 'if-match': `"other", "${B}.tag"`, cookie: `downloadview-link=${A}` },
      [useIdOf(A), B],
    ],
    [{ 'if-none-match': `"${A}.tag"` }, []],
  ])('%j', (headers, shown) => {
    expect(shownUses(headers, 'link')).toEqual(shown);
  });

  it('is four of each kind at most: all of them are looked for', () => {
    const many = Array(100).fill(`downloadview-link=${A}`).join('; ');
    const tags = Array(100).fill(`"${B}.tag"`).join();
    expect(shownTokens({ cookie: many }, 'link')).toHaveLength(4);
    const headers = { cookie: many, 'if-match': tags };
    expect(shownUses(headers, 'link')).toHaveLength(8);
  });

  it('stands in its cookie', () => {
    const cookie = useCookie('link', A, { seconds: 60, isSecure: true });
    expect(cookie).toBe(
      `downloadview-link=${A}; Max-Age=60; HttpOnly; SameSite=Lax; Secure`,
    );
    expect(
      useCookie('link', A, { seconds: 60, isSecure: false }),
    ).not.toContain('Secure');
    const shown = { cookie: cookie.replace(/;.*/, '') };
    expect(shownTokens(shown, 'link')).toEqual([A]);
  });

  it('is one for each form of each link', () => {
    expect(tokenOf('link', A)).toMatch(/^[0-9a-f]{32}$/);
    expect(tokenOf('link', A)).toBe(tokenOf('link', A));
    expect(tokenOf('link', A)).not.toBe(tokenOf('link', B));
    expect(tokenOf('link', A)).not.toBe(tokenOf('other', A));
  });

  it('is not what the database has of it', () => {
    const id = randomId();
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(useIdOf(id)).toMatch(/^[0-9a-f]{32}$/);
    expect(useIdOf(id)).not.toBe(id);
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
