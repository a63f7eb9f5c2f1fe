import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { InvalidOptionsError } from 'nestjs-downloadview';
import { downloadMatchers } from 'nestjs-downloadview/testing';

import { type RunningApplication } from '../../support/application.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';
import { WAYS } from './asked.js';
import { NAME, startDownloads, TEXT } from './downloads.js';
import { errorOf } from './failures.js';

expect.extend(downloadMatchers);

describe('downloadMatchers', () => {
  let directory: TemporaryDirectory;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await directory.write('ä b.txt', 'not read');
  });

  afterAll(() => directory.remove());

  describe.each(WAYS)('of $way', ({ adapter, ask }) => {
    let running: RunningApplication;

    beforeAll(async () => {
      running = await startDownloads(adapter, directory.path);
    });

    afterAll(() => running.close());

    it('tell a download from everything else', async () => {
      const text = await ask(running, '/text');

      expect(text).toBeDownload();
      expect(text).toBeDownload({ basename: NAME, content: TEXT });
      expect(text).not.toBeDownload({ basename: NAME, content: 'another' });
      expect(text).not.toBeXAccelRedirect();
      expect(text).not.toBeXSendfile();
      expect(await ask(running, '/page')).not.toBeDownload();
    });

    it('tell an X-Accel-Redirect from everything else', async () => {
      const offloaded = await ask(running, '/offloaded');

      expect(offloaded).toBeXAccelRedirect({ basename: NAME });
      expect(offloaded).not.toBeXAccelRedirect({ url: '/_offload/' });
      expect(offloaded).not.toBeDownload();
      expect(offloaded).not.toBeXSendfile();
    });

    it('wait for a response', async () => {
      await expect(ask(running, '/text')).resolves.toBeDownload();
    });
  });

  const sendfile = {
    status: 200,
    headers: { 'X-Sendfile': '/srv/a%20b', 'Content-Length': '0' },
    body: '',
  };

  it('tell an X-Sendfile from everything else', () => {
    expect(sendfile).toBeXSendfile({ path: '/srv/a b' });
    expect(sendfile).not.toBeXSendfile({
      path: '/srv/a b',
      pathEncoding: 'raw',
    });
    expect(sendfile).not.toBeXAccelRedirect();
  });

  it('say what is wrong', () => {
    expect(() => expect(sendfile).toBeXSendfile({ path: '/a' })).toThrow(
      /^This is not the expected X-Sendfile:\n {2}path: expected '\/a', but was '\/srv\/a b'$/,
    );
  });

  it('say what should not be', () => {
    expect(() => expect(sendfile).not.toBeXSendfile()).toThrow(
      /^This is the expected X-Sendfile, and should not be\.$/,
    );
  });

  it.each(['toBeDownload', 'toBeXAccelRedirect', 'toBeXSendfile'] as const)(
    '%s() refuses unknown options and what is no response, with .not, too',
    (matcher) => {
      for (const call of [
        () => expect(sendfile)[matcher]({ path: 1 } as object),
        () => expect(sendfile).not[matcher]({ no: 1 } as object),
        () => expect(undefined)[matcher](),
        () => expect({}).not[matcher](),
      ]) {
        const error = errorOf(call);
        expect(error).toBeInstanceOf(InvalidOptionsError);
        expect(error).toMatchObject({
          option: expect.stringMatching(`^${matcher}\\.`),
        });
      }
    },
  );
});
