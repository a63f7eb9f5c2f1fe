import { once } from 'node:events';
import { type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, StreamableFile } from '@nestjs/common';
import { DownloadResponse, LocalFile, VirtualFile } from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { LogLines } from '../support/log-lines.js';

const URLS = [['/local'], ['/stream']];

@Controller()
class FilesController {
  @Get('plain')
  plain(): StreamableFile {
    return new StreamableFile(Readable.from(['abc']));
  }

  @Get('local')
  local(): DownloadResponse {
    return new DownloadResponse(new LocalFile(resolve('package.json')));
  }

  @Get('stream')
  stream(): DownloadResponse {
    return new DownloadResponse(
      new VirtualFile(() => Readable.from(['abc']), { name: 'a.txt' }),
    );
  }
}

describe.each(ADAPTERS)('The response to a download on %s', (adapter) => {
  const log = new LogLines();
  const listeners = new Map<string, number>();
  let running: RunningApplication;

  /** The most listeners for "close" that it has at one time. */
  const count = (
    { url = '' }: { url?: string },
    response: ServerResponse,
  ): void => {
    response.on('newListener', (event) => {
      if (event !== 'close') return;
      const most = Math.max(
        listeners.get(url) ?? 0,
        response.listenerCount('close') + 1,
      );
      listeners.set(url, most);
    });
  };

  beforeAll(async () => {
    running = await startApplication(adapter, {
      controllers: [FilesController],
      configure: (app) => {
        app.useLogger(log);
        app.getHttpServer().prependListener('request', count);
      },
    });
  });

  afterAll(() => running.close());

  it.each(URLS)(
    'has one listener more than a stream of Nest’s: %s',
    async (url) => {
      for (const path of ['/plain', url]) {
        await (await fetch(running.origin + path)).arrayBuffer();
      }
      const plain = listeners.get('/plain') ?? NaN;
      expect(listeners.get(url)).toBeLessThanOrEqual(plain + 1);
    },
  );

  it.each(URLS)(
    'is nothing to warn of when a request behind "Connection: close" ends the connection: %s',
    async (url) => {
      const client = connect(running.port, '127.0.0.1');
      client.resume();
      client.write(
        `GET ${url} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET ${url} HTTP/1.1\r\nHost: a\r\n\r\n`,
      );
      await once(client, 'close');
      await (await fetch(running.origin + url)).arrayBuffer();
      expect([...log.of('warn'), ...log.of('error')]).toEqual([]);
    },
  );
});
