import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import {
  apache,
  caddy,
  ContentFile,
  Download,
  type DownloadBackend,
  DownloadExplainer,
  DownloadResponse,
  InvalidOptionsError,
  lighttpd,
  LocalFile,
  MemoryStorage,
  nginx,
  PathDownloadController,
  redirect,
  sendfile,
  StorageFile,
  stream,
} from 'nestjs-downloadview';

import { PacedStream } from '../../lib/streaming/paced-stream.js';
import {
  type Adapter,
  ADAPTERS,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { httpRequest } from '../support/clients/http-client.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

const MIB = 1024 * 1024;
const TEXT = '0123456789';

class Store extends MemoryStorage {
  override temporaryUrl(key: string): Promise<string> {
    return Promise.resolve(`https://store.example/${key}`);
  }
}

let directory: TemporaryDirectory;
let path: string;
beforeAll(async () => {
  directory = await temporaryDirectory();
  path = await directory.write('a.txt', TEXT);
});
afterAll(() => directory.remove());

const rules = (): { sourceDir: string; destination: string }[] => [
  { sourceDir: directory.path, destination: '/_offload/' },
];
const pathRules = (): { sourceDir: string }[] => [
  { sourceDir: directory.path },
];

describe.each(ADAPTERS)('limitRate on %s', (adapter: Adapter) => {
  let running: RunningApplication;

  beforeAll(async () => {
    const root = directory.path;
    const behindNginx = nginx({ rules: rules(), limitRate: 5 * MIB });

    @Controller()
    class FileController {
      @Get('response')
      @Download({ limitRate: 3 * MIB })
      response(): DownloadResponse {
        return new DownloadResponse(new LocalFile(path), {
          limitRate: 4 * MIB,
        });
      }

      @Get('handler')
      @Download({ limitRate: 3 * MIB })
      handler(): LocalFile {
        return new LocalFile(path);
      }

      @Get('sendfile')
      sendfile(): DownloadResponse {
        return sendfile(path, { limitRate: MIB });
      }

      @Get('unlimited')
      unlimited(): DownloadResponse {
        return sendfile(path, { limitRate: false });
      }

      @Get('generated')
      @Download({ backend: behindNginx, basename: 'a.txt' })
      generated(): string {
        return TEXT;
      }

      @Get('generated-unlimited')
      @Download({ backend: behindNginx, basename: 'a.txt', limitRate: false })
      generatedUnlimited(): string {
        return TEXT;
      }
    }

    class HookedController extends PathDownloadController {
      override getLimitRate(): Promise<number> {
        return Promise.resolve(6 * MIB);
      }
    }

    running = await startApplication(adapter, {
      options: { limitRate: 2 * MIB },
      controllers: [
        FileController,
        PathDownloadController.asController('module', { root, path: 'a.txt' }),
        PathDownloadController.asController('controller', {
          root,
          path: 'a.txt',
          limitRate: 5 * MIB,
        }),
        HookedController.asController('hook', { root, path: 'a.txt' }),
        PathDownloadController.asController('nginx', {
          root,
          path: 'a.txt',
          backend: behindNginx,
          limitRate: 7 * MIB,
        }),
        PathDownloadController.asController('nginx-module', {
          root,
          path: 'a.txt',
          backend: behindNginx,
        }),
      ],
    });
  });
  afterAll(() => running.close());

  /** The bytes, and the rates of the bodies that were paced. */
  async function ratesOf(route: string, range?: string): Promise<unknown> {
    const read = jest.spyOn(PacedStream.prototype, '_read');
    const { text } = await httpRequest(running.origin, `/${route}`, {
      headers: range === undefined ? {} : { range },
    });
    const rates = read.mock.contexts.map((stream) =>
      stream instanceof PacedStream ? stream.rate : undefined,
    );
    read.mockRestore();
    return [text, [...new Set(rates)]];
  }

  it.each([
    ['the response', 'response', [4 * MIB]],
    ['the handler', 'handler', [3 * MIB]],
    ['sendfile()', 'sendfile', [MIB]],
    ['a controller', 'controller', [5 * MIB]],
    ['a hook of a controller', 'hook', [6 * MIB]],
    ['the module', 'module', [2 * MIB]],
    ['false, which is none', 'unlimited', []],
  ])('is that of %s', async (_title, route, expected) => {
    expect(await ratesOf(route)).toEqual([TEXT, expected]);
  });

  it('holds for ranges', async () => {
    expect(await ratesOf('module', 'bytes=2-4')).toEqual(['234', [2 * MIB]]);
  });

  it.each([
    ['the download', 'nginx', 7 * MIB],
    ['the module', 'nginx-module', 2 * MIB],
    ['the application, which keeps to it itself', 'generated', 0],
    ['nobody', 'generated-unlimited', 0],
  ])('is told to nginx as %s has it', async (_title, route, expected) => {
    const { headers } = await httpRequest(running.origin, `/${route}`);

    expect(headers['x-accel-limit-rate']).toBe(String(expected));
  });
});

describe('a limit and the server in front', () => {
  const apacheWith = (limitRate?: number): DownloadBackend =>
    apache({ rules: pathRules(), pathEncoding: 'raw', limitRate });

  it.each<[string, () => DownloadBackend, number | false | undefined, boolean]>(
    [
      ['nginx sends at any', () => nginx({ rules: rules() }), 1234, true],
      [
        'apache sends at the one that it knows',
        () => apacheWith(MIB),
        MIB,
        true,
      ],
      ['apache sends at no other', () => apacheWith(MIB), MIB + 1, false],
      [
        'apache sends at its own where nobody says',
        () => apacheWith(MIB),
        undefined,
        true,
      ],
      [
        'apache with a rate does not send without',
        () => apacheWith(MIB),
        false,
        false,
      ],
      ['apache without a rate sends at none', () => apacheWith(), MIB, false],
      [
        'apache without a rate sends what has none',
        () => apacheWith(),
        false,
        true,
      ],
      [
        'lighttpd sends at one that is near whole KiB',
        () => lighttpd({ rules: pathRules() }),
        1_000_000,
        true,
      ],
      [
        'lighttpd does not send at one that is not',
        () => lighttpd({ rules: pathRules() }),
        1500,
        false,
      ],
      [
        'caddy sends at none',
        () => caddy({ rules: rules(), pathEncoding: 'raw' }),
        MIB,
        false,
      ],
      [
        'caddy sends what has none',
        () => caddy({ rules: rules(), pathEncoding: 'raw' }),
        false,
        true,
      ],
    ],
  )('%s', async (_title, backend, limitRate, offloaded) => {
    const explained = await explain(backend(), new LocalFile(path), limitRate);

    expect(explained).toMatchObject({
      offloaded,
      ...(!offloaded && {
        reason: 'the server does not keep to the rate of this download',
      }),
    });
  });

  it('sends no client with a limit to a store', async () => {
    const storage = new Store();
    await storage.save('a.txt', TEXT);
    const backend = redirect({ hosts: ['store.example'] });
    const file = new StorageFile(storage, 'a.txt');

    expect(await explain(backend, file, MIB)).toMatchObject({
      offloaded: false,
    });
    expect(await explain(backend, file, false)).toMatchObject({
      offloaded: true,
    });
  });

  it.each<[string, unknown]>([
    ['0', 0],
    ['half a byte', 0.5],
    ['text', '1m'],
    ['true', true],
  ])('refuses %s for a limit', (_title, limitRate) => {
    const given = { limitRate } as { limitRate: number };

    expect(() => Download(given)).toThrow(InvalidOptionsError);
    expect(() => sendfile('/srv/a.txt', given)).toThrow('sendfile().limitRate');
    expect(() => apacheWith(given.limitRate)).toThrow('apache.limitRate');
  });
});

async function explain(
  backend: DownloadBackend,
  file: LocalFile | StorageFile | ContentFile,
  limitRate: number | false | undefined,
): ReturnType<DownloadExplainer['explain']> {
  const running = await startApplication('express', {
    options: { backend: stream() },
  });
  try {
    return await running.app
      .get(DownloadExplainer)
      .explain(new DownloadResponse(file, { backend, limitRate }));
  } finally {
    await running.close();
  }
}
