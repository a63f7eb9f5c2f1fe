import { once } from 'node:events';

import { afterEach, describe, expect, it } from '@jest/globals';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { sendfile } from 'nestjs-downloadview';
import { WebSocket } from 'undici';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';

@WebSocketGateway()
class FilesGateway {
  @SubscribeMessage('file')
  file() {
    return sendfile('/srv/media/report.txt');
  }

  @SubscribeMessage('envelope')
  envelope() {
    return { event: 'envelope', data: sendfile('/srv/media/report.txt') };
  }

  @SubscribeMessage('hello')
  hello() {
    return { event: 'hello', data: 'hello' };
  }
}

describe.each(ADAPTERS)('a gateway beside downloads on %s', (adapter) => {
  let running: RunningApplication;
  afterEach(() => running.close());

  it('gives the name of a download as a message, no path, and goes on', async () => {
    running = await startApplication(adapter, {
      providers: [FilesGateway],
      configure: (app) => app.useWebSocketAdapter(new WsAdapter(app)),
    });
    const socket = new WebSocket(running.origin.replace('http', 'ws'));
    await once(socket, 'open');
    const messages: string[] = [];
    const greeted = new Promise<void>((resolve) => {
      socket.addEventListener('message', ({ data }) => {
        messages.push(String(data));
        if (String(data).includes('"hello"')) resolve();
      });
    });
    for (const event of ['file', 'envelope', 'hello']) {
      socket.send(JSON.stringify({ event }));
    }
    await greeted;
    socket.close();
    expect(messages).toEqual([
      '{"name":"report.txt"}',
      '{"event":"envelope","data":{"name":"report.txt"}}',
      '{"event":"hello","data":"hello"}',
    ]);
  });
});
