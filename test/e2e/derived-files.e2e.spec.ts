import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import {
  DerivedFile,
  Download,
  FileSystemStorage,
  nginx,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { httpRequest } from '../support/clients/http-client.js';
import { RawClient } from '../support/clients/raw-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const KEY = 'report.txt';

describe.each(ADAPTERS)('a file that is made once on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let running: RunningApplication;
  let storage: FileSystemStorage;
  let make: (signal: AbortSignal) => string | Promise<string>;
  let count: number;

  const ask = (
    path = '/report',
    headers?: Record<string, string>,
    method = 'GET',
  ) => httpRequest(running.origin, path, { headers, method });

  beforeAll(async () => {
    directory = await temporaryDirectory();
    storage = new FileSystemStorage({ root: directory.path });
    const derived = (more: { size?: number; abandoned?: 'stop' } = {}) =>
      new DerivedFile({
        storage,
        key: KEY,
        make: (signal) => {
          count += 1;
          return make(signal);
        },
        ...more,
      });
    const backend = nginx({
      rules: [{ sourceDir: directory.path, destination: '/_files/' }],
    });

    @Controller()
    class ReportController {
      @Get('report')
      @Download()
      report() {
        return derived();
      }

      @Get('sized')
      @Download()
      sized() {
        return derived({ size: 6 });
      }

      @Get('stopping')
      @Download()
      stopping() {
        return derived({ abandoned: 'stop' });
      }

      @Get('behind')
      @Download({ backend })
      behind() {
        return derived();
      }
    }
    running = await startApplication(adapter, {
      controllers: [ReportController],
    });
  });
  beforeEach(async () => {
    await storage.delete(KEY);
    count = 0;
    make = () => 'report';
  });
  afterAll(async () => {
    await running.close();
    await directory.remove();
  });

  it('has length, tag, ranges and 304 from its first answer on', async () => {
    const first = await ask();
    expect([first.status, first.text, first.headers['content-length']]).toEqual(
      [200, 'report', '6'],
    );
    const part = await ask('/report', { Range: 'bytes=0-1' });
    expect([part.status, part.text]).toEqual([206, 're']);
    const again = await ask('/report', {
      'If-None-Match': first.headers.etag ?? '',
    });
    expect([again.status, count]).toEqual([304, 1]);
  });

  it('is handed to the server in front from its first answer on', async () => {
    const { headers } = await ask('/behind');
    expect(headers['x-accel-redirect']).toBe('/_files/report.txt');
  });

  it('is not made by HEAD where its size is known', async () => {
    const { headers } = await ask('/sized', {}, 'HEAD');
    expect(count).toBe(0);
    expect(headers).toMatchObject({
      'content-length': '6',
      'accept-ranges': 'bytes',
    });
    expect(Object.keys(headers)).not.toContain('etag');
    await ask('/report', {}, 'HEAD');
    expect(count).toBe(1);
  });

  it('answers 500 where making it fails, and is made the next time', async () => {
    make = () => Promise.reject(new Error('out of paper'));
    expect((await ask()).status).toBe(500);
    make = () => 'report';
    expect((await ask()).status).toBe(200);
  });

  it('stops being made when its client leaves, where it may', async () => {
    let begin = (_: AbortSignal): void => undefined;
    const begun = new Promise<AbortSignal>((resolve) => (begin = resolve));
    make = (signal) => {
      begin(signal);
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('stopped')));
      });
    };
    const client = await RawClient.connect(running.port);
    await client.send({ path: '/stopping' });
    const signal = await begun;
    const stopped = new Promise((resolve) =>
      signal.addEventListener('abort', resolve),
    );
    await client.leave();
    await stopped;
    expect(signal.aborted).toBe(true);
  });
});
