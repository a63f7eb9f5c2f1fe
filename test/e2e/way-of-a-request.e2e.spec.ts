import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, StreamableFile } from '@nestjs/common';
import {
  ContentFile,
  Download,
  type DownloadRequest,
  DownloadResponse,
  MemoryStorage,
  PathDownloadController,
  sendfile,
  StorageDownloadController,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { httpRequest } from '../support/clients/http-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

describe.each(ADAPTERS)('what Nest gets to send on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let running: RunningApplication;
  let returned: DownloadResponse | undefined;
  const replied: unknown[] = [];

  function returning(response: DownloadResponse): DownloadResponse {
    returned = response;
    return response;
  }

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const path = await directory.write('a.txt', 'abc');

    @Controller('files/*path')
    class FilesController extends PathDownloadController {
      override root = directory.path;
      override async download(request: DownloadRequest) {
        return returning(await super.download(request));
      }
    }

    @Controller('handlers')
    class HandlersController {
      @Get('sendfile')
      sendfile() {
        return returning(sendfile(path));
      }

      @Get('download')
      @Download({ attachment: false })
      download() {
        return returning(
          new DownloadResponse(new ContentFile('abc', { name: 'a.txt' }), {
            attachment: true,
          }),
        );
      }

      @Get('added')
      @Download({ basename: 'b.txt' })
      added() {
        return returning(sendfile(path));
      }
    }
    running = await startApplication(adapter, {
      controllers: [FilesController, HandlersController],
    });
    const http = running.app.getHttpAdapter();
    const reply = http.reply.bind(http) as (...given: unknown[]) => unknown;
    jest.spyOn(http, 'reply').mockImplementation((...given) => {
      replied.push(given[1]);
      return reply(...given);
    });
  });

  afterAll(async () => {
    await running.close();
    await directory.remove();
  });

  it.each(['/files/a.txt', '/handlers/sendfile', '/handlers/download'])(
    'is the very response that the handler returned: %s',
    async (path) => {
      const { status, body } = await httpRequest(running.origin, path);
      expect([status, body.toString()]).toEqual([200, 'abc']);
      expect(replied.pop()).toBe(returned);
    },
  );

  it('is another one where @Download() adds to what the response says', async () => {
    const { headers } = await httpRequest(running.origin, '/handlers/added');
    expect(headers['content-disposition']).toContain('b.txt');
    const sent = replied.pop();
    expect(sent).toBeInstanceOf(StreamableFile);
    expect(sent).not.toBe(returned);
  });
});

describe.each(ADAPTERS)('what is set after the boot on %s', (adapter) => {
  let running: RunningApplication;
  const first = new MemoryStorage();
  const second = new MemoryStorage();

  @Controller('stored/*path')
  class StoredController extends StorageDownloadController {
    override storage = 'first';
  }

  beforeAll(async () => {
    await first.save('a.txt', 'of the first');
    await second.save('a.txt', 'of the second');
    running = await startApplication(adapter, {
      controllers: [StoredController],
      options: { storages: { first, second } },
    });
  });

  afterAll(() => running.close());

  it('holds for the next request: the storage, an option, and a hook', async () => {
    const before = await httpRequest(running.origin, '/stored/a.txt');
    expect(before.body.toString()).toBe('of the first');

    const controller = running.app.get(StoredController);
    controller.storage = 'second';
    controller.basename = 'b.txt';
    jest.spyOn(controller, 'getContentType').mockReturnValue('text/x-own');
    const after = await httpRequest(running.origin, '/stored/a.txt');

    expect(after.body.toString()).toBe('of the second');
    expect(after.headers['content-disposition']).toContain('b.txt');
    expect(after.headers['content-type']).toContain('text/x-own');
  });
});
