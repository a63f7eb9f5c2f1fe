import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
} from '@jest/globals';
import { InvalidOptionsError } from 'nestjs-downloadview';
import {
  type LimitedLinkEvent,
  type LimitedLinkOwner,
} from 'nestjs-downloadview/typeorm';
import { type Subscription } from 'rxjs';

import { ADAPTERS } from '../../support/application.js';
import { eventually } from '../../support/eventually.js';
import {
  httpRequest,
  type HttpRequest,
} from '../../support/clients/http-client.js';
import {
  type LimitedSite,
  MISSING,
  startLimitedSite,
} from '../../support/links/limited-site.js';
import { LogLines } from '../../support/log-lines.js';

describe.each(ADAPTERS)('the administration of links on %s', (adapter) => {
  let site: LimitedSite;
  const subscriptions: Subscription[] = [];
  beforeAll(async () => {
    site = await startLimitedSite(adapter);
  });
  afterEach(() => {
    for (const one of subscriptions.splice(0)) one.unsubscribe();
  });
  afterAll(() => site.stop());

  const ask = (path: string, request?: HttpRequest) =>
    httpRequest(site.origin, path, request);
  const eventsOf = () => {
    const events: LimitedLinkEvent[] = [];
    subscriptions.push(site.links.events.subscribe((one) => events.push(one)));
    return events;
  };

  it('keeps who made a link, and a note', async () => {
    const { id } = await site.share({ creator: 'ada', note: 'For Bob' });
    expect(await site.links.find(id)).toMatchObject({
      creator: 'ada',
      note: 'For Bob',
    });
    const plain = await site.share();
    expect(plain.link).toMatchObject({ creator: null, note: null });
  });

  it('lists links with their number, in parts', async () => {
    for (let made = 1; made <= 3; made += 1) {
      await site.share({ creator: 'list' });
    }
    const { links, total } = await site.links.list({
      creator: 'list',
      state: 'open',
      take: 2,
    });
    expect([links.length, total]).toEqual([2, 3]);
    const all = await site.links.list({});
    expect(all.total).toBeGreaterThanOrEqual(3);
    expect(await site.links.list('nothing')).toEqual([]);
  });

  it.each<[what: string, filter: object]>([
    ['an undefined subject', { subject: undefined }],
    ['a subject that is null', { subject: null }],
    ['an operator', { creator: { $ne: 1 } }],
    ['an unknown name', { id: '5' }],
    ['too many at once', { take: 1001 }],
    ['an unknown state', { state: 'alive' }],
  ])('lists nothing for %s', async (_, filter) => {
    await expect(site.links.list(filter)).rejects.toThrow(InvalidOptionsError);
  });

  it('tells who used a link, and when', async () => {
    const { id, url } = await site.share({ maxUses: 3 });
    const before = Date.now();
    await ask(url, { headers: { 'User-Agent': 'curl/8' } });
    const page = await site.share({ path: '/shared/:link' });
    await ask(page.url, {
      method: 'POST',
      headers: { 'User-Agent': 'Browser/1' },
    });
    const [use, ...others] = await site.links.uses(id);
    expect(others).toEqual([]);
    expect(use).toMatchObject({
      client: '127.0.0.1 curl/8',
      sent: site.bytes.length,
    });
    expect(use?.begunAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(use?.openUntil?.getTime()).toBeGreaterThan(before);
    expect(await site.links.uses(page.id)).toMatchObject([
      { client: '127.0.0.1 Browser/1', sent: 0 },
    ]);
    await site.links.revoke(id);
    expect(await site.links.uses(id)).toMatchObject([{ openUntil: null }]);
    expect(await site.links.uses(id, { skip: 1 })).toEqual([]);
    expect(await site.links.uses('%')).toEqual([]);
  });

  it('revokes all links of a subject or a creator, and no others', async () => {
    const subject = 'file.bin';
    const mine = await site.share({ subject, creator: 'revoker' });
    const missing = await site.share({ subject: MISSING, creator: 'revoker' });
    const others = await site.share({ subject, creator: 'somebody else' });
    const revoke = (owner: LimitedLinkOwner) => site.links.revokeAll(owner);
    expect(await revoke({ creator: 'revoker', subject })).toBe(1);
    expect((await ask(mine.url)).status).toBe(403);
    expect((await ask(missing.url)).status).toBe(404);
    expect((await ask(others.url)).status).toBe(200);
    expect(await revoke({ creator: 'revoker' })).toBe(1);
    expect(await revoke({ creator: 'revoker' })).toBe(0);
    expect((await ask(missing.url)).status).toBe(403);
  });

  it.each<[what: string, owner: object]>([
    ['nobody', {}],
    ['an undefined creator', { creator: undefined }],
    [
      'an undefined creator beside a subject',
      { subject: 'a', creator: undefined },
    ],
    ['undefined', undefined as unknown as object],
    ['a state', { subject: 'a', state: 'open' }],
  ])('revokes nothing of %s', async (_, owner) => {
    const { id } = await site.share({ subject: 'a' });
    const revoked = site.links.revokeAll(owner);
    await expect(revoked).rejects.toThrow(InvalidOptionsError);
    expect((await site.links.find(id))?.state).toBe('open');
  });

  describe('tells that a link', () => {
    it('was made, used and revoked', async () => {
      const events = eventsOf();
      const { id, url } = await site.share({ maxUses: 2, creator: 'ada' });
      await ask(url);
      const told = () =>
        Promise.resolve(
          events
            .map(({ type, link }) => `${type} ${link.id} ${link.used}`)
            .join(),
        );
      const used = `made ${id} 0,used ${id} 1`;
      expect(await eventually(used, told)).toEqual(used);
      const [use] = await site.links.uses(id);
      expect(events[1]?.use).toBe(use?.id);
      await site.links.revoke(id);
      const all = `${used},revoked ${id} 1`;
      expect(await eventually(all, told)).toEqual(all);
      expect(events[2]?.link).toMatchObject({ creator: 'ada' });
    });

    it('was used by the button, once', async () => {
      const { url } = await site.share({ path: '/shared/:link' });
      const events = eventsOf();
      const press = (cookie?: string) =>
        ask(url, {
          method: 'POST',
          ...(cookie && { headers: { Cookie: cookie } }),
        });
      const { headers } = await press();
      await press(headers['set-cookie']?.[0]?.replace(/;.*/, ''));
      const types = () =>
        Promise.resolve(events.map(({ type }) => type).join());
      expect(await eventually('used', types)).toBe('used');
    });

    it('to all others where a listener throws', async () => {
      const log = new LogLines();
      site.running.app.useLogger(log);
      subscriptions.push(
        site.links.events.subscribe(() => {
          throw new Error('I am broken');
        }),
      );
      const events = eventsOf();
      await site.share();
      site.running.app.useLogger(false);
      expect(events.map(({ type }) => type)).toEqual(['made']);
      expect(log.of('error').join()).toContain('I am broken');
    });
  });
});
