import { performance } from 'node:perf_hooks';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, Req } from '@nestjs/common';
import {
  type DownloadBackend,
  type DownloadRequest,
  FileSystemStorage,
  nginx,
  PathDownloadController,
  sendfile,
  StorageDownloadController,
} from 'nestjs-downloadview';

import {
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { exchanged, filesOf, promisesOf } from '../support/cost-of-requests.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const MOST_FILES = 25;

/** What reads metadata of classes and handlers. */
const OF_CLASSES = [
  'decorators/download.decorator.ts',
  'routes/route-metadata.ts',
  'storages/download-storages.ts',
];

/** Each beside a handler that takes what its own takes: Nest 11 makes promises for a parameter. */
const ROUTES = [
  { route: '/files/a.txt', empty: '/hello-to' },
  { route: '/stored/a.txt', empty: '/hello-to' },
  { route: '/sendfile', empty: '/hello' },
] as const;

/** The least of some counts: what else goes on in the process makes promises, too. */
async function leastOf(count: () => Promise<number>): Promise<number> {
  let least = Infinity;
  for (let time = 0; time < 5; time += 1) {
    least = Math.min(least, await count());
  }
  return least;
}

describe.each(ADAPTERS)('a local file on a warm disk on %s', (adapter) => {
  let directory: TemporaryDirectory;
  let streaming: RunningApplication;
  let offloading: RunningApplication;

  async function started(backend?: DownloadBackend) {
    const path = await directory.write('a.txt', 'abc');

    @Controller('files/*path')
    class FilesController extends PathDownloadController {
      override root = directory.path;
    }

    @Controller('stored/*path')
    class StoredController extends StorageDownloadController {}

    @Controller()
    class HandlersController {
      @Get('sendfile')
      sendfile() {
        return sendfile(path);
      }

      @Get('hello')
      hello() {
        return 'hello';
      }

      @Get('hello-to')
      helloTo(@Req() request: DownloadRequest) {
        return request.method;
      }
    }
    const storages = {
      default: new FileSystemStorage({ root: directory.path }),
    };
    return startApplication(adapter, {
      controllers: [FilesController, StoredController, HandlersController],
      options: backend ? { backend, storages } : { storages },
    });
  }

  beforeAll(async () => {
    // A disk that others keep busy is slow, and then the thread pool is asked: here no call takes any time.
    jest.spyOn(performance, 'now').mockReturnValue(0);
    directory = await temporaryDirectory();
    streaming = await started();
    offloading = await started(
      nginx({ rules: [{ sourceDir: directory.path, destination: '/_x/' }] }),
    );
  });

  afterAll(async () => {
    await streaming.close();
    await offloading.close();
    await directory.remove();
    jest.restoreAllMocks();
  });

  it.each(['/files/a.txt', '/stored/a.txt'])(
    'asks nothing of its class when the first request comes: %s',
    async (route) => {
      const fresh = await started();
      try {
        const ran = await filesOf(() => exchanged(fresh.port, route));
        const files = [...ran.keys()];
        expect(files).toContain('controllers/download.controller.ts');
        for (const file of OF_CLASSES) expect(files).not.toContain(file);
      } finally {
        await fresh.close();
      }
    },
  );

  const ways = ROUTES.flatMap((route) => [
    { ...route, way: 'streamed', answers: /\r\n\r\nabc$/ },
    {
      ...route,
      way: 'offloaded',
      answers: /X-Accel-Redirect: \/_x\/a.txt\r\n/i,
    },
  ]);

  it.each(ways)('costs no promise: $route, $way', async (one) => {
    const { port } = one.way === 'streamed' ? streaming : offloading;
    const warm = await exchanged(port, one.route);
    expect(warm).toMatch(one.answers);
    const promises = (path: string) =>
      leastOf(() => promisesOf(() => exchanged(port, path)));
    const made = await promises(one.route);
    const empty = await promises(one.empty);
    expect(made).toBeLessThanOrEqual(empty);
  });

  it.each(ways)('goes through few files: $route, $way', async (one) => {
    const { port } = one.way === 'streamed' ? streaming : offloading;
    await exchanged(port, one.route);
    const files = await leastOf(async () => {
      const ran = await filesOf(() => exchanged(port, one.route));
      return ran.size;
    });
    expect(files).toBeLessThanOrEqual(MOST_FILES);
  });
});
