import { once } from 'node:events';

import {
  afterEach,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';

import { whenIdle } from '../../../lib/streaming/connection.js';
import { Conversation } from '../../support/clients/conversation.js';

const SHORT = 50;
const HOUR = 3_600_000;
// More than the socket buffers of both ends swallow.
const MUCH = Buffer.alloc(16 * 1024 * 1024);

let conversation: Conversation;
afterEach(() => conversation.close());

const turn = (): Promise<void> => new Promise(setImmediate);

describe('whenIdle', () => {
  it('calls back when a client takes nothing of what waits for it', async () => {
    conversation = await Conversation.begin();
    const { response } = conversation;
    response.write(MUCH);
    await new Promise<void>((idle) => whenIdle(response, SHORT, idle));
    expect(response.writableLength).toBeGreaterThan(0);
  });

  it('has patience with a slow source, however often the time is over', async () => {
    conversation = await Conversation.begin();
    const { response, socket } = conversation;
    const callback = jest.fn();
    response.write('a');
    whenIdle(response, SHORT, callback);
    await once(socket, 'timeout');
    await once(socket, 'timeout');
    expect(callback).not.toHaveBeenCalled();
    expect(socket.destroyed).toBe(false);
    response.write(MUCH);
    await once(socket, 'timeout');
    expect(callback).toHaveBeenCalled();
  });

  it('watches an answer only when its turn has come', async () => {
    conversation = await Conversation.begin([{ path: '/' }, { path: '/' }]);
    const { responses, socket } = conversation;
    const [first, waiting] = responses;
    const callback = jest.fn();
    waiting.write(MUCH);
    const idle = new Promise<void>((resolve) =>
      whenIdle(waiting, SHORT, () => {
        callback();
        resolve();
      }),
    );
    first.setTimeout(SHORT, () => undefined);
    await once(socket, 'timeout');
    expect(callback).not.toHaveBeenCalled();
    first.end();
    await idle;
  });
});

describe('whenIdle, while the time of an hour passes,', () => {
  const PERIOD = HOUR / 8;
  let callback: jest.Mock;
  let clock: number;

  beforeEach(async () => {
    conversation = await Conversation.begin();
    const { response } = conversation;
    callback = jest.fn();
    clock = 0;
    response.write(MUCH);
    whenIdle(response, HOUR, callback, () => clock);
    await turn();
    expect(conversation.socket.timeout).toBe(PERIOD);
  });

  /** Node lets a socket's time go off where nothing was taken in it. */
  const quiet = (times: number): void => {
    for (let time = 0; time < times; time += 1) {
      clock += PERIOD;
      conversation.socket.emit('timeout');
    }
  };

  it('calls back when it has taken nothing for that hour, and not before', () => {
    quiet(7);
    expect(callback).not.toHaveBeenCalled();
    quiet(1);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('begins anew where Node has let a time pass, since something was taken', () => {
    quiet(7);
    clock += PERIOD;
    quiet(7);
    expect(callback).not.toHaveBeenCalled();
    quiet(1);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('begins anew where a whole chunk was taken', async () => {
    quiet(7);
    const { response, client } = conversation;
    const taken = new Promise<void>((resolve) => {
      response.write('a', () => resolve());
    });
    client.socket.resume();
    await taken;
    response.write(MUCH);
    quiet(7);
    expect(callback).not.toHaveBeenCalled();
  });

  it('goes on after a time that went off late', () => {
    quiet(4);
    clock += PERIOD / 2;
    quiet(4);
    expect(callback).toHaveBeenCalledTimes(1);
  });
});

describe('whenIdle watches nothing', () => {
  it('where the time is 0', async () => {
    conversation = await Conversation.begin();
    const { response, socket } = conversation;
    response.write('a');
    whenIdle(response, 0, () => undefined);
    await turn();
    expect(response.listenerCount('timeout')).toBe(0);
    expect(socket.timeout).not.toBe(0);
  });

  it('where the kernel took the whole answer at once', async () => {
    conversation = await Conversation.begin();
    const { response, client } = conversation;
    response.end('a');
    whenIdle(response, HOUR, () => undefined);
    await client.answers('GET');
    expect(response.listenerCount('timeout')).toBe(0);
  });

  it('where the client has left already', async () => {
    conversation = await Conversation.begin();
    const { response } = conversation;
    response.destroy();
    whenIdle(response, HOUR, () => undefined);
    await turn();
    expect(response.listenerCount('timeout')).toBe(0);
  });
});

describe('after an answer that was watched', () => {
  async function watchedToItsEnd(keepAlive: number): Promise<void> {
    conversation = await Conversation.begin();
    const { response, server, socket, client } = conversation;
    server.keepAliveTimeout = keepAlive;
    response.write('a');
    whenIdle(response, HOUR, () => undefined);
    await turn();
    expect(socket.timeout).toBe(HOUR / 8);
    response.end();
    await client.answers('GET');
  }

  it.each([0, 5000])(
    'its time does not go on, with %d ms of keep-alive',
    async (keepAlive) => {
      await watchedToItsEnd(keepAlive);
      expect(conversation.socket.timeout).not.toBe(HOUR / 8);
    },
  );

  it('the connection serves the next one', async () => {
    await watchedToItsEnd(0);
    const { server, client } = conversation;
    const next = once(server, 'request');
    await client.send({ path: '/next' });
    await next;
    conversation.responses[1].end('next');
    const [answer] = await client.answers('GET');
    expect(answer?.body.toString()).toBe('next');
  });

  it('a time that somebody else has set stays', async () => {
    conversation = await Conversation.begin();
    const { response, server, socket, client } = conversation;
    server.keepAliveTimeout = 0;
    response.write('a');
    whenIdle(response, HOUR, () => undefined);
    await turn();
    socket.setTimeout(HOUR + 1);
    response.end();
    await client.answers('GET');
    expect(socket.timeout).toBe(HOUR + 1);
  });
});
