import { once } from 'node:events';
import { type ServerResponse } from 'node:http';

import { afterEach, describe, expect, it, jest } from '@jest/globals';

import { endWith, written } from '../../../lib/streaming/chunk-buffers.js';
import { Conversation } from '../../support/clients/conversation.js';

const TWO = [{ path: '/first' }, { path: '/waiting' }];
// More than the socket buffers of both ends swallow.
const MUCH = Buffer.alloc(16 * 1024 * 1024, 'm');

let conversation: Conversation;
afterEach(() => conversation.close());

/** A response that waits until `first` is over. */
async function waitingResponse(): Promise<{
  first: ServerResponse;
  waiting: ServerResponse;
}> {
  conversation = await Conversation.begin(TWO);
  const [first, waiting] = conversation.responses;
  return { first: first, waiting: waiting };
}

function watched(writing: Promise<void>): () => boolean {
  let settled = false;
  const settle = (): void => void (settled = true);
  writing.then(settle, settle);
  return () => settled;
}

const turn = (): Promise<void> => new Promise(setImmediate);

function lentOf(bytes: Uint8Array) {
  const giveBack = jest.fn();
  return { buffer: Buffer.from(bytes), giveBack };
}

describe('written', () => {
  it('settles only when the kernel has taken all bytes', async () => {
    conversation = await Conversation.begin();
    const { response, client } = conversation;
    response.setHeader('Content-Length', MUCH.length);
    const writing = written(response, MUCH);
    const settled = watched(writing);
    await client.readALittle();
    expect(settled()).toBe(false);
    const answers = client.answers('GET');
    await writing;
    response.end();
    expect((await answers)[0]?.body.equals(MUCH)).toBe(true);
  });

  it('settles when the client leaves before', async () => {
    conversation = await Conversation.begin();
    const { response, client } = conversation;
    const settled = watched(written(response, MUCH));
    const closed = once(response, 'close');
    await client.readALittle();
    await client.leave();
    await closed;
    await turn();
    expect(settled()).toBe(true);
  });

  it('fails where the client leaves while bytes before are being sent', async () => {
    conversation = await Conversation.begin();
    const { response, client } = conversation;
    const before = watched(written(response, MUCH));
    await client.readALittle();
    const failed = expect(
      written(response, Buffer.from('a')),
    ).rejects.toThrow();
    await client.leave();
    await failed;
    await turn();
    expect(before()).toBe(true);
  });

  it('fails for a client that has left already', async () => {
    conversation = await Conversation.begin();
    conversation.response.destroy();
    await expect(
      written(conversation.response, Buffer.from('a')),
    ).rejects.toThrow();
  });

  it('fails where the client leaves a connection that is closing', async () => {
    conversation = await Conversation.begin();
    const { response, socket, client } = conversation;
    socket.end();
    const writing = written(response, Buffer.from('a'));
    const failed = expect(writing).rejects.toThrow('The client has left');
    await client.leave();
    await failed;
  });

  it('settles in its turn, and then waits for nothing', async () => {
    const { first, waiting } = await waitingResponse();
    const listeners = waiting.listenerCount('close');
    const writing = written(waiting, Buffer.from('a'));
    const settled = watched(writing);
    await turn();
    expect(settled()).toBe(false);
    first.end();
    await writing;
    expect(waiting.listenerCount('close')).toBe(listeners);
  });

  it('fails where the client leaves before its turn', async () => {
    const { waiting } = await waitingResponse();
    const writing = written(waiting, Buffer.from('a'));
    const failed = expect(writing).rejects.toThrow('The client has left');
    await conversation.client.leave();
    await failed;
  });
});

describe('endWith', () => {
  const EVERY_BYTE = Buffer.from(
    Array.from({ length: 256 }, (_, byte) => byte),
  );
  const LARGE = Buffer.alloc(4097, EVERY_BYTE);

  it.each([
    ['a few', EVERY_BYTE],
    ['more', LARGE],
  ])('sends the first of %s bytes as they are', async (_, bytes) => {
    conversation = await Conversation.begin();
    const { response, client } = conversation;
    const lent = lentOf(Buffer.concat([bytes, Buffer.from('rest')]));
    const closed = once(response, 'close');
    endWith(response, lent, bytes.length);
    const [answer] = await client.answers('GET');
    expect(answer?.headers.get('content-length')).toBe(String(bytes.length));
    expect(answer?.body).toEqual(bytes);
    await closed;
    expect(lent.giveBack).toHaveBeenCalledTimes(1);
  });

  it('needs the buffer of a few bytes no longer, even before its turn', async () => {
    const { first, waiting } = await waitingResponse();
    const lent = lentOf(Buffer.alloc(4096, 'a'));
    endWith(waiting, lent, 4096);
    expect(lent.giveBack).toHaveBeenCalledTimes(1);
    lent.buffer.fill('b');
    first.end();
    const [, answer] = await conversation.client.answers('GET', 'GET');
    expect(answer?.body).toEqual(Buffer.alloc(4096, 'a'));
    expect(lent.giveBack).toHaveBeenCalledTimes(1);
  });

  it('keeps the buffer of more until its turn has come', async () => {
    const { first, waiting } = await waitingResponse();
    const lent = lentOf(LARGE);
    endWith(waiting, lent, LARGE.length);
    await turn();
    expect(lent.giveBack).not.toHaveBeenCalled();
    const closed = once(waiting, 'close');
    first.end();
    await closed;
    expect(lent.giveBack).toHaveBeenCalledTimes(1);
  });

  it('keeps the buffer until a slow client has taken it, or has left', async () => {
    conversation = await Conversation.begin();
    const { response, client } = conversation;
    const lent = lentOf(MUCH);
    const closed = once(response, 'close');
    endWith(response, lent, MUCH.length);
    await client.readALittle();
    expect(lent.giveBack).not.toHaveBeenCalled();
    await client.leave();
    await closed;
    expect(lent.giveBack).toHaveBeenCalledTimes(1);
  });

  it('gives the buffer back at once where the client has left already', async () => {
    conversation = await Conversation.begin();
    const { response } = conversation;
    response.destroy();
    const lent = lentOf(LARGE);
    endWith(response, lent, LARGE.length);
    expect(lent.giveBack).toHaveBeenCalledTimes(1);
    await once(response, 'close');
    expect(lent.giveBack).toHaveBeenCalledTimes(1);
  });
});
