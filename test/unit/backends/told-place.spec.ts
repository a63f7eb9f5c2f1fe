import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { offloadLocation } from '../../../lib/backends/locate.js';
import { anyName } from '../http/any-name.js';

describe('a place as a server is told it', () => {
  it.each([
    ['/srv/media/', ['a.txt'], '/srv/media/a.txt'],
    ['/', ['a.txt'], '/a.txt'],
    ['/srv/my media/', ['a b', 'c.txt'], '/srv/my media/a b/c.txt'],
    ['/srv/', ['100%?#&+.txt'], '/srv/100%?#&+.txt'],
    ['/srv/', ['\u00E9'], '/srv/\u00C3\u00A9'],
    ['/srv/\u65E5/', ['a'], '/srv/\u00E6\u0097\u00A5/a'],
  ])('raw: %j and %j are %j', (place, segments, told) => {
    expect(offloadLocation(place, segments, { pathEncoding: 'raw' })).toBe(
      told,
    );
  });

  it.each([
    ['/srv/media/', ['a.txt'], '/srv/media/a.txt'],
    ['/', ['a.txt'], '/a.txt'],
    ['/_offload/~x/', ['a.txt'], '/_offload/~x/a.txt'],
    ['/srv/my media/', ['a b', 'c.txt'], '/srv/my%20media/a%20b/c.txt'],
    ['/srv/', ['100%?#&+.txt'], '/srv/100%25%3F%23%26%2B.txt'],
    ['/srv/', ["!'()*"], '/srv/%21%27%28%29%2A'],
    ['/srv/', ['\u00E9\n'], '/srv/%C3%A9%0A'],
  ])('percent: %j and %j are %j', (place, segments, told) => {
    expect(offloadLocation(place, segments, { pathEncoding: 'percent' })).toBe(
      told,
    );
  });

  it('is nothing where it holds what this server cannot be told, in whatever part', () => {
    const profile = { pathEncoding: 'raw', untellable: /%| $/ } as const;

    expect(offloadLocation('/srv/', ['a', 'b%c'], profile)).toBeUndefined();
    expect(offloadLocation('/srv/%41/', ['a'], profile)).toBeUndefined();
    expect(offloadLocation('/srv/', ['a '], profile)).toBeUndefined();
    expect(offloadLocation('/srv/', ['a ', 'b'], profile)).toBe('/srv/a /b');
  });

  it('is the bytes of the path again, whatever the name', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        fc.pre(!/\p{Cs}/u.test(name));
        const bytes = Buffer.from(`/srv/${name}`);

        const raw = offloadLocation('/srv/', [name], { pathEncoding: 'raw' });
        expect(Buffer.from(raw ?? '', 'latin1').equals(bytes)).toBe(true);
        const percent = offloadLocation('/srv/', [name], {
          pathEncoding: 'percent',
        });
        expect(decodeURIComponent(percent ?? '')).toBe(bytes.toString());
      }),
    );
  });
});
