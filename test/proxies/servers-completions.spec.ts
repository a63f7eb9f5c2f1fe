import { readFile } from 'node:fs/promises';

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Controller, Get, Res } from '@nestjs/common';
import {
  type DownloadBackend,
  DownloadResponse,
  LocalFile,
} from 'nestjs-downloadview';

import {
  type Completion,
  parseCompletion,
} from '../../lib/completions/completion-line.js';
import { type ServedSite, startBehind } from '../support/behind-server.js';
import { eventually } from '../support/eventually.js';
import { RawClient } from '../support/raw-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/temporary-directory.js';
import { describeAllServers } from '../support/tested-servers.js';

interface PassedThrough {
  header(name: string, value: string): unknown;
}

const SIZE = 64 * 1024 * 1024;

describeAllServers('what became of a file', (server, adapter) => {
  let directory: TemporaryDirectory;
  let site: ServedSite;
  let log = '';
  let count = 0;

  function telling(backend: DownloadBackend): DownloadBackend {
    return {
      ...backend,
      serverConfig: (options) => {
        log = `${options.directory}/completions.log`;
        return (
          backend.serverConfig?.({ ...options, completions: { file: log } }) ??
          ''
        );
      },
    };
  }

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const file = await directory.write('a.txt', '0123456789');
    const large = await directory.write('large.bin', Buffer.alloc(SIZE));

    @Controller()
    class FileController {
      @Get('file')
      file(@Res({ passthrough: true }) response: PassedThrough) {
        return this.#identified(file, response);
      }

      @Get('large')
      large(@Res({ passthrough: true }) response: PassedThrough) {
        return this.#identified(large, response);
      }

      #identified(path: string, response: PassedThrough): DownloadResponse {
        count += 1;
        response.header('X-Download-Id', idOf(count));
        return new DownloadResponse(new LocalFile(path));
      }
    }
    site = await startBehind(server.kind, adapter, {
      backend: telling(server.backend([{ sourceDir: directory.path }])),
      controllers: [FileController],
    });
  });

  afterAll(async () => {
    await site.stop();
    await directory.remove();
  });

  const idOf = (number: number): string =>
    `download-number-${String(number).padStart(4, '0')}`;

  /** What the log says of the last answer, once it does. */
  async function completion(): Promise<Completion | undefined> {
    const id = idOf(count);
    let found: Completion | undefined;
    await eventually(true, async () => {
      const text = await readFile(log, 'utf8').catch(() => '');
      found = text
        .split('\n')
        .map(parseCompletion)
        .find((one) => one?.id === id);
      return found !== undefined;
    });
    return found;
  }

  it.each<[string, Record<string, string>, Partial<Completion>]>([
    ['the whole', {}, { outcome: 'completed', status: 200, bytes: 10 }],
    [
      'a range',
      { Range: 'bytes=2-4' },
      { outcome: 'completed', status: 206, bytes: 3 },
    ],
  ])('is told of %s', async (_, headers, expected) => {
    await site.through('/file', { headers });

    expect(await completion()).toMatchObject(expected);
  });

  it('is told of a client that leaves', async () => {
    const client = await RawClient.connect(
      Number(new URL(site.server.origin).port),
    );
    await client.send({ path: '/large' });
    await client.readALittle();
    await client.leave();

    const told = await completion();
    expect(told?.outcome).toBe('aborted');
    expect(told?.bytes).toBeLessThan(SIZE);
  });
});
