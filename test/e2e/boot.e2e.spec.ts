import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  type ExecutionContext,
  Get,
  type INestApplicationContext,
  Injectable,
  Module,
  type Provider,
  Scope,
  type Type,
} from '@nestjs/common';
import { ExternalContextCreator, NestFactory } from '@nestjs/core';
import {
  ContentFile,
  Download,
  DownloadController,
  DownloadModule,
  type DownloadModuleOptions,
  DownloadResponse,
  DownloadStorages,
  FileSystemStorage,
  HttpDownloadController,
  InvalidOptionsError,
  MemoryStorage,
  ObjectDownloadController,
  PathDownloadController,
  StorageDownloadController,
  VirtualDownloadController,
} from 'nestjs-downloadview';
import { lastValueFrom, of } from 'rxjs';

import { checkDownloadOptions } from '../../lib/download.options.js';
import { DownloadInterceptor } from '../../lib/interceptors/download.interceptor.js';
import {
  ADAPTERS,
  type ApplicationParts,
  createApplication,
  type RunningApplication,
  startApplication,
} from '../support/application.js';
import { bootError } from '../support/boot-error.js';
import { httpRequest } from '../support/clients/http-client.js';

const CACHE_CONTROL = 'private, max-age=7, no-transform';

class HelloController extends VirtualDownloadController {
  getFile(): ContentFile {
    return new ContentFile('Hello', { name: 'hello.txt' });
  }
}

@Injectable()
class Settings {
  readonly cacheControl = CACHE_CONTROL;
}

@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

@Injectable()
class OptionsFactory {
  createDownloadOptions(): DownloadModuleOptions {
    return { cacheControl: CACHE_CONTROL };
  }
}

@Injectable()
class NeedsStorages {
  constructor(readonly storages: DownloadStorages) {}
}

const ROOT = '/srv/media';

/** A wrong option as JavaScript, or a configuration file, may bring it. */
type Wrong = readonly [
  title: string,
  options: Record<string, unknown>,
  option: string,
  given: string,
  accepted: string,
];

const WRONG_OPTIONS: readonly Wrong[] = [
  ['no backend', { backend: 'nginx' }, 'backend', "'nginx'", 'stream() or'],
  [
    'a backend that is not called',
    { backend: () => undefined },
    'backend',
    '[function backend]',
    'Give a backend',
  ],
  ['null as backend', { backend: null }, 'backend', 'null', 'Give a backend'],
  [
    'storages in a list',
    { storages: [new MemoryStorage()] },
    'storages',
    '[{}]',
    'Give an object: { default: new FileSystemStorage({ root }) }',
  ],
  [
    'a directory as storage',
    { storages: { media: ROOT } },
    'storages.media',
    `'${ROOT}'`,
    'extends DownloadStorage',
  ],
  [
    'a class as storage',
    { storages: { default: MemoryStorage } },
    'storages.default',
    '[function MemoryStorage]',
    'an instance',
  ],
  [
    'a storage without a value',
    { storages: { default: undefined } },
    'storages.default',
    'undefined',
    'an instance',
  ],
  [
    'a number as Cache-Control',
    { cacheControl: 60 },
    'cacheControl',
    '60',
    "'private, max-age=60'",
  ],
  [
    'an empty Cache-Control',
    { cacheControl: '' },
    'cacheControl',
    "''",
    'Give a value of Cache-Control',
  ],
  [
    'a line break in Cache-Control',
    { cacheControl: 'private\r\nX-Injected: 1' },
    'cacheControl',
    "'private\\u000d\\u000aX-Injected: 1'",
    'Give a value of Cache-Control',
  ],
  [
    'one inline type without a list',
    { inline: { allow: 'image/png' } },
    'inline.allow',
    "'image/png'",
    "['image/png', 'application/pdf']",
  ],
  [
    'a wildcard as inline type',
    { inline: { allow: ['image/png', 'image/*'] } },
    'inline.allow',
    '["image/png","image/*"]',
    'without wildcards',
  ],
  [
    'an extension as inline type',
    { inline: { allow: ['.png'] } },
    'inline.allow',
    '[".png"]',
    'exact media types',
  ],
  [
    'a list in place of inline',
    { inline: ['image/png'] },
    'inline',
    '["image/png"]',
    'allow',
  ],
  ['a flag in place of inline', { inline: true }, 'inline', 'true', 'allow'],
  [
    'an unknown option of inline',
    { inline: { allowed: ['image/png'] } },
    'inline.allowed',
    '["image/png"]',
    'allow',
  ],
  [
    'an inline type with a parameter, which would never match',
    { inline: { allow: ['text/plain; charset=utf-8'] } },
    'inline.allow',
    '["text/plain; charset=utf-8"]',
    'exact media types',
  ],
  [
    'a duration in words',
    { shutdownTimeout: '10s' },
    'shutdownTimeout',
    "'10s'",
    'whole milliseconds',
  ],
  [
    'a negative duration',
    { shutdownTimeout: -1 },
    'shutdownTimeout',
    '-1',
    '0 or more',
  ],
  [
    'no end of a duration',
    { shutdownTimeout: Infinity },
    'shutdownTimeout',
    'Infinity',
    'whole milliseconds',
  ],
  [
    'a word for yes',
    { exposeHeaders: 'yes' },
    'exposeHeaders',
    "'yes'",
    'true or false',
  ],
  [
    'an option of a wrong name',
    { storage: {} },
    'storage',
    "'an object'", // not its value, which may be a secret
    'DownloadModule knows backend, storages, signing',
  ],
];

describe.each(ADAPTERS)('the boot on %s', (adapter) => {
  let running: RunningApplication | undefined;

  afterEach(async () => {
    await running?.close();
    running = undefined;
  });

  async function boot(parts: ApplicationParts): Promise<RunningApplication> {
    running = await startApplication(adapter, parts);
    return running;
  }

  describe('takes options', () => {
    it.each<[string, ApplicationParts]>([
      ['forRoot', { options: { cacheControl: CACHE_CONTROL } }],
      [
        'forRootAsync with useFactory, imports and inject',
        {
          downloadModule: DownloadModule.forRootAsync({
            imports: [SettingsModule],
            inject: [Settings],
            useFactory: ({ cacheControl }: Settings) => ({ cacheControl }),
          }),
        },
      ],
      [
        'forRootAsync with a factory that takes its time',
        {
          downloadModule: DownloadModule.forRootAsync({
            useFactory: async () => {
              await Promise.resolve();
              return { cacheControl: CACHE_CONTROL };
            },
          }),
        },
      ],
      [
        'forRootAsync with useClass and createDownloadOptions()',
        {
          downloadModule: DownloadModule.forRootAsync({
            useClass: OptionsFactory,
          }),
        },
      ],
    ])('by %s', async (_, parts) => {
      const { origin } = await boot({
        ...parts,
        controllers: [HelloController.asController('hello')],
      });
      const answer = await httpRequest(origin, '/hello');
      expect(answer.status).toBe(200);
      expect(answer.headers['cache-control']).toBe(CACHE_CONTROL);
    });

    it('that a factory leaves out', async () => {
      await boot({
        downloadModule: DownloadModule.forRootAsync({
          useFactory: () => undefined as unknown as DownloadModuleOptions,
        }),
      });
    });

    it('all of them at once', async () => {
      const { origin } = await boot({
        options: {
          backend: undefined,
          storages: {
            default: new MemoryStorage(),
            disk: new FileSystemStorage({ root: ROOT }),
          },
          cacheControl: CACHE_CONTROL,
          inline: { allow: ['text/plain'] },
          shutdownTimeout: 0,
          exposeHeaders: true,
        },
        controllers: [HelloController.asController('hello')],
      });
      const { headers } = await httpRequest(origin, '/hello');
      expect(headers['access-control-expose-headers']).toContain('ETag');
    });

    it('and an empty list of inline types, which lets nothing be shown', async () => {
      const { origin } = await boot({
        options: { inline: { allow: [] } },
        controllers: [
          HelloController.asController('hello', { attachment: false }),
        ],
      });
      const { headers } = await httpRequest(origin, '/hello');
      expect(headers['content-disposition']).toMatch(/^attachment/);
    });
  });

  describe('DownloadStorages', () => {
    @Module({ providers: [NeedsStorages], exports: [NeedsStorages] })
    class FeatureModule {}

    it('can be injected everywhere', async () => {
      const storage = new MemoryStorage();
      const { app } = await boot({
        options: { storages: { default: storage, other: new MemoryStorage() } },
        imports: [FeatureModule],
      });
      const { storages } = app.get(NeedsStorages, { strict: false });
      expect(storages.get()).toBe(storage);
      expect(storages.get('default')).toBe(storage);
      expect(storages.get('other')).not.toBe(storage);
    });

    it('with isGlobal: false only where the module is imported', async () => {
      const downloadModule = DownloadModule.forRoot({ isGlobal: false });
      const error = await bootError(adapter, {
        downloadModule,
        imports: [FeatureModule],
      });
      expect(error.message).toContain(
        "Nest can't resolve dependencies of the NeedsStorages",
      );

      @Module({ imports: [downloadModule], providers: [NeedsStorages] })
      class ImportingModule {}
      const { app } = await boot({
        downloadModule,
        imports: [ImportingModule],
        controllers: [HelloController.asController('hello')],
      });
      const { storages } = app.get(NeedsStorages, { strict: false });
      expect(storages).toBeInstanceOf(DownloadStorages);
    });

    it.each([
      ['nothing', 'default', { media: new MemoryStorage() }, 'media.'],
      ['toString', 'toString', {}, 'none.'],
      ['__proto__', '__proto__', {}, 'none.'],
    ])(
      'asked for %s, names those that are known',
      async (_, name, storages, known) => {
        const { app } = await boot({ options: { storages } });
        const get = () => app.get(DownloadStorages).get(name);
        expect(get).toThrow(InvalidOptionsError);
        expect(get).toThrow(`'${name}' was given`);
        expect(get).toThrow(known);
      },
    );
  });

  describe('a second DownloadModule', () => {
    it.each<[string, () => ApplicationParts]>([
      [
        'by forRoot with other options',
        () => ({
          imports: [DownloadModule.forRoot({ cacheControl: 'no-store' })],
        }),
      ],
      [
        'by forRoot with the same options',
        () => ({ imports: [DownloadModule.forRoot({})] }),
      ],
      [
        'by forRootAsync',
        () => ({
          imports: [DownloadModule.forRootAsync({ useFactory: () => ({}) })],
        }),
      ],
      [
        'in a module of the application',
        () => {
          @Module({ imports: [DownloadModule.forRoot({ isGlobal: false })] })
          class FeatureModule {}
          return { imports: [FeatureModule] };
        },
      ],
    ])('%s stops the boot and says so', async (_, parts) => {
      const error = await bootError(adapter, parts());
      expect(error).toBeInstanceOf(InvalidOptionsError);
      expect(error.message).toContain('"DownloadModule.forRoot"');
      expect(error.message).toContain('2 times');
      expect(error.message).toContain('once per application');
    });

    it('is none where one and the same is imported twice', async () => {
      const downloadModule = DownloadModule.forRoot({});
      @Module({ imports: [downloadModule] })
      class FeatureModule {}
      await boot({ downloadModule, imports: [FeatureModule] });
    });
  });

  describe('is stopped by', () => {
    it.each(WRONG_OPTIONS)(
      '%s',
      async (_, options, option, given, accepted) => {
        const error = await bootError(adapter, {
          options,
        });
        expect(error).toBeInstanceOf(InvalidOptionsError);
        expect(error).toMatchObject({ code: 'INVALID_OPTIONS', option });
        expect(error.message).toContain(
          `Invalid option "${option}": ${given} was given.`,
        );
        expect(error.message).toContain(accepted);
      },
    );

    it.each<[string, unknown]>([
      ['null', null],
      ['a list', []],
      ['a text', 'nginx'],
    ])('a factory that gives %s', async (_, value) => {
      const error = await bootError(adapter, {
        downloadModule: DownloadModule.forRootAsync({
          useFactory: () => value as DownloadModuleOptions,
        }),
      });
      expect(error).toBeInstanceOf(InvalidOptionsError);
      expect(error.message).toContain('Give an object.');
    });

    it.each<[string, () => Type, string, string]>([
      [
        'PathDownloadController without a root',
        () => PathDownloadController.asController('a/*path'),
        '"PathDownloadController.root": undefined was given',
        'absolute path',
      ],
      [
        'PathDownloadController with a relative root',
        () => PathDownloadController.asController('a/*path', { root: 'media' }),
        `"PathDownloadController.root": 'media' was given`,
        'absolute path',
      ],
      [
        'PathDownloadController with an empty root',
        () => PathDownloadController.asController('a/*path', { root: '' }),
        `"PathDownloadController.root": '' was given`,
        'getRoot()',
      ],
      [
        'PathDownloadController without the parameter in its route',
        () => PathDownloadController.asController('a', { root: ROOT }),
        '"PathDownloadController.path": undefined was given',
        "Its route has no parameter 'path': add *path to the route, set pathParam, or set path",
      ],
      [
        'PathDownloadController with another parameter in its route',
        () => PathDownloadController.asController('a/:file', { root: ROOT }),
        '"PathDownloadController.path"',
        "no parameter 'path'",
      ],
      [
        'PathDownloadController with a pathParam that its route lacks',
        () =>
          PathDownloadController.asController('a/*path', {
            root: ROOT,
            pathParam: 'file',
          }),
        '"PathDownloadController.path"',
        "no parameter 'file'",
      ],
      [
        'StorageDownloadController without the parameter in its route',
        () => StorageDownloadController.asController('a'),
        '"StorageDownloadController.path"',
        'add *path to the route',
      ],
      [
        'StorageDownloadController with an unknown storage',
        () =>
          StorageDownloadController.asController('a/*path', { storage: 'x' }),
        `"storage": 'x' was given`,
        'forRoot({ storages }): default.',
      ],
      [
        'HttpDownloadController without allowedHosts',
        () => HttpDownloadController.asController('a', { url: 'http://b/c' }),
        '"HttpDownloadController.allowedHosts": undefined was given',
        "['assets.example.com']",
      ],
      [
        'HttpDownloadController with no allowedHosts in the list',
        () =>
          HttpDownloadController.asController('a', {
            url: 'http://b/c',
            allowedHosts: [],
          }),
        '"HttpDownloadController.allowedHosts": [] was given',
        'Name the servers',
      ],
      [
        'HttpDownloadController without a URL',
        () => HttpDownloadController.asController('a', { allowedHosts: ['b'] }),
        '"HttpDownloadController.url": undefined was given',
        'override getUrl()',
      ],
      [
        'HttpDownloadController with a URL on a host that is not allowed',
        () =>
          HttpDownloadController.asController('a', {
            url: 'https://b.example/c',
            allowedHosts: ['a.example'],
          }),
        '"HttpDownloadController.url": \'https://b.example/c\' was given',
        "'b.example' is not named in allowedHosts",
      ],
      [
        'ObjectDownloadController without a repository',
        () => {
          @Controller(':id')
          class DocumentController extends ObjectDownloadController<object> {}
          return DocumentController;
        },
        '"DocumentController.repository": undefined was given',
        'findOne({ where })',
      ],
      [
        'ObjectDownloadController without a key in its route',
        () =>
          ObjectDownloadController.asController('a', {
            repository: { findOne: () => Promise.resolve(null) },
          }),
        '"ObjectDownloadController.idParam"',
        'neither :id nor :slug',
      ],
      [
        'DownloadController without getFile()',
        () => DownloadController.asController('a'),
        '"DownloadController.getFile": undefined was given',
        'Override getFile(request)',
      ],
      [
        'an override of handleDownload() that has lost its route',
        () => {
          @Controller('a')
          class ReportController extends HelloController {
            override handleDownload(): Promise<DownloadResponse> {
              return Promise.resolve(new DownloadResponse(this.getFile()));
            }
          }
          return ReportController;
        },
        '"ReportController.handleDownload": ',
        'override download(request) instead, or decorate it with @Get()',
      ],
    ])('%s', async (_, controller, fault, remedy) => {
      const error = await bootError(adapter, {
        options: { storages: { default: new MemoryStorage() } },
        controllers: [controller()],
      });
      expect(error).toBeInstanceOf(InvalidOptionsError);
      expect(error.message).toContain(fault);
      expect(error.message).toContain(remedy);
    });

    it('a DownloadController where DownloadModule is missing: Nest’s own error names what it needs', async () => {
      class NoDownloads {}
      const error = await bootError(adapter, {
        downloadModule: NoDownloads,
        controllers: [HelloController.asController('hello')],
      });
      expect(error.message).toContain("Nest can't resolve dependencies");
      expect(error.message).toContain('DownloadStorages');
    });

    it.each([
      [
        'PathDownloadController',
        () =>
          PathDownloadController.asController('a', {
            root: '/srv',
            path: '../secret.txt',
          }),
      ],
      [
        'StorageDownloadController',
        () =>
          StorageDownloadController.asController('a', { path: '/etc/passwd' }),
      ],
    ])('a fixed path of a %s that nothing can be at', async (name, create) => {
      const error = await bootError(adapter, {
        options: { storages: { default: new MemoryStorage() } },
        controllers: [create()],
      });
      expect(error).toBeInstanceOf(InvalidOptionsError);
      expect(error.message).toContain(`"${name}.path": `);
      expect(error.message).toContain('below the root');
    });

    it('DownloadModule without forRoot()', async () => {
      const error = await bootError(adapter, {
        downloadModule: DownloadModule,
      });
      expect(error.message).toContain("Nest can't resolve dependencies");
      expect(error.message).toContain('DOWNLOAD_MODULE_OPTIONS');
    });
  });

  describe('accepts', () => {
    it.each<[string, () => Type]>([
      [
        'a root that is set in the constructor',
        () => {
          @Controller('a/*path')
          class ManualController extends PathDownloadController {
            constructor() {
              super();
              this.root = ROOT;
            }
          }
          return ManualController;
        },
      ],
      [
        'a root that is set in onModuleInit()',
        () => {
          @Controller('a/*path')
          class ManualController extends PathDownloadController {
            onModuleInit(): void {
              this.root = ROOT;
            }
          }
          return ManualController;
        },
      ],
      [
        'hooks in place of options',
        () => {
          @Controller('a')
          class ManualController extends PathDownloadController {
            override getRoot(): string {
              return ROOT;
            }
            override getPath(): string {
              return 'b.txt';
            }
          }
          return ManualController;
        },
      ],
      [
        'getUrl() in place of url',
        () => {
          @Controller('a')
          class LogoController extends HttpDownloadController {
            override allowedHosts = ['example.com'];
            override getUrl(): string {
              return 'http://example.com/logo.png';
            }
          }
          return LogoController;
        },
      ],
      [
        'a decorated override of handleDownload()',
        () => {
          @Controller('a')
          class ReportController extends HelloController {
            @Get()
            @Download()
            override handleDownload(): Promise<DownloadResponse> {
              return Promise.resolve(new DownloadResponse(this.getFile()));
            }
          }
          return ReportController;
        },
      ],
      [
        'a controller that is made for each request',
        () => {
          @Controller({ path: 'a/*path', scope: Scope.REQUEST })
          class ManualController extends PathDownloadController {
            override root = ROOT;
          }
          return ManualController;
        },
      ],
      [
        'a wildcard with another name',
        () =>
          PathDownloadController.asController('a/*file', {
            root: ROOT,
            pathParam: 'file',
          }),
      ],
    ])('%s', async (_, controller) => {
      const app = await createApplication(adapter, {
        controllers: [controller()],
      });
      await app.init();
      await app.close();
    });

    it('a controller that is made for each request without a root only until it is asked', async () => {
      const { origin } = await boot({
        controllers: [
          PathDownloadController.asController(
            { path: 'a/*path', scope: Scope.REQUEST },
            {},
          ),
        ],
      });
      const answer = await httpRequest(origin, '/a/etc/passwd');
      expect(answer.status).toBe(500);
      expect(answer.text).not.toContain('root');
    });
  });
});

describe('an application without HTTP', () => {
  let context: INestApplicationContext | undefined;

  afterEach(() => context?.close());

  function createContext(
    options: DownloadModuleOptions,
    providers: Provider[] = [],
  ): Promise<INestApplicationContext> {
    class RootModule {}
    return NestFactory.createApplicationContext(
      {
        module: RootModule,
        imports: [DownloadModule.forRoot(options)],
        providers,
        controllers: [HelloController.asController('hello')],
      },
      { logger: false, abortOnError: false },
    );
  }

  it('boots, and its providers get the storages', async () => {
    const storage = new MemoryStorage();
    context = await createContext({ storages: { default: storage } }, [
      NeedsStorages,
    ]);
    expect(context.get(NeedsStorages).storages.get()).toBe(storage);
  });

  it('is stopped by a wrong option just so', async () => {
    await expect(createContext({ shutdownTimeout: -1 })).rejects.toThrow(
      InvalidOptionsError,
    );
  });

  it.each(['rpc', 'ws', 'graphql'])(
    'what a handler gives in the context %s passes untouched',
    async (type) => {
      const file = new ContentFile('text', { name: 'a.txt' });
      class Resolver {
        @Download()
        file(): ContentFile {
          return file;
        }

        response(): DownloadResponse {
          return new DownloadResponse(file);
        }

        fail(): never {
          throw new InvalidOptionsError('x', 1, '');
        }
      }
      context = await createContext({}, [Resolver]);
      const creator = context.get(ExternalContextCreator);
      const resolver = context.get(Resolver);
      const call = (name: 'file' | 'response' | 'fail') =>
        creator.create(
          resolver,
          Reflect.get(resolver, name),
          name,
          undefined,
          undefined,
          undefined,
          undefined,
          undefined,
          type,
        )() as Promise<unknown>;
      expect(await call('file')).toBe(file);
      expect(await call('response')).toBeInstanceOf(DownloadResponse);
      await expect(call('fail')).rejects.toBeInstanceOf(InvalidOptionsError);
    },
  );

  it('the interceptor asks nothing of a context that is not HTTP but its type', async () => {
    const interceptor = new DownloadInterceptor(
      checkDownloadOptions(),
      undefined as never,
      undefined as never,
      undefined as never,
    );
    const value = { of: 'a message' };
    const passed = interceptor.intercept(
      { getType: () => 'rpc' } as unknown as ExecutionContext,
      { handle: () => of(value) },
    );
    expect(await lastValueFrom(passed)).toBe(value);
  });
});
