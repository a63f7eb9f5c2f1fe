import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { Controller, Get, Header } from '@nestjs/common';

import {
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { type BrowserDownload } from '../support/clients/browser-download.js';
import { Browser } from '../support/clients/browser.js';
import { describeWith } from '../support/describe-with.js';
import { eventually } from '../support/eventually.js';
import { loginOfStaff, STAFF } from '../support/staff.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

jest.setTimeout(20_000);

const repository = process.cwd();
const SNIPPETS = ['test/docs/save-by-link.js', 'test/docs/save-by-fetch.js'];

@Controller('page')
class PageController {
  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  page(): string {
    return '<!doctype html><title>A page</title>';
  }
}

describeWith(
  ['chromium'],
  'A page that downloads as the documentation says',
  () => {
    let browser: Browser;
    let directory: TemporaryDirectory;
    let running: RunningApplication;

    beforeAll(async () => {
      directory = await temporaryDirectory();
      await directory.write('media/été.txt', 'summer');
      process.chdir(directory.path);
      process.env.LINK_SECRET = 'x'.repeat(32);
      const { LinksModule } = await import('../docs/links.js');
      running = await startApplication('express', {
        downloadModule: LinksModule,
        configure: loginOfStaff,
        controllers: [PageController],
      });
      browser = await Browser.start();
    });

    afterAll(async () => {
      process.chdir(repository);
      await browser?.stop();
      await running?.close();
      await directory.remove();
    });

    async function savedBy(call: string): Promise<BrowserDownload> {
      const before = browser.downloads.length;
      await browser.tab.goto(`${running.origin}/page`);
      const functions = await Promise.all(
        SNIPPETS.map((path) => readFile(join(repository, path), 'utf8')),
      );
      await browser.tab.addScriptTag({
        content: functions.join('\n').replaceAll('export async', 'async'),
      });
      await browser.tab.evaluate(call);
      await eventually(true, async () => browser.downloads.length > before);
      return browser.downloads[before];
    }

    it('saves by a signed link, and stays', async () => {
      const download = await savedBy("saveByLink('été.txt', 'token')");
      expect(await readFile(await download.saved(), 'utf8')).toBe('summer');
      expect(download.suggestedName).toBe('Our été.txt');
      expect(await browser.tab.title()).toBe('A page');
    });

    it('saves what it has fetched, under the name of the answer', async () => {
      const answer = await fetch(`${running.origin}/links?key=été.txt`, {
        headers: STAFF,
      });
      const link = JSON.stringify(await answer.text());
      const download = await savedBy(`saveByFetch(${link}, 'token')`);
      expect(await readFile(await download.saved(), 'utf8')).toBe('summer');
      expect(download.suggestedName).toBe('Our été.txt');
    });
  },
);
