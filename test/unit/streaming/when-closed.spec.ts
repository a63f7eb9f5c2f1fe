import { once } from 'node:events';

import { afterEach, describe, expect, it, jest } from '@jest/globals';

import { whenClosed } from '../../../lib/streaming/connection.js';
import { Conversation } from '../../support/clients/conversation.js';

let conversation: Conversation;
afterEach(() => conversation.close());

const requests = (count: number): { path: string }[] =>
  new Array<{ path: string }>(count).fill({ path: '/' });

async function connectionLost(): Promise<void> {
  const closed = once(conversation.socket, 'close');
  await conversation.client.leave();
  await closed;
}

describe('whenClosed', () => {
  it('calls back once when the answer was sent', async () => {
    conversation = await Conversation.begin();
    const { response, client } = conversation;
    const callback = jest.fn();
    whenClosed(response, callback);
    response.end('abc');
    const closed = once(response, 'close');
    expect(callback).not.toHaveBeenCalled();
    await Promise.all([closed, client.answers('GET')]);
    expect(callback).toHaveBeenCalledTimes(1);
    await connectionLost();
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('calls back once when the client leaves', async () => {
    conversation = await Conversation.begin();
    const callback = jest.fn();
    whenClosed(conversation.response, callback);
    await connectionLost();
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('calls back at once where the answer is over already', async () => {
    conversation = await Conversation.begin();
    const { response } = conversation;
    response.destroy();
    const callback = jest.fn();
    whenClosed(response, callback)();
    expect(callback).toHaveBeenCalledTimes(1);
    await once(response, 'close');
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('calls nobody back who does not wait any more', async () => {
    conversation = await Conversation.begin(requests(2));
    const callback = jest.fn();
    for (const response of conversation.responses) {
      whenClosed(response, callback)();
    }
    await connectionLost();
    expect(callback).not.toHaveBeenCalled();
  });
});

describe('whenClosed for an answer that waits for its turn', () => {
  it('calls back once when the client leaves before', async () => {
    conversation = await Conversation.begin(requests(2));
    const [, waiting] = conversation.responses;
    const callback = jest.fn();
    whenClosed(waiting, callback);
    await connectionLost();
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('calls back once when it was sent in its turn', async () => {
    conversation = await Conversation.begin(requests(2));
    const { responses, client } = conversation;
    const [first, waiting] = responses;
    const callback = jest.fn();
    whenClosed(waiting, callback);
    const closed = once(waiting, 'close');
    waiting.end('second');
    first.end('first');
    await once(first, 'close');
    await closed;
    const answers = await client.answers('GET', 'GET');
    expect(answers.map(({ body }) => body.toString())).toEqual([
      'first',
      'second',
    ]);
    expect(callback).toHaveBeenCalledTimes(1);
    await connectionLost();
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('calls back at once where the connection is gone already', async () => {
    conversation = await Conversation.begin(requests(2));
    conversation.socket.destroy();
    const callback = jest.fn();
    whenClosed(conversation.responses[1], callback);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('puts one listener on the connection, however many wait', async () => {
    conversation = await Conversation.begin(requests(20));
    const { responses, socket } = conversation;
    const before = socket.listenerCount('close');
    const callback = jest.fn();
    for (const response of responses) whenClosed(response, callback);
    expect(socket.listenerCount('close')).toBe(before + 1);
    await connectionLost();
    expect(callback).toHaveBeenCalledTimes(20);
  });
});
