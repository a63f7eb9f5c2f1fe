import { once } from 'node:events';
import { Readable } from 'node:stream';

import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { HttpFile } from 'nestjs-downloadview';

import { begun, limitedTo } from '../../../lib/files/http-file-answer.js';
import { textOf } from '../../support/clients/bytes-of.js';
import {
  type FileServer,
  startFileServer,
} from '../../support/servers/file-server.js';
import { RemoteOrigin } from '../../support/servers/remote-origin.js';

const TEXT = '0123456789';
const CHANGED = { name: 'FileChangedError' };
const REFUSED = { name: 'RemoteFileError', reason: 'refused' };

describe('A window of an HttpFile', () => {
  let server: FileServer;
  let origin: RemoteOrigin;

  beforeAll(async () => {
    server = await startFileServer(() => ({
      bytes: Buffer.from(TEXT),
      etag: '"v1"',
    }));
    origin = await RemoteOrigin.start();
  });

  beforeEach(() => {
    server.obeysIfMatch = true;
    server.requests.length = 0;
  });

  afterAll(async () => {
    server.close();
    await origin.close();
  });

  const fileOn = (host: string, more = {}): HttpFile =>
    new HttpFile(`http://${host}/a.txt`, { allowedHosts: [host], ...more });
  const opened = async (
    file: HttpFile,
    window: Parameters<HttpFile['open']>[0],
  ): Promise<string> => textOf(await file.open(window));

  it.each([
    [{}, TEXT, undefined],
    [{ start: 2 }, '23456789', 'bytes=2-'],
    [{ start: 2, end: 4 }, '234', 'bytes=2-4'],
    [{ end: 0 }, '0', 'bytes=0-0'],
    [{ start: 8, end: 99 }, '89', 'bytes=8-99'],
  ])('%j has its bytes alone', async (window, text, range) => {
    const ifMatch = '"v1"';
    expect(await opened(fileOn(server.host), { ...window, ifMatch })).toBe(
      text,
    );
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]?.headers.range).toBe(range);
    origin.sends(200, {}, TEXT);
    expect(await opened(fileOn(origin.host), window)).toBe(text);
  });

  it.each([[true], [false]])(
    'of another file is an error (the server obeys If-Match: %s)',
    async (obeys) => {
      server.obeysIfMatch = obeys;
      const file = fileOn(server.host);
      for (const window of [{ start: 2, end: 4 }, {}]) {
        const opening = file.open({ ...window, ifMatch: '"v2"' });
        await expect(opening).rejects.toMatchObject(CHANGED);
      }
    },
  );

  it('that is not there any more is an error', async () => {
    const opening = fileOn(server.host).open({ start: 10 });
    await expect(opening).rejects.toMatchObject(CHANGED);
  });

  it.each([['bytes 3-4/10'], ['bytes 2-3/10'], ['bytes 2-4/4'], ['']])(
    'that is another one is an error: %s',
    async (received) => {
      origin.sends(206, { 'Content-Range': received }, '234');
      const opening = fileOn(origin.host).open({ start: 2, end: 4 });
      await expect(opening).rejects.toMatchObject(REFUSED);
    },
  );

  it('is not asked for once its reader has left', async () => {
    const opening = fileOn(server.host).open({ signal: AbortSignal.abort() });
    await expect(opening).rejects.toMatchObject(REFUSED);
    expect(server.requests).toEqual([]);
  });

  it('is not waited for once nobody wants its facts any more', async () => {
    const leave = new AbortController();
    const closed = new Promise((resolve) => {
      origin.answers((response) => {
        response.once('close', resolve);
        leave.abort();
      });
    });
    const { signal } = leave;
    await expect(fileOn(origin.host).stat({ signal })).rejects.toMatchObject(
      REFUSED,
    );
    await closed;
  });

  it('that cannot be had is told without what stands behind the path: it may be a signature', async () => {
    const address = `http://${origin.host}/a.txt?signature=secret`;
    const file = new HttpFile(address, { allowedHosts: [origin.host] });
    for (const [status, headers] of [
      [403, {}],
      [404, {}],
      [302, {}],
      [200, { 'Content-Length': 'x' }],
    ] as const) {
      origin.sends(status, headers);
      const error = await file.open().catch((thrown: unknown) => thrown);
      expect(String(error)).toMatch(/Error: .*\/a\.txt'/);
      expect(String(error)).not.toContain('secret');
    }
  });

  it('of a file that is too large is an error', async () => {
    const file = fileOn(server.host, { maxSize: 9 });
    for (const window of [{}, { start: 2, end: 4 }]) {
      await expect(file.open(window)).rejects.toMatchObject({
        reason: 'too-large',
      });
    }
  });

  it('is refused with the reason where nobody answers', async () => {
    const gone = await startFileServer(() => ({ bytes: Buffer.from(TEXT) }));
    gone.close();
    await expect(fileOn(gone.host).stat()).rejects.toThrow(
      `'http://${gone.host}/a.txt' did not answer: 'ECONNREFUSED'`,
    );
  });
});

describe('begun', () => {
  it('has all bytes of the stream', async () => {
    const stream = await begun(Readable.from([TEXT], { objectMode: false }));
    expect(await textOf(stream)).toBe(TEXT);
  });

  it('has an empty stream of one without bytes, whether it ended before or not', async () => {
    const ended = Readable.from([]).resume();
    await once(ended, 'close');
    for (const empty of [Readable.from([]), ended]) {
      expect(await textOf(await begun(empty))).toBe('');
    }
  });

  it('fails as the stream does', async () => {
    async function* failing(): AsyncGenerator<string> {
      yield 'a';
      await Promise.reject(new Error('cut'));
    }
    const limited = limitedTo(5, Readable.from(failing()), () => new Error());
    const stream = await begun(limited);
    await expect(textOf(stream)).rejects.toThrow('cut');
    await expect(begun(stream)).rejects.toThrow('cut');
    const none = limitedTo(0, Readable.from(['a']), () => new Error('large'));
    await expect(begun(none)).rejects.toThrow('large');
  });
});
