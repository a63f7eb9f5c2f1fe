import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import {
  connect as connectHttp2,
  constants,
  createServer as createHttp2Server,
  type Http2ServerResponse,
} from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from '@jest/globals';

import { cutConnection } from '../../../lib/streaming/connection.js';
import { Conversation } from '../../support/clients/conversation.js';
import { temporaryDirectory } from '../../support/files/temporary-directory.js';

const afterwards: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of afterwards.splice(0).reverse()) await close();
});

async function begin(...paths: string[]): Promise<Conversation> {
  const conversation = await Conversation.begin(
    paths.map((path) => ({ path })),
  );
  afterwards.push(() => conversation.close());
  return conversation;
}

describe('cutConnection', () => {
  it.each([
    ['before the head', () => undefined],
    ['after some bytes', (response: ServerResponse) => response.write('some')],
  ])('resets a TCP connection, %s', async (_, write) => {
    const conversation = await begin('/');
    const { response, client } = conversation;
    write(response);
    const closed = once(response, 'close');
    cutConnection(response);
    expect(response.destroyed).toBe(true);
    expect((await client.end()).code).toBe('ECONNRESET');
    await closed;
  });

  it('does nothing to an answer that is cut already', async () => {
    const conversation = await begin('/');
    const { response } = conversation;
    let closed = 0;
    response.on('close', () => (closed += 1));
    cutConnection(response);
    cutConnection(response);
    await once(response, 'close');
    cutConnection(response);
    expect(closed).toBe(1);
  });

  it('cuts an answer that waits for its turn when that comes, and not the one before', async () => {
    const conversation = await begin('/first', '/waiting');
    const [first, waiting] = conversation.responses;
    waiting.write('second');
    cutConnection(waiting);
    first.end('first');
    const text = (await conversation.client.end()).bytes.toString();
    expect(text).toMatch(/\r\n\r\nfirst$/);
  });

  it('leaves an answer on a Unix socket without its end', async () => {
    const directory = await temporaryDirectory();
    afterwards.push(() => directory.remove());
    const path = join(directory.path, 'socket');
    const server = createServer((_, response) => {
      response.write('some');
      cutConnection(response);
    }).listen(path);
    await once(server, 'listening');
    afterwards.push(() => server.close());
    const client = connect(path);
    afterwards.push(() => client.destroy());
    client.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n');
    const chunks: Buffer[] = [];
    client.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(client, 'close');
    expect(Buffer.concat(chunks).toString()).not.toMatch(/0\r\n\r\n$/);
  });

  it('resets a stream of HTTP/2, and not the connection', async () => {
    const server = createHttp2Server((request, response) => {
      response.write('some');
      if (request.url === '/cut') cutConnection(asHttp1(response));
      else response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    afterwards.push(() => server.close());
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    afterwards.push(() => session.destroy());
    const cut = session.request({ ':path': '/cut' }).resume();
    await once(cut, 'close').catch(() => undefined);
    expect(cut.rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
    const whole = session.request({ ':path': '/whole' }).resume();
    await once(whole, 'close');
    expect(whole.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
  });
});

/** Node's layer of compatibility, whose types are its own. */
function asHttp1(
  response: Http2ServerResponse,
): Parameters<typeof cutConnection>[0] {
  return response as unknown as Parameters<typeof cutConnection>[0];
}
