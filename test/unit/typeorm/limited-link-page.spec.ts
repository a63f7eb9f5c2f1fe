import { describe, expect, it } from '@jest/globals';
import { LimitedLink } from 'nestjs-downloadview/typeorm';

import { linkPage } from '../../../lib/typeorm/limited-links/link-page.js';

const linkOf = (terms: Partial<LimitedLink> = {}) =>
  Object.assign(new LimitedLink(), { maxUses: 1, used: 0, ...terms });

describe('the page that asks first', () => {
  it('escapes the name, and runs nothing', () => {
    const html = linkPage({
      name: `</title><script>alert('1')</script>&"`,
      link: linkOf(),
    });
    expect(html).not.toMatch(/<script|\son\w+=|https?:/);
    expect(html.split('&#60;/title&#62;&#60;script&#62;')).toHaveLength(3);
  });

  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1000, '1.0 kB'],
    [99_999, '100 kB'],
    [5_340_000, '5.3 MB'],
    [2e9, '2.0 GB'],
    [3e12, '3.0 TB'],
    [4e15, '4000 TB'],
  ])('says of %d bytes that they are %s', (size, text) => {
    const html = linkPage({ name: 'a', size, link: linkOf() });
    expect(html).toContain(`<p>${text}</p>`);
  });

  it.each<[link: Partial<LimitedLink>, text: string | undefined]>([
    [{ maxUses: 1, used: 0 }, 'once more'],
    [{ maxUses: 5, used: 2 }, '3 more times'],
    [{ maxUses: null, used: 7 }, undefined],
  ])('says how often the link works: %j', (terms, text) => {
    const html = linkPage({ name: 'a', link: linkOf(terms) });
    if (text === undefined) expect(html).not.toContain('This link');
    else expect(html).toContain(`This link works ${text}`);
  });
});

describe('the page of a client that has begun', () => {
  it('says until when it may go on, and how', () => {
    const html = linkPage({
      name: 'a',
      link: linkOf({ used: 1 }),
      continuedUntil: new Date('2026-08-03T14:05:00Z'),
    });
    expect(html).toContain('<button>Continue the download</button>');
    expect(html).toContain(
      'until <time datetime="2026-08-03T14:05:00.000Z">3 August 2026 at 14:05 UTC</time>',
    );
    expect(html).not.toContain('This link works');
  });
});

describe('the state of a link', () => {
  it.each<[state: string, link: Partial<LimitedLink>]>([
    ['open', {}],
    ['open', { maxUses: null, used: 100 }],
    ['open', { expiresAt: new Date(Date.now() + 60_000) }],
    ['used-up', { used: 1 }],
    ['expired', { expiresAt: new Date() }],
    ['revoked', { revokedAt: new Date(), used: 1, expiresAt: new Date(0) }],
  ])('is %s: %j', (state, terms) => {
    expect(linkOf(terms).state).toBe(state);
  });
});
