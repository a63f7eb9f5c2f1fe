import { rm } from 'node:fs/promises';

import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { type LimitedLinkOptions } from 'nestjs-downloadview/typeorm';

import { ADAPTERS } from '../support/application.js';
import { type BrowserDownload } from '../support/clients/browser-download.js';
import { Browser } from '../support/clients/browser.js';
import { sha256, sha256Of } from '../support/clients/client-site.js';
import {
  type CuttingProxy,
  startCuttingProxy,
} from '../support/stores/cutting-proxy.js';
import { describeWith } from '../support/describe-with.js';
import { eventually } from '../support/eventually.js';
import { httpRequest } from '../support/clients/http-client.js';
import {
  type LimitedSite,
  startLimitedSite,
} from '../support/links/limited-site.js';

const SIZE = 20 * 1024 * 1024;
const HALF = SIZE / 2;

describeWith(['chromium'], 'a link that works once, for Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await Browser.start();
  });
  afterAll(() => browser.stop());

  describe.each(ADAPTERS)('from %s', (adapter) => {
    let site: LimitedSite;
    let proxy: CuttingProxy;
    beforeAll(async () => {
      site = await startLimitedSite(adapter, { size: SIZE });
      await site.directory.write('small.bin', 'Hello');
    });
    beforeEach(async () => {
      proxy = await startCuttingProxy(site.running.port, HALF);
      site.exchanged.length = 0;
    });
    afterEach(() => proxy.close());
    afterAll(() => site.stop());

    const share = async (options?: Partial<LimitedLinkOptions>) => {
      const { id, url } = await site.share(options);
      return { id, url: proxy.origin + url };
    };
    /** Cut at half, it fetches the rest by itself. */
    const expectResumed = async (download: BrowserDownload) => {
      // A connection that ends takes with it what nobody has read yet.
      await download.received(HALF / 2);
      proxy.cut('orderly');
      const path = await download.saved();
      expect(await sha256Of(path)).toBe(sha256(site.bytes));
      // The name is free again.
      await rm(path);
      const last = site.exchanged.at(-1);
      expect(last?.status).toBe(206);
      expect(last?.headers['if-range']).toMatch(/^"[0-9a-f]{32}\./);
    };

    it('is one use, though the connection was cut', async () => {
      const { id, url } = await share();
      await expectResumed(await browser.downloadFrom(url));
      expect(await site.used(id)).toBe(1);
      expect(
        (await httpRequest(site.origin, new URL(url).pathname)).status,
      ).toBe(403);
    });

    it('is one use behind the page that asks first', async () => {
      const { id, url } = await share({ path: '/shared/:link' });
      const before = browser.downloads.length;
      await browser.tab.goto(url);
      expect(await browser.tab.title()).toBe('file.bin');
      expect(await site.used(id)).toBe(0);
      await browser.tab.getByRole('button', { name: 'Download' }).click();
      const count = () => Promise.resolve(browser.downloads.length);
      expect(await eventually(before + 1, count)).toBe(before + 1);
      await expectResumed(browser.downloads[before]);
      expect(await site.used(id)).toBe(1);
      expect((await browser.tab.goto(url))?.status()).toBe(200);
      expect(
        (await httpRequest(site.origin, new URL(url).pathname)).status,
      ).toBe(403);
    });

    describe('behind the page, goes on', () => {
      const nextDownload = async (action: () => Promise<unknown>) => {
        const before = browser.downloads.length;
        await action();
        const count = () => Promise.resolve(browser.downloads.length);
        expect(await eventually(before + 1, count)).toBe(before + 1);
        return browser.downloads[before];
      };
      const press = (name: string) =>
        browser.tab.getByRole('button', { name }).click();
      const expectSaved = async (download: BrowserDownload) => {
        const path = await download.saved();
        expect(await sha256Of(path)).toBe(sha256(site.bytes));
        await rm(path);
      };

      it('where a user cancels, and presses the button again', async () => {
        const { id, url } = await share({ path: '/shared/:link' });
        await browser.tab.goto(url);
        const first = await nextDownload(() => press('Download'));
        await first.received(HALF / 2);
        await browser.cancel(first);
        await first.interrupted();
        proxy.cut('by a reset');
        await expectSaved(await nextDownload(() => press('Download')));
        expect(await site.used(id)).toBe(1);
      });

      it('where a user comes back, by a page that says so', async () => {
        const { id, url } = await share({ path: '/shared/:link' });
        await browser.tab.goto(url);
        const first = await nextDownload(() => press('Download'));
        await first.received(HALF / 2);
        await browser.cancel(first);
        proxy.cut('by a reset');
        await browser.tab.goto(url);
        expect(await browser.tab.textContent('body')).toMatch(
          /can be continued until .* UTC/,
        );
        await expectSaved(
          await nextDownload(() => press('Continue the download')),
        );
        expect(await site.used(id)).toBe(1);
      });

      it('where the button is pressed twice at once', async () => {
        const { id, url } = await share({ path: '/shared/:link', maxUses: 3 });
        await browser.tab.goto(url);
        const last = await nextDownload(() =>
          browser.tab.getByRole('button', { name: 'Download' }).dblclick(),
        );
        await last.received(1);
        proxy.cut('orderly');
        expect(await site.used(id)).toBe(1);
      });

      it('of one link, and of another beside it', async () => {
        const links = [
          await share({ path: '/shared/:link', subject: 'small.bin' }),
          await share({ path: '/shared/:link', subject: 'small.bin' }),
        ];
        for (const { url } of links) {
          await browser.tab.goto(url);
          const download = await nextDownload(() => press('Download'));
          await rm(await download.saved());
        }
        for (const { url, id } of links) {
          await browser.tab.goto(url);
          const again = await nextDownload(() => press('Continue'));
          await rm(await again.saved());
          expect(await site.used(id)).toBe(1);
        }
      });
    });
  });
});
