import { once } from 'node:events';

import { afterEach, describe, expect, it } from '@jest/globals';

import { RunningDownloads } from '../../../lib/streaming/connection.js';
import { Conversation } from '../../support/clients/conversation.js';

const HOUR = 3_600_000;

const conversations: Conversation[] = [];
afterEach(async () => {
  await Promise.all(conversations.splice(0).map((each) => each.close()));
});

/** Downloads that have begun, each on a connection of its own. */
async function runningOf(count: number) {
  const running = new RunningDownloads();
  for (let number = 0; number < count; number += 1) {
    const conversation = await Conversation.begin();
    conversations.push(conversation);
    conversation.response.write('some');
    running.add(conversation.response);
  }
  return running;
}

describe('RunningDownloads', () => {
  it('lets downloads begin until its time is over', async () => {
    const running = await runningOf(0);
    expect(running.isOver).toBe(false);
    await running.finish(HOUR);
    expect(running.isOver).toBe(true);
  });

  it('waits for the last download, and cuts none', async () => {
    const running = await runningOf(2);
    const finished = running.finish(HOUR);
    for (const { response, client } of conversations) {
      expect(running.isOver).toBe(false);
      response.end();
      await client.answers('GET');
      running.remove(response);
    }
    await finished;
    expect(running.isOver).toBe(true);
  });

  it('does not wait for one that is over', async () => {
    const running = await runningOf(1);
    running.remove(conversations[0].response);
    await running.finish(HOUR);
    expect(conversations[0].response.destroyed).toBe(false);
  });

  it('waits for one that begins meanwhile', async () => {
    const running = await runningOf(2);
    const [early, late] = conversations.map(({ response }) => response);
    running.remove(late);
    const finished = running.finish(HOUR);
    running.add(late);
    running.remove(early);
    await new Promise(setImmediate);
    expect(running.isOver).toBe(false);
    running.remove(late);
    await finished;
  });

  it('cuts what is left when the time is over', async () => {
    const running = await runningOf(2);
    const [over, left] = conversations;
    running.remove(over.response);
    const closed = once(left.response, 'close');
    await running.finish(0);
    await closed;
    expect(running.isOver).toBe(true);
    expect((await left.client.end()).code).toBe('ECONNRESET');
    expect(over.response.destroyed).toBe(false);
  });
});
