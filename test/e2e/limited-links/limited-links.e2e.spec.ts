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
  LimitedLinkGrant,
} from 'nestjs-downloadview/typeorm';
import { DataSource } from 'typeorm';

import { ADAPTERS } from '../../support/application.js';
import {
  type HttpAnswer,
  httpRequest,
  type HttpRequest,
} from '../../support/clients/http-client.js';
import {
  type LimitedSite,
  MISSING,
  startLimitedSite,
} from '../../support/links/limited-site.js';

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
    const press = (nonce?: string, cookie?: string, { url } = link) =>
      ask(url, {
        method: 'POST',
        headers: {
          ...(nonce && { 'Content-Type': 'application/x-www-form-urlencoded' }),
          ...(cookie && { Cookie: cookie }),
        },
        body: nonce && `nonce=${nonce}`,
      });
    const goOn = (location = '') => new URL(location, site.origin + link.url);
    const nonceIn = (html: string) =>
      /<input type="hidden" name="nonce" value="([0-9a-f]{32})">/.exec(
        html,
      )?.[1] ?? '';
    const nonce = async () => nonceIn((await ask(link.url)).text);
    const cookieOf = ({ headers }: Pick<HttpAnswer, 'headers'>) =>
      headers['set-cookie']?.at(-1)?.replace(/;.*/, '') ?? '';

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

    describe('for a client that has begun', () => {
      let pressed: HttpAnswer;
      let used: string;
      let cookie: string;
      beforeEach(async () => {
        used = await nonce();
        pressed = await press(used);
        cookie = cookieOf(pressed);
      });

      it('is a cookie that holds what stands in the address, for this link', () => {
        const token = pressed.headers.location?.split('/').at(-1);
        expect(pressed.headers['set-cookie']).toEqual([
          'session=1',
          `downloadview-${link.id}=${token}; Max-Age=86400; HttpOnly; SameSite=Lax`,
        ]);
      });

      it('is a page that says so, until when, and leads on', async () => {
        const page = await ask(link.url, { headers: { Cookie: cookie } });
        expect(page.status).toBe(200);
        expect(page.text).toContain('<button>Continue the download</button>');
        const [grant] = await site.grants(link.id);
        const until = new Date(grant?.openUntil ?? 0).toISOString();
        expect(page.text).toContain(`<time datetime="${until}">`);
        expect(page.text).not.toContain('once more');
        for (const again of [undefined, nonceIn(page.text), used]) {
          const { status, headers } = await press(again, cookie);
          expect([status, headers.location]).toEqual([
            303,
            pressed.headers.location,
          ]);
        }
        const { pathname } = goOn(pressed.headers.location);
        expectWhole((await ask(pathname)).body);
        expect(await site.used(link.id)).toBe(1);
      });

      it('is the same use where its answer was lost, and with it the cookie', async () => {
        const again = await press(used);
        expect([again.status, again.headers.location]).toEqual([
          303,
          pressed.headers.location,
        ]);
        expect(cookieOf(again)).toBe(cookie);
        expect(await site.used(link.id)).toBe(1);
      });

      it('is over with its link, and with its time', async () => {
        const headers = { Cookie: cookie };
        const grants = site.running.app
          .get(DataSource)
          .getRepository(LimitedLinkGrant);
        await grants.update({ linkId: link.id }, { openUntil: Date.now() });
        await expectForbidden(link.url, { headers });
        expect((await press(used, cookie)).status).toBe(403);
        const other = await site.share({ path: '/shared/:link' });
        const mine = cookieOf(await press(undefined, undefined, other));
        await site.links.revoke(other.id);
        await expectForbidden(other.url, { headers: { Cookie: mine } });
      });

      it('begins the next use where it has had enough of this one', async () => {
        const { id, url } = await site.share({
          path: '/shared/:link',
          maxUses: 2,
        });
        const first = await press(undefined, undefined, { ...link, url });
        const { pathname } = new URL(
          first.headers.location ?? '',
          site.origin + url,
        );
        const headers = { Cookie: cookieOf(first) };
        for (let times = 1; times <= 8; times += 1) {
          expect((await ask(pathname)).status).toBe(200);
        }
        await expectForbidden(pathname);
        const page = await ask(url, { headers });
        expect(page.text).toContain('once more');
        const next = await ask(url, { method: 'POST', headers });
        expect(next.headers.location).not.toBe(first.headers.location);
        expect(await site.used(id)).toBe(2);
      });
    });

    it('counts a button that is pressed several times at once as one', async () => {
      const { id, url } = await site.share({
        path: '/shared/:link',
        maxUses: 5,
      });
      const mine = nonceIn((await ask(url)).text);
      const answers = await Promise.all(
        [1, 2, 3, 4, 5].map(() => press(mine, undefined, { ...link, url })),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(303));
      expect(new Set(answers.map(({ headers }) => headers.location)).size).toBe(
        1,
      );
      expect(await site.used(id)).toBe(1);
    });

    it('has another nonce each time, which leads to a use of no other link', async () => {
      expect(await nonce()).not.toBe(await nonce());
      const mine = await nonce();
      const first = await press(mine);
      const other = await site.share({ path: '/shared/:link' });
      const second = await press(mine, undefined, other);
      expect(second.status).toBe(303);
      expect(second.headers.location?.slice(-32)).not.toBe(
        first.headers.location?.slice(-32),
      );
      expect([await site.used(link.id), await site.used(other.id)]).toEqual([
        1, 1,
      ]);
      expect(mine).not.toBe(first.headers.location?.slice(-32));
    });

    it.each(['', 'x', '0'.repeat(31), `${'0'.repeat(32)}&nonce=1`, '%00'])(
      'counts the button with a nonce that is none, too: %s',
      async (forged) => {
        expect((await press(forged)).status).toBe(303);
        expect(await site.used(link.id)).toBe(1);
        expect((await press(forged)).status).toBe(403);
      },
    );

    it('is led on by no cookie but its own', async () => {
      const cookie = cookieOf(await press());
      const [grant] = await site.grants(link.id);
      const other = await site.share({ path: '/shared/:link' });
      const others = cookieOf(await press(undefined, undefined, other));
      const [, token = ''] = others.split('=');
      for (const forged of [
        others,
        `downloadview-${link.id}=${token}`,
        `downloadview-${link.id}=${grant?.id}`,
        `downloadview-${link.id}=${cookie.slice(-32).toUpperCase()}x`,
        `x-${cookie}`,
        `downloadview-${link.id}=%00`,
      ]) {
        await expectForbidden(link.url, { headers: { Cookie: forged } });
        expect((await press(undefined, forged)).status).toBe(403);
      }
      // Several links at once, each by its own.
      const both = { headers: { Cookie: `${others}; ${cookie}` } };
      for (const { url } of [link, other]) {
        expect((await ask(url, both)).status).toBe(200);
      }
    });

    it.each([
      [{ 'X-Forwarded-Proto': 'https' }, true],
      [{ 'X-Forwarded-Proto': 'http' }, false],
    ])(
      'keeps its cookie to https where it is asked for by it: %j',
      async (headers, is) => {
        const answer = await ask(link.url, { method: 'POST', headers });
        expect(answer.headers['set-cookie']?.at(-1)?.endsWith('; Secure')).toBe(
          is,
        );
      },
    );

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

    it('tells whoever has no use of it nothing of its file', async () => {
      const { id, url } = await site.share({
        path: '/shared/:link',
        subject: MISSING,
      });
      const table = site.running.app.get(DataSource).getRepository(LimitedLink);
      await table.update(id, { used: 1 });
      for (const method of ['GET', 'POST']) {
        await expectForbidden(url, { method });
      }
      expect(
        (await press('a'.repeat(32), 'x=1', { ...link, url })).status,
      ).toBe(403);
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
        expect.stringMatching(
          new RegExp(
            `^downloadview-${link.id}=[0-9a-f]{32}; Max-Age=86400; HttpOnly; SameSite=Lax$`,
          ),
        ),
      ]);
      expect(headers['set-cookie']?.[1]).not.toContain(grant?.id);
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
