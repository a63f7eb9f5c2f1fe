import { describe, expect, it } from '@jest/globals';
import { boundToIp } from 'nestjs-downloadview';

describe('boundToIp', () => {
  it.each<[string | undefined, string | undefined]>([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['2001:DB8::1', '2001:db8::1'],
    ['::ffff:0:1', '::ffff:0:1'],
    [undefined, undefined],
  ])('makes of %p %p', (ip, bound) => {
    expect(boundToIp({ ip })).toBe(bound);
  });
});
