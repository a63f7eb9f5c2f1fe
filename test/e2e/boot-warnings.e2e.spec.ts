import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  it,
} from '@jest/globals';
import { Controller, Logger, type Type } from '@nestjs/common';
import {
  apache,
  ContentFile,
  type DownloadBackend,
  type DownloadFile,
  FileSystemStorage,
  HttpDownloadController,
  lighttpd,
  MemoryStorage,
  nginx,
  PathDownloadController,
  redirect,
  StorageDownloadController,
  stream,
  VirtualDownloadController,
} from 'nestjs-downloadview';

import { ADAPTERS, createApplication } from '../support/application.js';
import { LogLines } from '../support/log-lines.js';
import {
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/files/temporary-directory.js';

class Store extends MemoryStorage {
  temporaryUrl(key: string): Promise<string> {
    return Promise.resolve(`https://store.example/${key}`);
  }
}

describe.each(ADAPTERS)('what a backend cannot send, on %s', (adapter) => {
  const log = new LogLines();
  let directory: TemporaryDirectory;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await directory.write('media/a.txt', '');
    await directory.write('media/photos/a.txt', '');
    await directory.write('media-private/a.txt', '');
    await directory.write('elsewhere/a.txt', '');
  });

  afterEach(() => {
    Logger.overrideLogger(false);
    log.lines.length = 0;
  });

  afterAll(() => directory.remove());

  const at = (name: string): string => `${directory.path}/${name}`;
  const onNginx = (remote?: { hosts: string[] }): DownloadBackend =>
    nginx({
      rules: [
        { sourceDir: at('media'), destination: '/_media/' },
        {
          sourceUrl: '/public/',
          destination: '/_public/',
          destinationDir: '/srv/public/',
        },
      ],
      remote,
    });

  async function warnings(
    backend: DownloadBackend,
    ...controllers: Type[]
  ): Promise<string[]> {
    const app = await createApplication(adapter, {
      options: {
        backend,
        storages: {
          default: new FileSystemStorage({ root: at('media') }),
          elsewhere: new FileSystemStorage({ root: at('elsewhere') }),
          public: new FileSystemStorage({
            root: at('elsewhere'),
            baseUrl: '/public/',
          }),
          memory: new MemoryStorage(),
          store: new Store(),
        },
      },
      controllers,
    });
    Logger.overrideLogger(log);
    try {
      await app.init();
    } finally {
      await app.close();
    }
    return log.of('warn');
  }

  const path = (root: string, options = {}): Type =>
    PathDownloadController.asController('files/*path', { root, ...options });
  const stored = (storage: string): Type =>
    StorageDownloadController.asController(`stored/${storage}/*path`, {
      storage,
    });
  const remote = (url?: string): Type =>
    HttpDownloadController.asController('remote', {
      url,
      allowedHosts: ['store.example', 'other.example'],
    });
  const url = 'https://store.example/a.txt';

  it.each<[string, () => Type]>([
    ['a directory of a rule', () => path(at('media'))],
    ['a directory below', () => path(at('media/photos'))],
    ['a directory above', () => path(directory.path)],
    ['a storage of a rule', () => stored('default')],
    ['a storage with a URL of a rule', () => stored('public')],
    [
      'a backend of its own that can',
      () => path(at('elsewhere'), { backend: stream() }),
    ],
  ])('nothing is said of %s', async (_, controller) => {
    expect(await warnings(onNginx(), controller())).toEqual([]);
  });

  it('nothing is said where the application is to send everything', async () => {
    const all = [path(at('elsewhere')), stored('memory'), remote(url)];

    expect(await warnings(stream(), ...all)).toEqual([]);
  });

  it('a root that does not exist, or is a file, is warned of, once', async () => {
    const [missing, file] = [at('not-there'), at('elsewhere/a.txt')];
    @Controller('rooted')
    class RootedController extends PathDownloadController {
      override path = 'a.txt';
      override getRoot() {
        return missing;
      }
    }
    const all = ['a', 'b'].map((route) =>
      PathDownloadController.asController(`${route}/*path`, { root: missing }),
    );
    all.push(path(file), RootedController);
    expect(await warnings(stream(), ...all)).toEqual([
      expect.stringContaining(`its root '${missing}' is no directory`),
      expect.stringContaining(`its root '${file}' is no directory`),
    ]);
  });

  it('a root that does not exist is warned of, also where no rule holds it', async () => {
    @Controller('classes/*path')
    class RootedController extends PathDownloadController {
      override root = at('not-there');
    }
    expect(await warnings(onNginx(), RootedController)).toEqual(
      expect.arrayContaining([
        expect.stringContaining(
          `its root '${at('not-there')}' is no directory`,
        ),
      ]),
    );
  });

  it('a storage whose root does not exist is warned of', async () => {
    const app = await createApplication(adapter, {
      options: {
        storages: { kept: new FileSystemStorage({ root: at('not-there') }) },
      },
    });
    Logger.overrideLogger(log);
    await app.init();
    await app.close();
    expect(log.of('warn')).toEqual([
      expect.stringContaining(
        `storages.kept: its root '${at('not-there')}' is no directory`,
      ),
    ]);
  });

  it('nothing is said of what only a request decides', async () => {
    @Controller('rooted')
    class RootedController extends PathDownloadController {
      override path = 'a.txt';
      override getRoot() {
        return at('elsewhere');
      }
    }
    @Controller('chosen')
    class ChosenController extends PathDownloadController {
      override path = 'a.txt';
      override root = at('elsewhere');
      override getBackend() {
        return stream();
      }
    }
    @Controller('filed')
    class FiledController extends StorageDownloadController {
      override path = 'a.txt';
      override storage = 'memory';
      override getFile(): DownloadFile {
        return new ContentFile('', { name: 'a.txt' });
      }
    }
    @Controller('made')
    class MadeController extends VirtualDownloadController {
      getFile() {
        return new ContentFile('', { name: 'a.txt' });
      }
    }

    expect(
      await warnings(
        onNginx(),
        RootedController,
        ChosenController,
        FiledController,
        MadeController,
      ),
    ).toEqual([]);
  });

  it.each<[string, () => Type, () => RegExp]>([
    [
      'another directory',
      () => path(at('elsewhere')),
      () =>
        /\/elsewhere', which no rule of nginx holds.* Add a rule whose sourceDir/,
    ],
    [
      'a neighbour of like name',
      () => path(at('media-private')),
      () => /media-private', which no rule/,
    ],
    [
      'a storage elsewhere',
      () => stored('elsewhere'),
      () =>
        /\('stored\/elsewhere\/\*path'\) hands out files of '.*\/elsewhere', which no rule/,
    ],
    [
      'a storage without places',
      () => stored('memory'),
      () => /neither path\(key\) nor url\(key\)/,
    ],
    [
      'a store',
      () => stored('store'),
      () => /does not fetch: .* nginx\(\{ remote: \{ hosts \} \}\)/,
    ],
    [
      'another server',
      () => remote(url),
      () => /does not fetch: .* nginx\(\{ remote: \{ hosts \} \}\)/,
    ],
    [
      'a content coding',
      () => path(at('media'), { encoding: 'gzip' }),
      () => /encoding 'gzip', which gets lost with nginx/,
    ],
  ])('%s is named, with what to change', async (_, controller, text) => {
    expect(await warnings(onNginx(), controller())).toEqual([
      expect.stringMatching(text()),
    ]);
  });

  it.each<[string, () => DownloadBackend, number]>([
    ['nginx', () => onNginx(), 1],
    ['redirect', () => redirect({ hosts: ['store.example'] }), 1],
    [
      'nginx, which is told of it',
      () =>
        nginx({
          rules: [{ sourceDir: at('media'), destination: '/_media/' }],
          headers: ['X-Document-Id'],
        }),
      0,
    ],
    [
      'apache',
      () =>
        apache({ rules: [{ sourceDir: at('media') }], pathEncoding: 'raw' }),
      0,
    ],
  ])(
    'of a header that all answers have, %s loses it or not',
    async (_, backend, count) => {
      @Controller('media/*path')
      class MarkedController extends PathDownloadController {
        override root = at('media');
        override headers = { 'X-Document-Id': '42', 'Content-Language': 'de' };
      }
      const about = (await warnings(backend(), MarkedController)).filter(
        (warning) => warning.includes("'X-Document-Id'"),
      );

      expect(about).toHaveLength(count);
    },
  );

  it.each<[string, DownloadBackend['name'], number]>([
    ['follows', 'apache', 1],
    ['does not follow', 'lighttpd', 0],
  ])('a server that %s late links: %s', async (_, name, count) => {
    @Controller('media/*path')
    class MediaController extends PathDownloadController {
      override root = at('media');
    }
    const rules = [{ sourceDir: at('media') }];
    const backend =
      name === 'apache'
        ? apache({ rules, pathEncoding: 'raw' })
        : lighttpd({ rules });

    const about = (await warnings(backend, MediaController)).filter((line) =>
      line.includes('symbolic link'),
    );
    expect(about).toHaveLength(count);
  });

  it('with remote, nginx fetches what is elsewhere', async () => {
    const fetched = [stored('store'), remote(url)];

    const told = await warnings(
      onNginx({ hosts: ['store.example'] }),
      ...fetched,
    );

    expect(told).toEqual([]);
  });

  it('a rule for addresses holds a file of another server', async () => {
    const destinationDir = '/mnt/store/';
    const backend = apache({
      rules: [{ sourceUrl: 'https://store.example/', destinationDir }],
      pathEncoding: 'raw',
    });

    expect(await warnings(backend, remote(url))).toEqual([]);
    expect(
      await warnings(backend, remote('https://other.example/a.txt')),
    ).toHaveLength(1);
  });

  it('lighttpd keeps a content coding', async () => {
    const backend = lighttpd({ rules: [{ sourceDir: at('media') }] });

    expect(
      await warnings(backend, path(at('media'), { encoding: 'gzip' })),
    ).toEqual([]);
  });

  it('redirect() sends nobody to what has no temporary address', async () => {
    const backend = redirect({ hosts: ['store.example'] });

    const told = await warnings(backend, stored('store'), stored('default'));

    expect(told).toEqual([expect.stringContaining('without temporaryUrl()')]);
  });

  it('a backend of a controller tells of its own rules, too, and once', async () => {
    const backend = nginx({
      rules: [{ sourceDir: at('missing'), destination: '/_missing/' }],
    });
    const own = (route: string): Type =>
      PathDownloadController.asController(`${route}/*path`, {
        root: at('missing'),
        backend,
      });

    expect(await warnings(stream(), own('one'), own('two'))).toEqual([
      expect.stringMatching(/missing\/' of .*nginx.* does not exist/),
    ]);
  });
});
