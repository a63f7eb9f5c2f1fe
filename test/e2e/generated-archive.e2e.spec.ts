import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import {
  Download,
  DownloadStorages,
  FileSystemStorage,
  VirtualFile,
} from 'nestjs-downloadview';

import { tarGz } from '../readme/archive.js';
import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { httpRequest } from '../support/http-client.js';
import {
  descriptorsClosed,
  openDescriptors,
} from '../support/open-descriptors.js';
import { RawClient } from '../support/raw-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/temporary-directory.js';

const LARGE = 'large.bin';
/** More than the buffers of both ends swallow. */
const SIZE = 32 * 1024 * 1024;
const MEDIUM = 'medium.bin';
const FILES: Record<string, Buffer> = {
  '2026/Zürich.jpg': randomBytes(100_000),
  '2026/日本.jpg': randomBytes(511),
  '2026/empty.txt': Buffer.alloc(0),
  [`2026/${'long '.repeat(40)}.txt`]: Buffer.from('long name'),
  [`2026/${'a'.repeat(120)}/${'b'.repeat(120)}/c.txt`]: Buffer.from('c'),
};

describe.each(ADAPTERS)('a tar.gz of several files on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let running: RunningApplication;
  let storage: FileSystemStorage;
  let keys: string[];
  let left: Promise<unknown>;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    for (const [key, content] of Object.entries(FILES)) {
      await directory.write(join('media', key), content);
    }
    await directory.write(join('media', LARGE), randomBytes(SIZE));
    await directory.write(join('media', MEDIUM), randomBytes(SIZE / 16));

    @Controller()
    class ArchiveController {
      constructor(private readonly storages: DownloadStorages) {}

      @Get('archive')
      @Download()
      archive() {
        const files = this.storages.get();
        return new VirtualFile(
          (signal) => {
            left = once(signal, 'abort');
            return tarGz(files, keys);
          },
          {
            name: 'all.tar.gz',
          },
        );
      }
    }
    const root = join(directory.path, 'media');
    storage = new FileSystemStorage({ root });
    running = await startApplication(adapter, {
      options: { storages: { default: storage } },
      controllers: [ArchiveController],
    });
  });

  afterAll(async () => {
    await running.close();
    await directory.remove();
  });

  async function begin(): Promise<IncomingMessage> {
    const request = get(`${running.origin}/archive`, { agent: false });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    await once(answer, 'data');
    return answer.pause();
  }

  it('is read by tar, with every name and every byte', async () => {
    keys = Object.keys(FILES);
    const { body, headers } = await httpRequest(running.origin, '/archive');
    expect(headers['content-type']).toBe('application/gzip');
    expect(headers['content-encoding']).toBeUndefined();
    const archive = await directory.write('all.tar.gz', body);
    const tar = (...parameters: string[]) =>
      promisify(execFile)('tar', [...parameters, '--quoting-style=literal'], {
        cwd: directory.path,
        env: { ...process.env, LC_ALL: 'C.UTF-8' },
      });
    const { stdout } = await tar('-tzf', archive);
    expect(stdout.trimEnd().split('\n')).toEqual(keys);
    await tar('-xzf', archive);
    for (const [key, content] of Object.entries(FILES)) {
      const extracted = await readFile(join(directory.path, key));
      expect(extracted.equals(content)).toBe(true);
    }
  });

  it('leaves no file open when the client leaves', async () => {
    keys = [LARGE, '2026/Zürich.jpg'];
    const path = join(directory.path, 'media', LARGE);
    const answer = await begin();
    expect(await openDescriptors(path)).toBe(1);
    answer.destroy();
    await descriptorsClosed(path);
  });

  it('leaves no file open that is opened while the client leaves', async () => {
    keys = [MEDIUM, LARGE];
    const path = join(directory.path, 'media', LARGE);
    const open = storage.open.bind(storage);
    const opened = new Promise<void>((resolve) => {
      storage.open = async (key, window) => {
        const stream = await open(key, window);
        if (key === LARGE) {
          answer.destroy();
          await left;
          resolve();
        }
        return stream;
      };
    });
    const answer = await begin();
    answer.resume();
    await opened;
    storage.open = open;
    await descriptorsClosed(path);
  });

  it('is cut off where a file is missing', async () => {
    keys = [MEDIUM, 'missing.txt'];
    const answer = httpRequest(running.origin, '/archive');
    await expect(answer).rejects.toThrow(/aborted|ECONNRESET/);
    await descriptorsClosed(join(directory.path, 'media', MEDIUM));
  });

  it('is cut off where a file becomes shorter while it is read', async () => {
    keys = [LARGE];
    const path = join(directory.path, 'media', LARGE);
    const client = await RawClient.connect(running.port);
    await client.send({ path: '/archive' });
    await client.readALittle();
    await truncate(path, 1024);
    expect((await client.end()).code).toBe('ECONNRESET');
    await descriptorsClosed(path);
  });
});
