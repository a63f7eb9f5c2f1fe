import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { type AnswerOutcome } from '../../../lib/http/answer-limiter.js';
import {
  DownloadAnswer,
  type DownloadAnswerParts,
} from '../../../lib/streaming/download-answer.js';
import { platformResponse } from '../../../lib/streaming/response-head.js';
import { textOf } from '../../support/clients/bytes-of.js';
import { Conversation } from '../../support/clients/conversation.js';

const HEAD = {
  status: 206,
  headers: {
    'Content-Type': 'text/plain',
    'Content-Disposition': 'attachment',
    ETag: '"v1"',
  },
  length: 4,
};

let conversation: Conversation;
let told: string[];
beforeEach(async () => {
  conversation = await Conversation.begin();
  told = [];
});
afterEach(() => conversation.close());

const turn = (): Promise<void> => new Promise(setImmediate);

function answerOf(parts: Partial<DownloadAnswerParts> = {}): DownloadAnswer {
  return new DownloadAnswer({
    head: HEAD,
    response: platformResponse(conversation.response),
    isHead: false,
    report: (message, error) =>
      told.push(error ? `${message}: ${error.message}` : message),
    ...parts,
  });
}

const body = (source: Readable) => ({ source, size: 4 });
const some = () => body(Readable.from([Buffer.from('some')]));

describe('DownloadAnswer', () => {
  it('writes nothing to the response before Nest replies', () => {
    const { response } = conversation;
    const answer = answerOf({ body: some() });
    expect(answer.getHeaders()).toEqual({
      type: 'text/plain',
      disposition: 'attachment',
      length: 4,
    });
    expect(response.getHeaderNames()).toEqual([]);
    expect(response.statusCode).toBe(200);
  });

  it('writes its head, and then its bytes, when Nest replies', async () => {
    answerOf({ body: some() }).stream.pipe(conversation.response);
    const [answer] = await conversation.client.answers('GET');
    expect(answer).toMatchObject({ status: 206, body: Buffer.from('some') });
    expect(answer?.headers.get('content-length')).toBe('4');
    expect(answer?.headers.get('etag')).toBe('"v1"');
    expect(told).toEqual([]);
  });

  it('writes its head to HEAD when Nest asks for the headers', () => {
    answerOf({ isHead: true }).getHeaders();
    const { statusCode } = conversation.response;
    expect(statusCode).toBe(206);
    expect({ ...conversation.response.getHeaders() }).toMatchObject({
      'content-length': '4',
      etag: '"v1"',
    });
  });

  it('promises no length where something in between makes another body', () => {
    answerOf({ body: some() }).stream.pipe(new PassThrough());
    const names = conversation.response.getHeaderNames();
    expect(names).toContain('etag');
    expect(names).not.toContain('content-length');
  });

  it('tells where a cookie keeps shared caches out', () => {
    const headers = { 'Cache-Control': 'public' };
    conversation.response.setHeader('Set-Cookie', 'a=b');
    answerOf({ head: { status: 200, headers } }).stream.pipe(
      conversation.response,
    );
    expect(told).toEqual([
      'A download that sets a cookie went out as private: Cache-Control allowed shared caches',
    ]);
  });
});

describe('a DownloadAnswer whose source fails', () => {
  it('makes room for an error before its first byte', async () => {
    const { response, client } = conversation;
    const source = new PassThrough();
    const answer = answerOf({ body: body(source) });
    answer.stream
      .on('error', (error) => answer.sendError(error))
      .pipe(response);
    source.destroy(new Error('EIO'));
    const [{ status, headers, body: sent }] = (await client.answers('GET')) as [
      Awaited<ReturnType<typeof client.answers>>[0],
    ];
    expect(status).toBe(500);
    expect(JSON.parse(sent.toString())).toEqual({
      statusCode: 500,
      message: 'Internal server error',
    });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.has('etag')).toBe(false);
    expect(headers.has('content-disposition')).toBe(false);
    expect(told).toEqual(['A download failed before its first byte: EIO']);
  });

  it('cuts the connection after its first byte', async () => {
    const { response, client } = conversation;
    const source = new PassThrough();
    const answer = answerOf({ body: body(source) });
    answer.stream
      .on('error', (error) => answer.sendError(error))
      .pipe(response);
    source.write('so');
    expect((await client.readALittle()).toString()).toMatch(/so$/);
    source.end();
    const { bytes, code } = await client.end();
    expect(code).toBe('ECONNRESET');
    expect(bytes.toString()).not.toContain('500');
    expect(told).toEqual(['A download was cut off: 2 bytes are missing']);
  });

  it('tells nobody where the client has left', async () => {
    const { response, client } = conversation;
    const source = new PassThrough();
    const answer = answerOf({ body: body(source) });
    answer.stream
      .on('error', (error) => answer.sendError(error))
      .pipe(response);
    const closed = once(response, 'close');
    await client.leave();
    await closed;
    source.destroy(new Error('EIO'));
    await once(answer.stream, 'close').catch(() => undefined);
    expect(told).toEqual([]);
  });
});

describe('a DownloadAnswer that its client does not take', () => {
  it('is reset after the idle timeout, and that is told', async () => {
    const { response, client } = conversation;
    const source = Readable.from([Buffer.alloc(16 * 1024 * 1024)]);
    const answer = answerOf({
      head: { ...HEAD, length: undefined },
      body: { source },
      idleTimeout: 50,
    });
    answer.stream.on('error', () => undefined).pipe(response);
    await once(response, 'close');
    expect((await client.end()).code).toBe('ECONNRESET');
    expect(told).toEqual([
      'A download was cut off: The client took nothing for 50 ms',
    ]);
  });

  it.each([
    ['a minute', undefined, 60_000],
    ['as long as is said', 12_000, 12_000],
  ])('has %s, looked at in eighths', async (_, idleTimeout, milliseconds) => {
    const source = new PassThrough();
    const answer = answerOf({ body: body(source), idleTimeout });
    answer.stream.pipe(conversation.response);
    await turn();
    expect(conversation.socket.timeout).toBe(milliseconds / 8);
    answer.close();
  });

  it.each([
    ['a timeout of 0', { idleTimeout: 0 }],
    ['no body', { body: undefined }],
  ])('is not watched with %s', async (_, parts) => {
    const answer = answerOf({ body: body(new PassThrough()), ...parts });
    answer.stream.pipe(conversation.response);
    await turn();
    expect(conversation.response.listenerCount('timeout')).toBe(0);
    answer.close();
  });
});

describe('DownloadAnswer.sendError', () => {
  it('adds nothing to an answer that has begun', async () => {
    const { response, client } = conversation;
    response.write('begun');
    answerOf().sendError(new Error('EIO'));
    response.end();
    const [answer] = await client.answers('GET');
    expect(answer?.body.toString()).toBe('begun');
  });

  it('says nothing to a client that has left', () => {
    const { response } = conversation;
    response.destroy();
    answerOf().sendError(new Error('EIO'));
    expect(response.writableEnded).toBe(false);
  });
});

describe('the end of a DownloadAnswer', () => {
  it('lets go of its source', () => {
    const source = new PassThrough();
    answerOf({ body: body(source) }).close();
    expect(source.destroyed).toBe(true);
  });

  it('may be brought by Nest', () => {
    const source = new PassThrough();
    answerOf({ body: body(source) }).stream.destroy();
    expect(source.destroyed).toBe(true);
  });

  it('comes with its own response where the handler keeps it for others', () => {
    const source = new PassThrough();
    const answer = answerOf({ body: body(source) });
    answer.outliveNest();
    answer.stream.destroy();
    expect(source.destroyed).toBe(false);
    answer.close();
    expect(source.destroyed).toBe(true);
  });
});

describe('a DownloadAnswer of a limited link tells when it is over', () => {
  const LARGE = 1024 * 1024;
  const leased = (source: Readable, length?: number) => {
    const outcomes: AnswerOutcome[] = [];
    const answer = answerOf({
      head: { ...HEAD, length },
      body: { source, size: length },
    });
    answer.leaseBy({ over: (outcome) => void outcomes.push(outcome) });
    return { answer, outcomes };
  };

  it('that nothing of it went out', () => {
    const { answer, outcomes } = leased(Readable.from([]), LARGE);
    answer.close();
    answer.close();
    expect(outcomes).toEqual([{ hasBegun: false, unsent: 0 }]);
  });

  it('that an interceptor has read it itself', async () => {
    const bytes = Readable.from([Buffer.from('some')]);
    const { answer, outcomes } = leased(bytes, 4);
    expect(await textOf(answer.stream)).toBe('some');
    answer.close();
    expect(outcomes).toEqual([{ hasBegun: true, unsent: 0 }]);
  });

  it('nothing of what is left where its bytes became others on the way', () => {
    const { answer, outcomes } = leased(new PassThrough(), LARGE);
    answer.stream.pipe(new PassThrough());
    conversation.response.write('compressed');
    answer.close();
    expect(outcomes).toEqual([{ hasBegun: true, unsent: 0 }]);
  });

  it('what was not sent', () => {
    const { answer, outcomes } = leased(new PassThrough(), LARGE);
    answer.stream.pipe(conversation.response);
    answer.close();
    expect(outcomes).toEqual([{ hasBegun: true, unsent: LARGE }]);
  });
});
