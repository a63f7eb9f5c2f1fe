import { EventEmitter, once } from 'node:events';
import { utimes } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';

import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import { HttpException, PreconditionFailedException } from '@nestjs/common';
import {
  type DownloadBackend,
  type DownloadFile,
  DownloadResponse,
  type DownloadResponseOptions,
  FileChangedError,
  LocalFile,
  ProxiedDownloadResponse,
  type ReadWindow,
  stream,
} from 'nestjs-downloadview';

import { answerDownload } from '../../../lib/interceptors/answer-download.js';
import { contextOf } from '../../../lib/interceptors/download-context.js';
import { Conversation } from '../../support/clients/conversation.js';
import { httpContext } from '../../support/http-context.js';
import { type HttpMessage } from '../../support/clients/http-messages.js';
import { descriptorsClosed } from '../../support/files/open-descriptors.js';
import { type RawRequest } from '../../support/clients/raw-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../../support/files/temporary-directory.js';

const TEXT = '0123456789';
const OFFLOAD: DownloadBackend = {
  name: 'test',
  proxy: () => new ProxiedDownloadResponse('X-Sendfile', '/srv/a.txt', {}),
};

let directory: TemporaryDirectory;
let local: LocalFile;
let told: string[] = [];
let conversation: Conversation;
beforeAll(async () => {
  directory = await temporaryDirectory();
  local = new LocalFile(await directory.write('a.txt', TEXT));
});
afterAll(() => directory.remove());
afterEach(async () => {
  told = [];
  await conversation.close();
});

interface Asked extends Partial<RawRequest> {
  readonly options?: DownloadResponseOptions;
  readonly backend?: DownloadBackend;
  readonly configured?: DownloadBackend;
}

/** The answer as Nest gets it. */
async function decided(
  file: DownloadFile,
  {
    options,
    backend = stream(),
    configured = stream(),
    ...request
  }: Asked = {},
): Promise<DownloadResponse> {
  conversation = await Conversation.begin([{ path: '/', ...request }]);
  return answerDownload(
    new DownloadResponse(file, options),
    contextOf(httpContext(conversation.response), (message, error) =>
      told.push(`${message}: ${error?.message}`),
    ),
    backend,
    configured,
  );
}

/** The answer as the client gets it. */
async function answered(
  file: DownloadFile,
  asked?: Asked,
): Promise<HttpMessage> {
  const answer = await decided(file, asked);
  answer.getHeaders();
  answer.getStream().pipe(conversation.response);
  const [message] = await conversation.client.answers(asked?.method ?? 'GET');
  return message;
}

const remote = (more: Partial<DownloadFile> = {}): DownloadFile => ({
  name: 'a.txt',
  stat: () => ({ size: 10, etag: '"v1"' }),
  open: () => Readable.from([Buffer.from(TEXT)]),
  ...more,
});

describe('answerDownload by the application', () => {
  it.each<[Record<string, string>, number, string]>([
    [{}, 200, TEXT],
    [{ Range: 'bytes=2-4' }, 206, '234'],
    [{ Range: 'bytes=2-4', 'If-Range': '"other"' }, 200, TEXT],
    [{ 'If-None-Match': '*' }, 304, ''],
  ])('to %j is %d', async (headers, status, text) => {
    const answer = await answered(local, { headers });
    expect(answer.status).toBe(status);
    expect(answer.body.toString()).toBe(text);
    await descriptorsClosed(local.path);
  });

  it('has several ranges in one answer', async () => {
    const headers = { Range: 'bytes=0-1,8-9' };
    const { status, body } = await answered(local, { headers });
    expect(status).toBe(206);
    expect(body.toString()).toMatch(/\r\n\r\n01\r\n[^]*\r\n\r\n89\r\n/);
  });

  it('refuses a range that there is not, and says how much there is', async () => {
    const refused = decided(local, { headers: { Range: 'bytes=10-' } });
    await expect(refused).rejects.toThrow(HttpException);
    await expect(refused).rejects.toMatchObject({ status: 416 });
    const { response } = conversation;
    expect(response.getHeader('Content-Range')).toBe('bytes */10');
    await descriptorsClosed(local.path);
  });

  it('lets go of the file where a condition fails', async () => {
    const headers = { 'If-Match': '"other"' };
    await expect(decided(local, { headers })).rejects.toThrow(
      PreconditionFailedException,
    );
    await descriptorsClosed(local.path);
  });

  it('opens nothing for HEAD', async () => {
    const open = jest.fn(() => {
      throw new Error('Nothing is to be read');
    });
    const stat = () => ({ size: 10, acceptsRanges: true });
    const file = remote({ stat, open, request: open });
    const answer = await answered(file, { method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-length')).toBe('10');
    expect(answer.headers.get('accept-ranges')).toBe('bytes');
    expect(open).not.toHaveBeenCalled();
  });

  it.each([
    ['206', 'GET', 206],
    ['500', 'GET', 500],
    ['206', 'POST', 206],
  ])(
    'takes no %s of an origin for an answer to %s',
    async (_, method, status) => {
      const stream = new PassThrough();
      const request = () => ({ status, stat: { size: 10 }, stream });
      const refused = decided(remote({ request }), { method });
      await expect(refused).rejects.toMatchObject({ reason: 'refused' });
      expect(stream.destroyed).toBe(true);
    },
  );

  it('knows no ranges and no conditions on other methods', async () => {
    const headers = { Range: 'bytes=2-4', 'If-None-Match': '*' };
    const answer = await answered(local, { method: 'POST', headers });
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toBe(TEXT);
    expect(answer.headers.has('accept-ranges')).toBe(false);
  });

  it.each<[string, DownloadFile, string | undefined]>([
    ['a known', remote(), '1'],
    ['an unknown', remote({ stat: () => ({}) }), undefined],
  ])('keeps @fastify/compress from %s size', async (_, file, expected) => {
    await answered(file);
    expect(conversation.response.req.headers['x-no-compression']).toBe(
      expected,
    );
  });

  it('says what the server in front wants to hear, whoever was chosen', async () => {
    const configured = { ...stream(), streamHeaders: { 'X-Front': 'one' } };
    const own = { ...stream(), streamHeaders: { 'X-Front': 'own' } };
    const front = async (asked: Asked) =>
      (await answered(local, asked)).headers.get('x-front');
    expect(await front({ configured })).toBe('one');
    await conversation.close();
    expect(await front({ configured, backend: own })).toBe('own');
  });
});

describe('answerDownload by the server in front', () => {
  it('has no body, and the header that says where the file is', async () => {
    const answer = await answered(local, { backend: OFFLOAD });
    expect(answer.headers.get('x-sendfile')).toBe('/srv/a.txt');
    expect(answer.body).toHaveLength(0);
    expect(conversation.response.req.headers['x-no-compression']).toBe('1');
  });

  it('asks a backend that was made out of stream()', async () => {
    const backend = { ...stream(), ...OFFLOAD };
    const answer = await answered(local, { backend });
    expect(answer.headers.get('x-sendfile')).toBe('/srv/a.txt');
  });

  it('is 304 where the hook of the application says so', async () => {
    const date = 'Sat, 01 Mar 2025 10:00:00 GMT';
    const answer = await answered(local, {
      backend: OFFLOAD,
      headers: { 'If-Modified-Since': date },
      options: { wasModifiedSince: () => false },
    });
    expect(answer.status).toBe(304);
    expect(answer.headers.has('x-sendfile')).toBe(false);
  });

  it.each<[boolean, Partial<RawRequest>]>([
    [true, { method: 'POST' }],
    [false, { method: 'POST', headers: { Range: 'bytes=0-1' } }],
    [false, { method: 'POST', headers: { 'If-Match': '*' } }],
    [false, { method: 'HEAD' }],
  ])('is %s for %j', async (isOffloaded, request) => {
    const { headers } = await answered(local, { backend: OFFLOAD, ...request });
    expect(headers.has('x-sendfile')).toBe(isOffloaded);
  });
});

describe('answerDownload of a file that changes', () => {
  const changing = (times: number) => {
    let opened = 0;
    const open = jest.fn(() => {
      opened += 1;
      if (opened <= times) throw new FileChangedError('another');
      return Readable.from([Buffer.from(TEXT)]);
    });
    return { file: remote({ open }), open };
  };

  it('decides once more where another has taken its place', async () => {
    const { file, open } = changing(1);
    expect((await answered(file)).body.toString()).toBe(TEXT);
    expect(open).toHaveBeenCalledTimes(2);
  });

  it('gives up where that happens again', async () => {
    const { file, open } = changing(2);
    await expect(decided(file)).rejects.toThrow(FileChangedError);
    expect(open).toHaveBeenCalledTimes(2);
  });

  it('cuts the answer off where it is written over while it is sent', async () => {
    const size = 16 * 1024 * 1024;
    const path = await directory.write('large', Buffer.alloc(size));
    const answer = await decided(new LocalFile(path));
    // Nest listens to errors, too.
    answer
      .getStream()
      .on('error', () => undefined)
      .pipe(conversation.response);
    await conversation.client.readALittle();
    await utimes(path, 0, 0);
    const { bytes, code } = await conversation.client.end();
    expect(code).toBe('ECONNRESET');
    expect(bytes.length).toBeLessThan(size);
    expect(told).toEqual([
      'A download was cut off: The file was changed while it was being sent',
    ]);
    await descriptorsClosed(path);
  });
});

describe('when the answer to a download is over', () => {
  it('its file is let go of, read or not', async () => {
    const answer = await decided(local);
    const closed = once(conversation.response, 'close');
    conversation.response.end('somebody else’s answer');
    await closed;
    expect(answer.getStream().destroyed).toBe(true);
    await descriptorsClosed(local.path);
  });

  it('a source that was handed in is discarded', async () => {
    const discard = jest.fn();
    await decided(remote({ discard }), { backend: OFFLOAD });
    expect(discard).not.toHaveBeenCalled();
    const closed = once(conversation.response, 'close');
    await conversation.client.leave();
    await closed;
    expect(discard).toHaveBeenCalledTimes(1);
  });

  it('a source that is still being opened is closed as soon as it is', async () => {
    const source = new PassThrough();
    const events = new EventEmitter();
    const deciding = decided(
      remote({
        open: async (window) => {
          events.emit('asked', window);
          await once(events, 'opened');
          return source;
        },
      }),
    );
    const [window] = (await once(events, 'asked')) as [ReadWindow];
    const closed = once(conversation.response, 'close');
    await conversation.client.leave();
    await closed;
    expect(window.signal?.aborted).toBe(true);
    events.emit('opened');
    await deciding;
    expect(source.destroyed).toBe(true);
  });
});
