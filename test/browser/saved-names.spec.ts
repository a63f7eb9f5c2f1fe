import { readFile, rm } from 'node:fs/promises';
import { basename } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, Query } from '@nestjs/common';
import { ContentFile, Download, type DownloadFile } from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { Browser } from '../support/clients/browser.js';
import { describeWith } from '../support/describe-with.js';

jest.setTimeout(20_000);

const KEPT: readonly (readonly [title: string, name: string])[] = [
  ['an accent', 'caf\u00E9.txt'],
  ['Japanese', '\u65E5\u672C.txt'],
  ['an emoji', '\u{1F600}.txt'],
  ['blanks', 'my annual report.txt'],
  ['a single quote', "it's.txt"],
  ['a semicolon', 'a;b.txt'],
  ['what looks like a parameter', 'a; filename=b.txt'],
  ['per cent', '100%.txt'],
  ['per cent and two digits', '100%41.txt'],
  ['per cent and an encoded slash', 'a%2Fb.txt'],
  ['signs of a URL', 'a#b&c+d=e.txt'],
  ['brackets', '{a} [b] (c).txt'],
  // Longer ones leave no room for the ".crdownload" that Chromium appends on its way.
  ['as many bytes as Chromium can save', `${'a'.repeat(240)}.txt`],
];

/** Chromium saves no name anywhere that another system would refuse, or hide. */
const REPLACED: readonly (readonly [
  title: string,
  name: string,
  saved: string,
])[] = [
  ['a double quote', 'a"b.txt', 'a_b.txt'],
  ['double quotes around a parameter', 'a";x=".txt', 'a_;x=_.txt'],
  ['a question mark', 'what?.txt', 'what_.txt'],
  ['an asterisk', 'all *.txt', 'all _.txt'],
  ['a vertical bar', 'a|c.txt', 'a_c.txt'],
  ['angle brackets', '<script>.txt', '_script_.txt'],
  ['an accent apart from its letter', 'A\u030A.txt', '\u00C5.txt'],
  ['a dot in front', '.profile', 'profile'],
];

/** These the library does not let out. */
const CLEANED: readonly (readonly [
  title: string,
  name: string,
  saved: string,
])[] = [
  ['a backslash', 'up\\load.txt', 'load.txt'],
  ['a path', '../../etc/passwd', 'passwd'],
  ['a line end and a header', 'a\r\nSet-Cookie: b', 'aSet-Cookie b'],
  ['letters from right to left', 'invoice\u202Efdp.txt', 'invoicefdp.txt'],
];

@Controller()
class NamesController {
  @Get('download')
  @Download()
  download(@Query('name') name: string): DownloadFile {
    return new ContentFile(`The content of ${name}`, { name });
  }
}

describeWith(['chromium'], 'Chromium saves', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await Browser.start();
  });
  afterAll(() => browser.stop());

  describe.each(ADAPTERS)('from %s', (adapter) => {
    let application: RunningApplication;
    beforeAll(async () => {
      application = await startApplication(adapter, {
        controllers: [NamesController],
      });
    });
    afterAll(() => application.close());

    const expectSavedAs = async (name: string, saved: string) => {
      const query = new URLSearchParams({ name }).toString();
      const download = await browser.downloadFrom(
        `${application.origin}/download?${query}`,
      );
      const path = await download.saved();
      expect(download.suggestedName).toBe(saved);
      expect(basename(path)).toBe(saved);
      expect(await readFile(path, 'utf8')).toBe(`The content of ${name}`);
      // The name is free again.
      await rm(path);
    };

    it.each(KEPT)('a name with %s as it is', (_title, name) =>
      expectSavedAs(name, name),
    );

    // What becomes of the others has nothing to do with the adapter.
    if (adapter !== 'express') return;

    it.each(REPLACED)(
      'a name with %s in its own spelling',
      (_title, name, saved) => expectSavedAs(name, saved),
    );

    it.each(CLEANED)(
      'of a name with %s what it was given',
      (_title, name, saved) => expectSavedAs(name, saved),
    );
  });
});
