import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';

import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';

import { ADAPTERS } from '../support/application.js';
import { Browser } from '../support/clients/browser.js';
import {
  type ClientSite,
  sha256,
  sha256Of,
  startClientSite,
} from '../support/clients/client-site.js';
import {
  type CuttingProxy,
  startCuttingProxy,
} from '../support/stores/cutting-proxy.js';
import { describeWith } from '../support/describe-with.js';

// Megabytes, on machines that have other work too.
jest.setTimeout(90_000);

const HALF = 10_000_000;

describeWith(['chromium'], 'Chromium resumes', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await Browser.start();
  });
  afterAll(() => browser.stop());

  describe.each(ADAPTERS)('from %s', (adapter) => {
    let site: ClientSite;
    let proxy: CuttingProxy;
    beforeAll(async () => {
      site = await startClientSite(adapter);
    });
    beforeEach(() => site.forget());
    afterEach(() => proxy.close());
    afterAll(() => site.stop());

    const begin = async (name: string) => {
      const { port } = new URL(site.origin);
      proxy = await startCuttingProxy(Number(port), HALF);
      const download = await browser.downloadFrom(
        `${proxy.origin}/files/${name}`,
      );
      // A reset takes with it what nobody has read yet.
      await download.received(HALF / 2);
      return download;
    };
    const expectSaved = async (path: string, bytes: Buffer) => {
      expect(await sha256Of(path)).toBe(sha256(bytes));
      // The name is free again.
      await rm(path);
    };
    const ranges = () =>
      site.exchanged.map(({ headers, status }) => ({
        status,
        range: headers.range,
        ifRange: headers['if-range'],
      }));
    const whole = { status: 200, range: undefined, ifRange: undefined };
    /** It holds on to the tag of what it has. */
    const rest = {
      status: 206,
      range: expect.stringMatching(/^bytes=[1-9]\d+-$/),
      ifRange: expect.stringMatching(/^"[^"]+"$/),
    };

    it('by itself where the connection was ended too early', async () => {
      const download = await begin('file.bin');
      proxy.cut('orderly');
      await expectSaved(await download.saved(), site.bytes);
      expect(ranges()).toEqual([whole, rest]);
    });

    it('when its user says so, where the connection was reset', async () => {
      await site.directory.write('reset.bin', site.bytes);
      const download = await begin('reset.bin');
      proxy.cut('by a reset');
      await download.interrupted();
      expect(ranges()).toEqual([whole]);
      await expectSaved(await browser.resume(download), site.bytes);
      expect(ranges()).toEqual([whole, rest]);
    });

    it('from the beginning where another file has taken the place', async () => {
      const { directory } = site;
      const path = await directory.write('replaced.bin', site.bytes);
      const download = await begin('replaced.bin');
      proxy.cut('by a reset');
      await download.interrupted();
      const other = randomBytes(site.bytes.length);
      await rename(await directory.write('new.bin', other), path);
      await expectSaved(await browser.resume(download), other);
      expect(ranges()[1]).toEqual({ ...rest, status: 200 });
    });
  });
});
