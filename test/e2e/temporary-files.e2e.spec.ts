import { existsSync } from 'node:fs';

import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import { Controller, Get, Logger } from '@nestjs/common';
import {
  Download,
  type DownloadModuleOptions,
  nginx,
  type TemporaryFile,
  TemporaryFiles,
} from 'nestjs-downloadview';

import { DownloadCompletions } from '../../lib/completions/download-completions.js';
import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { eventually } from '../support/eventually.js';
import { httpRequest } from '../support/clients/http-client.js';
import { RawClient } from '../support/clients/raw-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

/** More than the buffers of both ends swallow. */
const LARGE = Buffer.alloc(32 * 1024 * 1024, 'x');

describe.each(ADAPTERS)('a temporary file on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let running: RunningApplication;
  let file: TemporaryFile;

  beforeAll(async () => {
    directory = await temporaryDirectory();
  });
  afterEach(() => running.close());
  afterAll(() => directory.remove());

  async function start(
    options: Partial<DownloadModuleOptions> = {},
    content: string | Buffer = 'content',
    keepFor?: number,
  ): Promise<void> {
    @Controller()
    class ExportController {
      @Get('export')
      @Download()
      export() {
        return file;
      }
    }
    running = await startApplication(adapter, {
      controllers: [ExportController],
      options: {
        temporaryFiles: { directory: directory.path, keepFor },
        ...options,
      },
    });
    file = await running.app.get(TemporaryFiles).create('a.txt', content);
  }
  const ask = (headers?: Record<string, string>, method = 'GET') =>
    httpRequest(running.origin, '/export', { headers, method });
  const gone = async (): Promise<void> => {
    const ask = () => Promise.resolve(existsSync(file.path));
    expect(await eventually(false, ask)).toBe(false);
  };
  /** As nginx logs it. */
  const complete = (line: { id: unknown; status: number; bytes: number }) =>
    running.app.get(DownloadCompletions).take(
      JSON.stringify({
        ...line,
        complete: line.status === 200 ? 'OK' : '',
        length: '7',
        seconds: 0.1,
      }),
    );
  const behindNginx = (): Partial<DownloadModuleOptions> => ({
    backend: nginx({
      rules: [{ sourceDir: directory.path, destination: '/_temporary/' }],
    }),
  });

  it('is gone after a download, and 404 from then on', async () => {
    await start();
    const { status, text } = await ask();
    expect([status, text]).toEqual([200, 'content']);
    await gone();
    expect((await ask()).status).toBe(404);
  });

  it('stays after HEAD, 304, 412 and a part of it', async () => {
    await start();
    const { headers } = await ask({}, 'HEAD');
    const etag = headers.etag ?? '';
    const statuses = [
      (await ask({ 'If-None-Match': etag })).status,
      (await ask({ 'If-Match': '"other"' })).status,
      (await ask({ Range: 'bytes=0-6' })).status,
    ];
    expect(statuses).toEqual([304, 412, 206]);
    expect((await ask()).text).toBe('content');
    await gone();
  });

  it('stays for a client that has left, and comes back for the rest', async () => {
    await start({}, LARGE);
    const client = await RawClient.connect(running.port);
    await client.send({ path: '/export' });
    await client.readALittle();
    await client.leave();
    const rest = await ask({ Range: `bytes=${LARGE.length - 10}-` });
    expect([rest.status, rest.body.length]).toEqual([206, 10]);
    expect((await ask()).body.length).toBe(LARGE.length);
    await gone();
  });

  it('with keepFor: 0 is gone when its client has left', async () => {
    await start({}, LARGE, 0);
    const client = await RawClient.connect(running.port);
    await client.send({ path: '/export' });
    await client.readALittle();
    await client.leave();
    await gone();
  });

  it('that the server in front was told of stays', async () => {
    await start(behindNginx());
    const { headers } = await ask();
    expect(headers['x-accel-redirect']).toMatch(/^\/_temporary\//);
    expect(existsSync(file.path)).toBe(true);
  });

  it.each([
    ['all of it', 200, 7, false],
    ['nothing', 499, 0, true],
  ])(
    'that the server in front was told of waits until that says that it has sent %s',
    async (_, status, bytes, stays) => {
      await start({
        ...behindNginx(),
        completions: { listen: '127.0.0.1:0' },
      });
      const { headers } = await ask();
      expect(existsSync(file.path)).toBe(true);
      const id = headers['x-download-id'];
      complete({ id, status, bytes });
      if (!stays) await gone();
      expect(existsSync(file.path)).toBe(stays);
    },
  );

  it('with keepFor: 0 is streamed, as a warning at boot says, where nobody says when the server has sent it', async () => {
    const warned = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    await start(behindNginx(), 'content', 0);
    expect(warned.mock.calls.flat()).toContainEqual(
      expect.stringMatching(
        /^temporaryFiles\.keepFor is 0, and without completions/,
      ),
    );
    warned.mockRestore();
    const { headers, text } = await ask();
    expect([text, headers['x-accel-redirect']]).toEqual(['content', undefined]);
    await gone();
  });

  it('with keepFor: 0 is handed over where the server says when it has sent it', async () => {
    await start(
      { ...behindNginx(), completions: { listen: '127.0.0.1:0' } },
      'content',
      0,
    );
    const { headers } = await ask();
    expect(headers['x-accel-redirect']).toBeDefined();
    expect(existsSync(file.path)).toBe(true);
    complete({ id: headers['x-download-id'], status: 499, bytes: 3 });
    await gone();
  });
});
