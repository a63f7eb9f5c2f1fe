import { once } from 'node:events';

import { afterEach, describe, expect, it, jest } from '@jest/globals';

import {
  type DownloadContext,
  contextOf,
} from '../../../lib/interceptors/download-context.js';
import { Conversation } from '../../support/clients/conversation.js';
import { httpContext } from '../../support/http-context.js';
import { type RawRequest } from '../../support/clients/raw-client.js';

let conversation: Conversation;
afterEach(() => conversation.close());

async function context(...requests: RawRequest[]): Promise<DownloadContext> {
  conversation = await Conversation.begin(requests);
  const response = conversation.responses.at(-1)!;
  return contextOf(httpContext(response), () => undefined);
}

async function clientLeaves(): Promise<void> {
  const closed = once(conversation.socket, 'close');
  await conversation.client.leave();
  await closed;
}

async function answerArrives(): Promise<void> {
  const closed = once(conversation.response, 'close');
  conversation.response.end('answer');
  await conversation.client.answers('GET');
  await closed;
}

describe('contextOf', () => {
  it('says what was asked, and has the response to it', async () => {
    const headers = { Range: 'bytes=0-1' };
    const given = await context({ method: 'POST', path: '/', headers });
    expect(given.method).toBe('POST');
    expect(given.headers.range).toBe('bytes=0-1');
    expect(given.response.raw).toBe(conversation.response);
  });

  it('passes on what is reported', async () => {
    conversation = await Conversation.begin();
    const report = jest.fn();
    const error = new Error('EIO');
    contextOf(httpContext(conversation.response), report).report('cut', error);
    expect(report.mock.calls).toEqual([['cut', error]]);
  });
});

describe('the signal of a context', () => {
  it('fires when the client leaves', async () => {
    const { signal } = await context({ path: '/' });
    expect(signal.aborted).toBe(false);
    await clientLeaves();
    expect(signal.aborted).toBe(true);
  });

  it('fires when the client leaves before its turn', async () => {
    const { signal } = await context({ path: '/' }, { path: '/' });
    await clientLeaves();
    expect(signal.aborted).toBe(true);
  });

  it('has fired where it is asked for after the client has left', async () => {
    const given = await context({ path: '/' });
    await clientLeaves();
    expect(given.signal.aborted).toBe(true);
  });

  it('does not fire where the client has everything', async () => {
    const given = await context({ path: '/' });
    const { signal } = given;
    await answerArrives();
    expect(signal.aborted).toBe(false);
    expect(given.signal).toBe(signal);
    await clientLeaves();
    expect(signal.aborted).toBe(false);
  });
});

describe('DownloadContext.onClose', () => {
  it.each([
    ['the answer has arrived', answerArrives],
    ['the client has left', clientLeaves],
  ])('has all called once, in their order, when %s', async (_, end) => {
    const given = await context({ path: '/' });
    const called: string[] = [];
    given.onClose(() => called.push('first'));
    given.onClose(() => called.push('second'));
    expect(called).toEqual([]);
    await end();
    expect(called).toEqual(['first', 'second']);
    given.onClose(() => called.push('late'));
    expect(called).toEqual(['first', 'second', 'late']);
  });

  it('has it called at once for a client that had left before', async () => {
    conversation = await Conversation.begin();
    conversation.response.destroy();
    const context = httpContext(conversation.response);
    const callback = jest.fn();
    contextOf(context, () => undefined).onClose(callback);
    expect(callback).toHaveBeenCalledTimes(1);
  });
});
