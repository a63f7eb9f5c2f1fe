import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';

import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import {
  type DownloadFile,
  type DownloadRequest,
  Download,
  sendfile,
  VirtualDownloadController,
  VirtualFile,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import {
  descriptorsClosed,
  openDescriptors,
} from '../support/files/open-descriptors.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

// More than the socket buffers of both ends swallow.
const SIZE = 32 * 1024 * 1024;

describe.each(ADAPTERS)('a client that leaves on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let running: RunningApplication;
  let path: string;
  let source: Readable;
  let asked: PromiseWithResolvers<AbortSignal | undefined>;
  let mayAnswer: PromiseWithResolvers<void>;
  let returned: PromiseWithResolvers<void>;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    path = await directory.write('large.bin', Buffer.alloc(SIZE, 'x'));

    @Controller()
    class LargeController {
      @Get('local')
      local() {
        return sendfile(path);
      }

      @Get('wrapped')
      @Download()
      wrapped(): DownloadFile {
        return {
          name: 'large.bin',
          stat: () => ({ size: SIZE }),
          open: async (window) => {
            asked.resolve(window?.signal);
            await mayAnswer.promise;
            source = createReadStream(path);
            return source;
          },
        };
      }
    }

    @Controller('generated')
    class GeneratedController extends VirtualDownloadController {
      getFile(_request: DownloadRequest): VirtualFile {
        const done = returned;
        return new VirtualFile(
          async function* () {
            try {
              for (;;) yield Buffer.alloc(64 * 1024, 'x');
            } finally {
              done.resolve();
            }
          },
          { name: 'endless.bin' },
        );
      }
    }

    running = await startApplication(adapter, {
      controllers: [LargeController, GeneratedController],
    });
  });

  beforeEach(() => {
    asked = withResolvers();
    mayAnswer = withResolvers();
    returned = withResolvers();
  });

  afterEach(() => mayAnswer.resolve());

  afterAll(async () => {
    await running.close();
    await directory.remove();
  });

  async function ask(target: string, method = 'GET'): Promise<Socket> {
    const socket = connect(running.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`${method} ${target} HTTP/1.1\r\nHost: test\r\n\r\n`);
    return socket;
  }

  it('closes a local file mid-way', async () => {
    const client = await ask('/local');
    await once(client, 'data');
    client.pause();
    expect(await openDescriptors(path)).toBe(1);
    client.destroy();
    await descriptorsClosed(path);
  });

  it('closes the source of another wrapper mid-way', async () => {
    mayAnswer.resolve();
    const client = await ask('/wrapped');
    await once(client, 'data');
    const closed = once(source, 'close');
    client.destroy();
    await closed;
    await descriptorsClosed(path);
  });

  it('fires the signal and closes the source before the headers went out', async () => {
    const client = await ask('/wrapped');
    const signal = await asked.promise;
    const aborted = once(signal!, 'abort');
    client.destroy();
    await aborted;
    mayAnswer.resolve();
    await descriptorsClosed(path);
  });

  it('runs return() on a generator', async () => {
    const client = await ask('/generated');
    await once(client, 'data');
    client.destroy();
    await returned.promise;
  });

  it('closes what a pipelined request still waits with', async () => {
    mayAnswer.resolve();
    const client = connect(running.port, '127.0.0.1');
    await once(client, 'connect');
    client.pause();
    client.write(
      'GET /local HTTP/1.1\r\nHost: test\r\n\r\nGET /wrapped HTTP/1.1\r\nHost: test\r\n\r\n',
    );
    await asked.promise;
    client.destroy();
    await descriptorsClosed(path);
  });

  it('opens nothing for HEAD, and leaves nothing open', async () => {
    const client = await ask('/wrapped', 'HEAD');
    const [head] = (await once(client, 'data')) as [Buffer];
    expect(head.toString().toLowerCase()).toContain(`content-length: ${SIZE}`);
    client.destroy();
    expect(await openDescriptors(path)).toBe(0);
  });
});

function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: PromiseWithResolvers<T>['resolve'];
  let reject!: PromiseWithResolvers<T>['reject'];
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (reason?: unknown) => void;
}
