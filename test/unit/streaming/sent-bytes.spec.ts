import { describe, expect, it } from '@jest/globals';

import { SentBytes } from '../../../lib/streaming/sent-bytes.js';
import { Conversation } from '../../support/clients/conversation.js';

/** More than the buffers of a connection hold. */
const LARGE = 32 * 1024 * 1024;

describe('the bytes of an answer that were not sent', () => {
  it('are none where it is whole, or its length is not known', async () => {
    const conversation = await Conversation.begin();
    const { response, client } = conversation;
    const sent = new SentBytes(response);
    response.end('Hello');
    await client.answers('GET').catch(() => undefined);
    expect(sent.missing(5)).toBe(0);
    expect(sent.missing(undefined)).toBe(0);
    await conversation.close();
  });

  it('are what the connection did not take, even when it is gone', async () => {
    const conversation = await Conversation.begin();
    const { response, client } = conversation;
    const sent = new SentBytes(response);
    const closed = new Promise((resolve) => response.once('close', resolve));
    response.writeHead(200, { 'Content-Length': LARGE });
    response.write(Buffer.alloc(1000));
    await client.readALittle();
    await client.leave();
    await closed;
    expect(sent.missing(LARGE)).toBeLessThanOrEqual(LARGE - 1000);
    expect(sent.missing(LARGE)).toBeGreaterThan(LARGE - 2000);
    await conversation.close();
  });

  it('are none for an answer that waits for its turn', async () => {
    const conversation = await Conversation.begin([
      { path: '/' },
      { path: '/' },
    ]);
    const [, waiting] = conversation.responses;
    expect(new SentBytes(waiting).missing(5)).toBe(0);
    await conversation.close();
  });
});
