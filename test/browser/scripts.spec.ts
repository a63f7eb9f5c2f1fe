import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import { type Frame } from 'playwright-core';

import { Browser } from '../support/clients/browser.js';
import { describeWith } from '../support/describe-with.js';
import { pageWith } from '../support/clients/embedding-page.js';
import { DOCUMENTS, JAVASCRIPT, STYLED } from './scripted-files.js';
import { type ScriptsSite, startScriptsSite } from './scripts-site.js';

jest.setTimeout(20_000);

const FRAMES = ['iframe', 'object', 'embed'] as const;
const FILES = [...DOCUMENTS, STYLED];

/** What browsers take for HTML, as long as nobody forbids them to guess. */
const DISGUISES = ['image/png, text/html', 'unknown/unknown', '*/*'];

/** What is to be seen of a document that the browser has loaded. */
interface Seen {
  readonly type: string;
  /** Whether its script did. */
  readonly ran: string | null;
  /** `null` is a stranger, who gets at nothing of the application's. */
  readonly origin: string;
}

function look(frame: Frame): Promise<Seen> {
  return frame.evaluate(`({
    type: document.contentType,
    ran: document.documentElement?.getAttribute('ran') ?? null,
    origin: window.origin,
  })`);
}

describeWith(['chromium'], 'In Chromium, of a file that was uploaded', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await Browser.start();
  });
  afterAll(() => browser.stop());

  /** The page that is opened, and what is embedded in it. */
  const open = async (url: string) => {
    const answer = await browser.tab.goto(url);
    expect(answer?.status()).toBe(200);
    const [page, ...frames] = browser.tab.frames();
    return { page, frames };
  };
  const expectSaved = async (url: string) => {
    const { tab } = browser;
    await tab.goto('about:blank');
    const download = await browser.downloadBy(
      () => expect(tab.goto(url)).rejects.toThrow('Download is starting'),
      url,
    );
    await download.saved();
    expect(tab.url()).toBe('about:blank');
  };

  let site: ScriptsSite;
  let allowing: ScriptsSite;
  beforeAll(async () => {
    site = await startScriptsSite('express');
    allowing = await startScriptsSite(
      'express',
      FILES.map(({ type }) => type),
    );
  });
  beforeEach(() => {
    site.loaded = 0;
    allowing.loaded = 0;
  });
  afterAll(async () => {
    await site.close();
    await allowing.close();
  });

  describe.each(FILES)('$name', ({ name, type }) => {
    it('the script would run, and get at everything, without the library', async () => {
      const plain = `/plain/${name}`;
      const { page } = await open(site.origin + plain);
      // Browsers are about to give up style sheets that are programs.
      const runs =
        name !== STYLED.name ||
        (await page.evaluate('typeof XSLTProcessor')) !== 'undefined';
      const all = { ran: runs ? 'yes' : null, origin: site.origin };
      expect(await look(page)).toMatchObject(all);
      const { frames } = await open(site.origin + pageWith(plain, ...FRAMES));
      expect(await Promise.all(frames.map(look))).toMatchObject(
        FRAMES.map(() => all),
      );
      expect(site.loaded > 0).toBe(runs);
    });

    it('nothing is shown where it is opened: it is saved', async () => {
      await expectSaved(`${site.origin}/uploads/${name}`);
    });

    it('nothing is shown in a frame, an object and an embed', async () => {
      const url = `/uploads/${name}`;
      const { frames } = await open(site.origin + pageWith(url, ...FRAMES));
      expect(frames.length).toBe(FRAMES.length);
      for (const frame of frames) expect(frame.url()).not.toContain(url);
      expect(site.loaded).toBe(0);
    });

    const stranger = { type, ran: null, origin: 'null' };

    it('nothing runs and nothing is loaded where it may be opened', async () => {
      const { page } = await open(`${allowing.origin}/uploads/${name}`);
      expect(await look(page)).toEqual(stranger);
      expect(allowing.loaded).toBe(0);
    });

    it('nothing runs and nothing is loaded where it may be embedded', async () => {
      const url = pageWith(`/uploads/${name}`, ...FRAMES);
      const { frames } = await open(allowing.origin + url);
      expect(await Promise.all(frames.map(look))).toEqual(
        FRAMES.map(() => stranger),
      );
      expect(allowing.loaded).toBe(0);
    });
  });

  it('a drawing is seen as an image, and does not run', async () => {
    for (const { origin } of [site, allowing]) {
      const url = pageWith('/uploads/drawing.svg', 'img');
      const { page } = await open(origin + url);
      expect(await page.evaluate('document.images[0].naturalWidth')).toBe(80);
      expect((await look(page)).ran).toBeNull();
    }
    expect(site.loaded + allowing.loaded).toBe(0);
  });

  it('a script cannot be run by a page', async () => {
    const ranBy = async (url: string) => {
      const { page } = await open(site.origin + pageWith(url, 'script'));
      return (await look(page)).ran;
    };
    expect(await ranBy(`/plain/${JAVASCRIPT.name}`)).toBe('yes');
    expect(await ranBy(`/uploads/${JAVASCRIPT.name}`)).toBeNull();
  });

  it.each(DISGUISES)(
    'a page that calls itself %s is saved',
    async (disguise) => {
      const query = new URLSearchParams({ type: disguise }).toString();
      const { page } = await open(`${site.origin}/plain/page.html?${query}`);
      expect((await look(page)).ran).toBe('yes');
      await expectSaved(`${site.origin}/rows?${query}`);
      await expectSaved(`${allowing.origin}/rows?${query}`);
    },
  );
});
