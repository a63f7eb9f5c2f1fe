import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import {
  type CreatedLimitedLink,
  LimitedLink,
} from 'nestjs-downloadview/typeorm';
import { DataSource } from 'typeorm';

import { ADAPTERS } from '../support/application.js';
import { httpRequest, type HttpRequest } from '../support/http-client.js';
import {
  type LimitedSite,
  MISSING,
  startLimitedSite,
} from '../support/limited-site.js';

/** The file is written before it. */
const LATER = new Date(Date.now() + 60_000).toUTCString();
const FORBIDDEN = { message: 'Forbidden', statusCode: 403 };
const EVERYBODY = { 'cache-control': 'private, no-store, no-transform' };

describe.each(ADAPTERS)('a limited link on %s', (adapter) => {
  let site: LimitedSite;
  beforeAll(async () => {
    site = await startLimitedSite(adapter, {
      configure: (app) => {
        // What an application sets for all its answers.
        app.use(
          (_request: unknown, response: HeaderSetter, next: () => void) => {
            response.setHeader('Cache-Control', 'public, max-age=600');
            response.setHeader('Set-Cookie', 'session=1');
            next();
          },
        );
      },
    });
  });
  afterAll(() => site.stop());

  interface HeaderSetter {
    setHeader(name: string, value: string): void;
  }
  const ask = (path: string, request?: HttpRequest) =>
    httpRequest(site.origin, path, request);
  const range = (value: string, headers = {}) => ({
    headers: { Range: `bytes=${value}`, ...headers },
  });
  const expectWhole = (body: Buffer) =>
    expect(body.equals(site.bytes)).toBe(true);
  const expectForbidden = async (path: string, request?: HttpRequest) => {
    const { status, text, headers } = await ask(path, request);
    expect([status, JSON.parse(text), headers['cache-control']]).toEqual([
      403,
      FORBIDDEN,
      'no-store',
    ]);
  };

  describe('that asks first', () => {
    let link: CreatedLimitedLink;
    beforeEach(async () => {
      link = await site.share({
        path: '/shared/:link',
        basename: '<b>"Q&A"<b>.txt',
      });
    });
    const press = () => ask(link.url, { method: 'POST' });
    const goOn = (location = '') => new URL(location, site.origin + link.url);

    it('shows a page that costs nothing, however often', async () => {
      for (const method of ['GET', 'GET', 'HEAD']) {
        const { status, headers, text } = await ask(link.url, { method });
        expect(status).toBe(200);
        expect(headers).toMatchObject({
          'content-type': 'text/html; charset=utf-8',
          'cache-control': 'no-store',
          'referrer-policy': 'no-referrer',
          'x-robots-tag': 'noindex, nofollow',
        });
        expect(headers['content-security-policy']).toMatch(
          /^default-src 'none'.*form-action 'self'.*frame-ancestors 'none'/,
        );
        if (method === 'HEAD') continue;
        expect(text).toContain('&#60;b&#62;&#34;Q&#38;A&#34;');
        expect(text).not.toContain('<b>');
        expect(text).toContain('<form method="post">');
      }
      expect(await site.used(link.id)).toBe(0);
    });

    it('counts the button, which leads to the file, again and in parts', async () => {
      const pressed = await press();
      expect([pressed.status, pressed.headers['cache-control']]).toEqual([
        303,
        'no-store',
      ]);
      expect(await site.used(link.id)).toBe(1);
      expect(pressed.headers.location).toMatch(
        new RegExp(`^\\./${link.id}/[0-9a-f]{32}$`),
      );
      const { pathname } = goOn(pressed.headers.location);
      const whole = await ask(pathname);
      expectWhole(whole.body);
      expect(whole.headers).toMatchObject({
        ...EVERYBODY,
        'referrer-policy': 'no-referrer',
        'set-cookie': ['session=1'],
      });
      expect(whole.headers['content-disposition']).toMatch(/^attachment; /);
      const rest = await ask(pathname, range('90000-'));
      expect([rest.status, rest.body.length]).toEqual([206, 10_000]);
      expect(await site.used(link.id)).toBe(1);
      expect((await press()).status).toBe(403);
      await expectForbidden(link.url);
    });

    it('has a grant that is nobody else’s, and not to be guessed', async () => {
      const { headers } = await press();
      const { pathname } = goOn(headers.location);
      const other = await site.share({ path: '/shared/:link' });
      await expectForbidden(pathname.replace(link.id, other.id));
      await expectForbidden(
        pathname.replace(/.$/, (c) => (c === '0' ? '1' : '0')),
      );
      const [grant] = await site.grants(link.id);
      await expectForbidden(`/shared/${link.id}/${grant?.id}`);
    });

    it('costs nothing where the file is gone', async () => {
      const { id, url } = await site.share({
        path: '/shared/:link',
        subject: MISSING,
      });
      expect((await ask(url)).status).toBe(404);
      expect((await ask(url, { method: 'POST' })).status).toBe(404);
      expect(await site.used(id)).toBe(0);
    });
  });

  describe('that is the download', () => {
    let link: CreatedLimitedLink;
    beforeEach(async () => {
      link = await site.share();
    });

    it('works once, and tells the client its grant', async () => {
      const { status, headers, body } = await ask(link.url);
      expect(status).toBe(200);
      expectWhole(body);
      const [grant] = await site.grants(link.id);
      expect(headers).toMatchObject(EVERYBODY);
      expect(headers.etag).toMatch(new RegExp(`^"${grant?.id}\\.[\\w-]{16}"$`));
      expect(headers['set-cookie']).toEqual([
        'session=1',
        `downloadview-grant=${grant?.id}; Path=/direct/${link.id}; Max-Age=86400; HttpOnly; SameSite=Lax`,
      ]);
      expect(await site.used(link.id)).toBe(1);
      await expectForbidden(link.url);
    });

    it.each([2, 3])(
      'works %d times where it is made for that',
      async (maxUses) => {
        const { id, url } = await site.share({ maxUses });
        for (let use = 1; use <= maxUses; use += 1) {
          expectWhole((await ask(url)).body);
          expect(await site.used(id)).toBe(use);
        }
        await expectForbidden(url);
      },
    );

    it.each<[what: string, status: number, request: HttpRequest]>([
      ['HEAD', 200, { method: 'HEAD' }],
      ['If-Modified-Since', 304, { headers: { 'If-Modified-Since': LATER } }],
      ['If-None-Match', 304, { headers: { 'If-None-Match': '*' } }],
      ['If-Match', 412, { headers: { 'If-Match': '"other"' } }],
      ['a range beyond the end', 416, range('100000-')],
      ['a prefetch', 503, { headers: { 'Sec-Purpose': 'prefetch;prerender' } }],
      ['another method', 405, { method: 'PUT' }],
    ])('is not used up by %s', async (_, status, request) => {
      const answer = await ask(link.url, request);
      expect(answer.status).toBe(status);
      expect(await site.used(link.id)).toBe(0);
      expect(await site.grants(link.id)).toEqual([]);
      expectWhole((await ask(link.url)).body);
    });

    it('has one and the same answer for all that it is not', async () => {
      await ask(link.url);
      const revoked = await site.share();
      await site.links.revoke(revoked.id);
      const expired = await site.share({ expiresIn: 60 });
      const gone = await site.share();
      const table = site.running.app.get(DataSource).getRepository(LimitedLink);
      await table.update(expired.id, { expiresAt: new Date() });
      await table.delete(gone.id);
      const byHand = await site.share();
      await ask(byHand.url);
      await table.update(byHand.id, { revokedAt: new Date() });
      await expectForbidden(byHand.url, range('5-'));
      const good = await site.share();
      for (const url of [
        link.url,
        revoked.url,
        expired.url,
        gone.url,
        good.url.replace(good.id, link.id),
        good.url.replace(/.$/, '~'),
        `/direct/${good.id}`,
        `/direct/${good.id}/${good.id}`,
        `/direct/%00/${good.id}`,
        `/direct/${good.id}/%00`,
      ]) {
        await expectForbidden(url);
        const other = { 'User-Agent': 'other' };
        await expectForbidden(url, range('5-', other));
        const head = await ask(url, { method: 'HEAD', headers: other });
        expect(head.status).toBe(403);
      }
      expect(await site.used(good.id)).toBe(0);
    });

    describe('goes on with a range', () => {
      const mine = { 'User-Agent': 'mine' };
      let tag: string;
      let cookie: string;
      beforeEach(async () => {
        const { headers } = await ask(link.url, { headers: mine });
        tag = headers.etag ?? '';
        cookie = headers['set-cookie']?.[1]?.replace(/;.*/, '') ?? '';
      });

      it.each<[what: string, headers: () => Record<string, string>]>([
        ['its cookie', () => ({ Cookie: `a=b; ${cookie}; c=d` })],
        ['If-Range', () => ({ 'If-Range': tag })],
        ['If-Match', () => ({ 'If-Match': `"other", ${tag}` })],
        ['address and user agent', () => mine],
      ])('of a client that shows %s', async (_, headers) => {
        const {
          status,
          body,
          headers: told,
        } = await ask(
          link.url,
          range('1000-', { 'User-Agent': 'other', ...headers() }),
        );
        expect([status, told.etag]).toEqual([206, tag]);
        expect(body.equals(site.bytes.subarray(1000))).toBe(true);
        expect(await site.used(link.id)).toBe(1);
      });

      it.each<[what: string, headers: () => Record<string, string>]>([
        ['another user agent', () => ({ 'User-Agent': 'other' })],
        ['another address', () => ({ ...mine, 'X-Address': '192.0.2.1' })],
        [
          'a grant of another link',
          () => ({
            'User-Agent': 'other',
            Cookie: cookie.replace(/=.*/, `=${link.id}`),
            'If-Range': tag.replace(/\w+\./, `${link.id}.`),
          }),
        ],
      ])('and not for %s', async (_, headers) => {
        await expectForbidden(link.url, range('1000-', headers()));
      });

      it.each(['0-', '0-99999', '0-200000', '-100000', '0-49999,50000-99999'])(
        'and not for bytes=%s, the whole file, of a client that shows nothing',
        async (whole) => {
          await expectForbidden(link.url, range(whole, mine));
          const shown = range(whole, { Cookie: cookie });
          expect((await ask(link.url, shown)).status).toBe(206);
          expect(await site.used(link.id)).toBe(1);
        },
      );

      it('and not for whoever has the address of a server in front alone', async () => {
        for (const header of ['X-Forwarded-For', 'Forwarded', 'X-Real-IP']) {
          const headers = { ...mine, [header]: '192.0.2.1' };
          await expectForbidden(link.url, range('1000-', headers));
        }
      });

      it('of the client that another one of two uses is not for', async () => {
        const { id, url } = await site.share({ maxUses: 2 });
        await ask(url, range('0-99', mine));
        await ask(url, range('0-99', { 'User-Agent': 'other' }));
        expect(await site.used(id)).toBe(2);
        expect((await ask(url, range('100-', mine))).status).toBe(206);
        await expectForbidden(url, range('100-', { 'User-Agent': 'third' }));
      });

      it('as often as a client may lose a small file, and then begins what is left', async () => {
        const { id, url } = await site.share({ maxUses: 2 });
        const { headers } = await ask(url, { headers: mine });
        let shown = headers['set-cookie']?.[1]?.replace(/;.*/, '') ?? '';
        const again = () => ask(url, { headers: { Cookie: shown } });
        for (let lost = 1; lost <= 7; lost += 1) {
          expect((await again()).status).toBe(200);
          expect(await site.used(id)).toBe(1);
        }
        const second = await again();
        expect([second.status, await site.used(id)]).toEqual([200, 2]);
        shown = second.headers['set-cookie']?.[1]?.replace(/;.*/, '') ?? '';
        for (let lost = 1; lost <= 7; lost += 1) await again();
        expect([(await again()).status, await site.used(id)]).toEqual([403, 2]);
      });

      it('without one as well, where a client shows its cookie', async () => {
        const again = await ask(link.url, { headers: { Cookie: cookie } });
        expect([again.status, again.headers.etag]).toEqual([200, tag]);
        expectWhole(again.body);
        expect(await site.used(link.id)).toBe(1);
      });
    });

    it('begins with a range, too, as axel does', async () => {
      const first = await ask(link.url, range('0-'));
      expect([first.status, await site.used(link.id)]).toEqual([206, 1]);
      expect((await ask(link.url, range('0-49999'))).status).toBe(206);
      expect(await site.used(link.id)).toBe(1);
    });

    it('is begun once by ranges that come at once', async () => {
      const { id, url } = await site.share({ maxUses: 5 });
      const answers = await Promise.all(
        [0, 1, 2, 3, 4].map((at) =>
          ask(url, range(`${at * 20_000}-${at * 20_000 + 19_999}`)),
        ),
      );
      expectWhole(Buffer.concat(answers.map(({ body }) => body)));
      expect(await site.used(id)).toBe(1);
      expect(new Set(answers.map(({ headers }) => headers.etag)).size).toBe(1);
    });
  });

  it('tells what stands in its row, and who has it', async () => {
    const { id, link } = await site.share({ subject: 'file.bin', maxUses: 2 });
    expect(link.state).toBe('open');
    const [newest] = await site.links.list('file.bin');
    expect(newest?.createdAt).toEqual(link.createdAt);
    await ask((await site.share()).url);
    expect(await site.links.find(id)).toMatchObject({ used: 0, maxUses: 2 });
    await site.links.revoke(id);
    expect((await site.links.find(id))?.state).toBe('revoked');
    await site.links.cleanUp();
  });

  it('is none where nothing was asked for', async () => {
    const { id } = await site.share();
    const nothing = undefined as unknown as string;
    expect(await site.links.find(nothing)).toBeNull();
    expect(await site.links.list(nothing)).toEqual([]);
    expect(await site.links.revoke(nothing)).toBe(false);
    expect((await site.links.find(id))?.state).toBe('open');
  });
});
